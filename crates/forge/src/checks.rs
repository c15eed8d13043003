//! What machines say of a commit: check runs, as GitHub Actions makes them, and the older statuses.
//!
//! A token that may not read one of the two sees the other; what was kept from it is said.

use crate::error::{ForgeError, Result};
use crate::forge::{Forge, is_commit};
use anchorhold_domain::{ChecksState, Withheld};
use serde::Deserialize;

/// At most 200 runs and 200 statuses are looked at.
const MOST_PAGES: u32 = 2;

/// The checks of one commit.
#[derive(Default)]
pub(crate) struct Checks {
    pub(crate) runs: Vec<Run>,
    pub(crate) statuses: Vec<Status>,
    /// Whether there are no other runs, and no other statuses.
    pub(crate) all_runs: bool,
    pub(crate) all_statuses: bool,
    /// What the token may not read.
    pub(crate) withheld: Vec<Withheld>,
}

/// How one check stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pending,
    Passed,
    Failed,
    /// Ended by a person, or waiting for one: it has not passed, and no change to the code will mend it.
    Stopped,
}

/// <https://docs.github.com/en/rest/checks/runs#list-check-runs-for-a-git-reference>
#[derive(Deserialize)]
pub(crate) struct Run {
    pub(crate) id: u64,
    pub(crate) name: String,
    pub(crate) status: String,
    #[serde(default)]
    pub(crate) conclusion: Option<String>,
    #[serde(default)]
    pub(crate) html_url: Option<String>,
    #[serde(default)]
    pub(crate) details_url: Option<String>,
    #[serde(default)]
    pub(crate) started_at: Option<String>,
    #[serde(default)]
    pub(crate) completed_at: Option<String>,
    #[serde(default)]
    pub(crate) output: Output,
    #[serde(default)]
    pub(crate) app: Option<App>,
}

#[derive(Default, Deserialize)]
pub(crate) struct Output {
    #[serde(default)]
    pub(crate) title: Option<String>,
    #[serde(default)]
    pub(crate) summary: Option<String>,
    #[serde(default)]
    pub(crate) text: Option<String>,
    #[serde(default)]
    pub(crate) annotations_count: u64,
}

#[derive(Deserialize)]
pub(crate) struct App {
    #[serde(default)]
    pub(crate) slug: Option<String>,
    #[serde(default)]
    pub(crate) name: Option<String>,
}

/// <https://docs.github.com/en/rest/commits/statuses#get-the-combined-status-for-a-specific-reference>
#[derive(Deserialize)]
pub(crate) struct Status {
    pub(crate) id: u64,
    pub(crate) state: String,
    pub(crate) context: String,
    #[serde(default)]
    pub(crate) description: Option<String>,
    #[serde(default)]
    pub(crate) target_url: Option<String>,
    pub(crate) updated_at: String,
}

#[derive(Deserialize)]
struct Runs {
    check_runs: Vec<Run>,
}

#[derive(Deserialize)]
struct Statuses {
    statuses: Vec<Status>,
}

impl Forge {
    /// Reads the checks of a commit.
    pub(crate) async fn checks(&self, repository: &str, commit: &str) -> Result<Checks> {
        let attempt = format!("read the checks of a commit in {repository}");
        if !is_commit(commit) {
            let (host, commit) = (self.host().to_owned(), commit.to_owned());
            return Err(ForgeError::Commit { attempt, host, commit });
        }
        let route = format!("/repos/{repository}/commits/{commit}");
        let mut checks = Checks::default();
        for page in 1..=MOST_PAGES {
            let route = format!("{route}/check-runs?filter=latest&per_page=100&page={page}");
            let asked = self.get_linked::<Runs>(&attempt, &route).await;
            let Some((found, links)) = allowed(asked)? else {
                checks.withheld.push(Withheld::Checks);
                break;
            };
            checks.runs.extend(found.check_runs);
            checks.all_runs = links.next.is_none();
            if checks.all_runs {
                break;
            }
        }
        for page in 1..=MOST_PAGES {
            let route = format!("{route}/status?per_page=100&page={page}");
            let asked = self.get_linked::<Statuses>(&attempt, &route).await;
            let Some((found, links)) = allowed(asked)? else {
                checks.withheld.push(Withheld::CommitStatuses);
                break;
            };
            checks.statuses.extend(found.statuses);
            checks.all_statuses = links.next.is_none();
            if checks.all_statuses {
                break;
            }
        }
        Ok(checks)
    }
}

/// `None` for what the token may not read.
pub(crate) fn allowed<T>(asked: Result<T>) -> Result<Option<T>> {
    match asked {
        Ok(found) => Ok(Some(found)),
        Err(
            ForgeError::Forbidden { .. }
            | ForgeError::PermissionMissing { .. }
            | ForgeError::ScopeMissing { .. }
            | ForgeError::NotFound { .. },
        ) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Checks {
    /// How they stand together. While some have not ended it is too early to say that they failed: what is
    /// mended then is mended without knowing the rest.
    pub(crate) fn state(&self) -> ChecksState {
        let runs = self.runs.iter().map(Run::outcome);
        let outcomes: Vec<_> = runs.chain(self.statuses.iter().map(Status::outcome)).collect();
        let any = |wanted| outcomes.contains(&wanted);
        match () {
            () if any(Outcome::Pending) => ChecksState::Pending,
            () if any(Outcome::Failed) || any(Outcome::Stopped) => ChecksState::Failed,
            () if any(Outcome::Passed) => ChecksState::Passed,
            () => ChecksState::None,
        }
    }
}

impl Run {
    /// What GitHub takes a conclusion for where it sums up a pull request's checks.
    ///
    /// <https://docs.github.com/en/graphql/reference/enums#checkconclusionstate>
    pub(crate) fn outcome(&self) -> Outcome {
        if self.status != "completed" {
            return Outcome::Pending;
        }
        match self.conclusion.as_deref() {
            Some("success" | "neutral" | "skipped") => Outcome::Passed,
            Some("failure" | "timed_out" | "startup_failure") => Outcome::Failed,
            Some("cancelled" | "action_required") => Outcome::Stopped,
            // GitHub marks as stale what did not end for two weeks.
            Some(_) | None => Outcome::Pending,
        }
    }

    /// The job of GitHub Actions that this is.
    pub(crate) fn job(&self) -> Option<u64> {
        if self.app.as_ref()?.slug.as_deref() != Some("github-actions") {
            return None;
        }
        // A job and its check have the same number, as far as is known; the address says it for certain.
        let (_, rest) =
            self.details_url.as_deref().unwrap_or_default().split_once("/job/").unwrap_or_default();
        let digits = rest.split(|character: char| !character.is_ascii_digit()).next().unwrap_or_default();
        Some(digits.parse().unwrap_or(self.id))
    }
}

impl Status {
    pub(crate) fn outcome(&self) -> Outcome {
        match &*self.state {
            "success" => Outcome::Passed,
            "failure" | "error" => Outcome::Failed,
            _ => Outcome::Pending,
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Checks, Run, Status};
    use anchorhold_domain::ChecksState;
    use serde_json::json;

    fn run(status: &str, conclusion: Option<&str>) -> Run {
        let run = json!({ "id": 4, "name": "test", "status": status, "conclusion": conclusion });
        serde_json::from_value(run).unwrap()
    }

    fn status(state: &str) -> Status {
        let status =
            json!({ "id": 1, "state": state, "context": "ci", "updated_at": "2026-01-01T00:00:00Z" });
        serde_json::from_value(status).unwrap()
    }

    #[test]
    fn checks_stand_together_as_github_sums_them_up() {
        let check = |runs: &[(&str, Option<&str>)], statuses: &[&str], expected| {
            let runs_read = runs.iter().map(|(status, conclusion)| run(status, *conclusion)).collect();
            let statuses_read = statuses.iter().map(|state| status(state)).collect();
            let checks = Checks { runs: runs_read, statuses: statuses_read, ..Checks::default() };
            assert_eq!(checks.state(), expected, "{runs:?} {statuses:?}");
        };
        let (good, bad) = (("completed", Some("success")), ("completed", Some("failure")));
        check(&[], &[], ChecksState::None);
        check(
            &[good, ("completed", Some("skipped")), ("completed", Some("neutral"))],
            &[],
            ChecksState::Passed,
        );
        check(&[good, ("in_progress", None)], &[], ChecksState::Pending);
        check(&[bad, ("queued", None)], &[], ChecksState::Pending);
        check(&[("completed", Some("cancelled"))], &[], ChecksState::Failed);
        check(&[("completed", Some("stale"))], &[], ChecksState::Pending);
        check(&[good], &["pending"], ChecksState::Pending);
        check(&[good], &["error"], ChecksState::Failed);
        check(&[], &["success"], ChecksState::Passed);
    }

    #[test]
    fn a_job_is_known_by_the_address_of_its_page() {
        let job = |slug: &str, details: &str| {
            let mut run = run("completed", Some("failure"));
            run.details_url = Some(details.to_owned());
            run.app = serde_json::from_value(json!({ "slug": slug })).unwrap();
            run.job()
        };
        let page = "https://github.com/octo/hello/actions/runs/11/job/29679449";
        assert_eq!(job("github-actions", page), Some(29_679_449));
        assert_eq!(job("github-actions", &format!("{page}?pr=1")), Some(29_679_449));
        assert_eq!(job("github-actions", "https://github.com/octo/hello/runs/4"), Some(4));
        assert_eq!(job("octo-ci", page), None);
    }
}
