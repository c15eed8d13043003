//! A program that parses as the products do, and one that misbehaves; for tests and measures alone.
//!
//! `__parse` makes it a worker. `once FILE WHAT` makes it one that fails as WHAT says if it is the first to
//! make FILE, and else a worker. `try WHAT [PORT]` tries what a worker must not be able to do, locked in or
//! `bare`. `host` starts a worker of its own, prints its id and waits.

use std::fs::File;
use std::io::{Read, Write};
use std::process::ExitCode;
use std::time::Duration;

use anchorhold_syntax::{Parser, Program, serve_if_asked};

#[cfg(target_os = "linux")]
mod attempts;

fn main() -> ExitCode {
    if let Some(done) = serve_if_asked() {
        return done;
    }
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["once", file, what] => once(file, what),
        #[cfg(target_os = "linux")]
        ["try", how, port] => attempts::run(how, port),
        ["host"] => host(),
        _ => ExitCode::FAILURE,
    }
}

fn once(file: &str, what: &str) -> ExitCode {
    if File::create_new(file).is_err() {
        return again();
    }
    let mut output = std::io::stdout().lock();
    if what != "says nothing" {
        let hello = br#"{"missing":[],"refused":[]}"#;
        let _ = output.write_all(&(hello.len() as u32).to_le_bytes());
        let _ = output.write_all(hello);
        let _ = output.flush();
        // The first bytes of a request.
        let _ = std::io::stdin().read_exact(&mut [0; 8]);
    }
    let mut say = |bytes: &[u8]| output.write_all(bytes).and_then(|()| output.flush());
    match what {
        "is killed" => std::process::abort(),
        "answers nonsense" => {
            let _ = say(b"\x04\0\0\0{{{{");
        }
        "answers another question" => {
            let _ = say(b"\x10\0\0\0{\"Outline\":null}");
        }
        "answers without end" => while say(&[b'x'; 4096]).is_ok() {},
        "breaks off" => {
            let _ = say(b"\xff\0\0\0{");
            return ExitCode::SUCCESS;
        }
        _ => {}
    }
    // Until it is killed.
    loop {
        std::thread::park_timeout(Duration::from_secs(3600));
    }
}

/// The program anew, as a worker.
fn again() -> ExitCode {
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt;
        let _ = std::process::Command::new("/proc/self/exe").arg("__parse").exec();
    }
    ExitCode::FAILURE
}

fn host() -> ExitCode {
    let Some(program) = Program::this() else { return ExitCode::FAILURE };
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        return ExitCode::FAILURE;
    };
    runtime.block_on(async {
        let parser = Parser::new(program);
        let found = parser.new_problems("a.rs", "", "fn f() {}").await;
        println!("{} {}", found.is_some(), parser.workers().first().copied().unwrap_or_default());
        let _ = tokio::task::spawn_blocking(|| std::io::stdin().read(&mut [0])).await;
    });
    ExitCode::SUCCESS
}
