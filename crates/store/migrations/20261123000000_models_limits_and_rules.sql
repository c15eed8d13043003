-- Models with a wire and an effort, one that stands in, what they cost, rules about files, the plan, and
-- an agent that goes on by itself.
ALTER TABLE agents ADD COLUMN model_wire TEXT CHECK (model_wire IN ('CHAT', 'RESPONSES', 'MESSAGES', 'GEMINI'));
ALTER TABLE agents ADD COLUMN model_effort TEXT CHECK (model_effort IN ('LOW', 'MEDIUM', 'HIGH'));
-- A model in JSON.
ALTER TABLE agents ADD COLUMN fallback TEXT;
ALTER TABLE agents ADD COLUMN on_fallback INTEGER NOT NULL DEFAULT 0 CHECK (on_fallback IN (0, 1));
-- Rules in JSON. Agents of an earlier version were given every file.
ALTER TABLE agents ADD COLUMN files TEXT NOT NULL DEFAULT '{"excluded":[],"only":[],"protected":[]}';
ALTER TABLE agents ADD COLUMN limit_money INTEGER;
ALTER TABLE agents ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
-- Millionths of a US dollar.
ALTER TABLE agents ADD COLUMN cost INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN unpriced INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN context_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN context_window INTEGER;
ALTER TABLE agents ADD COLUMN plan_done INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN plan_total INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN resumes_at INTEGER;

-- The requests of an earlier version have no known price.
UPDATE agents SET unpriced = requests;

-- What the conversation held after the last answer is in the log.
UPDATE agents SET context_tokens = COALESCE((
    SELECT json_extract(payload, '$.usage.inputTokens') + json_extract(payload, '$.usage.outputTokens')
    FROM events WHERE agent_id = agents.id AND type = 'modelAnswered' ORDER BY seq DESC LIMIT 1
), 0);

-- Two more reasons to pause: the constraint goes with its column, so a new column takes its place.
ALTER TABLE agents ADD COLUMN held_because TEXT CHECK (held_because IN
    ('USER', 'STOPPED', 'QUESTION', 'LIMIT', 'QUOTA', 'INTERRUPTED', 'PROVIDER', 'LOOP'));
UPDATE agents SET held_because = pause_reason;
ALTER TABLE agents DROP COLUMN pause_reason;
ALTER TABLE agents RENAME COLUMN held_because TO pause_reason;

-- What all agents used today is asked at every start.
CREATE INDEX events_that_cost ON events (at) WHERE type IN ('modelAnswered', 'compacted');

-- What holds for all agents, in JSON; there is one row at most.
CREATE TABLE settings (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value TEXT    NOT NULL
) STRICT;
