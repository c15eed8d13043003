//! What a compromised bridge *can* do besides editing files: known, harmless as far as we know, and
//! kept honest by a test that it still works. What stops working belongs into the other table.

use std::fs;
use std::io;
use std::os::fd::AsRawFd;

use crate::ground::{Attack, Ground};
use crate::system::{call, open_at};

pub const ATTACKS: &[Attack] = &[
    Attack::new(
        "learn that a path outside the workspace exists (stat)",
        "names, sizes and times in an image that holds one program; Landlock does not know of them, and a \
         filter of calls cannot read a path",
        &[],
        look,
    ),
    Attack::new("read where a symlink outside leads (readlinkat)", "the same", &[], read_link),
    Attack::new(
        "give a file of its own the set-id bit",
        "nothing: it belongs to nobody, and nothing can be run; the host takes over no more of a mode than git does",
        &[],
        set_id,
    )
    .prepared(remove_set_id),
    Attack::new("make a file without a name (O_TMPFILE)", "room until the process ends", &[], nameless),
    Attack::new(
        "make a file larger than the quota",
        "the disk of the engine: the bridge itself counts the quota, and Docker's local volumes have none",
        &[],
        too_large,
    )
    .prepared(remove_large),
];

fn look(_: &Ground) -> io::Result<()> {
    fs::symlink_metadata("/proc/version").map(drop)
}

fn read_link(_: &Ground) -> io::Result<()> {
    let path = c"/proc/self/exe".as_ptr() as usize;
    let target = [0_u8; 256];
    let outside = libc::AT_FDCWD as usize;
    call(libc::SYS_readlinkat, [outside, path, target.as_ptr() as usize, target.len()]).map(drop)
}

fn remove_set_id(_: &mut Ground) -> io::Result<()> {
    let _ = fs::remove_file(Ground::path("own-set-id"));
    Ok(())
}

fn set_id(_: &Ground) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    let file = open_at(libc::AT_FDCWD, c"/workspace/own-set-id", libc::O_WRONLY | libc::O_CREAT, 0o4755)?;
    match file.metadata()?.permissions().mode() & 0o4000 {
        0 => Err(crate::system::without_effect()),
        _ => Ok(()),
    }
}

fn nameless(_: &Ground) -> io::Result<()> {
    open_at(libc::AT_FDCWD, c"/workspace", libc::O_TMPFILE | libc::O_RDWR, 0o600).map(drop)
}

fn remove_large(_: &mut Ground) -> io::Result<()> {
    let _ = fs::remove_file(Ground::path("large"));
    Ok(())
}

fn too_large(_: &Ground) -> io::Result<()> {
    let file = open_at(libc::AT_FDCWD, c"/workspace/large", libc::O_WRONLY | libc::O_CREAT, 0o600)?;
    let more = anchorhold_bridge::Quotas::default().bytes + 1;
    call(libc::SYS_ftruncate, [file.as_raw_fd() as usize, more as usize]).map(drop)
}
