//! A repository with a history: 2,000 files that 6,000 commits changed a few lines of, in one pack.
//!
//! It is made by a fixed sequence of numbers, so it is the same everywhere. Its deltas are as long as
//! those of a real history, which is what a clone spends its time on.

use crate::bench::made::{self, Numbers};
use crate::command;
use anyhow::{Context, Result, ensure};
use std::{
    io::{BufWriter, Write},
    path::{Path, PathBuf},
    process::{ChildStdin, Stdio},
};

const FILES: usize = 2000;
const COMMITS: usize = 6000;
/// Files that a commit changes.
const CHANGED: usize = 4;
/// Lines of a file at first; a commit changes two and adds one.
const LINES: usize = 120;

/// Makes the repository, or finds it made.
///
/// # Errors
/// When git fails.
pub fn ensure(folder: &Path) -> Result<PathBuf> {
    made::once(folder, "history.git", |repository| {
        let mut init = command::program("git");
        init.args(["init", "--quiet", "--bare", "--initial-branch", "main"]).arg(repository);
        command::run(&mut init, "make the measured repository", "check that git works")?;
        import(repository)?;
        let mut repack = command::program("git");
        // As a server packs that has looked for good deltas.
        repack.arg("-C").arg(repository).args(["repack", "-adfq", "--depth=50", "--window=20"]);
        command::run(&mut repack, "pack the history", "check that git works")
    })
}

fn import(repository: &Path) -> Result<()> {
    let mut git = command::program("git");
    git.arg("-C").arg(repository).args(["fast-import", "--quiet"]).stdin(Stdio::piped());
    let mut child = git.spawn().context("start git fast-import")?;
    if let Some(stdin) = child.stdin.take() {
        write(&mut BufWriter::new(stdin)).context("write the history")?;
    }
    let status = child.wait()?;
    ensure!(status.success(), "git fast-import ended with {status}");
    Ok(())
}

fn write(out: &mut BufWriter<ChildStdin>) -> std::io::Result<()> {
    let mut numbers = Numbers::default();
    let mut files: Vec<Vec<String>> = Vec::with_capacity(FILES);
    for _ in 0..FILES {
        files.push((0..LINES).map(|_| numbers.line()).collect());
    }
    begin(out, 0)?;
    for (number, lines) in files.iter().enumerate() {
        file(out, number, lines)?;
    }
    for commit in 1..COMMITS {
        begin(out, commit)?;
        for _ in 0..CHANGED {
            // Some files are changed much more often than others, as in any history.
            let most = numbers.below(FILES) + 1;
            let number = numbers.below(most);
            let Some(lines) = files.get_mut(number) else { continue };
            for _ in 0..2 {
                let (at, line) = (numbers.below(lines.len()), numbers.line());
                if let Some(changed) = lines.get_mut(at) {
                    *changed = line;
                }
            }
            let (at, line) = (numbers.below(lines.len()), numbers.line());
            lines.insert(at, line);
            file(out, number, lines)?;
        }
    }
    out.flush()
}

fn begin(out: &mut impl Write, commit: usize) -> std::io::Result<()> {
    let at = 1_700_000_000 + commit * 600;
    let message = format!("Change number {commit}\n");
    writeln!(out, "commit refs/heads/main\ncommitter Bench <bench@localhost> {at} +0000")?;
    write!(out, "data {}\n{message}", message.len())
}

fn file(out: &mut impl Write, number: usize, lines: &[String]) -> std::io::Result<()> {
    let text = lines.concat();
    let path = format!("part{:02}/module{:03}/file{number}.rs", number / 200, number / 10);
    writeln!(out, "M 100644 inline {path}\ndata {}\n{text}", text.len())
}

impl Numbers {
    fn line(&mut self) -> String {
        const WORDS: [&str; 16] = [
            "let", "value", "self", "state", "match", "return", "path", "error", "event", "count", "index",
            "buffer", "some", "none", "agent", "tree",
        ];
        let words: Vec<&str> =
            (0..3 + self.below(6)).filter_map(|_| WORDS.get(self.below(WORDS.len())).copied()).collect();
        format!("    {} {};\n", words.join(" "), self.below(100_000))
    }
}
