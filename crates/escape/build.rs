//! Builds the attack program as a static program of its own, as the bridge is built, for an image
//! that holds nothing else.
//!
//! The same cargo builds this same package in the bridge's target folder, where most of it is ready;
//! the inner build finds the mark below and builds no further one.

use std::error::Error;
use std::path::PathBuf;
use std::process::Command;
use std::{env, fs};

const INNER: &str = "ANCHORHOLD_ESCAPE_INNER";
const PROGRAM: &str = "anchorhold-escape";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={INNER}");
    if env::var_os(INNER).is_some() || env::var("CARGO_CFG_TARGET_OS")? != "linux" {
        return Ok(());
    }
    let here = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    for watched in ["build.rs", "src", "Cargo.toml", "../bridge/src", "../bridge/Cargo.toml"] {
        println!("cargo::rerun-if-changed={}", here.join(watched).display());
    }
    let out = PathBuf::from(env::var("OUT_DIR")?);
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not four folders deep")?.join("bridge");
    let triple = format!("{}-unknown-linux-gnu", env::var("CARGO_CFG_TARGET_ARCH")?);

    let mut cargo = Command::new(env::var("CARGO")?);
    // What the outer build tells its own compilers is not meant for this one.
    let kept = |name: &str| {
        matches!(name, "PATH" | "HOME" | "CARGO_HOME" | "CARGO_NET_OFFLINE")
            || ["RUSTUP_", "CARGO_REGISTR", "CARGO_SOURCE_"].iter().any(|start| name.starts_with(start))
    };
    let environment = env::vars_os().filter(|(name, _)| name.to_str().is_some_and(kept));
    let status = cargo
        .env_clear()
        .envs(environment)
        .env(INNER, "1")
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .current_dir(&here)
        .args(["build", "--profile", "bridge", "--locked", "--quiet", "--package", PROGRAM, "--bin", PROGRAM])
        .args(["--target", &triple])
        .arg("--target-dir")
        .arg(&target)
        .status()?;
    if !status.success() {
        return Err(format!("build the attack program: {status}").into());
    }
    fs::copy(target.join(triple).join("bridge").join(PROGRAM), out.join(PROGRAM))?;
    Ok(())
}
