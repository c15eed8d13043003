//! Measures fetching and committing against the git program, for `cargo xtask bench git`.
//!
//! Prints one JSON object a line, of the shape that the sandbox's `bench_cell` prints too. Both sides ask
//! the same server, by the same protocol, for the same branch, in turns: a busy moment meets both.

use std::error::Error;
use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anchorhold_repo::{Credentials, Mirror, Mirrors, Remote, TreeEdit};
use anchorhold_testkit::GitServer;

type Failure = Box<dyn Error>;

/// How many files the measured commit changes.
const CHANGED: usize = 1000;
/// The name under which the repository is served.
const SERVED: &str = "measured";

struct Plan {
    /// A repository with a branch checked out, bare or not.
    repository: PathBuf,
    /// An empty folder for what is made.
    folder: PathBuf,
    runs: usize,
}

fn main() -> Result<(), Failure> {
    let plan = Plan::read(std::env::args().skip(1))?;
    let branch = git(&plan.repository, &["symbolic-ref", "--short", "HEAD"])?;
    let served = plan.folder.join("served");
    fs::create_dir_all(&served)?;
    let bare = git(&plan.repository, &["rev-parse", "--absolute-git-dir"])?;
    std::os::unix::fs::symlink(bare, served.join(format!("{SERVED}.git")))?;
    let server = GitServer::start(&served)?;
    let site = Site { server, branch, folder: plan.folder };
    site.clones(plan.runs, &size(&plan.repository)?)?;
    site.commits(plan.runs)
}

impl Plan {
    fn read(words: impl Iterator<Item = String>) -> Result<Self, Failure> {
        let mut plan = Self { repository: PathBuf::new(), folder: PathBuf::new(), runs: 5 };
        let mut words = words;
        while let Some(word) = words.next() {
            let value = words.next().ok_or(format!("{word} needs a value"))?;
            match word.as_str() {
                "--repository" => plan.repository = value.into(),
                "--folder" => plan.folder = value.into(),
                "--runs" => plan.runs = value.parse()?,
                _ => return Err(format!("{word} is no option").into()),
            }
        }
        Ok(plan)
    }
}

struct Site {
    server: GitServer,
    branch: String,
    folder: PathBuf,
}

impl Site {
    /// Measures the first agent's clone, and what the second one waits for.
    fn clones(&self, runs: usize, size: &str) -> Result<(), Failure> {
        let (mut ours, mut theirs, mut second) = (Vec::new(), Vec::new(), Vec::new());
        for run in 0..=runs {
            let git_took = self.git_clone(&self.folder.join(format!("git-{run}.git")))?;
            let mirror = self.mirror(run)?;
            let first_took = self.ready(&mirror)?;
            // Opened anew, as the first agent of a program that was just started finds it.
            let second_took = self.ready(&self.mirror(run)?)?;
            eprintln!("clone {run} of {runs}: {first_took:?}, git {git_took:?}, the second {second_took:?}");
            // The first run warms up.
            if run > 0 {
                ours.push(first_took);
                theirs.push(git_took);
                second.push(second_took);
            }
        }
        let (ours, theirs, second) = (median(ours), median(theirs), median(second));
        row(&format!("clone, {size}"), ours, ("git clone --bare", theirs), Some(1.5), None);
        row("the second agent on the same repository", second, ("the first", ours), Some(0.1), None);
        Ok(())
    }

    /// Fetches and lists, which is all that the first request to a model waits for.
    fn ready(&self, mirror: &Mirror) -> Result<Duration, Failure> {
        let credentials = Credentials::https(self.server.host(), self.server.user(), self.server.password());
        let began = Instant::now();
        let base = mirror.fetch(&self.branch, &credentials, &mut |_| ControlFlow::Continue(()))?;
        mirror.entries(&base.tree, &|| false)?;
        mirror.submodules(&base.tree)?;
        Ok(began.elapsed())
    }

    fn mirror(&self, run: usize) -> Result<Mirror, Failure> {
        let mirrors = Mirrors::new(self.folder.join(format!("mirrors-{run}")));
        Ok(mirrors.open(&Remote::parse(&self.server.url(SERVED))?)?)
    }

    fn git_clone(&self, target: &Path) -> Result<Duration, Failure> {
        let (user, password) = (self.server.user(), self.server.password());
        let url = self.server.url(SERVED).replacen("://", &format!("://{user}:{password}@"), 1);
        let target = target.to_string_lossy();
        let began = Instant::now();
        // One branch, since we fetch one.
        git(
            &self.folder,
            &[
                "clone",
                "--quiet",
                "--bare",
                "--single-branch",
                "--no-tags",
                "--branch",
                &self.branch,
                &url,
                &target,
            ],
        )?;
        Ok(began.elapsed())
    }

    /// Measures a commit of many changed files, beside git's own from a work tree.
    fn commits(&self, runs: usize) -> Result<(), Failure> {
        let work = self.folder.join("work");
        fs::create_dir_all(&work)?;
        git(&work, &["init", "--quiet", "--initial-branch", "main"])?;
        for number in 0..CHANGED {
            write(&work, number, 0)?;
        }
        git(&work, &["add", "."])?;
        commit(&work)?;
        let mirror = Mirrors::new(self.folder.join("mirrors-commit"))
            .open(&Remote::parse(&work.to_string_lossy())?)?;
        let base = mirror.fetch("main", &Credentials::none(), &mut |_| ControlFlow::Continue(()))?;
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for run in 1..=runs + 1 {
            let edits: Vec<TreeEdit> = (0..CHANGED)
                .map(|number| TreeEdit::Put {
                    path: path(number).into_bytes(),
                    mode: 0o100_644,
                    // Other bytes than git's, which would find them stored.
                    bytes: content(number, run * 2).into_bytes(),
                })
                .collect();
            let began = Instant::now();
            mirror.checkpoint(Some(&base.commit), &base.tree, &edits, "edit", run as i64)?;
            let we_took = began.elapsed();
            for number in 0..CHANGED {
                write(&work, number, run * 2 + 1)?;
            }
            let began = Instant::now();
            git(&work, &["add", "."])?;
            commit(&work)?;
            let git_took = began.elapsed();
            eprintln!("commit {run} of {runs}: {we_took:?}, git {git_took:?}");
            if run > 1 {
                ours.push(we_took);
                theirs.push(git_took);
            }
        }
        let what = format!("commit of {CHANGED} changed files");
        row(&what, median(ours), ("git add, git commit", median(theirs)), None, Some(1000.0));
        Ok(())
    }
}

fn path(number: usize) -> String {
    format!("part{:02}/module{:03}/file{number}.txt", number / 100, number / 10)
}

/// About 6 KB of text that no other version of any file has.
fn content(number: usize, version: usize) -> String {
    (0..100)
        .map(|line| format!("file {number}, version {version}, line {line}: some words of it\n"))
        .collect()
}

fn write(work: &Path, number: usize, version: usize) -> Result<(), Failure> {
    let path = work.join(path(number));
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    Ok(fs::write(path, content(number, version))?)
}

fn commit(work: &Path) -> Result<(), Failure> {
    let user = ["-c", "user.name=Bench", "-c", "user.email=bench@localhost"];
    git(work, &[&user[..], &["commit", "--quiet", "--no-verify", "--message", "Change"]].concat()).map(drop)
}

/// How large a repository is, as the table says it.
fn size(repository: &Path) -> Result<String, Failure> {
    let commits = git(repository, &["rev-list", "--count", "HEAD"])?;
    let counted = git(repository, &["count-objects", "-v"])?;
    let figure = |name: &str| {
        let line = counted.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim_start_matches(": ").parse::<u64>().ok()).unwrap_or_default()
    };
    Ok(format!("{commits} commits, {} objects, {} MB", figure("in-pack"), figure("size-pack") / 1000))
}

/// Runs git without the configuration of whoever measures.
fn git(folder: &Path, arguments: &[&str]) -> Result<String, Failure> {
    let output = Command::new("git")
        .args(arguments)
        .current_dir(folder)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .output()?;
    if !output.status.success() {
        return Err(format!("git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)).into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim_end().to_owned())
}

fn row(what: &str, ours: f64, baseline: (&str, f64), most_times: Option<f64>, most: Option<f64>) {
    let row = serde_json::json!({
        "what": what,
        "unit": "ms",
        "ours": ours,
        "baseline": baseline,
        "mostTimes": most_times,
        "most": most,
    });
    println!("{row}");
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times.get(times.len() / 2).map_or(f64::NAN, |took| took.as_secs_f64() * 1000.0)
}
