//! Runs parts one after the other, shows all failures of one run, and ends with a table.

use anyhow::{Result, bail};
use std::{
    fmt::Write as _,
    time::{Duration, Instant},
};

/// How a part ended.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    /// Not run, because this earlier part failed. It counts as failed.
    Needs(&'static str),
}

struct Row {
    name: &'static str,
    outcome: Outcome,
    took: Duration,
}

/// A run of several parts.
#[derive(Default)]
pub struct Run {
    rows: Vec<Row>,
}

impl Run {
    /// Runs a part whose output streams to the terminal, unless one of the parts it needs failed.
    pub fn part(&mut self, name: &'static str, needs: &[&'static str], work: impl FnOnce() -> Result<()>) {
        println!("\n━━ {name} ━━");
        let begun = Instant::now();
        let failed = self.rows.iter().find(|row| needs.contains(&row.name) && row.outcome != Outcome::Passed);
        let outcome = match failed {
            Some(row) => {
                println!("not run: it needs {}, which failed", row.name);
                Outcome::Needs(row.name)
            }
            None => match work() {
                Ok(()) => Outcome::Passed,
                Err(error) => {
                    println!("failed: {error:#}");
                    Outcome::Failed
                }
            },
        };
        self.rows.push(Row { name, outcome, took: begun.elapsed() });
    }

    /// Prints the table and the count.
    ///
    /// # Errors
    /// When a part failed, or was not run because another had.
    pub fn finish(self) -> Result<()> {
        let failed = self.rows.iter().filter(|row| row.outcome != Outcome::Passed).count();
        print!("{}", self.table());
        println!("{} passed, {failed} failed", self.rows.len() - failed);
        if failed > 0 {
            // The count stays the last line; the status says the rest.
            std::process::exit(1);
        }
        if self.rows.is_empty() {
            bail!("nothing was run");
        }
        Ok(())
    }

    fn table(&self) -> String {
        let mut table = format!("\n{:<16} {:<28} {:>8}\n", "part", "result", "seconds");
        for row in &self.rows {
            let result = match row.outcome {
                Outcome::Passed => "passed".to_owned(),
                Outcome::Failed => "FAILED".to_owned(),
                Outcome::Needs(other) => format!("FAILED, needs {other}"),
            };
            let _ = writeln!(table, "{:<16} {result:<28} {:>8.1}", row.name, row.took.as_secs_f64());
        }
        table
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::indexing_slicing, reason = "tests")]

    use super::{Outcome, Run};
    use anyhow::bail;

    #[test]
    fn a_part_is_not_run_after_one_that_it_needs_failed_and_the_others_are() {
        let mut run = Run::default();
        run.part("engine", &[], || bail!("no engine"));
        run.part("rust", &["engine"], || unreachable!("its engine failed"));
        run.part("format", &[], || Ok(()));
        let outcomes: Vec<_> = run.rows.iter().map(|row| (row.name, row.outcome.clone())).collect();
        assert_eq!(outcomes[0], ("engine", Outcome::Failed));
        assert_eq!(outcomes[1], ("rust", Outcome::Needs("engine")));
        assert_eq!(outcomes[2], ("format", Outcome::Passed));
    }
}
