//! Which system this is, as far as installing things goes.

use std::fs;

/// Who installs packages here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Platform {
    /// Debian, Ubuntu and what is made from them: the only one where we install by ourselves.
    Apt,
    /// Fedora and its relatives.
    Dnf,
    /// Arch and its relatives.
    Pacman,
    /// macOS with Homebrew.
    Brew,
    /// Windows.
    Winget,
    /// A Linux whose package names we do not know.
    Other,
}

impl Platform {
    /// Reads which system this is.
    pub fn current() -> Self {
        if cfg!(target_os = "macos") {
            return Self::Brew;
        }
        if cfg!(windows) {
            return Self::Winget;
        }
        Self::of_release(&fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    /// Whether libraries and display servers have to be installed at all.
    pub fn is_linux(self) -> bool {
        !matches!(self, Self::Brew | Self::Winget)
    }

    fn of_release(release: &str) -> Self {
        let words: Vec<&str> = release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
            .flat_map(|value| value.trim_matches('"').split_whitespace())
            .collect();
        let is = |names: &[&str]| words.iter().any(|word| names.contains(word));
        if is(&["debian", "ubuntu"]) {
            Self::Apt
        } else if is(&["fedora", "rhel"]) {
            Self::Dnf
        } else if is(&["arch"]) {
            Self::Pacman
        } else {
            Self::Other
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Platform;

    #[test]
    fn a_relative_is_known_by_what_it_is_like() {
        assert_eq!(Platform::of_release("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Platform::Apt);
        assert_eq!(Platform::of_release("NAME=\"Debian GNU/Linux\"\nID=debian\n"), Platform::Apt);
        assert_eq!(Platform::of_release("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"), Platform::Dnf);
        assert_eq!(Platform::of_release("ID=manjaro\nID_LIKE=arch\n"), Platform::Pacman);
        assert_eq!(Platform::of_release("ID=nixos\n"), Platform::Other);
    }
}
