//! The page's TypeScript is what the Rust commands say; `cargo xtask gen` writes it anew.
#![expect(clippy::expect_used, reason = "a test says what it needed")]

use anchorhold_app::{BINDINGS, builder};
use specta_typescript::Typescript;
use std::path::Path;

const HEADER: &str = "// Generated from the Rust commands and types; write it anew with: cargo xtask gen\n/* eslint-disable */\n";

#[test]
fn the_pages_bindings_are_those_of_the_commands() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let written = folder.path().join("bindings.ts");
    builder::<tauri::Wry>()
        .disable_serde_phases()
        .export(Typescript::default().header(HEADER), &written)
        .expect("the bindings to be written");
    let generated = std::fs::read_to_string(&written).expect("what was written");
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join(BINDINGS);
    if std::env::var_os("ANCHORHOLD_UPDATE").is_some() {
        std::fs::write(&kept, &generated).expect("the bindings to be kept");
    }
    let current = std::fs::read_to_string(&kept).expect("the kept bindings");
    assert!(current == generated, "{BINDINGS} is out of date; write it anew with: cargo xtask gen");
}
