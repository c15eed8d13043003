//! What the log says was used since a time: a reading of `events` for the limits of a day.
//!
//! Deleted agents count, since what they used was used.

use crate::error::{Result, StoreError};
use crate::open::Store;
use anchorhold_domain::{AgentId, Timestamp, Usage};

/// What an agent used in a span of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spending {
    /// Which agent.
    pub agent: AgentId,
    /// Tokens.
    pub usage: Usage,
    /// Money of what has a known price, in millionths of a US dollar.
    pub cost: u32,
    /// Requests whose price is not known, summaries of the conversation and lost answers among them.
    pub unpriced: u32,
    /// Answers of the model.
    pub requests: u32,
}

/// A time in which an agent ran, waiting for a slot left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Which agent.
    pub agent: AgentId,
    /// When it began or went on.
    pub from: Timestamp,
    /// When it ended; for one that a crash ended, when its last entry before that was written.
    pub to: Timestamp,
}

impl Store {
    /// Returns what each agent used from `since` up to and without `before`.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn spending(&self, since: Timestamp, before: Timestamp) -> Result<Vec<Spending>> {
        // Named as in the index `events_that_cost`, which is used for no other condition.
        let rows = sqlx::query!(
            r#"SELECT agent_id,
                COALESCE(SUM(json_extract(payload, '$.usage.inputTokens')), 0) AS "input!: i64",
                COALESCE(SUM(json_extract(payload, '$.usage.cachedTokens')), 0) AS "cached!: i64",
                COALESCE(SUM(json_extract(payload, '$.usage.cacheWriteTokens')), 0) AS "written!: i64",
                COALESCE(SUM(json_extract(payload, '$.usage.outputTokens')), 0) AS "output!: i64",
                COALESCE(SUM(json_extract(payload, '$.usage.reasoningTokens')), 0) AS "reasoning!: i64",
                COALESCE(SUM(json_extract(payload, '$.cost')), 0) AS "cost!: i64",
                COALESCE(SUM(json_extract(payload, '$.cost') IS NULL), 0) AS "unpriced!: i64",
                COALESCE(SUM(type = 'modelAnswered'), 0) AS "requests!: i64"
            FROM events WHERE type IN ('modelAnswered', 'compacted', 'answerLost') AND at >= ? AND at < ?
            GROUP BY agent_id ORDER BY agent_id"#,
            since.0,
            before.0,
        )
        .fetch_all(&self.readers)
        .await?;
        rows.into_iter()
            .map(|row| {
                Ok(Spending {
                    agent: id(&row.agent_id)?,
                    usage: Usage {
                        input_tokens: count(row.input),
                        cached_tokens: count(row.cached),
                        cache_write_tokens: count(row.written),
                        output_tokens: count(row.output),
                        reasoning_tokens: count(row.reasoning),
                    },
                    cost: count(row.cost),
                    unpriced: count(row.unpriced),
                    requests: count(row.requests),
                })
            })
            .collect()
    }

    /// Returns the time of the last entry of all logs.
    ///
    /// # Errors
    /// Where the database cannot be read.
    pub async fn last_entry(&self) -> Result<Option<Timestamp>> {
        let last = sqlx::query_scalar!(r#"SELECT MAX(updated_at) AS "last: i64" FROM agents"#);
        Ok(last.fetch_one(&self.readers).await?.map(Timestamp))
    }

    /// Returns the times in which agents ran that ended at `since` or later; one that has not ended in
    /// the log is left out.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where a row does not fit.
    pub async fn runs(&self, since: Timestamp) -> Result<Vec<Span>> {
        let rows = sqlx::query!(
            r#"SELECT e.agent_id, e.at, e.type AS kind,
                json_extract(e.payload, '$.reason') AS "reason?: String",
                (SELECT p.at FROM events p WHERE p.agent_id = e.agent_id AND p.seq = e.seq - 1) AS "before?: i64"
            FROM events e
            WHERE e.agent_id IN (SELECT id FROM agents WHERE updated_at >= ?)
                AND e.type IN ('cloned', 'resumed', 'questionAnswered', 'wrapUpRequested', 'slotTaken',
                    'slotAwaited', 'paused', 'questionAsked', 'completed', 'failed')
            ORDER BY e.agent_id, e.seq"#,
            since.0,
        )
        .fetch_all(&self.readers)
        .await?;
        let mut spans = Vec::new();
        let mut running: Option<(String, i64)> = None;
        for row in rows {
            // One that still runs is followed by the next agent.
            running.take_if(|(agent, _)| *agent != row.agent_id);
            match row.kind.as_str() {
                "cloned" | "resumed" | "questionAnswered" | "wrapUpRequested" | "slotTaken" => {
                    running.get_or_insert((row.agent_id, row.at));
                }
                _ => {
                    let Some((agent, from)) = running.take() else { continue };
                    let interrupted = row.reason.as_deref() == Some("INTERRUPTED");
                    let to = row.before.filter(|_| interrupted).unwrap_or(row.at);
                    if to >= since.0 {
                        spans.push(Span { agent: id(&agent)?, from: Timestamp(from), to: Timestamp(to) });
                    }
                }
            }
        }
        Ok(spans)
    }
}

fn id(text: &str) -> Result<AgentId> {
    text.parse().map_err(|_| StoreError::Corrupt {
        table: "events",
        row: text.to_owned(),
        found: "no agent's id".to_owned(),
    })
}

/// Staying at the maximum, as the sums of an agent do.
fn count(sum: i64) -> u32 {
    u32::try_from(sum.max(0)).unwrap_or(u32::MAX)
}
