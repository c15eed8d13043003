//! The end of a job's log, where the reason for its failure stands.
//!
//! The log lies with another host, to which GitHub hands out an address that is itself a key; nobody there is
//! told who asks.

use crate::error::{ForgeError, Result, failed};
use crate::forge::Forge;
use crate::text;
use crate::transport::Failure;

/// What is kept of a log, in bytes.
const MOST_KEPT: usize = 16 << 10;
/// What is read of it: after the failure, a runner cleans up in many words.
const MOST_READ: usize = 128 << 10;
/// How a runner marks the line that says why a step failed.
const FAILURE: &str = "##[error]";

impl Forge {
    /// Reads the end of the log of a job that has ended, up to where it says why it failed. It is read once: it
    /// never changes. Empty where GitHub no longer has it.
    pub(crate) async fn log_end(&self, repository: &str, job: u64) -> Result<String> {
        let attempt = format!("read the log of a job in {repository}");
        let route = format!("/repos/{repository}/actions/jobs/{job}/logs");
        let name = format!("log:{route}");
        if let Some(end) = self.transport.settled(&name) {
            return Ok(end);
        }
        let headers = match self.redirect(&attempt, &route).await {
            Ok(headers) => headers,
            Err(ForgeError::NotFound { .. }) => return Ok(String::new()),
            Err(error) => return Err(error),
        };
        let end = match self.transport.end_of_log(&route, &headers, MOST_READ).await {
            Ok(end) => readable(&String::from_utf8_lossy(&end)),
            // The address holds for a minute, and logs for some months.
            Err(Failure::Status(403 | 404 | 410)) => return Ok(String::new()),
            Err(failure) => return Err(failed(attempt, self.host().to_owned(), failure)),
        };
        self.transport.settle(&name, &end);
        Ok(end)
    }
}

/// Without colours and times, and without what came after the failure.
fn readable(log: &str) -> String {
    let plain = text::without_escapes(log);
    let lines = plain.lines().map(|line| without_time(line.trim_start_matches('\u{feff}')).trim_end());
    let mut lines: Vec<_> = lines.collect();
    if let Some(last) = lines.iter().rposition(|line| line.starts_with(FAILURE)) {
        lines.truncate(last.saturating_add(1));
    }
    let whole = text::clean(&lines.join("\n"), usize::MAX);
    text::end(&whole, MOST_KEPT).trim_end().to_owned()
}

/// Each line begins with a time, such as `2026-11-28T03:43:01.1234567Z `.
fn without_time(line: &str) -> &str {
    match line.split_once(' ') {
        Some((time, rest)) if (20..=30).contains(&time.len()) && crate::time::time(time).is_some() => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::{MOST_KEPT, readable};

    #[test]
    fn a_log_ends_where_the_failure_is_said() {
        let log = "\u{feff}2026-11-28T03:43:01.1234567Z ##[group]Run cargo test\n\
                   2026-11-28T03:43:02.0000000Z \u{1b}[31mtest tides ... FAILED\u{1b}[0m\r\n\
                   2026-11-28T03:43:02.0000001Z not 2026-11-28T03:43:02Z a time\n\
                   2026-11-28T03:43:03.0000000Z ##[error]Process completed with exit code 101.\n\
                   2026-11-28T03:43:04.0000000Z Post job cleanup.\n\
                   2026-11-28T03:43:05.0000000Z ##[warning]late\n";
        let expected = "##[group]Run cargo test\ntest tides ... FAILED\nnot 2026-11-28T03:43:02Z a time\n\
                        ##[error]Process completed with exit code 101.";
        assert_eq!(readable(log), expected);
    }

    #[test]
    fn a_log_that_says_no_failure_is_shown_to_its_end() {
        assert_eq!(readable("one\ntwo\n"), "one\ntwo");
        assert_eq!(readable(""), "");
    }

    #[test]
    fn only_the_end_is_kept() {
        let log: String = (0..5_000).map(|line| format!("line {line}\n")).collect();
        let kept = readable(&log);
        assert!(kept.len() <= MOST_KEPT && kept.len() > MOST_KEPT - 20, "{}", kept.len());
        assert!(kept.starts_with("line ") && kept.ends_with("line 4999"), "{kept}");
    }
}
