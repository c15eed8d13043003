//! The table `agents`: one row per agent, a column per field of its record.

use crate::error::{Result, StoreError, is_taken};
use crate::open::Store;
use crate::{Blob, blobs, events};
use anchorhold_domain::{
    Agent, AgentId, DeliveryStep, Effort, Limits, ModelChoice, PauseReason, Status, Timestamp, Usage, Wire,
};
use sqlx::SqliteConnection;

/// A row as SQLite hands it out. Only [`Row::into_agent`] makes an agent of it, and refuses what
/// does not fit.
struct Row {
    id: String,
    name: String,
    task: String,
    github_repo: String,
    source_branch: String,
    target_branch: String,
    history_depth: Option<i64>,
    container_id: Option<String>,
    agent_port: Option<i64>,
    status: String,
    pause_reason: Option<String>,
    resumes_at: Option<i64>,
    waiting: i64,
    error_message: Option<String>,
    error_code: Option<String>,
    error_hint: Option<String>,
    undelivered: Option<String>,
    user_id: String,
    model_provider: String,
    model_name: String,
    model_base_url: Option<String>,
    model_wire: Option<String>,
    model_effort: Option<String>,
    fallback: Option<String>,
    on_fallback: i64,
    limit_tokens: Option<i64>,
    limit_turns: Option<i64>,
    limit_seconds: Option<i64>,
    limit_money: Option<i64>,
    files: String,
    delivery: String,
    input_tokens: i64,
    cached_tokens: i64,
    cache_write_tokens: i64,
    output_tokens: i64,
    reasoning_tokens: i64,
    cost: i64,
    unpriced: i64,
    context_tokens: i64,
    context_window: Option<i64>,
    plan_done: i64,
    plan_total: i64,
    requests: i64,
    activity: Option<String>,
    base_commit: Option<String>,
    base_tree: Option<String>,
    checkpoint: Option<String>,
    reapplied_onto: Option<String>,
    files_changed: i64,
    pushed_commit: Option<String>,
    push_parent: Option<String>,
    pull_request: Option<String>,
    feedback_open: i64,
    checks_open: i64,
    follow_ups: i64,
    ran_ms: i64,
    running_since: Option<i64>,
    last_seq: i64,
    started_at: Option<i64>,
    completed_at: Option<i64>,
    pushed_at: Option<i64>,
    deleted_at: Option<i64>,
    created_at: i64,
    updated_at: i64,
}

impl Store {
    /// Returns the agent with this id, deleted or not.
    ///
    /// # Errors
    /// [`StoreError::NotFound`], or [`StoreError::Corrupt`] where the row does not fit.
    pub async fn agent(&self, id: AgentId) -> Result<Agent> {
        let key = id.to_string();
        sqlx::query_as!(Row, "SELECT * FROM agents WHERE id = ?", key)
            .fetch_optional(&self.readers)
            .await?
            .ok_or(StoreError::NotFound { id })?
            .into_agent()
    }

    /// Returns the agents that are not deleted, newest first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn agents(&self) -> Result<Vec<Agent>> {
        sqlx::query_as!(
            Row,
            "SELECT * FROM agents WHERE deleted_at IS NULL ORDER BY created_at DESC, id DESC"
        )
        .fetch_all(&self.readers)
        .await?
        .into_iter()
        .map(Row::into_agent)
        .collect()
    }

    /// Returns the deleted agents, last deleted first.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn deleted_agents(&self) -> Result<Vec<Agent>> {
        sqlx::query_as!(
            Row,
            "SELECT * FROM agents WHERE deleted_at IS NOT NULL ORDER BY deleted_at DESC, id DESC"
        )
        .fetch_all(&self.readers)
        .await?
        .into_iter()
        .map(Row::into_agent)
        .collect()
    }
}

/// Adds the row of a new agent, as [`Agent::new`] makes it: what only events set is empty.
pub(crate) async fn insert(connection: &mut SqliteConnection, agent: &Agent) -> Result<()> {
    let id = agent.id.to_string();
    let status = agent.status.as_str();
    let Limits { tokens, turns, seconds, money } = agent.limits;
    let (wire, effort) = (agent.model.wire.map(wire_text), agent.model.effort.map(effort_text));
    let fallback = agent.fallback.as_ref().map(to_json).transpose()?;
    let (files, delivery) = (to_json(&agent.files)?, to_json(&agent.delivery)?);
    sqlx::query!(
        "INSERT INTO agents (
            id, name, task, github_repo, source_branch, target_branch, history_depth, status, waiting, user_id,
            model_provider, model_name, model_base_url, model_wire, model_effort, fallback, files,
            delivery, limit_tokens, limit_turns, limit_seconds, limit_money,
            input_tokens, cached_tokens, output_tokens, requests, files_changed, ran_ms, last_seq,
            created_at, updated_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?, ?)",
        id,
        agent.name,
        agent.task,
        agent.github_repo,
        agent.source_branch,
        agent.target_branch,
        agent.history_depth,
        status,
        agent.user_id,
        agent.model.provider,
        agent.model.name,
        agent.model.base_url,
        wire,
        effort,
        fallback,
        files,
        delivery,
        tokens,
        turns,
        seconds,
        money,
        agent.last_seq,
        agent.created_at.0,
        agent.updated_at.0,
    )
    .execute(connection)
    .await
    .map_err(|error| name_taken(error, agent))?;
    Ok(())
}

/// Writes what `events` change, the events and their long results, if the row still is as it was `before`.
/// Returns whether it was; otherwise nothing is written.
///
/// It is one question to SQLite's thread, transaction included, since each is a change of threads and back.
/// Whoever does not hear the answer, or an error, must give the connection up: the transaction may be open.
pub(crate) async fn advance(
    connection: &mut SqliteConnection,
    before: &Agent,
    after: &Agent,
    events: &events::Rows,
    results: &blobs::Rows,
    objects: Option<&Blob>,
) -> Result<bool> {
    let id = before.id.to_string();
    let (status, next_status) = (before.status.as_str(), after.status.as_str());
    let pause_reason = after.pause_reason.map(reason_text);
    let undelivered = after.undelivered.map(step_text);
    let (running_since, started_at) = (after.running_since.map(|t| t.0), after.started_at.map(|t| t.0));
    let (completed_at, pushed_at) = (after.completed_at.map(|t| t.0), after.pushed_at.map(|t| t.0));
    let deleted_at = after.deleted_at.map(|t| t.0);
    let resumes_at = after.resumes_at.map(|t| t.0);
    let (wire, effort) = (after.model.wire.map(wire_text), after.model.effort.map(effort_text));
    let fallback = after.fallback.as_ref().map(to_json).transpose()?;
    let (files, delivery) = (to_json(&after.files)?, to_json(&after.delivery)?);
    let pull_request = after.pull_request.as_ref().map(to_json).transpose()?;
    let (objects_hash, objects_length) = (objects.map(Blob::hash), objects.map(|blob| blob.length));
    let objects_bytes = objects.map(|blob| blob.compressed.as_slice());
    // `changes()` is of the statement before: what is after an update of nothing adds nothing. Objects are
    // added where the row names the checkpoint that they are of.
    let moved = sqlx::query_scalar!(
        "BEGIN IMMEDIATE;
        UPDATE agents SET
            target_branch = ?, container_id = ?, status = ?, pause_reason = ?, resumes_at = ?, waiting = ?,
            error_message = ?, error_code = ?, error_hint = ?, undelivered = ?,
            model_provider = ?, model_name = ?, model_base_url = ?, model_wire = ?, model_effort = ?,
            fallback = ?, on_fallback = ?, files = ?, delivery = ?,
            limit_tokens = ?, limit_turns = ?, limit_seconds = ?, limit_money = ?,
            input_tokens = ?, cached_tokens = ?, cache_write_tokens = ?, output_tokens = ?,
            reasoning_tokens = ?, cost = ?, unpriced = ?, context_tokens = ?, context_window = ?,
            plan_done = ?, plan_total = ?, requests = ?, activity = ?,
            base_commit = ?, base_tree = ?, checkpoint = ?, reapplied_onto = ?, files_changed = ?,
            pushed_commit = ?, push_parent = ?, pull_request = ?, feedback_open = ?, checks_open = ?, follow_ups = ?,
            ran_ms = ?, running_since = ?, last_seq = ?,
            started_at = ?, completed_at = ?, pushed_at = ?, deleted_at = ?, updated_at = ?
        WHERE id = ? AND last_seq = ? AND status = ?
        RETURNING last_seq;
        INSERT INTO events (agent_id, seq, at, type, payload)
            SELECT ?, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(?) WHERE changes() = 1;
        INSERT INTO blobs (hash, length, zstd)
            SELECT value ->> 0, value ->> 1, substr(?, value ->> 2, value ->> 3) FROM json_each(?)
            WHERE changes() > 0
            ON CONFLICT (hash) DO NOTHING;
        INSERT INTO pending_objects (agent_id, seq, hash, length, zstd)
            SELECT id, last_seq, ?, ?, ? FROM agents
            WHERE id = ? AND last_seq = ? AND checkpoint = ? AND ? IS NOT NULL
            ON CONFLICT (agent_id, seq) DO NOTHING;
        COMMIT",
        after.target_branch,
        after.container_id,
        next_status,
        pause_reason,
        resumes_at,
        after.waiting,
        after.error_message,
        after.error_code,
        after.error_hint,
        undelivered,
        after.model.provider,
        after.model.name,
        after.model.base_url,
        wire,
        effort,
        fallback,
        after.on_fallback,
        files,
        delivery,
        after.limits.tokens,
        after.limits.turns,
        after.limits.seconds,
        after.limits.money,
        after.usage.input_tokens,
        after.usage.cached_tokens,
        after.usage.cache_write_tokens,
        after.usage.output_tokens,
        after.usage.reasoning_tokens,
        after.cost,
        after.unpriced,
        after.context_tokens,
        after.context_window,
        after.plan_done,
        after.plan_total,
        after.requests,
        after.activity,
        after.base_commit,
        after.base_tree,
        after.checkpoint,
        after.reapplied_onto,
        after.files_changed,
        after.pushed_commit,
        after.push_parent,
        pull_request,
        after.feedback_open,
        after.checks_open,
        after.follow_ups,
        after.ran_ms,
        running_since,
        after.last_seq,
        started_at,
        completed_at,
        pushed_at,
        deleted_at,
        after.updated_at.0,
        id,
        before.last_seq,
        status,
        id,
        events.json,
        results.bytes,
        results.json,
        objects_hash,
        objects_length,
        objects_bytes,
        id,
        after.last_seq,
        after.checkpoint,
        objects_hash,
    )
    .fetch_all(connection)
    .await
    .map_err(|error| name_taken(error, after))?;
    Ok(moved.len() == 1)
}

/// Whether there is a row for this agent.
pub(crate) async fn exists(connection: &mut SqliteConnection, id: AgentId) -> Result<bool> {
    let key = id.to_string();
    let found =
        sqlx::query_scalar!("SELECT COUNT(*) FROM agents WHERE id = ?", key).fetch_one(connection).await?;
    Ok(found != 0)
}

fn name_taken(error: sqlx::Error, agent: &Agent) -> StoreError {
    if is_taken(&error) {
        return StoreError::NameTaken { name: agent.name.clone() };
    }
    error.into()
}

fn reason_text(reason: PauseReason) -> &'static str {
    match reason {
        PauseReason::User => "USER",
        PauseReason::Stopped => "STOPPED",
        PauseReason::Question => "QUESTION",
        PauseReason::Limit => "LIMIT",
        PauseReason::Quota => "QUOTA",
        PauseReason::Interrupted => "INTERRUPTED",
        PauseReason::Provider => "PROVIDER",
        PauseReason::Loop => "LOOP",
    }
}

fn reason_of(text: &str) -> Option<PauseReason> {
    [
        PauseReason::User,
        PauseReason::Stopped,
        PauseReason::Question,
        PauseReason::Limit,
        PauseReason::Quota,
        PauseReason::Interrupted,
        PauseReason::Provider,
        PauseReason::Loop,
    ]
    .into_iter()
    .find(|reason| reason_text(*reason) == text)
}

fn step_text(step: DeliveryStep) -> &'static str {
    match step {
        DeliveryStep::Push => "PUSH",
        DeliveryStep::PullRequest => "PULL_REQUEST",
        DeliveryStep::FollowUp => "FOLLOW_UP",
    }
}

fn step_of(text: &str) -> Option<DeliveryStep> {
    let all = [DeliveryStep::Push, DeliveryStep::PullRequest, DeliveryStep::FollowUp];
    all.into_iter().find(|step| step_text(*step) == text)
}

fn wire_text(wire: Wire) -> &'static str {
    match wire {
        Wire::Chat => "CHAT",
        Wire::Responses => "RESPONSES",
        Wire::Messages => "MESSAGES",
        Wire::Gemini => "GEMINI",
    }
}

fn wire_of(text: &str) -> Option<Wire> {
    let all = [Wire::Chat, Wire::Responses, Wire::Messages, Wire::Gemini];
    all.into_iter().find(|wire| wire_text(*wire) == text)
}

fn effort_text(effort: Effort) -> &'static str {
    match effort {
        Effort::Low => "LOW",
        Effort::Medium => "MEDIUM",
        Effort::High => "HIGH",
    }
}

fn effort_of(text: &str) -> Option<Effort> {
    let all = [Effort::Low, Effort::Medium, Effort::High];
    all.into_iter().find(|effort| effort_text(*effort) == text)
}

/// What is kept in one column because it is only ever read whole.
fn to_json<T: serde::Serialize>(value: &T) -> Result<String> {
    Ok(serde_json::to_string(value).map_err(|error| sqlx::Error::Encode(error.into()))?)
}

impl Row {
    fn into_agent(self) -> Result<Agent> {
        let key = self.id.clone();
        let read = Reader { row: &key };
        Ok(Agent {
            id: self.id.parse().map_err(|e| read.corrupt("id", e))?,
            agent_port: self.agent_port.map(|n| read.number("agent_port", n)).transpose()?,
            status: self.status.parse::<Status>().map_err(|e| read.corrupt("status", e))?,
            pause_reason: self
                .pause_reason
                .map(|text| reason_of(&text).ok_or_else(|| read.corrupt("pause_reason", text)))
                .transpose()?,
            resumes_at: self.resumes_at.map(Timestamp),
            waiting: read.flag("waiting", self.waiting)?,
            model: ModelChoice {
                provider: self.model_provider,
                name: self.model_name,
                base_url: self.model_base_url,
                wire: self
                    .model_wire
                    .map(|text| wire_of(&text).ok_or_else(|| read.corrupt("model_wire", text)))
                    .transpose()?,
                effort: self
                    .model_effort
                    .map(|text| effort_of(&text).ok_or_else(|| read.corrupt("model_effort", text)))
                    .transpose()?,
            },
            fallback: self.fallback.map(|json| read.json("fallback", &json)).transpose()?,
            on_fallback: read.flag("on_fallback", self.on_fallback)?,
            files: read.json("files", &self.files)?,
            delivery: read.json("delivery", &self.delivery)?,
            pull_request: self.pull_request.map(|json| read.json("pull_request", &json)).transpose()?,
            feedback_open: read.number("feedback_open", self.feedback_open)?,
            checks_open: read.number("checks_open", self.checks_open)?,
            follow_ups: read.number("follow_ups", self.follow_ups)?,
            limits: Limits {
                tokens: self.limit_tokens.map(|n| read.number("limit_tokens", n)).transpose()?,
                turns: self.limit_turns.map(|n| read.number("limit_turns", n)).transpose()?,
                seconds: self.limit_seconds.map(|n| read.number("limit_seconds", n)).transpose()?,
                money: self.limit_money.map(|n| read.number("limit_money", n)).transpose()?,
            },
            usage: Usage {
                input_tokens: read.number("input_tokens", self.input_tokens)?,
                cached_tokens: read.number("cached_tokens", self.cached_tokens)?,
                cache_write_tokens: read.number("cache_write_tokens", self.cache_write_tokens)?,
                output_tokens: read.number("output_tokens", self.output_tokens)?,
                reasoning_tokens: read.number("reasoning_tokens", self.reasoning_tokens)?,
            },
            cost: read.number("cost", self.cost)?,
            unpriced: read.number("unpriced", self.unpriced)?,
            context_tokens: read.number("context_tokens", self.context_tokens)?,
            context_window: self.context_window.map(|n| read.number("context_window", n)).transpose()?,
            plan_done: read.number("plan_done", self.plan_done)?,
            plan_total: read.number("plan_total", self.plan_total)?,
            requests: read.number("requests", self.requests)?,
            files_changed: read.number("files_changed", self.files_changed)?,
            ran_ms: read.number("ran_ms", self.ran_ms)?,
            last_seq: read.number("last_seq", self.last_seq)?,
            name: self.name,
            task: self.task,
            github_repo: self.github_repo,
            source_branch: self.source_branch,
            target_branch: self.target_branch,
            history_depth: self.history_depth.map(|n| read.number("history_depth", n)).transpose()?,
            container_id: self.container_id,
            error_message: self.error_message,
            error_code: self.error_code,
            error_hint: self.error_hint,
            undelivered: self
                .undelivered
                .map(|text| step_of(&text).ok_or_else(|| read.corrupt("undelivered", text)))
                .transpose()?,
            user_id: self.user_id,
            activity: self.activity,
            base_commit: self.base_commit,
            base_tree: self.base_tree,
            checkpoint: self.checkpoint,
            reapplied_onto: self.reapplied_onto,
            pushed_commit: self.pushed_commit,
            push_parent: self.push_parent,
            running_since: self.running_since.map(Timestamp),
            started_at: self.started_at.map(Timestamp),
            completed_at: self.completed_at.map(Timestamp),
            pushed_at: self.pushed_at.map(Timestamp),
            deleted_at: self.deleted_at.map(Timestamp),
            created_at: Timestamp(self.created_at),
            updated_at: Timestamp(self.updated_at),
        })
    }
}

/// Reads the values of one row and says which one is wrong.
struct Reader<'a> {
    row: &'a str,
}

impl Reader<'_> {
    fn number<N: TryFrom<i64>>(&self, column: &str, value: i64) -> Result<N> {
        N::try_from(value).map_err(|_| self.corrupt(column, value))
    }

    fn flag(&self, column: &str, value: i64) -> Result<bool> {
        match value {
            0 => Ok(false),
            1 => Ok(true),
            other => Err(self.corrupt(column, other)),
        }
    }

    fn json<T: serde::de::DeserializeOwned>(&self, column: &str, json: &str) -> Result<T> {
        serde_json::from_str(json).map_err(|error| self.corrupt(column, format!("{json}: {error}")))
    }

    fn corrupt(&self, column: &str, found: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt {
            table: "agents",
            row: self.row.to_owned(),
            found: format!("column {column} holds {found}"),
        }
    }
}
