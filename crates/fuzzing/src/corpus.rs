//! A bounded run over what `cargo fuzz` kept, and over mutations of it that are the same every time.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};

use mutatis::Session;

use crate::{Broken, Verdict, must};

/// How many mutations are laid one on another at most.
const DEPTH: u32 = 6;

/// Where the kept inputs of a target lie.
pub fn folder(target: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus").join(target)
}

/// Runs `check` over every kept input of `target` and `mutations` of each; how many it were.
///
/// A panic counts as a broken promise. The words name the input, so that it can be made again.
pub fn run(target: &str, mutations: u32, check: impl Fn(&[u8]) -> Verdict) -> Result<u64, Broken> {
    let mut paths: Vec<PathBuf> = must(fs::read_dir(folder(target)), "read the corpus")?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .collect();
    paths.sort();
    let mut count = 0;
    for path in paths {
        let kept = must(fs::read(&path), "read a kept input")?;
        let name = path.file_name().unwrap_or_default().display().to_string();
        guarded(&kept, &check).map_err(|broken| Broken(format!("{target}/{name}: {broken}")))?;
        for seed in 0..mutations {
            let bytes = mutated(&kept, u64::from(seed))?;
            guarded(&bytes, &check)
                .map_err(|broken| Broken(format!("{target}/{name}, mutation {seed}, {bytes:?}: {broken}")))?;
        }
        count += 1 + u64::from(mutations);
    }
    Ok(count)
}

/// The input with a few mutations, by the seed alone.
pub fn mutated(kept: &[u8], seed: u64) -> Result<Vec<u8>, Broken> {
    let mut session = Session::new().seed(seed);
    let mut bytes = kept.to_vec();
    for _ in 0..=(seed as u32 % DEPTH) {
        must(session.mutate(&mut bytes), "mutate an input")?;
    }
    Ok(bytes)
}

fn guarded(bytes: &[u8], check: &impl Fn(&[u8]) -> Verdict) -> Verdict {
    catch_unwind(AssertUnwindSafe(|| check(bytes))).unwrap_or_else(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("something");
        Err(Broken(format!("it panicked: {words}")))
    })
}
