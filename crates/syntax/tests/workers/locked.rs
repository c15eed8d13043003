//! What a worker that was taken over would try, locked in and without the locks.

use super::WORKER;
use std::net::TcpListener;
use std::process::Command;

/// What worked and what was refused.
fn tried(how: &str) -> (Vec<String>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let tried = Command::new(WORKER).args(["try", how, &port]).output().unwrap();
    let said = String::from_utf8(tried.stdout).unwrap();
    assert!(tried.status.success(), "{said}");
    let with = |mark: &str| said.lines().filter_map(|l| l.strip_prefix(mark)).map(str::to_owned).collect();
    (with("works: "), with("refused: "))
}

#[test]
fn a_worker_cannot_open_connect_start_or_signal_anything_and_could_without_its_locks() {
    let (works, refused) = tried("locked");
    assert_eq!((works, refused.len()), (vec![], 13));
    let (works, refused) = tried("bare");
    assert_eq!((works.len(), refused), (13, vec![]));
}

#[test]
fn a_worker_says_what_it_could_not_do_and_on_a_whole_kernel_that_is_nothing() {
    let tried = Command::new(WORKER).args(["try", "locked", "1"]).output().unwrap();
    let said = String::from_utf8(tried.stdout).unwrap();
    let first = said.lines().next().unwrap();
    // Whether the kernel has Landlock is asked of the kernel itself, without a ruleset: the version.
    // SAFETY: takes no pointer but null, as the flag wants.
    let landlock = unsafe { libc::syscall(libc::SYS_landlock_create_ruleset, 0, 0, 1) } > 0;
    let missing = if landlock { "[]" } else { r#"["the kernel has no Landlock"]"# };
    assert_eq!(first, format!("locked in, missing: {missing}"));
}

#[test]
fn a_worker_has_no_environment_and_no_descriptor_of_its_host() {
    // What a shell would hand over is gone for the worker that a parser starts.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let held = std::fs::File::open("/proc/self/cmdline").unwrap();
        // One without the mark that closes it in a new program.
        let leaked = rustix::io::dup(&held).unwrap();
        let parser = anchorhold_syntax::Parser::new(super::program());
        super::answers(&parser).await;
        let worker = parser.workers()[0];
        // As root its folder can be read although it cannot be looked into otherwise.
        if let Ok(open) = std::fs::read_dir(format!("/proc/{worker}/fd")) {
            let mut open: Vec<_> = open.map(|one| one.unwrap().file_name()).collect();
            open.sort();
            assert_eq!(open, ["0", "1", "2"]);
        }
        if let Ok(environment) = std::fs::read(format!("/proc/{worker}/environ")) {
            assert_eq!(String::from_utf8_lossy(&environment), "");
        }
        drop(leaked);
        parser.close().await;
    });
}
