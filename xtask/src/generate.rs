//! Regenerates what is generated and kept in the tree; tests and checks compare it.

use crate::{command, setup, setup::Need, ui};
use anyhow::Result;

/// Regenerates the recorded queries, the UI's bindings and the snapshots.
///
/// # Errors
/// When a generator fails.
pub fn run() -> Result<()> {
    setup::ensure(&[Need::Build, Need::Window])?;
    let mut queries = command::cargo();
    queries.args(["run", "--quiet", "--package", "anchorhold-store-schema", "--", "prepare"]);
    command::run(&mut queries, "record the queries", "mend the query or the migration that it names")?;
    ui::build()?;
    let mut bindings = command::cargo();
    bindings.args(["test", "--package", "anchorhold", "--test", "bindings"]).env("ANCHORHOLD_UPDATE", "1");
    command::run(&mut bindings, "write the UI's bindings", "mend what the compiler says above")?;
    let mut snapshots = command::cargo();
    snapshots.args(["test", "--workspace"]).env("INSTA_UPDATE", "always").env("INSTA_FORCE_PASS", "1");
    command::run(&mut snapshots, "write the snapshots", "mend the test that fails for another reason")?;
    println!("look at what changed with: git diff");
    Ok(())
}
