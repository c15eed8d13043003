//! Builds the bridge for one machine, also one that is not this one.
//!
//! The program lies in `target/bridges/<arch>` afterwards, where the next build of the sandbox takes
//! it from; a release build can name it by `ANCHORHOLD_BRIDGE_X86_64` or `ANCHORHOLD_BRIDGE_AARCH64`.

use crate::{command, paths, setup};
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

const ADVICE: &str = "the errors above say what is wrong; where the linker finds no -lc, the C library to link with is \
                      missing (Debian: libc6-dev, for another machine libc6-dev-arm64-cross or \
                      libc6-dev-amd64-cross; Fedora: glibc-static)";
const PROGRAM: &str = "anchorhold-bridge";

/// Static, and as small as it can be; the same words as in the build script of the sandbox.
const RUSTFLAGS: &str =
    "-Ctarget-feature=+crt-static\x1f-Cforce-unwind-tables=no\x1f-Cllvm-args=-enable-machine-outliner=always";

/// A machine that container engines run on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Arch {
    /// Also called amd64.
    #[value(name = "x86_64")]
    X86_64,
    /// Also called arm64.
    #[value(name = "aarch64")]
    Aarch64,
}

impl Arch {
    /// The name that Linux has for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    fn triple(self) -> String {
        format!("{}-unknown-linux-gnu", self.name())
    }

    /// The number that the head of a program has for it.
    const fn elf(self) -> u16 {
        match self {
            Self::X86_64 => 62,
            Self::Aarch64 => 183,
        }
    }

    fn is_here(self) -> bool {
        cfg!(target_os = "linux") && self.name() == std::env::consts::ARCH
    }

    /// The machine that this runs on.
    fn here() -> Result<Self> {
        let found = Self::value_variants().iter().find(|arch| arch.name() == std::env::consts::ARCH);
        found.copied().with_context(|| {
            format!(
                "there is no bridge for {}\n  name one: --arch x86_64 or --arch aarch64",
                std::env::consts::ARCH
            )
        })
    }
}

/// Builds the bridge, this machine's where none is named, and says where it lies.
///
/// # Errors
/// When this is no Linux, or a part of the build is missing and cannot be installed.
pub fn run(arch: Option<Arch>) -> Result<()> {
    let arch = match arch {
        Some(arch) => arch,
        None => Arch::here()?,
    };
    if !cfg!(target_os = "linux") {
        bail!(
            "build the bridge: it is a Linux program and is built on Linux\n  \
             run this there, and name the program here by ANCHORHOLD_BRIDGE_{}",
            arch.name().to_uppercase()
        );
    }
    let program = build(arch)?;
    println!("{}", program.display());
    Ok(())
}

fn build(arch: Arch) -> Result<PathBuf> {
    setup::ensure(&[setup::Need::Build])?;
    let mut cargo = command::cargo();
    // Nothing that was set for other programs' sake goes into this one.
    cargo.env_remove("RUSTFLAGS").env("CARGO_ENCODED_RUSTFLAGS", RUSTFLAGS);
    if !arch.is_here() {
        setup::ensure(&[setup::Need::Bridge(arch)])?;
        add_standard_library(arch)?;
        let linker = format!("CARGO_TARGET_{}_LINKER", arch.triple().replace('-', "_").to_uppercase());
        cargo.env(linker, format!("{}-linux-gnu-gcc", arch.name()));
    }
    let target = paths::target().join("bridge");
    cargo
        .args(["build", "--profile", "bridge", "--locked", "--package", PROGRAM, "--bin", PROGRAM])
        .args(["--target", &arch.triple()])
        .arg("--target-dir")
        .arg(&target);
    command::run(&mut cargo, "build the bridge", ADVICE)?;
    let built = target.join(arch.triple()).join("bridge").join(PROGRAM);
    check(arch, &built)?;

    let folder = paths::target().join("bridges").join(arch.name());
    fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
    let program = folder.join(PROGRAM);
    // A copy has the time of now, by which it is seen to be newer than its source.
    fs::copy(&built, &program).with_context(|| format!("write {}", program.display()))?;
    Ok(program)
}

/// Looks at what was built: a program for that machine which needs no loader and no library.
fn check(arch: Arch, program: &Path) -> Result<()> {
    let bytes = fs::read(program).with_context(|| format!("read {}", program.display()))?;
    match problem(arch, &bytes) {
        None => Ok(()),
        Some(problem) => bail!("build the bridge: {} {problem}", program.display()),
    }
}

fn problem(arch: Arch, bytes: &[u8]) -> Option<String> {
    const LOADER: u32 = 3;
    let number = |at: usize, len: usize| -> Option<u64> {
        let bytes = bytes.get(at..at.checked_add(len)?)?;
        Some(bytes.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)))
    };
    if !bytes.starts_with(b"\x7fELF\x02\x01") {
        return Some("is no 64-bit Linux program".to_owned());
    }
    if number(18, 2) != Some(u64::from(arch.elf())) {
        return Some(format!("is not for {}", arch.name()));
    }
    // The program headers, as the ELF specification lays them out.
    let segments = || {
        let (first, size, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
        (0..count)
            .map(|index| number(usize::try_from(first + index * size).ok()?, 4))
            .collect::<Option<Vec<_>>>()
    };
    match segments() {
        None => Some("is cut off".to_owned()),
        Some(kinds) if kinds.contains(&u64::from(LOADER)) => {
            Some("needs a loader, and there is none in the cell".to_owned())
        }
        Some(_) => None,
    }
}

/// The other machine's standard library; where rustup is not, the compiler must have come with it.
fn add_standard_library(arch: Arch) -> Result<()> {
    let triple = arch.triple();
    let has_it =
        |root: String| PathBuf::from(root.trim()).join("lib/rustlib").join(&triple).join("lib").is_dir();
    let root = command::read(
        Command::new("rustc").args(["--print", "sysroot"]).current_dir(paths::root()),
        "look for the standard library",
        "install Rust from https://rustup.rs",
    )?;
    if has_it(root) {
        return Ok(());
    }
    let mut rustup = command::program("rustup");
    rustup.args(["target", "add", &triple]);
    command::run(
        &mut rustup,
        "add the other machine's standard library",
        "without rustup, install your system's package of it",
    )
}

#[cfg(test)]
mod tests {
    use super::{Arch, problem};

    #[track_caller]
    fn check(arch: Arch, bytes: &[u8], expected: Option<&str>) {
        assert_eq!(problem(arch, bytes).as_deref(), expected);
    }

    /// The head of a program with one segment of a kind.
    fn program(machine: u8, segment: u8) -> Vec<u8> {
        let mut bytes = b"\x7fELF\x02\x01\x01".to_vec();
        bytes.resize(64, 0);
        for (at, value) in [(18, machine), (32, 64), (54, 56), (56, 1)] {
            bytes.splice(at..=at, [value]);
        }
        bytes.extend([segment, 0, 0, 0]);
        bytes
    }

    #[test]
    fn only_a_static_program_for_the_machine_will_do() {
        check(Arch::X86_64, &program(62, 1), None);
        check(Arch::Aarch64, &program(183, 1), None);
        check(Arch::Aarch64, &program(62, 1), Some("is not for aarch64"));
        check(Arch::X86_64, &program(62, 3), Some("needs a loader, and there is none in the cell"));
        check(Arch::X86_64, b"#!/bin/sh\n", Some("is no 64-bit Linux program"));
        let mut cut = program(62, 1);
        cut.truncate(65);
        check(Arch::X86_64, &cut, Some("is cut off"));
    }
}
