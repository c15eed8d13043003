//! What a push would do, the pull request, what comes back for it, and issues.

use crate::arguments::{AgentOptions, FeedbackOptions, PullRequestOptions};
use crate::exit::Exit;
use crate::interrupt::Interrupts;
use crate::run::{ending, finished, follow, interrupt, rest};
use crate::{agents, open, print};
use anchorhold_domain::{
    Agent, AgentId, ChecksState, FeedbackItem, PullRequestState, PushPlan, Signal, Signing, Update,
};
use anchorhold_engine::{Engine, EngineError};
use std::time::Duration;
use tokio::time::Instant;

/// How long a pull request without any check is waited for: where there are some, they are there by then.
const UNTIL_CHECKS: Duration = Duration::from_secs(150);

/// Shows what a push would do.
pub(crate) async fn plan(options: &AgentOptions) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agent = agents::find(&engine, &options.agent).await?;
    let plan = engine.push_plan(agent.id).await;
    engine.close().await;
    let plan = plan?;
    if options.json {
        print::json(&plan)
    } else {
        show(&plan)
    }
    Ok(Exit::Completed)
}

/// Opens or updates an agent's pull request.
pub(crate) async fn pull_request(options: &PullRequestOptions) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let agent = agents::find(&engine, &options.agent.agent).await?;
    let opened = async {
        let mut draft = engine.pull_request_draft(agent.id).await?;
        draft.draft |= options.draft;
        draft.title = options.title.clone().unwrap_or(draft.title);
        draft.body = options.body.clone().unwrap_or(draft.body);
        engine.open_pull_request(agent.id, draft).await
    };
    let opened = opened.await;
    engine.close().await;
    match opened?.pull_request {
        Some(opened) if options.agent.json => print::json(&opened),
        Some(opened) => print::line(print::pull(&opened)),
        None => {}
    }
    Ok(Exit::Completed)
}

/// Shows what came back, and lets the agent work on what is taken.
pub(crate) async fn feedback(
    container_engine: Option<String>,
    options: &FeedbackOptions,
) -> Result<Exit, EngineError> {
    let engine = open(|config| config.engine = container_engine).await?;
    let agent = agents::find(&engine, &options.agent.agent).await?;
    let done = heard(&engine, &agent, options).await;
    engine.close().await;
    done
}

/// Lists issues.
pub(crate) async fn issues(repository: &str, text: &str, json: bool) -> Result<Exit, EngineError> {
    let engine = open(|_| {}).await?;
    let found = engine.issues(repository, text).await;
    engine.close().await;
    for issue in found? {
        if json {
            print::json(&issue);
        } else {
            let labels = if issue.labels.is_empty() {
                String::new()
            } else {
                format!("  [{}]", issue.labels.join(", "))
            };
            print::line(format_args!(
                "#{}  {}{}",
                issue.number,
                print::shown(&issue.title),
                print::shown(&labels)
            ));
        }
    }
    Ok(Exit::Completed)
}

/// Prints what happens until the checks have passed, the pull request is merged or closed, or the agent may
/// not, or cannot, follow up any more.
pub(crate) async fn until_answered(
    engine: &Engine,
    id: AgentId,
    log: &mut print::Log,
    interrupts: &mut Interrupts,
) -> Result<Exit, EngineError> {
    tokio::select! {
        rested = rest(engine, id, log) => rested?,
        () = interrupts.next() => return stopped(engine, id, log).await,
    }
    let mut updates = engine.watch(id, log.last_seq()).await?;
    let mut patience = Instant::now() + UNTIL_CHECKS;
    if let Some(exit) = answered(engine.agent(id).await?.as_ref(), false) {
        return finished(engine, id, log, exit).await;
    }
    loop {
        let update = tokio::select! {
            update = updates.recv() => update,
            () = interrupts.next() => return stopped(engine, id, log).await,
            () = tokio::time::sleep_until(patience) => {
                if let Some(exit) = answered(engine.agent(id).await?.as_ref(), true) {
                    return finished(engine, id, log, exit).await;
                }
                patience = Instant::now() + UNTIL_CHECKS;
                continue;
            }
        };
        match update {
            None => return finished(engine, id, log, Exit::Error).await,
            Some(Update::Signal { signal: Signal::Unwritten { fault } }) => {
                log.end();
                print::fault(&fault);
                return Ok(Exit::Error);
            }
            Some(Update::Signal { signal }) => log.signal(&signal),
            Some(Update::Events { events, agent, live }) => {
                events.iter().for_each(|event| log.event(event));
                patience = Instant::now() + UNTIL_CHECKS;
                if let Some(exit) = answered(&agent, false).filter(|_| live) {
                    return finished(engine, id, log, exit).await;
                }
            }
        }
    }
}

/// Stops what is at work, or cancels its push, and prints how that ended.
async fn stopped(engine: &Engine, id: AgentId, log: &mut print::Log) -> Result<Exit, EngineError> {
    interrupt(engine, id).await;
    for event in engine.events(id, log.last_seq()).await? {
        log.event(&event);
    }
    finished(engine, id, log, Exit::Interrupted).await
}

/// How the wait ends with the agent as it is; `late` where no check has come for long.
fn answered(agent: &Agent, late: bool) -> Option<Exit> {
    let ended = ending(agent)?;
    if ended != Exit::Completed {
        return Some(ended);
    }
    let Some(pull_request) = &agent.pull_request else { return Some(Exit::Error) };
    match pull_request.state {
        PullRequestState::Merged | PullRequestState::Closed => return Some(Exit::Completed),
        PullRequestState::Draft | PullRequestState::Open => {}
    }
    if agent.pushed_commit.as_ref() != Some(&pull_request.head) {
        return None;
    }
    match pull_request.checks {
        ChecksState::Pending => None,
        ChecksState::Passed => Some(Exit::Completed),
        ChecksState::None => late.then_some(Exit::Completed),
        ChecksState::Failed => {
            let (open, spent) = (agent.checks_open > 0, agent.follow_ups >= agent.delivery.most_follow_ups);
            // What was taken, or has nothing to be read, is never news again. It is not over at once: what the
            // agent changed may only be about to be pushed.
            let nothing_comes = late && (spent || !open);
            (nothing_comes || spent && open).then_some(Exit::Limit)
        }
    }
}

async fn heard(engine: &Engine, agent: &Agent, options: &FeedbackOptions) -> Result<Exit, EngineError> {
    let asked = match engine.hear_feedback(agent.id).await {
        Ok(_) => Exit::Completed,
        // What came before is there all the same.
        Err(error) => print::refused(&error.fault()),
    };
    let latest = engine.agent(agent.id).await?;
    for line in latest.pull_request.iter().flat_map(|pull_request| print::withheld(&pull_request.withheld)) {
        print::aside(line);
    }
    let items = engine.feedback(agent.id).await?;
    if options.take.is_empty() {
        items.iter().for_each(|item| if options.agent.json { print::json(item) } else { show_item(item) });
        return Ok(asked);
    }
    let all = options.take.iter().any(|id| id == "all");
    let ids = if all {
        items.iter().filter(|item| item.is_open()).map(|item| item.feedback.id.clone()).collect()
    } else {
        options.take.clone()
    };
    if ids.is_empty() {
        if asked == Exit::Completed {
            print::aside(format_args!("Nothing that came back is open."));
        }
        return Ok(asked);
    }
    let mut interrupts = Interrupts::listen();
    let before = engine.agent(agent.id).await?.last_seq;
    engine.take_feedback(agent.id, ids, options.note.clone()).await?;
    let mut log = print::Log::resumed(options.agent.json);
    follow(engine, agent.id, &mut log, &mut interrupts, before).await
}

fn show_item(item: &FeedbackItem) {
    let state = match (item.taken, item.outdated) {
        (true, _) => "  (taken)",
        (false, true) => "  (about an earlier push)",
        (false, false) => "",
    };
    print::line(format_args!("{}  {}{state}", print::shown(&item.feedback.id), print::piece(&item.feedback)));
    let notes =
        item.feedback.annotations.iter().map(|note| format!("{}:{}: {}", note.path, note.line, note.message));
    for line in notes.chain(item.feedback.body.lines().map(str::to_owned)) {
        print::line(format_args!("    {}", print::shown(&line)));
    }
}

fn show(plan: &PushPlan) {
    print::line(format_args!("to      {}", print::shown(&plan.branch)));
    print::line(format_args!(
        "by      {} <{}>",
        print::shown(&plan.author_name),
        print::shown(&plan.author_email)
    ));
    let signing = match &plan.signing {
        Signing::Off => "not signed".to_owned(),
        Signing::Ssh { key } => format!("signed with the SSH key {key}"),
        Signing::Gpg { key } => {
            format!("signed with GnuPG, {}", key.as_deref().unwrap_or("the key of the address"))
        }
        Signing::Impossible { fault } => format!("cannot be signed: {}", fault.message),
    };
    print::line(format_args!("        {}", print::shown(&signing)));
    print::line(format_args!("tree    {}", plan.tree));
    for commit in &plan.commits {
        let files = if commit.files == 1 { "file" } else { "files" };
        print::line(format_args!("commit  {} {files}", commit.files));
        commit.message.lines().for_each(|line| print::line(format_args!("        {}", print::shown(line))));
    }
    for risk in &plan.risks {
        let line = risk.line.map(|line| format!(":{line}")).unwrap_or_default();
        print::line(format_args!(
            "! {:?}  {}{line}  {}",
            risk.kind,
            print::shown(&risk.path),
            print::shown(&risk.detail)
        ));
    }
    for more in &plan.risks_left_out {
        print::line(format_args!("! {:?}  and {} more that are not listed", more.kind, more.count));
    }
    if let Some(moved) = &plan.moved {
        print::line(format_args!(
            "! somebody else pushed to {}: {} {}",
            print::shown(&plan.branch),
            print::short(&moved.tip),
            print::shown(&moved.summary)
        ));
        match moved.conflicts.as_slice() {
            [] => print::line(format_args!(
                "  what to do: push with --reapply, or with --to {}",
                print::shown(&moved.free_name)
            )),
            conflicts => {
                for conflict in conflicts {
                    print::line(format_args!("  both changed {}", print::shown(&conflict.path)));
                }
                print::line(format_args!("  what to do: push with --to {}", print::shown(&moved.free_name)));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::answered;
    use crate::exit::Exit;
    use anchorhold_domain::{
        Agent, ChecksState, Delivery, FileRules, Limits, NewAgent, PullRequest, PullRequestState, Status,
        Timestamp,
    };

    /// A completed agent whose checks stand like this, and which followed up as often, of two times.
    fn agent(checks: ChecksState, checks_open: u32, follow_ups: u32) -> Agent {
        let new = NewAgent {
            name: "Errand".to_owned(),
            task: "Do it.".to_owned(),
            github_repo: "octo/hello".to_owned(),
            source_branch: "main".to_owned(),
            target_branch: "agent/work".to_owned(),
            history_depth: None,
            model: anchorhold_engine::scripted(),
            fallback: None,
            limits: Limits::default(),
            files: FileRules::default(),
            delivery: Delivery { follow_up: true, most_follow_ups: 2, ..Delivery::default() },
        };
        let id = serde_json::from_str("\"01936f2e-0000-7000-8000-000000000000\"").unwrap();
        let pull_request = PullRequest {
            number: 7,
            url: String::new(),
            title: String::new(),
            state: PullRequestState::Open,
            head: "p1".to_owned(),
            base: "main".to_owned(),
            checks,
            withheld: vec![],
        };
        Agent {
            status: Status::Completed,
            pushed_commit: Some("p1".to_owned()),
            pull_request: Some(pull_request),
            checks_open,
            follow_ups,
            ..Agent::new(id, new, "local".to_owned(), Timestamp(1))
        }
    }

    #[test]
    fn failed_checks_that_nothing_more_is_done_about_end_the_wait() {
        use ChecksState::{Failed, Passed, Pending};
        let ends = |checks, open, follow_ups| {
            [false, true].map(|late| answered(&agent(checks, open, follow_ups), late))
        };
        // The agent works on it, or is about to.
        assert_eq!(ends(Failed, 1, 1), [None, None]);
        // It may not any more.
        assert_eq!(ends(Failed, 1, 2), [Some(Exit::Limit); 2]);
        // It did and nothing had to change, or only that a check was cancelled was to be read.
        assert_eq!(ends(Failed, 0, 1), [None, Some(Exit::Limit)]);
        assert_eq!(ends(Failed, 0, 2), [None, Some(Exit::Limit)]);
        assert_eq!(ends(Pending, 0, 2), [None, None]);
        assert_eq!(ends(Passed, 0, 2), [Some(Exit::Completed); 2]);
        // Until the pull request shows what was pushed last, its checks are those of another commit.
        let pushed = Agent { pushed_commit: Some("p2".to_owned()), ..agent(Failed, 0, 2) };
        assert_eq!(answered(&pushed, true), None);
    }
}
