//! The main job, from create to pushed, on a sample repository and a scripted model.

use crate::chosen::{Chosen, Engine};
use crate::{command, engine, paths, setup, setup::Need, window};
use anyhow::{Context, Result};
use std::fs;

/// Runs the demonstration, then opens the window on its agent where one can be seen.
///
/// # Errors
/// When something needed cannot be had, or the job does not end as it should.
pub fn run(no_window: bool) -> Result<()> {
    let window = !no_window && window::has_display();
    let mut needs = vec![Need::Build, Need::Engine];
    if window {
        needs.push(Need::Window);
    }
    setup::ensure(&needs)?;
    let engine = engine::ensure()?;
    let mut build = command::cargo();
    build.args(["build", "--package", "anchorhold-cli"]);
    command::run(&mut build, "build anchorctl", "mend what the compiler says above")?;

    let kept = paths::target().join("xtask").join("demo-agent");
    fs::create_dir_all(paths::target().join("xtask")).context("make a folder for the agent's id")?;
    let mut demo = command::program(paths::built("debug", "anchorctl"));
    engine.lend(demo.arg("demo").arg("--agent-file").arg(&kept));
    command::run(&mut demo, "run the demonstration", "see what it printed above")?;
    let agent =
        fs::read_to_string(&kept).with_context(|| format!("read the agent's id from {}", kept.display()))?;

    println!("{}", next_steps(&engine));
    if !window {
        if !no_window {
            println!("There is no display, so the window stays closed.");
        }
        return Ok(());
    }
    window::build()?;
    let mut app = window::app();
    engine.lend(app.args(["--agent", agent.trim()]));
    command::run(&mut app, "open the window", "see what it printed above")
}

fn next_steps(engine: &Engine) -> String {
    let engine = match engine {
        // What the product finds by itself needs no word.
        _ if Chosen::here().is_some() => String::new(),
        Engine::Of(_) => String::new(),
        Engine::At(host) if host == "unix:///var/run/docker.sock" => String::new(),
        Engine::At(host) => {
            format!("\n  export DOCKER_HOST={host}    # stop it with: cargo xtask engine stop")
        }
    };
    format!(
        "
That was a scripted model: it plays back what was recorded, to show the machinery. For real work take a real
repository and a real model, here one on this machine; any server that speaks OpenAI's API will do:
{engine}
  target/debug/anchorctl run --repo https://github.com/you/project --from main --to agent-task \\
      --task 'what you want done' --model openai/qwen3-coder --base-url http://localhost:11434/v1

or open the window with: cargo xtask run
"
    )
}
