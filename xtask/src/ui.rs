//! The UI's packages and its build, each made again only when what it is made from changed.

use crate::{command, paths, stamp};
use anyhow::{Result, bail};
use std::path::Path;

/// The versions of Node.js that Vite takes, as every package.json here has them.
const NODE: &str = "^20.19.0 || >=22.12.0";

/// Installs and builds the UI where that is not done yet.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn build() -> Result<()> {
    let ui = paths::ui();
    install(&ui, "ui")?;
    let sources = [
        "index.html",
        "package-lock.json",
        "public",
        "src",
        "svelte.config.js",
        "tsconfig.json",
        "vite.config.ts",
    ];
    let sources: Vec<_> = sources.iter().map(|name| ui.join(name)).filter(|path| path.exists()).collect();
    stamp::unless_done("ui-build", &sources, &ui.join("dist").join("index.html"), || {
        script(&ui, "build", "build the UI")
    })
}

/// Installs the packages that `folder`'s lock file names.
///
/// # Errors
/// When Node.js is missing or npm fails.
pub fn install(folder: &Path, name: &str) -> Result<()> {
    need_node(name)?;
    let lock = folder.join("package-lock.json");
    // npm writes this file last, so a broken install does not have it.
    let done = folder.join("node_modules").join(".package-lock.json");
    stamp::unless_done(&format!("{name}-packages"), &[lock], &done, || {
        let advice =
            "check the network; where package.json and its lock file differ, run `npm install` there";
        command::run(command::npm(folder).arg("ci"), &format!("install {name}'s packages"), advice)
    })
}

/// Vite refuses an older one in words that do not help; Debian 12's own package is 18.
fn need_node(name: &str) -> Result<()> {
    let attempt = format!("install {name}'s packages");
    let advice = "install Node.js 22.12 or newer, or 20.19, with npm";
    let version = command::read(command::program("node").arg("--version"), &attempt, advice)?;
    if !is_new_enough(&version) {
        bail!("{attempt}: Node.js is {}\n  {advice}", version.trim());
    }
    Ok(())
}

fn is_new_enough(version: &str) -> bool {
    let version = numbers(version.trim().trim_start_matches('v'));
    NODE.split(" || ").any(|range| match range.split_at_checked(1) {
        Some(("^", least)) => version >= numbers(least) && version.first() == numbers(least).first(),
        _ => version >= numbers(range.trim_start_matches(">=")),
    })
}

fn numbers(version: &str) -> Vec<u32> {
    version.split('.').map_while(|part| part.parse().ok()).collect()
}

/// Runs one of `folder`'s scripts.
///
/// # Errors
/// When the script fails.
pub fn script(folder: &Path, name: &str, attempt: &str) -> Result<()> {
    let advice = format!(
        "run it alone: npm --prefix {} run {name}",
        folder.strip_prefix(paths::root()).unwrap_or(folder).display()
    );
    command::run(command::npm(folder).args(["run", "--silent", name]), attempt, &advice)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::{NODE, is_new_enough};
    use crate::paths;
    use serde_json::Value;
    use std::fs;

    #[test]
    fn node_is_new_enough_where_vite_takes_it() {
        assert!(is_new_enough("v20.19.0\n"));
        assert!(is_new_enough("v22.12.0\n"));
        assert!(!is_new_enough("v21.7.3\n"));
        assert!(!is_new_enough("v22.11.0\n"));
        assert!(is_new_enough("v24.1.0\n"));
        assert!(!is_new_enough("v20.9.5\n"));
        assert!(!is_new_enough("v18.20.4\n"));
        assert!(!is_new_enough(""));
    }
    #[test]
    fn every_package_asks_for_the_node_that_is_checked() {
        for folder in ["ui", "tests/e2e", "tests/github", "tests/models", "xtask/bundler"] {
            let read = |name: &str| {
                let text = fs::read_to_string(paths::root().join(folder).join(name)).unwrap();
                serde_json::from_str::<Value>(&text).unwrap()
            };
            let (package, lock) = (read("package.json"), read("package-lock.json"));
            let asked = [&package["engines"]["node"], &lock["packages"][""]["engines"]["node"]];
            assert_eq!(asked, [NODE, NODE], "{folder}");
        }
    }
}
