//! What a machine can tell about the tree without running the product.

use crate::{command, parts::Run, paths, setup, setup::Need, ui};
use anyhow::Result;

/// The version of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "0.20.2";

/// Runs every check.
///
/// # Errors
/// When something needed cannot be had. A failed check ends the program with status 1.
pub fn run() -> Result<()> {
    let mut run = Run::default();
    run.part("setup", &[], || setup::ensure(&[Need::Build, Need::Window]));
    run.part("ui build", &[], ui::build);
    add_to(&mut run);
    run.finish()
}

/// Adds the checks to a run that holds `setup` and `ui build`.
pub fn add_to(run: &mut Run) {
    run.part("format", &[], format);
    run.part("dependencies", &[], dependencies);
    run.part("ui lint", &["ui build"], ui_lint);
    run.part("lints", &["setup", "ui build"], lints);
    run.part("queries", &["setup"], queries);
    run.part("docs", &["setup", "ui build"], docs);
    run.part("bindings", &["setup", "ui build"], bindings);
}

fn format() -> Result<()> {
    let mut fmt = command::cargo();
    command::run(fmt.args(["fmt", "--all", "--check"]), "compare the format", "run: cargo fmt --all")
}

fn lints() -> Result<()> {
    let mut clippy = command::cargo();
    clippy.args(["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]);
    command::run(&mut clippy, "lint the Rust code", "mend what clippy says above")
}

/// Licences, sources, and one room per outside library. Advisories are left out: they need a network.
fn dependencies() -> Result<()> {
    let tools = paths::target().join("tools");
    let deny = tools.join("bin").join(format!("cargo-deny{}", std::env::consts::EXE_SUFFIX));
    let version = format!("cargo-deny {CARGO_DENY}");
    let here = command::program(&deny)
        .arg("--version")
        .output()
        .is_ok_and(|o| o.stdout.starts_with(version.as_bytes()));
    if !here {
        println!("building cargo-deny {CARGO_DENY}, once for this checkout");
        let mut install = command::cargo();
        install.args([
            "install",
            "cargo-deny",
            "--locked",
            "--force",
            "--debug",
            "--version",
            CARGO_DENY,
            "--root",
        ]);
        install.arg(&tools).arg("--target-dir").arg(tools.join("build")).env("CARGO_PROFILE_DEV_DEBUG", "0");
        command::run(&mut install, "build cargo-deny", "check the network, then run this again")?;
        // What it was built from is of no more use and takes half a gigabyte.
        let _ = std::fs::remove_dir_all(tools.join("build"));
    }
    let mut check = command::program(&deny);
    check.args(["--all-features", "check", "--hide-inclusion-graph", "bans", "licenses", "sources"]);
    command::run(&mut check, "check the dependencies", "see what deny.toml says about it")
}

fn queries() -> Result<()> {
    let mut check = command::cargo();
    check.args(["run", "--quiet", "--package", "anchorhold-store-schema", "--", "check"]);
    command::run(&mut check, "compare the recorded queries with the migrations", "run: cargo xtask gen")
}

fn docs() -> Result<()> {
    let mut doc = command::cargo();
    doc.args(["doc", "--workspace", "--no-deps", "--document-private-items"])
        .env("RUSTDOCFLAGS", "-D warnings");
    command::run(&mut doc, "build the documentation", "mend what rustdoc says above")
}

fn bindings() -> Result<()> {
    let mut test = command::cargo();
    test.args(["test", "--quiet", "--package", "anchorhold", "--test", "bindings"]);
    command::run(&mut test, "compare the page's bindings with the commands", "run: cargo xtask gen")
}

fn ui_lint() -> Result<()> {
    ui::script(&paths::ui(), "lint", "lint the UI")?;
    ui::script(&paths::ui(), "check", "check the UI's types")
}
