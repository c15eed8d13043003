//! Which packages bring what is missing on one system. It installs nothing.

use crate::{platform::Platform, requirements::Requirement};
use std::collections::BTreeSet;

/// What brings the requirements that are not met, as far as packages do.
pub struct Packages<'a> {
    /// Their names.
    pub names: BTreeSet<&'static str>,
    found: Vec<(&'a Requirement, Vec<&'static str>)>,
    /// What no package brings here.
    by_hand: Vec<&'a Requirement>,
}

impl<'a> Packages<'a> {
    /// Finds them, where `knows` says which names the system has a package of.
    pub fn of(missing: &[&'a Requirement], platform: Platform, knows: &dyn Fn(&str) -> bool) -> Self {
        let (mut found, mut by_hand) = (Vec::new(), Vec::new());
        for requirement in missing {
            match requirement.packages(platform, knows) {
                Some(names) => found.push((*requirement, names)),
                None => by_hand.push(*requirement),
            }
        }
        let names = found.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        Self { names, found, by_hand }
    }

    /// What each is for.
    pub fn table(&self) -> String {
        let rows = self
            .found
            .iter()
            .map(|(requirement, names)| format!("\n  {:<30} {}", names.join(" "), requirement.purpose));
        format!("not installed yet:{}", rows.collect::<String>())
    }

    /// The requirements that a package brings.
    pub fn brought(&self) -> impl Iterator<Item = &'a Requirement> {
        self.found.iter().map(|(requirement, _)| *requirement)
    }

    /// What has to be done by hand, in words; `None` where nothing has.
    pub fn by_hand(&self) -> Option<String> {
        let rows: String = self
            .by_hand
            .iter()
            .map(|requirement| format!("\n  {}\n    {}", requirement.purpose, requirement.by_hand))
            .collect();
        (!rows.is_empty()).then(|| format!("no package here brings what{rows}"))
    }
}

#[cfg(test)]
mod tests {
    use super::Packages;
    use crate::{
        platform::Platform,
        requirements::{REQUIREMENTS, Requirement},
        setup::Need,
    };

    fn needed(need: Need) -> Vec<&'static Requirement> {
        REQUIREMENTS.iter().filter(|requirement| requirement.need == need).collect()
    }

    #[test]
    fn the_docker_command_is_a_package_of_its_own_where_there_is_one() {
        let missing = needed(Need::Test);
        let trixie = Packages::of(&missing, Platform::Apt, &|_| true);
        assert!(trixie.names.contains("docker-cli"), "{}", trixie.table());
        let bookworm = Packages::of(&missing, Platform::Apt, &|name| name != "docker-cli");
        assert!(bookworm.names.contains("docker.io") && !bookworm.names.contains("docker-cli"));
        assert_eq!(bookworm.by_hand(), None);
    }

    #[test]
    fn what_apt_has_no_package_of_keeps_nothing_else_from_being_installed() {
        let missing = needed(Need::Test);
        let ubuntu = Packages::of(&missing, Platform::Apt, &|name| name != "chromium");
        assert!(!ubuntu.names.contains("chromium") && ubuntu.names.contains("xvfb"));
        assert!(ubuntu.brought().count() == missing.len() - 1 && !ubuntu.table().contains("the UI alone"));
        let words = ubuntu.by_hand().unwrap_or_default();
        assert!(words.contains("runs the UI alone") && words.contains("google-chrome"), "{words}");
    }

    #[test]
    fn building_brings_the_c_library_that_the_bridge_is_linked_with() {
        let names = |platform| Packages::of(&needed(Need::Build), platform, &|_| true).names;
        assert!(names(Platform::Dnf).contains("glibc-static"));
        assert!(names(Platform::Apt).contains("libc6-dev"));
    }
}
