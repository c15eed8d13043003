//! How long a checkpoint, its risk review and its commit take for 1,000 changed files, and the review of
//! 300,000 added lines.
//!
//! `cargo run -p anchorhold-repo --example bench_commit` prints milliseconds, the best and the median of
//! several runs. It judges nothing, since machines differ.

use std::fs;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use anchorhold_repo::{CommitToMake, Credentials, Mirrors, Remote, Signature, TreeEdit};
use anchorhold_testkit::git;
use anyhow::Result;

const FILES: usize = 1_000;
const RUNS: usize = 7;
const LONG_FILES: usize = 50;
const LONG_LINES: usize = 6_000;

fn main() -> Result<()> {
    let dir = tempfile::tempdir()?;
    let work = dir.path().join("work");
    fs::create_dir(&work)?;
    git(&work, &["init", "--quiet"])?;
    for n in 0..FILES {
        let folder = work.join(format!("src/{}", n % 40));
        fs::create_dir_all(&folder)?;
        fs::write(folder.join(format!("{n}.rs")), text(n, "before"))?;
    }
    git(&work, &["add", "--all"])?;
    git(&work, &["commit", "--quiet", "-m", "first"])?;
    let mirror = Mirrors::new(dir.path().join("mirrors")).open(&Remote::parse(&work.to_string_lossy())?)?;
    let base = mirror.fetch("main", &Credentials::none(), &mut |_| ControlFlow::Continue(()))?;
    let author = Signature { name: "Ada".into(), email: "ada@example.com".into(), at_ms: 0, offset: 0 };
    let mut taken = [const { Vec::new() }; 3];
    for run in 0..RUNS {
        let edits: Vec<TreeEdit> = (0..FILES)
            .map(|n| TreeEdit::Put {
                path: format!("src/{}/{n}.rs", n % 40).into(),
                mode: 0o100_644,
                bytes: text(n, &format!("run {run}")).into(),
            })
            .collect();
        let mut lap = Lap(Instant::now());
        let made = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", 0)?;
        let checkpoint = lap.next();
        mirror.risks(&base.tree, &made.tree)?;
        let risks = lap.next();
        let commit = CommitToMake { tree: made.tree, message: "Change 1,000 files".to_owned() };
        mirror.commits_for_push(&base.commit, &[commit], &author, None)?;
        let commit = lap.next();
        for (all, one) in taken.iter_mut().zip([checkpoint, risks, commit]) {
            all.push(one);
        }
    }
    for (name, mut times) in ["checkpoint", "risk review", "commit"].into_iter().zip(taken) {
        times.sort_unstable();
        let ms = |at: usize| times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1000.0);
        println!("{name:12} {FILES} files: best {:7.1} ms, median {:7.1} ms", ms(0), ms(RUNS / 2));
    }
    let edits: Vec<TreeEdit> = (0..LONG_FILES)
        .map(|n| TreeEdit::Put {
            path: format!("long/{n}.rs").into(),
            mode: 0o100_644,
            bytes: (0..LONG_LINES / 60)
                .map(|part| text(n, &format!("token of {part}")))
                .collect::<String>()
                .into(),
        })
        .collect();
    let made = mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "long", 0)?;
    let mut lap = Lap(Instant::now());
    let found = mirror.risks(&base.tree, &made.tree)?.found.len();
    println!(
        "risk review of {} added lines: {} ms, {found} risks",
        LONG_FILES * LONG_LINES,
        lap.next().as_millis()
    );
    Ok(())
}

struct Lap(Instant);

impl Lap {
    fn next(&mut self) -> Duration {
        std::mem::replace(&mut self.0, Instant::now()).elapsed()
    }
}

fn text(n: usize, what: &str) -> String {
    (0..60).map(|line| format!("    let value_{line} = compute({n}, {line}); // {what}\n")).collect()
}
