//! What an engine says of itself, and which of a cell's limits it would not hold.

use bollard::models::{SystemInfo, SystemVersion};
use serde::Serialize;

use crate::docker::Docker;
use crate::error::SandboxError;

/// An engine, by its own word.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct EngineInfo {
    /// What it is: `Docker`, `Docker Desktop` or `Podman`.
    pub name: String,
    /// Its version.
    pub version: String,
    /// The version of the API that it speaks.
    pub api_version: String,
    /// The system that its containers run on, such as `linux`.
    pub os: String,
    /// The processor, such as `x86_64` or `aarch64`.
    pub arch: String,
    /// Whether it runs without root's rights.
    pub rootless: bool,
    /// Whether it can hold a container to its memory.
    pub memory_limit: bool,
    /// Whether it can hold a container to its number of processes.
    pub pids_limit: bool,
    /// The version of the kernel's control groups that it uses; empty where it does not say.
    pub cgroup_version: String,
    /// Who keeps the control groups, such as `systemd`; `none` where nobody does.
    pub cgroup_driver: String,
    /// The kernel's locks that it puts on containers, such as `name=seccomp,profile=default`.
    pub security_options: Vec<String>,
    /// Whether it is Podman.
    pub is_podman: bool,
    /// Whether it is Docker Desktop.
    pub is_desktop: bool,
}

impl Docker {
    /// Asks the engine what it is.
    pub async fn info(&self) -> Result<EngineInfo, SandboxError> {
        let attempt = "ask the container engine what it is";
        let (info, version) = futures_util::try_join!(self.client().info(), self.client().version())
            .map_err(|error| self.failed(attempt, error))?;
        Ok(EngineInfo::new(info, version))
    }
}

impl EngineInfo {
    fn new(info: SystemInfo, version: SystemVersion) -> Self {
        let components = version.components.unwrap_or_default();
        let is_podman = components.iter().any(|component| component.name.contains("Podman"));
        let is_desktop = info.operating_system.as_deref().is_some_and(|name| name.contains("Docker Desktop"));
        let security_options = info.security_options.unwrap_or_default();
        let name = match (is_podman, is_desktop) {
            (true, _) => "Podman",
            (false, true) => "Docker Desktop",
            (false, false) => "Docker",
        };
        let cgroup_driver = info.cgroup_driver.map(|driver| driver.to_string()).unwrap_or_default();
        let cgroup_version = info.cgroup_version.map(|version| version.to_string()).unwrap_or_default();
        // Podman 4.3 does not list itself as rootless, but keeps its data in the user's home folder.
        let at_home = info.docker_root_dir.is_some_and(|folder| folder.contains("/.local/share/containers/"));
        let rootless = security_options.iter().any(|option| option.starts_with("name=rootless"))
            || (is_podman && at_home);
        // An engine may say which limits the kernel has rather than which it holds: Podman without root's
        // rights claims both where only the first version is there, and sets neither.
        let has_groups = cgroup_driver != "none" && !(rootless && cgroup_version == "1");
        Self {
            name: name.to_owned(),
            version: version.version.or(info.server_version).unwrap_or_default(),
            api_version: version.api_version.unwrap_or_default(),
            os: info.os_type.or(version.os).unwrap_or_default(),
            arch: architecture(&info.architecture.or(version.arch).unwrap_or_default()).to_owned(),
            rootless,
            memory_limit: has_groups && info.memory_limit.unwrap_or_default(),
            pids_limit: has_groups && info.pids_limit.unwrap_or_default(),
            cgroup_version,
            cgroup_driver,
            security_options,
            is_podman,
            is_desktop,
        }
    }

    /// The limits of a cell that this engine would not hold, in words for people; none is as it should be.
    #[must_use]
    pub fn unheld_limits(&self) -> Vec<&'static str> {
        let limits = [(self.memory_limit, "memory"), (self.pids_limit, "processes")];
        limits.into_iter().filter(|(held, _)| !held).map(|(_, name)| name).collect()
    }
}

/// One name for each processor: Docker says `x86_64` and `aarch64`, Podman `amd64` and `arm64`.
fn architecture(said: &str) -> &str {
    match said {
        "amd64" => "x86_64",
        "arm64" => "aarch64",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use serde_json::{Value, json};

    use super::*;

    /// What engines answered to `/info` and `/version`, cut to what is read of it.
    fn check(info: Value, version: Value) -> EngineInfo {
        EngineInfo::new(serde_json::from_value(info).unwrap(), serde_json::from_value(version).unwrap())
    }

    #[test]
    fn rootless_docker_without_control_groups_holds_no_limit() {
        let info = json!({
            "MemoryLimit": false, "PidsLimit": false, "CgroupDriver": "none", "CgroupVersion": "1",
            "OSType": "linux", "Architecture": "x86_64", "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
            "SecurityOptions": ["name=seccomp,profile=default", "name=rootless"]
        });
        let version = json!({ "Version": "20.10.24+dfsg1", "ApiVersion": "1.41",
            "Components": [{ "Name": "Engine", "Version": "20.10.24+dfsg1" }] });
        let found = check(info, version);
        assert_eq!((found.name.as_str(), found.rootless), ("Docker", true));
        assert_eq!(found.unheld_limits(), ["memory", "processes"]);
    }

    #[test]
    fn podman_is_known_by_its_components_and_its_processor_has_dockers_name() {
        let info = json!({
            "MemoryLimit": true, "PidsLimit": true, "CgroupDriver": "cgroupfs", "CgroupVersion": "1",
            "OSType": "linux", "Architecture": "amd64", "OperatingSystem": "debian",
            "SecurityOptions": ["name=seccomp,profile=default"]
        });
        let version = json!({ "Version": "4.3.1", "ApiVersion": "1.41",
            "Components": [{ "Name": "Podman Engine", "Version": "4.3.1" }, { "Name": "Conmon", "Version": "2.1.6" }] });
        let found = check(info, version);
        assert_eq!((found.name.as_str(), found.arch.as_str(), found.is_podman), ("Podman", "x86_64", true));
        assert_eq!(found.unheld_limits(), [""; 0]);
    }

    #[test]
    fn rootless_podman_is_not_believed_to_hold_limits_with_the_first_control_groups() {
        let info = |version: &str| {
            json!({ "MemoryLimit": true, "PidsLimit": true, "CgroupDriver": "cgroupfs", "CgroupVersion": version,
                "DockerRootDir": "/home/ada/.local/share/containers/storage",
                "SecurityOptions": ["name=seccomp,profile=default"] })
        };
        let version =
            json!({ "Version": "4.3.1", "Components": [{ "Name": "Podman Engine", "Version": "4.3.1" }] });
        let (first, second) = (check(info("1"), version.clone()), check(info("2"), version));
        assert_eq!((first.rootless, first.unheld_limits()), (true, vec!["memory", "processes"]));
        assert_eq!((second.rootless, second.unheld_limits()), (true, vec![]));
    }

    #[test]
    fn an_engine_that_says_nothing_of_limits_is_not_believed_to_hold_them() {
        let found = check(json!({ "OperatingSystem": "Docker Desktop" }), json!({}));
        assert_eq!((found.name.as_str(), found.is_desktop), ("Docker Desktop", true));
        assert_eq!(found.unheld_limits(), ["memory", "processes"]);
    }
}
