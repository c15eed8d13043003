//! What has to be installed besides Rust, Node.js and git, why, and how one sees that it is there.
//!
//! A requirement is looked for by what it does rather than by a package's name, so that a Chrome, an
//! nginx or a Docker from elsewhere counts.

use crate::{bridge::Arch, command, platform::Platform, setup::Need};
use std::path::Path;

/// How one sees that something is installed.
#[derive(Clone, Copy, Debug)]
pub enum Probe {
    /// One of these programs can be found.
    Program(&'static [&'static str]),
    /// `pkg-config` knows the library.
    Library(&'static str),
    /// The file is there.
    File(&'static str),
    /// The C compiler finds the library to link it into a program.
    Archive(&'static str),
}

/// Something that has to be installed.
#[derive(Clone, Copy, Debug)]
pub struct Requirement {
    /// What needs it.
    pub need: Need,
    /// What it is for.
    pub purpose: &'static str,
    /// What to do where no package brings it.
    pub by_hand: &'static str,
    probe: Probe,
    apt: &'static str,
    dnf: &'static str,
    pacman: &'static str,
}

impl Requirement {
    /// Whether it is here.
    pub fn is_met(&self) -> bool {
        match self.probe {
            Probe::Program(names) => names.iter().any(|name| command::find(name).is_some()),
            Probe::Library(name) => command::program("pkg-config")
                .args(["--exists", name])
                .status()
                .is_ok_and(|status| status.success()),
            Probe::File(path) => Path::new(path).exists(),
            // One that it does not find is answered as it was asked for.
            Probe::Archive(name) => command::program("cc")
                .arg(format!("-print-file-name={name}"))
                .output()
                .is_ok_and(|output| Path::new(String::from_utf8_lossy(&output.stdout).trim()).is_absolute()),
        }
    }

    /// The packages that bring it, by their names on `platform`: of names with `|` between them the first that it
    /// `knows`. `None` where it knows none.
    pub fn packages(&self, platform: Platform, knows: &dyn Fn(&str) -> bool) -> Option<Vec<&'static str>> {
        let names = match platform {
            Platform::Apt | Platform::Other | Platform::Brew | Platform::Winget => self.apt,
            Platform::Dnf => self.dnf,
            Platform::Pacman => self.pacman,
        };
        names.split(' ').map(|names| names.split('|').find(|name| knows(name))).collect()
    }

    const fn or(self, by_hand: &'static str) -> Self {
        Self { by_hand, ..self }
    }
}

const fn requirement(
    need: Need,
    purpose: &'static str,
    probe: Probe,
    [apt, dnf, pacman]: [&'static str; 3],
) -> Requirement {
    let by_hand =
        "refresh the list of packages; where it still has none, install what brings it in another way";
    Requirement { need, purpose, by_hand, probe, apt, dnf, pacman }
}

/// Everything that Linux needs. On macOS and Windows the window's parts come with the system.
pub const REQUIREMENTS: &[Requirement] = &[
    requirement(
        Need::Build,
        "compiles the C libraries (SQLite, libgit2)",
        Probe::Program(&["c++"]),
        ["build-essential", "gcc-c++ make", "base-devel"],
    ),
    requirement(
        Need::Build,
        "links the program in the container, which brings its own C library",
        Probe::Archive("libc.a"),
        ["libc6-dev", "glibc-static", "glibc"],
    ),
    requirement(
        Need::Build,
        "finds system libraries",
        Probe::Program(&["pkg-config"]),
        ["pkg-config", "pkgconf-pkg-config", "pkgconf"],
    ),
    requirement(
        Need::Build,
        "TLS for git and for model providers",
        Probe::Library("openssl"),
        ["libssl-dev", "openssl-devel", "openssl"],
    ),
    requirement(
        Need::Build,
        "the way to the system's keychain",
        Probe::Library("dbus-1"),
        ["libdbus-1-dev", "dbus-devel", "dbus"],
    ),
    requirement(
        Need::Window,
        "shows the window",
        Probe::Library("webkit2gtk-4.1"),
        ["libwebkit2gtk-4.1-dev", "webkit2gtk4.1-devel", "webkit2gtk-4.1"],
    ),
    requirement(
        Need::Window,
        "the system tray",
        Probe::Library("ayatana-appindicator3-0.1"),
        ["libayatana-appindicator3-dev", "libayatana-appindicator-gtk3-devel", "libayatana-appindicator"],
    ),
    requirement(
        Need::Window,
        "draws the icons",
        Probe::Library("librsvg-2.0"),
        ["librsvg2-dev", "librsvg2-devel", "librsvg"],
    ),
    requirement(
        Need::Window,
        "keyboard and menus under X11",
        Probe::File("/usr/include/xdo.h"),
        ["libxdo-dev", "libxdo-devel", "xdotool"],
    ),
    requirement(
        Need::Window,
        "tells file types when the app is bundled",
        Probe::Program(&["file"]),
        ["file", "file", "file"],
    ),
    requirement(
        Need::Engine,
        "runs the containers that agents work in",
        Probe::Program(&["dockerd", "docker"]),
        ["docker.io apparmor", "moby-engine", "docker"],
    ),
    requirement(
        Need::Test,
        "a real git server for the tests (nginx)",
        Probe::Program(&["nginx"]),
        ["nginx-light|nginx", "nginx", "nginx"],
    ),
    requirement(
        Need::Test,
        "a real git server for the tests (git http-backend behind nginx)",
        Probe::Program(&["fcgiwrap"]),
        ["fcgiwrap", "fcgiwrap", "fcgiwrap"],
    ),
    requirement(
        Need::Test,
        "a real ssh server for the tests, and an ssh agent",
        Probe::Program(&["sshd"]),
        ["openssh-server openssh-client", "openssh-server openssh-clients", "openssh"],
    ),
    requirement(
        Need::Test,
        "signs and verifies commits in the tests",
        Probe::Program(&["gpg"]),
        ["gnupg", "gnupg2", "gnupg"],
    ),
    requirement(
        Need::Test,
        "writes contexts for the tests, and is the other end of an engine over ssh",
        Probe::Program(&["docker"]),
        // Where the command is a package of its own, the daemon's brings it as a mere recommendation.
        ["docker-cli|docker.io", "docker-cli", "docker"],
    ),
    requirement(
        Need::Test,
        "makes a certificate for the tests",
        Probe::Program(&["openssl"]),
        ["openssl", "openssl", "openssl"],
    ),
    requirement(
        Need::Test,
        "drives the window",
        Probe::Program(&["WebKitWebDriver"]),
        ["webkit2gtk-driver", "webkit2gtk-driver", "webkit2gtk-4.1"],
    ),
    requirement(
        Need::Test,
        "a display that nobody sees",
        Probe::Program(&["xvfb-run"]),
        ["xvfb", "xorg-x11-server-Xvfb", "xorg-server-xvfb"],
    ),
    requirement(
        Need::Test,
        "lets programs onto that display",
        Probe::Program(&["xauth"]),
        ["xauth", "xorg-x11-xauth", "xorg-xauth"],
    ),
    requirement(
        Need::Test,
        "a session bus apart from yours",
        Probe::Program(&["dbus-run-session"]),
        ["dbus", "dbus-daemon", "dbus"],
    ),
    requirement(
        Need::Test,
        "a keychain apart from yours",
        Probe::Program(&["gnome-keyring-daemon"]),
        ["gnome-keyring", "gnome-keyring", "gnome-keyring"],
    ),
    requirement(
        Need::Test,
        "hands a link to the program that is registered for it",
        Probe::Program(&["xdg-open"]),
        ["xdg-utils", "xdg-utils", "xdg-utils"],
    ),
    requirement(
        Need::Test,
        "takes the app's package apart",
        Probe::Program(&["dpkg-deb"]),
        ["dpkg", "dpkg", "dpkg"],
    ),
    requirement(
        Need::Test,
        "reads which libraries a program is linked to",
        Probe::Program(&["readelf"]),
        ["binutils", "binutils", "binutils"],
    ),
    requirement(
        Need::Test,
        "runs the UI alone for its pictures and accessibility checks",
        Probe::Program(&["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]),
        ["chromium", "chromium", "chromium"],
    )
    .or("Ubuntu has none: install https://dl.google.com/linux/direct/google-chrome-stable_current_amd64.deb, or run \
         sudo snap install chromium"),
    requirement(
        Need::Test,
        "container engines of their own for the tests that kill them",
        Probe::Program(&["dockerd"]),
        ["docker.io", "moby-engine", "docker"],
    ),
    requirement(
        Need::Bridge(Arch::Aarch64),
        "links the bridge for aarch64",
        Probe::Program(&["aarch64-linux-gnu-gcc"]),
        [
            "gcc-aarch64-linux-gnu libc6-dev-arm64-cross",
            "gcc-aarch64-linux-gnu sysroot-aarch64-fc42-glibc",
            "aarch64-linux-gnu-gcc aarch64-linux-gnu-glibc",
        ],
    ),
    requirement(
        Need::Bridge(Arch::X86_64),
        "links the bridge for x86_64",
        Probe::Program(&["x86_64-linux-gnu-gcc"]),
        [
            "gcc-x86-64-linux-gnu libc6-dev-amd64-cross",
            "gcc-x86_64-linux-gnu sysroot-x86_64-fc42-glibc",
            "x86_64-linux-gnu-gcc x86_64-linux-gnu-glibc",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::REQUIREMENTS;
    use crate::platform::Platform;

    #[test]
    fn every_requirement_names_its_packages_and_says_why() {
        for requirement in REQUIREMENTS {
            assert!(!requirement.purpose.is_empty(), "{requirement:?}");
            for platform in [Platform::Apt, Platform::Dnf, Platform::Pacman] {
                let packages = requirement.packages(platform, &|name| !name.is_empty());
                assert!(packages.is_some(), "{requirement:?}");
            }
        }
    }
}
