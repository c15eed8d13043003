//! Running something: a program of the workspace, of the image, of nowhere.

use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::{PermissionsExt, chown};
use std::path::Path;

use crate::Layer::*;
use crate::ground::{Attack, Ground};
use crate::system::{self, call, descriptor, execute, execute_at, tiny_program};

pub const ATTACKS: &[Attack] = &[
    Attack::new("run a program of the workspace", "any code", &[Seccomp, Landlock], workspace_program)
        .prepared(put_program),
    Attack::new("run a script of the workspace", "any code of an interpreter", &[Seccomp, Landlock], script)
        .prepared(put_script),
    Attack::new(
        "run the image's own program again",
        "a process without locks",
        &[Seccomp, Landlock],
        own_program,
    ),
    Attack::new("run a program by execveat", "any code", &[Seccomp, Landlock], by_execveat)
        .prepared(put_program),
    Attack::new("run an open program (fexecve)", "any code", &[Seccomp, Landlock], by_descriptor)
        .prepared(open_program),
    Attack::new("run a program from memory (memfd)", "any code, leaving no file", &[Seccomp], from_memory),
    Attack::new("run a program of /tmp", "any code", &[Seccomp, Landlock, TmpNoexec], tmp_program)
        .prepared(put_tmp_program),
    Attack::new(
        "run a set-id program of root's",
        "root in the container",
        &[Seccomp, Landlock, NoNewPrivileges],
        set_id,
    )
    .prepared(put_set_id)
    .needs_root(),
    Attack::new("map a file of the workspace as code", "any code", &[Seccomp], map_file).prepared(put_code),
];

fn put(path: &Path, content: &[u8]) -> io::Result<()> {
    let _ = fs::remove_file(path);
    File::create(path)?.write_all(content)?;
    fs::set_permissions(path, Permissions::from_mode(0o755))
}

fn put_program(_: &mut Ground) -> io::Result<()> {
    put(&Ground::path("program"), &tiny_program())
}

fn workspace_program(_: &Ground) -> io::Result<()> {
    execute(c"/workspace/program", c"")
}

fn put_script(_: &mut Ground) -> io::Result<()> {
    let interpreter = std::env::current_exe()?;
    put(&Ground::path("script"), format!("#!{} {}\n", interpreter.display(), crate::run::ONLY_END).as_bytes())
}

fn script(_: &Ground) -> io::Result<()> {
    execute(c"/workspace/script", c"")
}

fn own_program(_: &Ground) -> io::Result<()> {
    execute(c"/proc/self/exe", c"only-end")
}

fn by_execveat(ground: &Ground) -> io::Result<()> {
    let folder = ground.held.first().ok_or(io::ErrorKind::NotFound)?;
    execute_at(folder, c"program", 0)
}

fn open_program(ground: &mut Ground) -> io::Result<()> {
    put_program(ground)?;
    ground.held.push(File::open(Ground::path("program"))?.into());
    Ok(())
}

fn by_descriptor(ground: &Ground) -> io::Result<()> {
    execute_at(ground.held()?, c"", libc::AT_EMPTY_PATH)
}

fn from_memory(_: &Ground) -> io::Result<()> {
    let name = c"program";
    let file = descriptor(libc::SYS_memfd_create, [name.as_ptr() as usize, 0])?;
    let mut file = File::from(file);
    file.write_all(&tiny_program())?;
    execute_at(&file, c"", libc::AT_EMPTY_PATH)
}

fn put_tmp_program(_: &mut Ground) -> io::Result<()> {
    put(Path::new("/tmp/program"), &tiny_program())
}

fn tmp_program(_: &Ground) -> io::Result<()> {
    execute(c"/tmp/program", c"")
}

/// Root's program, run by somebody who is not root.
fn put_set_id(_: &mut Ground) -> io::Result<()> {
    let path = Ground::path("set-id");
    let _ = fs::remove_file(&path);
    fs::copy(std::env::current_exe()?, &path)?;
    chown(&path, Some(0), Some(0))?;
    fs::set_permissions(&path, Permissions::from_mode(0o4755))?;
    call(libc::SYS_setresuid, [1234, 1234, 1234]).map(drop)
}

fn set_id(_: &Ground) -> io::Result<()> {
    execute(c"/workspace/set-id", c"only-end-as-root")
}

fn put_code(ground: &mut Ground) -> io::Result<()> {
    let path = Ground::path("code");
    put(&path, &system::CODE)?;
    ground.held.push(File::open(path)?.into());
    Ok(())
}

fn map_file(ground: &Ground) -> io::Result<()> {
    let file = ground.held()?.as_raw_fd();
    system::run_code(system::map(libc::PROT_READ | libc::PROT_EXEC, libc::MAP_PRIVATE, file)?)
}
