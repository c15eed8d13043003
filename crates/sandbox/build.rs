//! Builds the bridge as a program of its own and hands the bytes of every bridge there is to the
//! library: the build machine's own always, another machine's where it was built before.
//!
//! The bridge is small, static and always optimised, whatever this build is, so it is built by the
//! same cargo in a target folder of its own: there the two builds never wait for each other's lock.
//! `cargo xtask bridge --arch …` builds one for another machine; `ANCHORHOLD_BRIDGE_X86_64` and
//! `ANCHORHOLD_BRIDGE_AARCH64` name programs that were built elsewhere.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::SystemTime;
use std::{env, fs};

const PROGRAM: &str = "anchorhold-bridge";

/// A machine that a bridge can be built for.
struct Machine {
    arch: &'static str,
    /// Its name in the library.
    variant: &'static str,
    /// Names a program that was built before.
    variable: &'static str,
    /// Its number in the head of a program.
    elf: u16,
}

const MACHINES: [Machine; 2] = [
    Machine { arch: "x86_64", variant: "X86_64", variable: "ANCHORHOLD_BRIDGE_X86_64", elf: 62 },
    Machine { arch: "aarch64", variant: "Aarch64", variable: "ANCHORHOLD_BRIDGE_AARCH64", elf: 183 },
];

/// Static, and as small as it can be: a program that aborts needs no tables for unwinding. The same
/// words as in `cargo xtask bridge`.
const RUSTFLAGS: &str =
    "-Ctarget-feature=+crt-static\x1f-Cforce-unwind-tables=no\x1f-Cllvm-args=-enable-machine-outliner=always";

const ADVICE: &str = "the errors above say what is wrong; where the linker finds no -lc, the static C library is missing \
                      (Debian: libc6-dev; Fedora: glibc-static; Arch: glibc)";

fn main() -> Result<(), Box<dyn Error>> {
    let bridge = PathBuf::from(variable("CARGO_MANIFEST_DIR")?).join("../bridge");
    let target = target_folder()?;
    // Watched, so it must be there: cargo takes a missing path for one that always changes.
    let built_before = target.join("bridges");
    fs::create_dir_all(&built_before).map_err(|error| format!("make {}: {error}", built_before.display()))?;
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", bridge.join("src").display());
    println!("cargo::rerun-if-changed={}", bridge.join("Cargo.toml").display());
    println!("cargo::rerun-if-changed={}", bridge.join("build.rs").display());
    println!("cargo::rerun-if-changed={}", bridge.join("no-unwind.ld").display());
    println!("cargo::rerun-if-changed={}", built_before.display());

    let out = PathBuf::from(variable("OUT_DIR")?);
    let mut list = String::new();
    for machine in &MACHINES {
        let Some(program) = find(machine, &bridge, &target)? else { continue };
        let embedded = out.join(format!("bridge-{}", machine.arch));
        fs::copy(&program, &embedded).map_err(|error| format!("copy {}: {error}", program.display()))?;
        check(machine, &program)?;
        let (variant, arch) = (machine.variant, machine.arch);
        writeln!(
            list,
            "Bridge {{ arch: Arch::{variant}, program: include_bytes!(concat!(env!(\"OUT_DIR\"), \"/bridge-{arch}\")) }},"
        )?;
    }
    if list.is_empty() {
        return Err(no_bridge().into());
    }
    fs::write(out.join("bridges.rs"), format!("&[\n{list}]\n"))?;
    Ok(())
}

/// The program for a machine: the one that is named, else the own one, else the one built before.
fn find(machine: &Machine, bridge: &Path, target: &Path) -> Result<Option<PathBuf>, Box<dyn Error>> {
    println!("cargo::rerun-if-env-changed={}", machine.variable);
    if let Some(path) = env::var_os(machine.variable).filter(|path| !path.is_empty()) {
        let path = PathBuf::from(path);
        println!("cargo::rerun-if-changed={}", path.display());
        return Ok(Some(path));
    }
    if variable("CARGO_CFG_TARGET_OS")? == "linux" && variable("CARGO_CFG_TARGET_ARCH")? == machine.arch {
        return build(machine, bridge, target).map(Some);
    }
    let before = target.join("bridges").join(machine.arch).join(PROGRAM);
    let Ok(built_at) = fs::metadata(&before).and_then(|found| found.modified()) else { return Ok(None) };
    if built_at < newest(&bridge.join("src"))? {
        // Host and bridge must speak the same protocol; none is told clearly, an old one is not.
        println!(
            "cargo::warning=the bridge for {0} is older than its source and left out; build it with: \
             cargo xtask bridge --arch {0}",
            machine.arch
        );
        return Ok(None);
    }
    Ok(Some(before))
}

fn build(machine: &Machine, bridge: &Path, target: &Path) -> Result<PathBuf, Box<dyn Error>> {
    let triple = format!("{}-unknown-linux-gnu", machine.arch);
    let own = target.join("bridge");
    let mut cargo = Command::new(variable("CARGO")?);
    // What the outer build tells its own compilers (clippy's wrapper, flags, profiles) is not meant
    // for this one.
    for (name, _) in env::vars_os() {
        if name.to_str().is_some_and(is_the_outer_builds_own) {
            cargo.env_remove(name);
        }
    }
    cargo
        .env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS)
        .current_dir(bridge)
        .args(["build", "--profile", "bridge", "--locked", "--quiet"])
        .args(["--package", PROGRAM, "--bin", PROGRAM])
        .args(["--target", &triple])
        .arg("--target-dir")
        .arg(&own);
    let output = cargo.output().map_err(|error| format!("run cargo for the bridge: {error}"))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Err(format!("build the bridge: {}\n{said}\n{ADVICE}", output.status).into());
    }
    Ok(own.join(triple).join("bridge").join(PROGRAM))
}

/// Refuses what is no Linux program for the machine.
fn check(machine: &Machine, program: &Path) -> Result<(), Box<dyn Error>> {
    let bytes = fs::read(program).map_err(|error| format!("read {}: {error}", program.display()))?;
    let is_elf = bytes.starts_with(b"\x7fELF");
    let number = bytes.get(18..20).and_then(|two| two.try_into().ok()).map(u16::from_le_bytes);
    if is_elf && number == Some(machine.elf) {
        return Ok(());
    }
    Err(format!("{} is no Linux program for {}", program.display(), machine.arch).into())
}

fn no_bridge() -> String {
    let names: Vec<_> = MACHINES.iter().map(|machine| machine.variable).collect();
    format!(
        "the bridge is a Linux program and cannot be built here; on Linux, build it with\n  \
         cargo xtask bridge --arch x86_64    (or aarch64: what your container engine runs on)\n\
         and set {} to the path of the program",
        names.join(" or ")
    )
}

fn newest(folder: &Path) -> Result<SystemTime, Box<dyn Error>> {
    let mut newest = SystemTime::UNIX_EPOCH;
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let found = entry.metadata()?;
        let at = if found.is_dir() { self::newest(&entry.path())? } else { found.modified()? };
        newest = newest.max(at);
    }
    Ok(newest)
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

/// `<target>`, found from `<target>/[<triple>/]<profile>/build/<package>/out`.
fn target_folder() -> Result<PathBuf, Box<dyn Error>> {
    let out = PathBuf::from(variable("OUT_DIR")?);
    let target = out.ancestors().nth(4).ok_or("OUT_DIR is not four folders deep")?;
    let triple = variable("TARGET")?;
    match target.parent() {
        Some(above) if target.file_name().is_some_and(|name| *name == *triple) => Ok(above.to_owned()),
        _ => Ok(target.to_owned()),
    }
}

fn variable(name: &str) -> Result<String, Box<dyn Error>> {
    env::var(name).map_err(|error| format!("read {name}: {error}").into())
}
