//! The machines that an engine can run on, and the bridges for them that this library carries.

use crate::error::SandboxError;

/// A machine that a bridge can be built for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arch {
    X86_64,
    Aarch64,
}

/// The program in the container, for one machine.
#[derive(Clone, Copy)]
pub(crate) struct Bridge {
    pub(crate) arch: Arch,
    pub(crate) program: &'static [u8],
}

/// Those that were there when this library was built.
pub(crate) const BRIDGES: &[Bridge] = include!(concat!(env!("OUT_DIR"), "/bridges.rs"));

impl Arch {
    /// The name that Linux has for it, in image names and in the bridge's first answer.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::X86_64 => "x86_64",
            Self::Aarch64 => "aarch64",
        }
    }

    /// The name that an image's platform has for it.
    pub(crate) const fn platform(self) -> &'static str {
        match self {
            Self::X86_64 => "linux/amd64",
            Self::Aarch64 => "linux/arm64",
        }
    }

    /// Reads an engine's word for its machine: Docker says `x86_64`, Podman `amd64`.
    fn of_engine(word: &str) -> Option<Self> {
        match word {
            "x86_64" | "amd64" => Some(Self::X86_64),
            "aarch64" | "arm64" => Some(Self::Aarch64),
            _ => None,
        }
    }
}

/// The machines whose bridge this program carries, such as `x86_64`.
pub fn machines() -> impl Iterator<Item = &'static str> {
    BRIDGES.iter().map(|bridge| bridge.arch.name())
}

/// Finds the bridge for the machine that the engine says it runs on.
pub(crate) fn bridge_for(bridges: &[Bridge], machine: &str) -> Result<Bridge, SandboxError> {
    let arch = Arch::of_engine(machine)
        .ok_or_else(|| SandboxError::EngineArchUnsupported { arch: machine.to_owned() })?;
    let found = bridges.iter().find(|bridge| bridge.arch == arch).copied();
    found.ok_or_else(|| SandboxError::BridgeMissing { arch: arch.name().to_owned() })
}

/// Believes the bridge alone about what it is: an old engine stamps its own machine on any image.
pub(crate) fn confirm(wanted: Arch, found: &str) -> Result<(), SandboxError> {
    if found == wanted.name() {
        return Ok(());
    }
    Err(SandboxError::ArchDiffers { wanted: wanted.name().to_owned(), found: found.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONLY_ONE: &[Bridge] = &[Bridge { arch: Arch::X86_64, program: b"" }];

    #[track_caller]
    fn check(machine: &str, expected: Result<Arch, &str>) {
        let found = bridge_for(ONLY_ONE, machine).map(|bridge| bridge.arch);
        assert_eq!(found.map_err(|error| error.to_string()), expected.map_err(str::to_owned), "{machine}");
    }

    #[test]
    fn the_engine_s_word_chooses_the_bridge_or_says_why_there_is_none() {
        check("x86_64", Ok(Arch::X86_64));
        check("amd64", Ok(Arch::X86_64));
        let missing =
            "open a cell: this program carries no bridge for aarch64, which the container engine runs on";
        check("aarch64", Err(missing));
        check("arm64", Err(missing));
        check("armv7l", Err("open a cell: a container engine on armv7l is not supported"));
        check("riscv64", Err("open a cell: a container engine on riscv64 is not supported"));
        check("", Err("open a cell: a container engine on a machine that it does not name is not supported"));
    }

    #[test]
    fn a_bridge_for_another_machine_is_found_out_by_its_own_word() {
        assert!(confirm(Arch::X86_64, "x86_64").is_ok());
        let error = confirm(Arch::X86_64, "aarch64").err();
        assert_eq!(error.map(|error| error.code()), Some("cell_arch_differs"));
    }

    #[test]
    fn the_bridge_of_the_machine_that_builds_is_always_there() {
        if cfg!(target_os = "linux") {
            assert!(bridge_for(BRIDGES, std::env::consts::ARCH).is_ok());
        }
        assert!(BRIDGES.iter().all(|bridge| bridge.program.starts_with(b"\x7fELF")));
    }
}
