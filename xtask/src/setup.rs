//! Installs what is missing: by itself where apt is, by exact commands to type elsewhere.

use crate::{
    bridge::Arch,
    command,
    packages::Packages,
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
    let Some(mut update) = as_root("apt-get") else {
        let how = "as root: apt-get update && apt-get install -y --no-install-recommends";
        return refuse(missing, Platform::Apt, how);
    };
    let advice = "check the network and /etc/apt/sources.list, then run this again";
    // Only the lists of today say which packages there are.
    println!("something is not installed yet; refreshing apt's lists to see which packages bring it");
    command::run(update.arg("update").arg("-qq"), "refresh the package lists", advice)?;
    let packages = Packages::of(missing, Platform::Apt, &apt_knows);
    if !packages.names.is_empty() {
        println!("{}\n", packages.table());
        let Some(mut install) = as_root("apt-get") else { bail!("sudo went away") };
        install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(&packages.names);
        command::run(&mut install, "install packages", advice)?;
        stop_debians_nginx(&packages.names);
    }
    if let Some(still) = packages.brought().find(|requirement| !is_met(requirement)) {
        bail!(
            "installed what {}, and it is still not found\n  this is a mistake in xtask/src/requirements.rs",
            still.purpose
        )
    }
    packages.by_hand().map_or(Ok(()), |words| bail!("{words}\nthen run this again"))
}

/// Whether apt has a package of this name, rather than only other packages that speak of one.
fn apt_knows(name: &str) -> bool {
    let shown = command::program("apt-cache").args(["show", "--no-all-versions", name]).output();
    shown.is_ok_and(|shown| shown.status.success() && !shown.stdout.is_empty())
}

/// Debian starts nginx on port 80 when it installs it; the tests start their own and need no other.
fn stop_debians_nginx(installed: &BTreeSet<&str>) {
    if !["nginx-light", "nginx"].iter().any(|name| installed.contains(name))
        || !Path::new("/run/systemd/system").exists()
    {
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
    let packages = match platform {
        Platform::Apt => Packages::of(missing, platform, &apt_knows),
        _ => Packages::of(missing, platform, &|_| true),
    };
    let by_hand = packages.by_hand().map(|words| format!("\n\n{words}")).unwrap_or_default();
    let names: Vec<&str> = packages.names.iter().copied().collect();
    bail!("{}\n\ninstall them and run this again:\n  {how} {}{by_hand}", packages.table(), names.join(" "))
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
