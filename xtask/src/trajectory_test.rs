//! The demonstration's recording fits the sample repository: every edit finds its text exactly once,
//! but for the one that fails on purpose and is mended in the next step.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use crate::paths;
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

type Files = BTreeMap<String, Vec<u8>>;

#[test]
fn the_recording_plays_on_the_sample_with_one_failure_that_is_mended() {
    let mut files = Files::new();
    let sample = paths::root().join("tests/fixtures/sample");
    collect(&sample, &sample, &mut files);
    assert!((28..=45).contains(&files.len()), "about 30 files, not {}", files.len());

    let mut failures = Vec::new();
    for (number, step) in steps().iter().enumerate() {
        for call in step["calls"].as_array().unwrap() {
            if let Err(path) = play(call, &mut files) {
                failures.push((number, path));
            }
        }
    }
    assert_eq!(failures, [(4, "src/table.rs".to_owned())]);
    let next = steps()[5]["calls"][0].clone();
    assert_eq!(next["tool"], "edit_file");
    assert_eq!(next["arguments"]["path"], "src/table.rs");

    assert!(files.contains_key("docs/archive/windows-client.txt"));
    assert!(!files.contains_key("scripts/import_gauge_v1.sh"));
    assert!(text(&files["docs/archive/windows-client.txt"]).contains("the page rounds them.\r\n"));
}

#[test]
fn the_recording_shows_what_the_demonstration_promises() {
    let steps = steps();
    let calls: Vec<&Value> = steps.iter().flat_map(|step| step["calls"].as_array().unwrap()).collect();
    assert!(calls.len() >= 15);
    assert!(steps.iter().any(|step| step["calls"].as_array().unwrap().len() > 2));
    let used: BTreeSet<&str> = calls.iter().map(|call| call["tool"].as_str().unwrap()).collect();
    for tool in ["write_file", "move_file", "delete_file", "search", "glob"] {
        assert!(used.contains(tool), "{tool} is not used");
    }
    let edited: BTreeSet<&str> = calls
        .iter()
        .filter(|call| call["tool"] == "edit_file")
        .filter_map(|call| Path::new(call["arguments"]["path"].as_str().unwrap()).extension()?.to_str())
        .collect();
    assert!(edited.len() >= 5, "{edited:?}");
    let ends: Vec<usize> = (0..steps.len()).filter(|n| steps[*n]["calls"][0]["tool"] == "finish").collect();
    assert_eq!(ends, [12, 15], "one finish for the task, one for the queued instruction");
}

#[test]
fn the_sample_keeps_its_line_endings() {
    let sample = paths::root().join("tests/fixtures/sample");
    let crlf = fs::read(sample.join("docs/windows-client.txt")).unwrap();
    assert!(text(&crlf).lines().count() > 5);
    assert!(text(&crlf).split_inclusive('\n').all(|line| line.ends_with("\r\n")));
    assert!(!fs::read(sample.join("data/stations.csv")).unwrap().ends_with(b"\n"));
}

fn steps() -> Vec<Value> {
    let json = fs::read(paths::root().join("tests/fixtures/trajectories/demo.json")).unwrap();
    let recording: Value = serde_json::from_slice(&json).unwrap();
    recording["steps"].as_array().unwrap().clone()
}

fn collect(folder: &Path, root: &Path, files: &mut Files) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, root, files);
        } else {
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().replace('\\', "/");
            files.insert(name, fs::read(&path).unwrap());
        }
    }
}

/// Plays one call as the tools would; the error is the path of an edit that did not fit.
fn play(call: &Value, files: &mut Files) -> Result<(), String> {
    let arguments = &call["arguments"];
    let word =
        |name: &str| arguments[name].as_str().unwrap_or_else(|| panic!("{call} has no {name}")).to_owned();
    match call["tool"].as_str().unwrap() {
        "read_file" => assert!(files.contains_key(&word("path")), "{call}"),
        "write_file" => drop(files.insert(word("path"), word("content").into_bytes())),
        "delete_file" => drop(files.remove(&word("path")).unwrap()),
        "move_file" => {
            let content = files.remove(&word("from")).unwrap();
            files.insert(word("to"), content);
        }
        "edit_file" => {
            let mut content = text(&files[&word("path")]).to_owned();
            for edit in arguments["edits"].as_array().unwrap() {
                let old = edit["old"].as_str().unwrap();
                if content.matches(old).count() != 1 {
                    return Err(word("path"));
                }
                content = content.replacen(old, edit["new"].as_str().unwrap(), 1);
            }
            files.insert(word("path"), content.into_bytes());
        }
        "list_files" | "search" | "glob" | "make_directory" | "finish" => {}
        other => panic!("there is no tool {other}"),
    }
    Ok(())
}

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}
