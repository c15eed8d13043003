//! Searching a large workspace and telling what changed in it, beside ripgrep and git on the same files.

use std::convert::Infallible;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use anchorhold_sandbox::bridge::{MODE_EXECUTABLE, MODE_FILE};
use anchorhold_sandbox::{Cell, Docker, ImportFile, Request, Response};
use futures_util::stream;

use crate::row::{Row, Times};
use crate::{Failure, Plan, spec};

/// Name in the table, pattern, and whether case is ignored. The generated tree holds the words.
const PATTERNS: [(&str, &str, bool); 5] = [
    ("rare word", "needle_in_the_hay", false),
    ("frequent word", "marker_in_many_files", false),
    ("regex", r"fn\s+(needle|marker)_\w+\(", false),
    ("any case", "NEEDLE_in_the_HAY", true),
    ("classes", r"\b[A-Z]{3}-\d{4}\b", false),
];
/// The most matches that one answer holds.
const MATCHES: u32 = 5000;

pub async fn measure(docker: &Docker, plan: &Plan) -> Result<(), Failure> {
    let spec = spec(0);
    let cell = docker.open(&spec).await?;
    let mut files = Vec::new();
    collect(&plan.tree, &plan.tree, &mut files)?;
    eprintln!("fill a workspace with {} files", files.len());
    let files = stream::iter(files.into_iter().map(Ok::<_, Infallible>));
    cell.import(files, |_, _| {}).await?;
    changes(&cell, plan).await?;
    for (name, pattern, any_case) in PATTERNS {
        search(&cell, plan, name, pattern, any_case).await?;
    }
    docker.remove(&spec.home, &spec.agent).await?;
    Ok(())
}

async fn changes(cell: &Cell, plan: &Plan) -> Result<(), Failure> {
    let (mut ours, mut git) = (Times::default(), Times::default());
    for run in 0..=plan.runs {
        let began = Instant::now();
        let (response, _) = cell.call(Request::Changes { after: None }, Vec::new()).await?;
        let took = began.elapsed();
        let Response::Changes { changes, .. } = response else {
            return Err(format!("changes were answered by {response:?}").into());
        };
        if !changes.is_empty() {
            return Err(format!("{} files changed by themselves", changes.len()).into());
        }
        let (status, _) = timed(Command::new("git").current_dir(&plan.tree).args(["status", "--porcelain"]))?;
        if run > 0 {
            ours.add(took);
            git.add(status);
        }
    }
    Row::new("changes", "ms", ours.median()).against("git status", git.median()).most(50.0).tell();
    Ok(())
}

async fn search(cell: &Cell, plan: &Plan, name: &str, pattern: &str, any_case: bool) -> Result<(), Failure> {
    eprintln!("search: {name}");
    let (mut ours, mut ripgrep) = (Times::default(), Times::default());
    let has_ripgrep = Command::new("rg").arg("--version").output().is_ok();
    for run in 0..=plan.runs {
        let request = Request::Search {
            pattern: pattern.to_owned(),
            path: "".into(),
            globs: Vec::new(),
            case_insensitive: any_case,
            max_matches: Some(MATCHES),
            context: 0,
            first_only: false,
        };
        let began = Instant::now();
        let (response, _) = cell.call(request, Vec::new()).await?;
        let took = began.elapsed();
        let Response::Found { matches, stopped: None, .. } = response else {
            return Err(format!("a search for {pattern} was not finished").into());
        };
        if run > 0 {
            ours.add(took);
        }
        if has_ripgrep {
            let mut command = Command::new("rg");
            command.current_dir(&plan.tree).args(["-j1", "--no-ignore", "--no-config", "--line-number"]);
            command.args(any_case.then_some("--ignore-case")).args(["--", pattern, "."]);
            let (took, lines) = timed(&mut command)?;
            if lines != matches.len() {
                return Err(format!("{pattern}: ripgrep found {lines}, the cell {}", matches.len()).into());
            }
            if run > 0 {
                ripgrep.add(took);
            }
        }
    }
    let row = Row::new(format!("search, {name}"), "ms", ours.median());
    if has_ripgrep {
        row.against("rg -j1", ripgrep.median()).most_times(1.5).tell();
    } else {
        row.against("rg is missing: apt-get install ripgrep", f64::NAN).tell();
    }
    Ok(())
}

/// Runs a program and answers how long it took and how many lines it printed.
fn timed(command: &mut Command) -> Result<(Duration, usize), Failure> {
    let began = Instant::now();
    let output = command.output()?;
    let took = began.elapsed();
    if !output.status.success() {
        return Err(format!("{command:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok((took, output.stdout.iter().filter(|byte| **byte == b'\n').count()))
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<ImportFile>) -> Result<(), Failure> {
    let mut entries: Vec<_> = fs::read_dir(folder)?.collect::<Result<_, _>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries.into_iter().filter(|entry| entry.file_name() != ".git") {
        let path = entry.path();
        let metadata = entry.metadata()?;
        if metadata.is_dir() {
            collect(root, &path, files)?;
            continue;
        }
        files.push(ImportFile {
            path: path.strip_prefix(root)?.as_os_str().as_bytes().to_vec(),
            mode: if metadata.permissions().mode() & 0o100 != 0 { MODE_EXECUTABLE } else { MODE_FILE },
            bytes: fs::read(&path)?,
        });
    }
    Ok(())
}
