//! Builds the bridge as a program of its own and hands its bytes to the library.
//!
//! The bridge is small, static and always optimised, whatever this build is, so it is built by the
//! same cargo in a target folder of its own: there the two builds never wait for each other's lock.
//! Where no Linux program can be built, `ANCHORHOLD_BRIDGE` names one that was built before.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

const PREBUILT: &str = "ANCHORHOLD_BRIDGE";
const PROGRAM: &str = "anchorhold-bridge";
const PROFILE: [&str; 6] = [
    "profile.release.opt-level=\"s\"",
    // Small code keeps SHA-256's rounds apart in calls, a fifth as fast, and every file is hashed.
    "profile.release.package.sha2.opt-level=3",
    "profile.release.panic=\"abort\"",
    "profile.release.lto=true",
    "profile.release.codegen-units=1",
    "profile.release.strip=true",
];

fn main() -> Result<(), Box<dyn Error>> {
    let bridge = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../bridge");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", bridge.join("src").display());
    println!("cargo::rerun-if-changed={}", bridge.join("Cargo.toml").display());
    println!("cargo::rerun-if-env-changed={PREBUILT}");

    let program = match env::var_os(PREBUILT) {
        Some(path) => PathBuf::from(path),
        None => build(&bridge)?,
    };
    let out = PathBuf::from(variable("OUT_DIR")?).join(PROGRAM);
    fs::copy(&program, &out).map_err(|error| format!("copy {}: {error}", program.display()))?;
    println!("cargo::rerun-if-changed={}", program.display());
    Ok(())
}

fn build(bridge: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let system = variable("CARGO_CFG_TARGET_OS")?;
    let arch = variable("CARGO_CFG_TARGET_ARCH")?;
    if system != "linux" || !matches!(arch.as_str(), "x86_64" | "aarch64") {
        return Err(format!(
            "the bridge is a Linux program and cannot be built for {arch} {system}; build it on Linux with\n  \
             RUSTFLAGS='-C target-feature=+crt-static' cargo build --release --target x86_64-unknown-linux-gnu \
             -p {PROGRAM} --bin {PROGRAM}\n\
             and set {PREBUILT} to the path of the program"
        )
        .into());
    }
    let triple = format!("{arch}-unknown-linux-gnu");
    let target = own_target_folder()?;
    let mut cargo = Command::new(variable("CARGO")?);
    // What the outer build tells its own compilers (clippy's wrapper, flags, profiles) is not meant
    // for this one.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_the_outer_builds_own) {
            cargo.env_remove(name);
        }
    }
    cargo
        .env("CARGO_ENCODED_RUSTFLAGS", "-Ctarget-feature=+crt-static")
        .current_dir(bridge)
        .args(["build", "--release", "--locked", "--quiet"])
        .args(["--package", PROGRAM, "--bin", PROGRAM])
        .args(["--target", &triple])
        .arg("--target-dir")
        .arg(&target)
        .args(PROFILE.iter().flat_map(|setting| ["--config", setting]));
    let output = cargo.output().map_err(|error| format!("run cargo for the bridge: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("build the bridge: {}\n{said}", output.status).into());
    }
    Ok(target.join(triple).join("release").join(PROGRAM))
}

fn is_the_outer_builds_own(name: &str) -> bool {
    let kept = matches!(name, "CARGO_HOME" | "CARGO_NET_OFFLINE" | "CARGO_HTTP_PROXY")
        || name.starts_with("CARGO_REGISTRIES_")
        || name.starts_with("CARGO_REGISTRY_")
        || name.starts_with("CARGO_SOURCE_");
    let cargos = name.starts_with("CARGO_") || name.starts_with("DEP_");
    (cargos && !kept)
        || matches!(
            name,
            "RUSTC"
                | "RUSTDOC"
                | "RUSTFLAGS"
                | "RUSTC_WRAPPER"
                | "RUSTC_WORKSPACE_WRAPPER"
                | "RUSTC_LINKER"
                | "CLIPPY_ARGS"
                | "CLIPPY_CONF_DIR"
                | "OUT_DIR"
                | "TARGET"
                | "HOST"
                | "PROFILE"
                | "OPT_LEVEL"
                | "DEBUG"
                | "NUM_JOBS"
                | "MAKEFLAGS"
                | "MFLAGS"
        )
}

/// `<target>/bridge`, found from `<target>/<profile>/build/<package>/out`.
fn own_target_folder() -> Result<PathBuf, Box<dyn Error>> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not four folders deep")?;
    Ok(target.join("bridge"))
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("read {name}: {error}").into())
}
