//! Installs what is missing: by itself where apt is, by exact commands to type elsewhere.

use crate::{
    bridge::Arch,
    command,
    platform::Platform,
    requirements::{REQUIREMENTS, Requirement},
};
use anyhow::{Result, bail};
use std::{collections::BTreeSet, path::Path, process::Command};

/// What a command is about to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Compile the headless parts.
    Build,
    /// Compile the window.
    Window,
    /// Run containers.
    Engine,
    /// Run the tests.
    Test,
    /// Build the bridge for a machine that is not this one.
    Bridge(Arch),
}

/// Makes sure that everything for `needs` is installed, and installs it where that is ours to do.
///
/// # Errors
/// When something is missing and cannot be installed from here; the message holds the commands to type.
pub fn ensure(needs: &[Need]) -> Result<()> {
    let platform = Platform::current();
    if !platform.is_linux() {
        return elsewhere(platform, needs);
    }
    let missing: Vec<&Requirement> =
        REQUIREMENTS.iter().filter(|r| needs.contains(&r.need) && !is_met(r)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    match platform {
        Platform::Apt => install(&missing),
        Platform::Dnf => refuse(&missing, platform, "sudo dnf install -y"),
        Platform::Pacman => refuse(&missing, platform, "sudo pacman -S --needed"),
        Platform::Brew | Platform::Winget | Platform::Other => {
            refuse(&missing, platform, "with your package manager, the equivalents of Debian's")
        }
    }
}

fn is_met(requirement: &Requirement) -> bool {
    // An engine that answers needs no package, wherever it runs.
    (requirement.need == Need::Engine && crate::engine::answering().is_some()) || requirement.is_met()
}

fn install(missing: &[&Requirement]) -> Result<()> {
    let packages = packages(missing, Platform::Apt);
    let Some(mut update) = as_root("apt-get") else {
        return refuse(
            missing,
            Platform::Apt,
            "as root: apt-get update && apt-get install -y --no-install-recommends",
        );
    };
    println!("{}\n", table(missing, Platform::Apt));
    let advice = "check the network and /etc/apt/sources.list, then run this again";
    command::run(update.arg("update").arg("-qq"), "refresh the package lists", advice)?;
    let Some(mut install) = as_root("apt-get") else { bail!("sudo went away") };
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&packages);
    command::run(&mut install, "install packages", advice)?;
    stop_debians_nginx(&packages);
    match missing.iter().find(|requirement| !is_met(requirement)) {
        None => Ok(()),
        Some(still) => bail!(
            "installed {}, and what {} is still not found\n  this is a mistake in xtask/src/requirements.rs",
            still.packages(Platform::Apt),
            still.purpose
        ),
    }
}

/// Debian starts nginx on port 80 when it installs it; the tests start their own and need no other.
fn stop_debians_nginx(installed: &BTreeSet<&str>) {
    if !installed.contains("nginx-light") || !Path::new("/run/systemd/system").exists() {
        return;
    }
    let stopped = as_root("systemctl").map(|mut c| c.args(["disable", "--now", "nginx"]).status());
    match stopped {
        Some(Ok(status)) if status.success() => {
            println!("stopped the nginx service that came with the package")
        }
        _ => println!(
            "note: the nginx service that came with the package may be running; the tests do not need it"
        ),
    }
}

/// A command with root's rights, or `None` where there is no way to them.
pub fn as_root(program: &str) -> Option<Command> {
    if is_root() {
        let mut command = command::program(program);
        command.env("DEBIAN_FRONTEND", "noninteractive");
        return Some(command);
    }
    command::find("sudo").map(|sudo| {
        let mut command = command::program(sudo);
        command.args(["env", "DEBIAN_FRONTEND=noninteractive", program]);
        command
    })
}

/// Whether this process runs as root.
#[cfg(unix)]
pub fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    // The owner of our own entry in /proc is who we are; asking libc would take a dependency and `unsafe`.
    std::fs::metadata("/proc/self").is_ok_and(|entry| entry.uid() == 0)
}

/// Whether this process runs as root, which Windows does not know.
#[cfg(not(unix))]
pub fn is_root() -> bool {
    false
}

fn refuse(missing: &[&Requirement], platform: Platform, how: &str) -> Result<()> {
    let packages: Vec<&str> = packages(missing, platform).into_iter().collect();
    bail!("{}\n\ninstall them and run this again:\n  {how} {}", table(missing, platform), packages.join(" "))
}

fn elsewhere(platform: Platform, needs: &[Need]) -> Result<()> {
    if needs.contains(&Need::Engine) && crate::engine::answering().is_none() {
        let install = if platform == Platform::Brew {
            "brew install --cask docker && open -a Docker"
        } else {
            "winget install -e --id Docker.DockerDesktop"
        };
        bail!(
            "no Docker engine answers, and agents work in containers\n\
             start Docker Desktop, or install it and run this again:\n  {install}"
        );
    }
    if needs.contains(&Need::Build) && platform == Platform::Brew && command::find("cc").is_none() {
        bail!("there is no C compiler\ninstall it and run this again:\n  xcode-select --install");
    }
    if needs.contains(&Need::Test) {
        println!(
            "note: the window is driven end to end on Linux only; that part of the tests will fail here"
        );
    }
    Ok(())
}

fn packages(missing: &[&Requirement], platform: Platform) -> BTreeSet<&'static str> {
    missing.iter().flat_map(|requirement| requirement.packages(platform).split(' ')).collect()
}

fn table(missing: &[&Requirement], platform: Platform) -> String {
    let rows = missing.iter().map(|r| format!("\n  {:<30} {}", r.packages(platform), r.purpose));
    format!("not installed yet:{}", rows.collect::<String>())
}
