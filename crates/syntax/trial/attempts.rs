//! What a grammar that was taken over would try.

use std::fs::File;
use std::io::{Error, ErrorKind, Result};
use std::net::{TcpListener, TcpStream, UdpSocket};
use std::os::unix::net::UnixDatagram;
use std::process::{Command, ExitCode};

use anchorhold_syntax::worker::lock::lock_in;

type Attempt = (&'static str, fn(u16) -> Result<()>);

const ATTEMPTS: [Attempt; 13] = [
    ("read a file", |_| File::open("/etc/passwd").map(drop)),
    ("read the environment of the host", |_| File::open(format!("/proc/{}/environ", parent())).map(drop)),
    ("list a folder", |_| std::fs::read_dir("/").map(drop)),
    ("make a file", |_| tempfile()),
    ("connect to a port", |port| TcpStream::connect(("127.0.0.1", port)).map(drop)),
    ("listen at a port", |_| TcpListener::bind("127.0.0.1:0").map(drop)),
    ("send a datagram", |_| UdpSocket::bind("127.0.0.1:0").map(drop)),
    ("open a unix socket", |_| UnixDatagram::unbound().map(drop)),
    ("start a program", |_| Command::new("/bin/true").status().map(drop)),
    ("start a thread", |_| std::thread::Builder::new().spawn(|| {}).map(drop)),
    ("signal the host", |_| {
        // SAFETY: takes no pointers; signal 0 only asks whether one could be sent.
        outcome(unsafe { libc::kill(parent(), 0) }.into())
    }),
    ("read the memory of the host", |_| {
        let mut byte = [0_u8];
        let here = libc::iovec { iov_base: byte.as_mut_ptr().cast(), iov_len: 1 };
        // Its own memory, which it may read by this call as that of another process.
        let there = here;
        // SAFETY: both places are the one byte above, which outlives the call.
        outcome(unsafe { libc::process_vm_readv(libc::getpid(), &raw const here, 1, &raw const there, 1, 0) }
            as i64)
    }),
    ("take two gigabytes", |_| {
        let mut memory: Vec<u8> = Vec::new();
        memory.try_reserve_exact(2 << 30).map_err(|_| ErrorKind::OutOfMemory.into())
    }),
];

/// Tries everything and prints what worked, a line each; locked in first unless `how` is `bare`.
pub fn run(how: &str, port: &str) -> ExitCode {
    let Ok(port) = port.parse() else { return ExitCode::FAILURE };
    if how != "bare" {
        match lock_in() {
            Ok(hello) => println!("locked in, missing: {:?}", hello.missing),
            Err(error) => {
                println!("not locked in: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    for (name, attempt) in ATTEMPTS {
        println!("{}: {name}", if attempt(port).is_ok() { "works" } else { "refused" });
    }
    ExitCode::SUCCESS
}

fn parent() -> libc::pid_t {
    // SAFETY: takes nothing and never fails.
    unsafe { libc::getppid() }
}

fn tempfile() -> Result<()> {
    let path = std::env::temp_dir().join(format!("anchorhold-syntax-{}", std::process::id()));
    File::create(&path)?;
    std::fs::remove_file(path)
}

fn outcome(value: i64) -> Result<()> {
    if value < 0 { Err(Error::last_os_error()) } else { Ok(()) }
}
