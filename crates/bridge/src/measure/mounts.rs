//! What is mounted, from `/proc/self/mountinfo`.

use crate::protocol::MountPoint;

/// File systems that the kernel makes up and that hold nobody's files.
const KERNEL: [&str; 9] =
    ["proc", "sysfs", "cgroup", "cgroup2", "tmpfs", "devtmpfs", "devpts", "mqueue", "securityfs"];
/// Where a container has the kernel's own file systems.
const KERNEL_PLACES: [&str; 3] = ["/proc", "/sys", "/dev"];

/// The mounts, without the kernel's own in their usual places.
pub fn read() -> Vec<MountPoint> {
    let mut mounts = parse(&std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default());
    for mount in &mut mounts {
        let entries = std::fs::read_dir(&mount.target).into_iter().flatten();
        mount.entries = entries.take(MountPoint::MOST_ENTRIES as usize).map(|_| 1).sum();
    }
    mounts
}

fn parse(table: &str) -> Vec<MountPoint> {
    table.lines().filter_map(mount).filter(|mount| !is_the_kernels(mount)).collect()
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw`, as in proc(5).
fn mount(line: &str) -> Option<MountPoint> {
    let (place, source) = line.split_once(" - ")?;
    let mut place = place.split(' ').skip(3);
    let inside = place.next()?;
    let target = place.next()?;
    let options = place.next()?;
    Some(MountPoint {
        target: unescape(target),
        kind: source.split(' ').next()?.to_owned(),
        whole: inside == "/",
        writable: options.split(',').any(|option| option == "rw"),
        entries: 0,
    })
}

fn is_the_kernels(mount: &MountPoint) -> bool {
    let in_place = KERNEL_PLACES.iter().any(|place| {
        mount.target.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    in_place && KERNEL.contains(&mount.kind.as_str())
}

/// The kernel writes space, tab, newline and backslash as three octal digits.
fn unescape(text: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .into_iter()
        .fold(text.to_owned(), |text, (escaped, plain)| text.replace(escaped, plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_own_are_left_out_in_their_places_only() {
        let table = "78 49 0:39 / / ro,relatime master:3 - overlay overlay rw,lowerdir=/x\n\
                     79 78 0:42 / /proc rw,nosuid - proc proc rw\n\
                     54 79 0:48 / /proc/acpi ro,relatime - tmpfs tmpfs ro\n\
                     95 78 254:0 /volumes/v/_data /workspace rw,relatime master:2 - ext4 /dev/vda rw\n\
                     96 78 0:47 / /tmp rw,nosuid - tmpfs tmpfs rw\n\
                     97 78 254:0 /home /proc/x\\040y ro - ext4 /dev/vda rw\n\
                     98 78 0:24 /docker.sock /run/docker.sock rw - tmpfs tmpfs rw\n";
        let mount = |target: &str, kind: &str, whole, writable| MountPoint {
            target: target.into(),
            kind: kind.into(),
            whole,
            writable,
            entries: 0,
        };
        assert_eq!(
            parse(table),
            [
                mount("/", "overlay", true, false),
                mount("/workspace", "ext4", false, true),
                mount("/tmp", "tmpfs", true, true),
                mount("/proc/x y", "ext4", false, false),
                mount("/run/docker.sock", "tmpfs", false, true),
            ]
        );
    }
}
