//! What a killed container engine leaves behind, found by its folder and taken away.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::container_engine::{as_root, run};
use crate::group::wait_until;

/// Makes the engine's group beforehand, with a limit for all that will be in it.
pub(crate) fn limit_memory(cgroup: &str, bytes: u64) -> Result<()> {
    // Without a limit for the swap it would be used instead, where there is any.
    const SET: &str = r#"
        mkdir -p "$1" && echo "$3" >"$1/$2" || exit 1
        for swap in "$1/memory.memsw.limit_in_bytes $3" "$1/memory.swap.max 0"; do
            [ ! -e "${swap% *}" ] || echo "${swap##* }" >"${swap% *}" || exit 1
        done"#;
    let root = Path::new("/sys/fs/cgroup");
    let (hierarchy, file) = match root.join("memory").is_dir() {
        true => (root.join("memory"), "memory.limit_in_bytes"),
        false => (root.to_owned(), "memory.max"),
    };
    let group = hierarchy.join(cgroup.trim_start_matches('/'));
    run(as_root("sh").args(["-c", SET, "sh"]).arg(group).args([file, &bytes.to_string()]))
}

/// Ends the programs that an engine in `place` started: shims, and all that runs in its containers.
pub(crate) fn end_programs(place: &Path, cgroup: &str) -> Result<()> {
    thaw(cgroup)?;
    let pids = programs(place);
    if pids.is_empty() {
        return Ok(());
    }
    // One that ended meanwhile is no failure; that all have ended is seen below.
    let _ = run(as_root("kill").args(["-s", "KILL"]).args(pids.iter().map(u32::to_string)));
    wait_until("what a container engine started has ended", || programs(place).is_empty())
}

/// Takes away everything of an engine that does not run any more, its folder included.
pub(crate) fn clear(place: &Path, cgroup: &str) -> Result<()> {
    end_programs(place, cgroup)?;
    let mut mounts = mounts(place);
    // The last mounted lies on top.
    mounts.reverse();
    if !mounts.is_empty() {
        run(as_root("umount").arg("--lazy").args(mounts))?;
    }
    for group in cgroups(cgroup) {
        run(as_root("find").arg(group).args(["-depth", "-type", "d", "-exec", "rmdir", "{}", "+"]))?;
    }
    run(as_root("find").arg(place).args(["-mindepth", "1", "-delete"]))
}

/// Lets frozen containers go on: a frozen program does not even end.
fn thaw(cgroup: &str) -> Result<()> {
    for group in cgroups(cgroup) {
        for container in fs::read_dir(group)?.flatten() {
            let state = container.path().join("freezer.state");
            if state.exists() {
                run(as_root("sh").args(["-c", r#"echo THAWED >"$1""#, "sh"]).arg(state))?;
            }
        }
    }
    Ok(())
}

/// The folders of the engine's group, one for each hierarchy that the system has.
fn cgroups(cgroup: &str) -> Vec<PathBuf> {
    let root = Path::new("/sys/fs/cgroup");
    let own = cgroup.trim_start_matches('/');
    let hierarchies = fs::read_dir(root).into_iter().flatten().flatten().map(|entry| entry.path());
    let found: HashSet<PathBuf> = hierarchies
        .chain([root.to_owned()])
        .map(|hierarchy| hierarchy.join(own))
        .filter(|group| group.is_dir())
        // Some hierarchies have two names.
        .filter_map(|group| group.canonicalize().ok())
        .collect();
    found.into_iter().collect()
}

fn mounts(place: &Path) -> Vec<PathBuf> {
    let table = fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    let points = table.lines().filter_map(|line| line.split(' ').nth(4)).map(PathBuf::from);
    points.filter(|point| point.starts_with(place)).collect()
}

/// The programs that name the folder in their arguments, and those that they started.
fn programs(place: &Path) -> Vec<u32> {
    let place = format!("{}/", place.display());
    let all: Vec<(u32, u32, bool)> = fs::read_dir("/proc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let pid = entry.file_name().to_str()?.parse().ok()?;
            let arguments = fs::read(entry.path().join("cmdline")).ok()?;
            let stat = fs::read_to_string(entry.path().join("stat")).ok()?;
            let mut rest = stat.rsplit_once(") ")?.1.split(' ');
            // One that has ended stays here until its parent looks.
            let state = rest.next()?;
            let parent = rest.next()?.parse().ok()?;
            let named = String::from_utf8_lossy(&arguments).contains(&place);
            (state != "Z").then_some((pid, parent, named))
        })
        .collect();
    let shims: Vec<u32> = all.iter().filter(|(_, _, named)| *named).map(|(pid, ..)| *pid).collect();
    all.iter().filter(|(_, parent, named)| *named || shims.contains(parent)).map(|(pid, ..)| *pid).collect()
}
