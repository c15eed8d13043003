//! What machines found wrong: failed checks, with their notes on lines and the end of the job's log.

use super::{About, MOST_AUTHOR, MOST_BODY, MOST_PATH, MOST_TITLE};
use crate::checks::{Checks, Outcome, Run, Status, allowed};
use crate::error::{ForgeError, Result};
use crate::forge::Forge;
use crate::text;
use crate::time::time;
use anchorhold_domain::{Annotation, Feedback, FeedbackKind, Withheld};
use serde::Deserialize;

/// Failed checks that are looked at more closely; the others come with what their list says.
const MOST_CLOSE_LOOKS: usize = 20;
const MOST_ANNOTATIONS: usize = 50;
const MOST_MESSAGE: usize = 2_000;

/// <https://docs.github.com/en/rest/checks/runs#list-check-run-annotations>
#[derive(Deserialize)]
struct Note {
    path: String,
    #[serde(default)]
    start_line: u32,
    #[serde(default)]
    annotation_level: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Forge {
    /// The checks that failed by themselves; what a person ended or has to allow cannot be mended.
    pub(super) async fn failures(
        &self,
        about: &About<'_>,
        checks: &Checks,
        withheld: &mut Vec<Withheld>,
    ) -> Result<Vec<Feedback>> {
        let mut items = Vec::new();
        let mut log_withheld = false;
        let failed = checks.runs.iter().filter(|run| run.outcome() == Outcome::Failed);
        for (count, run) in failed.enumerate() {
            let mut item = self.of_run(about, run);
            if count < MOST_CLOSE_LOOKS {
                item.annotations = self.annotations(about, run).await?;
                if let Some(job) = run.job() {
                    match self.log_end(&about.repository, job).await {
                        Ok(end) if !end.is_empty() => item.body = end,
                        Ok(_) => {}
                        // Logs lie with another host, which not every network lets one reach.
                        Err(
                            ForgeError::Offline { .. }
                            | ForgeError::Redirected { .. }
                            | ForgeError::Answer { .. },
                        ) => log_withheld = true,
                        Err(error) => log_withheld |= allowed::<()>(Err(error))?.is_none(),
                    }
                }
            }
            items.push(item);
        }
        if log_withheld {
            withheld.push(Withheld::JobLogs);
        }
        let failed = checks.statuses.iter().filter(|status| status.outcome() == Outcome::Failed);
        items.extend(failed.map(|status| of_status(about, status)));
        Ok(items)
    }

    fn of_run(&self, about: &About<'_>, run: &Run) -> Feedback {
        let output = &run.output;
        let parts =
            [&output.title, &output.summary, &output.text].map(|part| part.as_deref().unwrap_or_default());
        let parts: Vec<_> = parts.into_iter().map(str::trim).filter(|part| !part.is_empty()).collect();
        let app = run.app.as_ref().and_then(|app| app.name.as_deref().or(app.slug.as_deref()));
        let page = self.page_of(&about.repository, &format!("runs/{}", run.id));
        let ended = run.completed_at.as_deref().or(run.started_at.as_deref());
        Feedback {
            id: id_of_run(run),
            kind: FeedbackKind::FailedCheck,
            author: text::first_line(app.unwrap_or("a check"), MOST_AUTHOR),
            title: text::first_line(&run.name, MOST_TITLE),
            body: text::clean(&parts.join("\n\n"), MOST_BODY),
            path: None,
            line: None,
            annotations: Vec::new(),
            commit: about.request.head.clone(),
            url: self.page(run.html_url.as_deref(), &page),
            at: ended.and_then(time).unwrap_or_default(),
        }
    }

    async fn annotations(&self, about: &About<'_>, run: &Run) -> Result<Vec<Annotation>> {
        if run.output.annotations_count == 0 {
            return Ok(Vec::new());
        }
        let route = format!(
            "/repos/{}/check-runs/{}/annotations?per_page={MOST_ANNOTATIONS}",
            about.repository, run.id
        );
        let found: Vec<Note> = allowed(self.get(&about.attempt, &route).await)?.unwrap_or_default();
        let notes = found.into_iter().take(MOST_ANNOTATIONS).map(|note| Annotation {
            path: text::first_line(&note.path, MOST_PATH),
            line: note.start_line,
            level: match note.annotation_level.as_deref() {
                Some("failure") => "failure",
                Some("warning") => "warning",
                _ => "notice",
            }
            .to_owned(),
            message: text::clean(&text::without_escapes(&note.message.unwrap_or_default()), MOST_MESSAGE),
        });
        Ok(notes.collect())
    }
}

/// The runs that fail, and the statuses, each where all of them are known.
pub(super) fn ids(checks: &Checks) -> [Option<Vec<String>>; 2] {
    let runs = checks.runs.iter().filter(|run| run.outcome() == Outcome::Failed);
    let statuses = checks.statuses.iter().filter(|status| status.outcome() == Outcome::Failed);
    [
        checks.all_runs.then(|| runs.map(id_of_run).collect()),
        checks.all_statuses.then(|| statuses.map(id_of_status).collect()),
    ]
}

fn id_of_run(run: &Run) -> String {
    format!("check/{}", run.id)
}

fn id_of_status(status: &Status) -> String {
    format!("status/{}", status.id)
}

fn of_status(about: &About<'_>, status: &Status) -> Feedback {
    // It is another service's page; whoever may write to the repository can name any.
    let page =
        status.target_url.as_deref().filter(|page| page.len() <= 2_000 && page.starts_with("https://"));
    let page = page.and_then(|page| url::Url::parse(page).ok()).map(String::from);
    Feedback {
        id: id_of_status(status),
        kind: FeedbackKind::FailedCheck,
        author: text::first_line(&status.context, MOST_AUTHOR),
        title: text::first_line(&status.context, MOST_TITLE),
        body: text::clean(status.description.as_deref().unwrap_or_default(), MOST_BODY),
        path: None,
        line: None,
        annotations: Vec::new(),
        commit: about.request.head.clone(),
        url: page.unwrap_or_else(|| about.request.url.clone()),
        at: time(&status.updated_at).unwrap_or_default(),
    }
}
