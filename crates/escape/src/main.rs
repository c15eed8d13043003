//! The attack program; see the library. It is put into a throwaway image and does nothing elsewhere.

#[cfg(target_os = "linux")]
fn main() -> std::process::ExitCode {
    use anchorhold_escape::run::{ONLY_END, ONLY_END_AS_ROOT, ONLY_SHOUT, RAN, run, shout};
    use std::process::ExitCode;

    let ran = ExitCode::from(RAN as u8);
    let root = rustix::process::geteuid().is_root();
    match std::env::args().nth(1).as_deref() {
        Some(ONLY_END) => ran,
        Some(ONLY_SHOUT) if shout().is_ok() => ran,
        Some(ONLY_END_AS_ROOT) if root => ran,
        Some(plan) => match serde_json::from_str(plan).map_err(std::io::Error::from).and_then(run) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("anchorhold-escape: {error}");
                ExitCode::FAILURE
            }
        },
        None => {
            eprintln!("anchorhold-escape attacks the container that it is in; only the tests start it");
            ExitCode::FAILURE
        }
    }
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("anchorhold-escape runs in a Linux container");
}
