//! The program in the container: locks itself in, then answers the host over stdin and stdout.
//!
//! `anchorhold-bridge [--root DIR] [--quotas JSON]`. It opens no port, starts nothing, and reads no
//! byte of input before its locks were tried.
//!
//! On Linux it begins without the standard library's own start, which asks the C library for the
//! stack's bounds, for a message that nobody would read, and so brings all of `scanf` along: 0.2 MB.

#![cfg_attr(target_os = "linux", no_main)]

/// Where the C library begins the program.
#[cfg(target_os = "linux")]
#[unsafe(no_mangle)]
extern "C" fn main(_count: std::ffi::c_int, _words: *const *const std::ffi::c_char) -> std::ffi::c_int {
    // SAFETY: nothing else runs yet. A host that is gone is an error to end with, not a signal.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_IGN) };
    linux::main().into()
}

#[cfg(not(target_os = "linux"))]
fn main() -> std::process::ExitCode {
    eprintln!("anchorhold-bridge runs in a Linux container; there is nothing for it to do here");
    std::process::ExitCode::FAILURE
}

#[cfg(target_os = "linux")]
mod linux {
    use std::ffi::OsString;
    use std::io::{self, Read, Write};
    use std::os::fd::AsFd;
    use std::path::Path;

    use anchorhold_bridge::workspace::Workspace;
    use anchorhold_bridge::{Quotas, exit, lock, measure, serve};
    use rustix::fd::BorrowedFd;
    use rustix::fs::{CWD, Mode, OFlags, openat};

    const DEFAULT_ROOT: &str = "/workspace";

    pub fn main() -> u8 {
        match run() {
            Ok(()) => 0,
            Err((status, message)) => {
                let _ = writeln!(io::stderr(), "anchorhold-bridge: {message}");
                status
            }
        }
    }

    fn run() -> Result<(), (u8, String)> {
        let arguments =
            Arguments::read(std::env::args_os().skip(1)).map_err(|message| (exit::USAGE, message))?;
        lock::drop::inherited();
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let root = openat(CWD, &arguments.root, flags, Mode::empty())
            .map_err(|errno| (exit::WORKSPACE, format!("open {}: {errno}", arguments.root.display())))?;
        let measured = measure::surroundings(Path::new(&arguments.root));
        let locks = lock::seal(root.as_fd()).map_err(|error| (exit::LOCKS, chain(&error)))?;
        let mut workspace = Workspace::open(root.as_fd(), arguments.quotas)
            .map_err(|refusal| (exit::WORKSPACE, refusal.message))?;
        serve::serve(
            &mut Pipe(rustix::stdio::stdin()),
            &mut Pipe(rustix::stdio::stdout()),
            &mut workspace,
            &serve::Known { locks, measured },
        )
        .map_err(|error| (exit::PROTOCOL, chain(&error)))
    }

    /// An error with its reasons.
    fn chain(error: &dyn std::error::Error) -> String {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(reason) = source {
            text.push_str(": ");
            text.push_str(&reason.to_string());
            source = reason.source();
        }
        text
    }

    struct Arguments {
        root: OsString,
        quotas: Quotas,
    }

    impl Arguments {
        fn read(mut words: impl Iterator<Item = OsString>) -> Result<Self, String> {
            let mut arguments = Self { root: DEFAULT_ROOT.into(), quotas: Quotas::default() };
            while let Some(word) = words.next() {
                let value = words.next().ok_or(format!("{} needs a value", word.display()))?;
                match word.to_str() {
                    Some("--root") => arguments.root = value,
                    Some("--quotas") => {
                        arguments.quotas = serde_json::from_slice(value.as_encoded_bytes())
                            .map_err(|error| format!("read the quotas: {error}"))?;
                    }
                    _ => return Err(format!("{} is no option", word.display())),
                }
            }
            Ok(arguments)
        }
    }

    /// A standard stream without the standard library's buffer and lock.
    struct Pipe(BorrowedFd<'static>);

    impl Read for Pipe {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            Ok(rustix::io::read(self.0, buffer)?)
        }
    }

    impl Write for Pipe {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            Ok(rustix::io::write(self.0, bytes)?)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}
