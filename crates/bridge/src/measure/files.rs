//! What lies in the image beside the program, whether anything can be added, and which devices there
//! are. On a machine that is no cell this would be everything, so it stops early.

use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// More than this is too many, however many more there are.
const MOST: usize = 32;
/// How many entries are looked at.
const LOOKED_AT: usize = 2000;

/// The programs beside the one that runs, and the other files, in the root file system alone.
pub fn beside(root: &Path) -> (Vec<String>, Vec<String>) {
    let own = fs::read_link("/proc/self/exe").unwrap_or_default();
    let Ok(device) = fs::metadata("/").map(|root| root.dev()) else {
        return (vec!["unknown".to_owned()], Vec::new());
    };
    let (mut programs, mut files) = (Vec::new(), Vec::new());
    let mut folders = vec![PathBuf::from("/")];
    let mut looked_at = 0;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            looked_at += 1;
            if looked_at > LOOKED_AT || programs.len() >= MOST || files.len() >= MOST {
                return (programs, files);
            }
            let Ok(metadata) = fs::symlink_metadata(&path) else { continue };
            if metadata.dev() != device || path == root || path == own {
                continue;
            }
            if metadata.is_dir() {
                folders.push(path);
            } else if metadata.is_file() && metadata.len() > 0 {
                let runs = metadata.permissions().mode() & 0o111 != 0;
                let list = if runs { &mut programs } else { &mut files };
                list.push(path.to_string_lossy().into_owned());
            }
        }
    }
    (programs, files)
}

/// The device files in `/dev`.
pub fn devices() -> Vec<String> {
    let Ok(entries) = fs::read_dir("/dev") else { return Vec::new() };
    let mut devices: Vec<String> = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_char_device() || kind.is_block_device()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .take(2 * MOST)
        .collect();
    devices.sort_unstable();
    devices
}

/// Tries to make a file beside the program and asks the kernel how the file system is mounted; a
/// refusal alone could be this user's rather than the file system's.
pub fn root_is_writable() -> bool {
    const TRIED: &str = "/anchorhold-measure";
    let made = fs::File::create_new(TRIED).is_ok();
    if made {
        let _ = fs::remove_file(TRIED);
    }
    let read_only = rustix::fs::statvfs("/")
        .is_ok_and(|root| root.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY));
    made || !read_only
}
