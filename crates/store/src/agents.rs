//! The table `agents`: one row per agent, a column per field of its record.

use crate::error::{Result, StoreError, is_taken};
use crate::open::Store;
use anchorhold_domain::{Agent, AgentId, Limits, ModelChoice, PauseReason, Status, Timestamp, Usage};
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
    container_id: Option<String>,
    agent_port: Option<i64>,
    status: String,
    pause_reason: Option<String>,
    waiting: i64,
    error_message: Option<String>,
    error_code: Option<String>,
    error_hint: Option<String>,
    user_id: String,
    model_provider: String,
    model_name: String,
    model_base_url: Option<String>,
    limit_tokens: Option<i64>,
    limit_turns: Option<i64>,
    limit_seconds: Option<i64>,
    input_tokens: i64,
    cached_tokens: i64,
    output_tokens: i64,
    requests: i64,
    activity: Option<String>,
    base_commit: Option<String>,
    base_tree: Option<String>,
    checkpoint: Option<String>,
    files_changed: i64,
    pushed_commit: Option<String>,
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
    let Limits { tokens, turns, seconds } = agent.limits;
    sqlx::query!(
        "INSERT INTO agents (
            id, name, task, github_repo, source_branch, target_branch, status, waiting, user_id,
            model_provider, model_name, model_base_url, limit_tokens, limit_turns, limit_seconds,
            input_tokens, cached_tokens, output_tokens, requests, files_changed, ran_ms, last_seq,
            created_at, updated_at
        ) VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?, 0, 0, 0, 0, 0, 0, ?, ?, ?)",
        id,
        agent.name,
        agent.task,
        agent.github_repo,
        agent.source_branch,
        agent.target_branch,
        status,
        agent.user_id,
        agent.model.provider,
        agent.model.name,
        agent.model.base_url,
        tokens,
        turns,
        seconds,
        agent.last_seq,
        agent.created_at.0,
        agent.updated_at.0,
    )
    .execute(connection)
    .await
    .map_err(|error| name_taken(error, agent))?;
    Ok(())
}

/// Writes what events change, if the row still is as it was `before`. Returns whether it was.
pub(crate) async fn compare_and_set(
    connection: &mut SqliteConnection,
    before: &Agent,
    after: &Agent,
) -> Result<bool> {
    let id = before.id.to_string();
    let (status, next_status) = (before.status.as_str(), after.status.as_str());
    let pause_reason = after.pause_reason.map(reason_text);
    let (running_since, started_at) = (after.running_since.map(|t| t.0), after.started_at.map(|t| t.0));
    let (completed_at, pushed_at) = (after.completed_at.map(|t| t.0), after.pushed_at.map(|t| t.0));
    let deleted_at = after.deleted_at.map(|t| t.0);
    let done = sqlx::query!(
        "UPDATE agents SET
            container_id = ?, status = ?, pause_reason = ?, waiting = ?,
            error_message = ?, error_code = ?, error_hint = ?,
            limit_tokens = ?, limit_turns = ?, limit_seconds = ?,
            input_tokens = ?, cached_tokens = ?, output_tokens = ?, requests = ?, activity = ?,
            base_commit = ?, base_tree = ?, checkpoint = ?, files_changed = ?, pushed_commit = ?,
            ran_ms = ?, running_since = ?, last_seq = ?,
            started_at = ?, completed_at = ?, pushed_at = ?, deleted_at = ?, updated_at = ?
        WHERE id = ? AND last_seq = ? AND status = ?",
        after.container_id,
        next_status,
        pause_reason,
        after.waiting,
        after.error_message,
        after.error_code,
        after.error_hint,
        after.limits.tokens,
        after.limits.turns,
        after.limits.seconds,
        after.usage.input_tokens,
        after.usage.cached_tokens,
        after.usage.output_tokens,
        after.requests,
        after.activity,
        after.base_commit,
        after.base_tree,
        after.checkpoint,
        after.files_changed,
        after.pushed_commit,
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
    )
    .execute(connection)
    .await
    .map_err(|error| name_taken(error, after))?;
    Ok(done.rows_affected() == 1)
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
    ]
    .into_iter()
    .find(|reason| reason_text(*reason) == text)
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
            waiting: match self.waiting {
                0 => false,
                1 => true,
                other => return Err(read.corrupt("waiting", other)),
            },
            model: ModelChoice {
                provider: self.model_provider,
                name: self.model_name,
                base_url: self.model_base_url,
            },
            limits: Limits {
                tokens: self.limit_tokens.map(|n| read.number("limit_tokens", n)).transpose()?,
                turns: self.limit_turns.map(|n| read.number("limit_turns", n)).transpose()?,
                seconds: self.limit_seconds.map(|n| read.number("limit_seconds", n)).transpose()?,
            },
            usage: Usage {
                input_tokens: read.number("input_tokens", self.input_tokens)?,
                cached_tokens: read.number("cached_tokens", self.cached_tokens)?,
                output_tokens: read.number("output_tokens", self.output_tokens)?,
            },
            requests: read.number("requests", self.requests)?,
            files_changed: read.number("files_changed", self.files_changed)?,
            ran_ms: read.number("ran_ms", self.ran_ms)?,
            last_seq: read.number("last_seq", self.last_seq)?,
            name: self.name,
            task: self.task,
            github_repo: self.github_repo,
            source_branch: self.source_branch,
            target_branch: self.target_branch,
            container_id: self.container_id,
            error_message: self.error_message,
            error_code: self.error_code,
            error_hint: self.error_hint,
            user_id: self.user_id,
            activity: self.activity,
            base_commit: self.base_commit,
            base_tree: self.base_tree,
            checkpoint: self.checkpoint,
            pushed_commit: self.pushed_commit,
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

    fn corrupt(&self, column: &str, found: impl std::fmt::Display) -> StoreError {
        StoreError::Corrupt {
            table: "agents",
            row: self.row.to_owned(),
            found: format!("column {column} holds {found}"),
        }
    }
}
