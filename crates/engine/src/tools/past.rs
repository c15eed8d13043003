//! The repository's past for the tools that read it: bounded in time, ended when nobody waits.

use super::ToolFailure;
use crate::EngineError;
use crate::workspace::{Workspace, path};
use anchorhold_repo::{Past, PastCommit, PastError};
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How long a walk through the history may take.
const PATIENCE: Duration = Duration::from_secs(8);

/// Asks the past on a thread for blocking work. A stopped run drops this, which ends the walk.
pub(super) async fn ask<T: Send + 'static>(
    workspace: &Workspace,
    question: impl FnOnce(&Past<'_>) -> Result<T, PastError> + Send + 'static,
) -> Result<T, ToolFailure> {
    let (mirror, base, head) = workspace.past();
    let Some(base) = base else {
        return Err(ToolFailure::Refused("the commit that this began with is not known".to_owned()));
    };
    let stop = CancellationToken::new();
    let _ends_with_the_call = stop.clone().drop_guard();
    let until = Instant::now() + PATIENCE;
    let visible = visible(workspace);
    let asked = tokio::task::spawn_blocking(move || {
        let give_up = || stop.is_cancelled() || Instant::now() >= until;
        let past = mirror.past(&base, head.as_deref(), &give_up, &visible)?;
        question(&past)
    });
    match asked.await.map_err(|_| EngineError::Panicked { verb: "read the history" })? {
        Ok(answer) => Ok(answer),
        Err(PastError::Repo(error)) => Err(error.into()),
        Err(refusal) => Err(ToolFailure::Refused(refusal.to_string())),
    }
}

/// Which files' text may be shown. The one place for the user's file rules in what the history shows.
fn visible(workspace: &Workspace) -> impl Fn(&str) -> bool + Send + 'static {
    let rules = workspace.rules();
    move |text: &str| rules.sees(path(text).as_bytes())
}

/// A commit on one line.
pub(super) fn line(commit: &PastCommit) -> String {
    let merge = if commit.parents > 1 { " (merge)" } else { "" };
    format!("{} {} {}{merge}: {}", short(&commit.id), day(commit.at_s), commit.author, commit.subject)
}

/// An id as short as it is shown.
pub(super) fn short(id: &str) -> &str {
    id.get(..10).unwrap_or(id)
}

/// The day of a time in seconds since 1970, in UTC, by the rule of the Gregorian calendar.
pub(super) fn day(seconds: i64) -> String {
    let days = seconds.div_euclid(86_400) + 719_468;
    let era = days.div_euclid(146_097);
    let of_era = days.rem_euclid(146_097);
    let year = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = year + era * 400 + i64::from(month <= 2);
    format!("{year:04}-{month:02}-{:02}", of_year - (153 * shifted + 2) / 5 + 1)
}

/// The first second of a day that is written as 2026-01-31.
pub(super) fn seconds(day: &str) -> Option<i64> {
    let mut parts = day.trim().split('-').map(|part| part.parse::<i64>().ok());
    let (year, month, of_month) = (parts.next()??, parts.next()??, parts.next()??);
    let fits = (1970..=9999).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&of_month);
    if !fits || parts.next().is_some() {
        return None;
    }
    let year = year - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let shifted = if month > 2 { month - 3 } else { month + 9 };
    let of_year = (153 * shifted + 2) / 5 + of_month - 1;
    let days = era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468;
    Some(days * 86_400)
}

#[cfg(test)]
mod tests {
    use super::{day, seconds};

    #[test]
    fn days_are_those_of_the_calendar() {
        let pairs = [(0, "1970-01-01"), (951_782_400, "2000-02-29"), (1_798_675_200, "2026-12-31")];
        for (time, text) in pairs {
            assert_eq!((day(time), seconds(text)), (text.to_owned(), Some(time)));
        }
        assert_eq!(day(-1), "1969-12-31");
        assert_eq!(day(951_868_799), "2000-02-29");
        for text in ["", "2026", "2026-13-01", "2026-01-00", "yesterday", "2026-01-01-01"] {
            assert_eq!(seconds(text), None, "{text}");
        }
    }
}
