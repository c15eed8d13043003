//! Paths: what was cleaned stays clean, and is nothing that could lead out.

use anchorhold_bridge::workspace::clean::CleanPath;
use anchorhold_bridge::{PathBytes, Quotas};

use crate::{Broken, Verdict, expect, must};

/// Checks the bridge's own cleaning.
pub fn check(data: &[u8]) -> Verdict {
    check_cleaner(data, |path, quotas| CleanPath::parse(path, quotas).ok())
}

/// Checks any cleaning; a test gives it one that lets something through.
pub fn check_cleaner(data: &[u8], clean: fn(&PathBytes, &Quotas) -> Option<CleanPath>) -> Verdict {
    let (limits, bytes) = data.split_at(data.len().min(2));
    let [length, depth] = limits else { return Ok(()) };
    let quotas =
        Quotas { path_bytes: 1 + u32::from(*length) * 4, depth: u32::from(*depth), ..Quotas::default() };
    let path = PathBytes::from(bytes);
    survives_json(&path)?;
    let Some(first) = clean(&path, &quotas) else { return Ok(()) };
    let again = clean(&first.as_bytes().into(), &quotas);
    expect(again.as_ref() == Some(&first), || format!("{first:?} is cleaned to {again:?}"))?;
    harmless(&first, &quotas)?;
    family(&first)
}

fn harmless(path: &CleanPath, quotas: &Quotas) -> Verdict {
    let bytes = path.as_bytes();
    if path.is_root() {
        return expect(path.depth() == 0 && path.prefix().is_empty(), || format!("{path:?} is no root"));
    }
    let mut parts = 0;
    for part in bytes.split(|byte| *byte == b'/') {
        parts += 1;
        let bad = part.is_empty() || part == b"." || part == b".." || part.contains(&0) || part.len() > 255;
        expect(!bad && !part.eq_ignore_ascii_case(b".git"), || format!("{path:?} was let through"))?;
    }
    expect(parts <= quotas.depth && parts == path.depth(), || format!("{path:?} is over the limits"))?;
    expect(bytes.len() <= quotas.path_bytes as usize, || format!("{path:?} is over the limits"))
}

/// Its parents are above it, and it is put together again from them.
fn family(path: &CleanPath) -> Verdict {
    let all = path.ancestors_from_root();
    expect(all.len() as u32 == path.depth(), || format!("{path:?} has the ancestors {all:?}"))?;
    expect(path.is_within(&CleanPath::root()), || format!("{path:?} is not in the workspace"))?;
    let mut joined: Vec<u8> = Vec::new();
    for ancestor in &all {
        if !joined.is_empty() {
            joined.push(b'/');
        }
        joined.extend_from_slice(ancestor.name());
        expect(ancestor.as_bytes() == joined, || format!("{ancestor:?} is not {joined:?}"))?;
        expect(path.is_within(ancestor), || format!("{path:?} is not within {ancestor:?}"))?;
        let inside = ancestor.is_within(path);
        expect(inside == (ancestor == path), || format!("{ancestor:?} within {path:?}: {inside}"))?;
    }
    Ok(())
}

fn survives_json(path: &PathBytes) -> Result<(), Broken> {
    let json = must(serde_json::to_vec(path), "write a path as JSON")?;
    let back: PathBytes = must(serde_json::from_slice(&json), "read a path back")?;
    expect(back == *path, || format!("{path:?} came back as {back:?}"))
}
