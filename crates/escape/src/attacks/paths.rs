//! Paths by which an honest bridge could be lured out of the workspace: its own way of opening and
//! writing, on a tree that somebody else prepared and changes meanwhile.
//!
//! Without the layer of path rules the same is done as a program does that thinks of nothing.

use std::ffi::CString;
use std::fs::{self, File};
use std::io::{self, Read};
use std::os::fd::{AsFd, AsRawFd};
use std::os::unix::fs::symlink;

use anchorhold_bridge::Quotas;
use anchorhold_bridge::workspace::clean::CleanPath;
use anchorhold_bridge::workspace::{Workspace, open_beneath};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, renameat_with, statat};

use crate::Layer::{self, *};
use crate::ground::{Attack, Ground};
use crate::system::{call, open_at, without_effect};

/// How often each of the two must have been met before a race counts as lost.
const ROUNDS: usize = 500;
const OUTSIDE: &str = "/tmp/outside";
const SECRET: &str = "/tmp/outside/secret";

pub const ATTACKS: &[Attack] = &[
    Attack::new("read by a path with ..", "files outside", &[Landlock, Paths], upwards).prepared(make_links),
    Attack::new("read by an absolute path", "files outside", &[Landlock, Paths], absolute)
        .prepared(make_links),
    Attack::new("read through a symlink to a file", "files outside", &[Landlock, Paths], file_link)
        .prepared(make_links),
    Attack::new("read through a symlink to a folder", "files outside", &[Landlock, Paths], folder_link)
        .prepared(make_links),
    Attack::new("read through a symlink to /proc/self/root", "files outside", &[Landlock, Paths], root_link)
        .prepared(make_links),
    Attack::new(
        "write through a symlink to a folder",
        "files outside changed",
        &[Landlock, Paths],
        write_link,
    )
    .prepared(make_links),
    Attack::new(
        "read while a folder is swapped for a symlink",
        "files outside",
        &[Landlock, Paths],
        race_to_read,
    )
    .prepared(swap_for_ever),
    Attack::new(
        "write while a folder is swapped for a symlink",
        "files outside changed",
        &[Landlock, Paths],
        race_to_write,
    )
    .prepared(swap_for_ever),
    Attack::new("read a pipe that nobody writes", "a bridge that answers no more", &[Paths], wait_for_ever)
        .prepared(make_pipe)
        .blocks(),
];

fn with_rules(ground: &Ground) -> bool {
    ground.plan.layers.contains(&Layer::Paths)
}

/// Opens a path of the tree as the bridge does, or without its rules.
fn open_in_tree(ground: &Ground, path: &str) -> io::Result<File> {
    let folder = ground.held.first().ok_or(io::ErrorKind::NotFound)?;
    let path = format!("tree/{path}");
    if with_rules(ground) {
        return Ok(open_beneath(folder.as_fd(), path.as_bytes(), OFlags::RDONLY, Mode::empty())?.into());
    }
    open_at(folder.as_raw_fd(), &CString::new(path)?, libc::O_RDONLY, 0)
}

fn read(mut file: File) -> io::Result<()> {
    let mut byte = [0];
    file.read_exact(&mut byte)
}

fn upwards(ground: &Ground) -> io::Result<()> {
    read(open_in_tree(ground, "../../tmp/outside/secret")?)
}

fn absolute(ground: &Ground) -> io::Result<()> {
    let path = c"/tmp/outside/secret";
    if with_rules(ground) {
        let folder = ground.held.first().ok_or(io::ErrorKind::NotFound)?;
        return read(open_beneath(folder.as_fd(), path.to_bytes(), OFlags::RDONLY, Mode::empty())?.into());
    }
    read(crate::system::open(path, libc::O_RDONLY)?)
}

fn make_links(_: &mut Ground) -> io::Result<()> {
    fs::create_dir_all(OUTSIDE)?;
    fs::write(SECRET, "outside")?;
    for (name, target) in [("to-file", SECRET), ("to-folder", OUTSIDE), ("to-root", "/proc/self/root")] {
        let path = Ground::path("tree").join(name);
        let _ = fs::remove_file(&path);
        symlink(target, path)?;
    }
    Ok(())
}

fn file_link(ground: &Ground) -> io::Result<()> {
    read(open_in_tree(ground, "to-file")?)
}

fn folder_link(ground: &Ground) -> io::Result<()> {
    read(open_in_tree(ground, "to-folder/secret")?)
}

fn root_link(ground: &Ground) -> io::Result<()> {
    read(open_in_tree(ground, "to-root/tmp/outside/secret")?)
}

/// Writes a file of the tree as the bridge does, or without its rules.
fn write(ground: &Ground, workspace: &mut Option<Workspace>, path: &str) -> io::Result<()> {
    let folder = ground.held.first().ok_or(io::ErrorKind::NotFound)?;
    if !with_rules(ground) {
        let path = CString::new(format!("tree/{path}"))?;
        return open_at(folder.as_raw_fd(), &path, libc::O_WRONLY | libc::O_CREAT, 0o644).map(drop);
    }
    let workspace = match workspace {
        Some(workspace) => workspace,
        None => {
            workspace.insert(Workspace::open(folder.as_fd(), Quotas::default()).map_err(io::Error::other)?)
        }
    };
    let path = CleanPath::parse(&path.into(), &workspace.quotas).map_err(io::Error::other)?;
    workspace.put(&path, b"planted", None).map_err(io::Error::other)?;
    Ok(())
}

fn write_link(ground: &Ground) -> io::Result<()> {
    write(ground, &mut None, "to-folder/planted-by-link")?;
    statat(CWD, format!("{OUTSIDE}/planted-by-link"), AtFlags::empty())?;
    Ok(())
}

/// Starts a process that swaps a folder for a symlink to a folder outside, and back, until it is killed.
fn swap_for_ever(ground: &mut Ground) -> io::Result<()> {
    let race = Ground::path("tree/race");
    let _ = fs::remove_dir_all(&race);
    let _ = fs::remove_dir_all(OUTSIDE);
    fs::create_dir_all(race.join("folder"))?;
    fs::create_dir_all(OUTSIDE)?;
    fs::write(race.join("folder/secret"), "inside")?;
    fs::write(SECRET, "outside")?;
    symlink(OUTSIDE, race.join("link"))?;
    ground.held.push(File::open(OUTSIDE)?.into());
    let race = File::open(race)?;
    if call(libc::SYS_clone, [libc::SIGCHLD as usize, 0, 0, 0, 0])? == 0 {
        loop {
            let _ = renameat_with(&race, "folder", &race, "link", RenameFlags::EXCHANGE);
        }
    }
    Ok(())
}

/// Tries until it wins, or has met the folder and the symlink often enough in vain.
///
/// `attempt` answers with nothing where it got nowhere, else with whether it got outside.
fn race(mut attempt: impl FnMut() -> Option<bool>) -> io::Result<()> {
    let (mut folder, mut link) = (0, 0);
    while folder < ROUNDS || link < ROUNDS {
        match attempt() {
            Some(true) => return Ok(()),
            Some(false) => folder += 1,
            None => link += 1,
        }
    }
    Err(without_effect())
}

fn race_to_read(ground: &Ground) -> io::Result<()> {
    race(|| {
        let mut content = [0; 7];
        let read = open_in_tree(ground, "race/folder/secret").ok()?.read(&mut content).ok()?;
        Some(content.get(..read)? == b"outside")
    })
}

fn race_to_write(ground: &Ground) -> io::Result<()> {
    let mut workspace = None;
    let outside = ground.held()?;
    race(|| {
        let written = write(ground, &mut workspace, "race/folder/planted");
        let planted = statat(outside, "planted", AtFlags::SYMLINK_NOFOLLOW).is_ok();
        (planted || written.is_ok()).then_some(planted)
    })
}

fn make_pipe(_: &mut Ground) -> io::Result<()> {
    let path = Ground::path("tree/pipe");
    let _ = fs::remove_file(&path);
    let path = CString::new(path.into_os_string().into_encoded_bytes())?;
    let mode = (libc::S_IFIFO | 0o600) as usize;
    call(libc::SYS_mknodat, [libc::AT_FDCWD as usize, path.as_ptr() as usize, mode, 0]).map(drop)
}

fn wait_for_ever(ground: &Ground) -> io::Result<()> {
    read(open_in_tree(ground, "pipe")?)
}
