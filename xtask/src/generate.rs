//! Regenerates what is generated and kept in the tree; tests and checks compare it.

use crate::{command, setup, setup::Need, ui};
use anyhow::Result;

/// What a test writes where it is told to: its package, its name, which of it, and what that is. None of them
/// needs a container engine, a git server or a display.
const WRITTEN_BY_TESTS: [(&str, &str, Option<&str>, &str); 4] = [
    ("anchorhold", "bindings", None, "write the UI's bindings"),
    ("anchorhold-repo", "diff", None, "write the snapshots"),
    ("anchorhold-model", "contract", Some("transcripts"), "write the transcripts"),
    ("anchorhold-escape", "document", None, "write docs/escape.md"),
];

/// Regenerates all but the prices, which are made from a package of another project's.
///
/// # Errors
/// When a generator fails.
pub fn run() -> Result<()> {
    setup::ensure(&[Need::Build, Need::Window])?;
    let mut queries = command::cargo();
    queries.args(["run", "--quiet", "--package", "anchorhold-store-schema", "--", "prepare"]);
    command::run(&mut queries, "record the queries", "mend the query or the migration that it names")?;
    ui::build()?;
    for (package, test, only, attempt) in WRITTEN_BY_TESTS {
        let mut write = command::cargo();
        write.args(["test", "--package", package, "--test", test]).args(only.iter());
        write.env("ANCHORHOLD_UPDATE", "1").env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1");
        command::run(&mut write, attempt, "mend what the compiler or the test says above")?;
    }
    println!("look at what changed with: git diff");
    Ok(())
}
