//! The main job on embedded defaults: a sample repository, a recorded model, a real container.

use crate::arguments::DemoOptions;
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::run::{follow, free_name};
use crate::{open, print};
use anchorhold_domain::{Delivery, EventKind, Fault, FileRules, Limits, NewAgent, PushWish, Update};
use anchorhold_engine::{Engine, EngineError, Identity, home_from_environment, scripted};
use include_dir::{Dir, include_dir};
use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

static SAMPLE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../../tests/fixtures/sample");

const TASK: &str = "Tide heights are cut off instead of rounded: 1.29 m shows as 1.2 m. Round to the nearest \
                    decimetre wherever a height is shown or stored, one rule per language, with tests. Remove \
                    the first gauge import, which nobody uses, and put the Windows notes into docs/archive.";
const INSTRUCTION: &str = "Also mention the change in the changelog.";
/// The demonstration queues its instruction once the agent has finished this many tool calls.
const CALLS_BEFORE_INSTRUCTION: usize = 4;

pub(crate) async fn demo(engine: Option<String>, options: DemoOptions) -> Result<Exit, EngineError> {
    let home = home_from_environment().unwrap_or_else(|| PathBuf::from(".anchorhold"));
    let bare = match sample_repository(&home.join("demo")) {
        Ok(bare) => bare,
        Err(source) => return Ok(print::refused(&unmade(&home.join("demo"), &source))),
    };
    let engine = open(|config| {
        config.engine = engine;
        // The sample must work where git was never told who its user is.
        config.identity = Some(Identity {
            name: "Anchorhold demo".to_owned(),
            email: "demo@anchorhold.invalid".to_owned(),
        });
    })
    .await?;
    let done = show(&engine, &bare, &options).await;
    engine.close().await;
    done
}

async fn show(engine: &Engine, bare: &Path, options: &DemoOptions) -> Result<Exit, EngineError> {
    print::line(format_args!(
        "The model of this demonstration is a recording. It shows the machinery, not intelligence.\n"
    ));
    let name = free_name(engine, "Round tide heights").await?;
    let branch = free_branch(engine, bare).await?;
    let new = NewAgent {
        name,
        task: TASK.to_owned(),
        github_repo: bare.display().to_string(),
        source_branch: "main".to_owned(),
        target_branch: branch.clone(),
        history_depth: None,
        model: scripted(),
        fallback: None,
        limits: Limits::default(),
        files: FileRules::default(),
        delivery: Delivery::default(),
    };
    let agent = engine.create(new).await?;
    if let Some(path) = &options.agent_file {
        fs::write(path, agent.id.to_string())
            .map_err(|source| EngineError::Folder { path: path.clone(), source })?;
    }
    let mut updates = engine.watch(agent.id, 0).await?;
    let mut interrupts = Interrupts::listen();
    engine.start(agent.id).await?;
    // A second watcher of the same log: what it sees decides when the instruction is queued.
    let queueing = {
        let (engine, id) = (engine.clone(), agent.id);
        tokio::spawn(async move {
            let mut finished = 0;
            while let Some(update) = updates.recv().await {
                let Update::Events { events, .. } = update else { continue };
                finished +=
                    events.iter().filter(|e| matches!(e.kind, EventKind::ToolFinished { .. })).count();
                if finished >= CALLS_BEFORE_INSTRUCTION {
                    return engine.instruct(id, INSTRUCTION).await.map(drop);
                }
            }
            Ok(())
        })
    };
    let mut log = print::Log::new(false);
    let exit = follow(engine, agent.id, &mut log, &mut interrupts, 0).await?;
    queueing.abort();
    if exit != Exit::Completed {
        return Ok(exit);
    }
    print::line(format_args!("\n{}", engine.patch(agent.id).await?));
    let pushing = engine.push(agent.id, PushWish::default()).await?;
    let exit = follow(engine, agent.id, &mut log, &mut interrupts, pushing.last_seq - 1).await?;
    if exit != Exit::Completed {
        return Ok(exit);
    }
    verify(engine, agent.id, bare, &branch).await
}

/// Asks git itself whether the remote holds exactly the tree that was reviewed.
async fn verify(
    engine: &Engine,
    id: anchorhold_domain::AgentId,
    bare: &Path,
    branch: &str,
) -> Result<Exit, EngineError> {
    let calls = engine.record(id).await?.tool_calls.len();
    let reviewed = engine.reviewed_tree(id).await?;
    let remote = match git(bare, &["rev-parse", &format!("refs/heads/{branch}^{{tree}}")]) {
        Ok(remote) => remote,
        Err(source) => return Ok(print::refused(&unmade(bare, &source))),
    };
    if reviewed.as_deref() == Some(remote.trim()) {
        print::line(format_args!(
            "\nThe remote's branch {branch} holds exactly the reviewed tree {}.",
            print::short(remote.trim())
        ));
        print::line(format_args!("{calls} tool calls; none of them could execute anything."));
        Ok(Exit::Completed)
    } else {
        eprintln!("error: the remote's tree {} is not the reviewed one {reviewed:?}", remote.trim());
        Ok(Exit::Error)
    }
}

async fn free_branch(engine: &Engine, bare: &Path) -> Result<String, EngineError> {
    let branches = engine.branches(&bare.display().to_string()).await?.names;
    let mut names = (1_u32..).map(|number| format!("round-heights-{number}"));
    Ok(names.find(|name| !branches.contains(name)).unwrap_or_default())
}

/// Makes the sample repository and its bare remote, or finds them.
fn sample_repository(folder: &Path) -> io::Result<PathBuf> {
    let bare = folder.join("tidepool.git");
    if bare.join("HEAD").exists() {
        return Ok(bare);
    }
    let work = folder.join("tidepool");
    if work.exists() {
        fs::remove_dir_all(&work)?;
    }
    fs::create_dir_all(&work)?;
    SAMPLE.extract(&work)?;
    mark_scripts(&work)?;
    git(&work, &["init", "--quiet", "--initial-branch=main"])?;
    // The sample's line endings and modes are part of it, whatever this user's git does by default.
    git(&work, &["config", "core.autocrlf", "false"])?;
    git(&work, &["add", "--all", "--force"])?;
    let identity = ["-c", "user.name=Anchorhold demo", "-c", "user.email=demo@anchorhold.invalid"];
    let commit =
        ["-c", "commit.gpgsign=false", "commit", "--quiet", "--message", "Tidepool, a sample project"];
    git(&work, &[identity.as_slice(), commit.as_slice()].concat())?;
    // Under its name only once it is whole, since one that is there is taken for that.
    let unfinished = folder.join("tidepool.git.new");
    if unfinished.exists() {
        fs::remove_dir_all(&unfinished)?;
    }
    git(folder, &["clone", "--quiet", "--bare", "tidepool", "tidepool.git.new"])?;
    if bare.exists() {
        fs::remove_dir_all(&bare)?;
    }
    fs::rename(&unfinished, &bare)?;
    Ok(bare)
}

/// Why the sample could not be made, or asked what it holds.
fn unmade(folder: &Path, source: &io::Error) -> Fault {
    let hint = match source.kind() {
        io::ErrorKind::NotFound => "install git, and see that it is in PATH",
        _ => "see what git says, and check that the folder can be written, or set ANCHORHOLD_HOME to another",
    };
    Fault {
        code: "sample_failed".to_owned(),
        message: format!("make the sample repository in {}: {source}", folder.display()),
        hint: Some(hint.to_owned()),
    }
}

#[cfg(unix)]
fn mark_scripts(work: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    for entry in fs::read_dir(work.join("scripts"))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "sh") {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn mark_scripts(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Runs git in a folder. The user's hooks, templates, attributes and ignored files are not the sample's
/// business, and neither is where an environment says that a repository is.
fn git(folder: &Path, arguments: &[&str]) -> io::Result<String> {
    let mut command = Command::new("git");
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(|name| name.starts_with("GIT_")) {
            command.env_remove(name);
        }
    }
    let nowhere = if cfg!(windows) { "NUL" } else { "/dev/null" };
    command.env("GIT_CONFIG_GLOBAL", nowhere).env("GIT_CONFIG_NOSYSTEM", "1");
    // Without the setting git still looks for ignored files and attributes in the user's folder of settings.
    command.args(["-c", &format!("core.excludesFile={nowhere}")]);
    command.args(["-c", &format!("core.attributesFile={nowhere}")]);
    let output = command.arg("-C").arg(folder).args(arguments).output()?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(io::Error::other(format!("git {}: {}", arguments.join(" "), said.trim())))
}
