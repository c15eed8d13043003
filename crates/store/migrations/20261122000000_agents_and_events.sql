-- One row per agent: its record after `last_seq` events.
CREATE TABLE agents (
    id             TEXT    NOT NULL PRIMARY KEY,
    name           TEXT    NOT NULL,
    task           TEXT    NOT NULL,
    github_repo    TEXT    NOT NULL,
    source_branch  TEXT    NOT NULL,
    target_branch  TEXT    NOT NULL,
    container_id   TEXT,
    agent_port     INTEGER,
    status         TEXT    NOT NULL CHECK (status IN
        ('IDLE', 'CLONING', 'RUNNING', 'PAUSED', 'COMPLETED', 'ERROR', 'PUSHING')),
    pause_reason   TEXT CHECK (pause_reason IN
        ('USER', 'STOPPED', 'QUESTION', 'LIMIT', 'QUOTA', 'INTERRUPTED')),
    waiting        INTEGER NOT NULL CHECK (waiting IN (0, 1)),
    error_message  TEXT,
    error_code     TEXT,
    error_hint     TEXT,
    user_id        TEXT    NOT NULL,
    model_provider TEXT    NOT NULL,
    model_name     TEXT    NOT NULL,
    model_base_url TEXT,
    limit_tokens   INTEGER,
    limit_turns    INTEGER,
    limit_seconds  INTEGER,
    input_tokens   INTEGER NOT NULL,
    cached_tokens  INTEGER NOT NULL,
    output_tokens  INTEGER NOT NULL,
    requests       INTEGER NOT NULL,
    activity       TEXT,
    base_commit    TEXT,
    base_tree      TEXT,
    checkpoint     TEXT,
    files_changed  INTEGER NOT NULL,
    pushed_commit  TEXT,
    ran_ms         INTEGER NOT NULL,
    running_since  INTEGER,
    last_seq       INTEGER NOT NULL CHECK (last_seq >= 1),
    started_at     INTEGER,
    completed_at   INTEGER,
    pushed_at      INTEGER,
    deleted_at     INTEGER,
    created_at     INTEGER NOT NULL,
    updated_at     INTEGER NOT NULL
) STRICT;

-- A name is free again once its agent is deleted.
CREATE UNIQUE INDEX agents_name ON agents (name) WHERE deleted_at IS NULL;

-- The log. `payload` is the event in JSON, and `type` its name.
CREATE TABLE events (
    agent_id TEXT    NOT NULL REFERENCES agents (id),
    seq      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    type     TEXT    NOT NULL,
    payload  TEXT    NOT NULL,
    PRIMARY KEY (agent_id, seq),
    CHECK ((seq = 1) = (type = 'created'))
) STRICT;

-- Entries are added at the end and stay as they are. The first trigger also stops REPLACE,
-- which would delete without asking the third.
CREATE TRIGGER events_in_order BEFORE INSERT ON events
WHEN NEW.seq <> (SELECT COALESCE(MAX(seq), 0) + 1 FROM events WHERE agent_id = NEW.agent_id)
BEGIN
    SELECT RAISE(ABORT, 'events are added at the end of the log, without gaps');
END;

CREATE TRIGGER events_stay_as_they_are BEFORE UPDATE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never changed');
END;

CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN
    SELECT RAISE(ABORT, 'events are never deleted');
END;

-- Long results, once each, under the SHA-256 of what they say.
CREATE TABLE blobs (
    hash   TEXT    NOT NULL PRIMARY KEY CHECK (length(hash) = 64),
    length INTEGER NOT NULL CHECK (length >= 0),
    zstd   BLOB    NOT NULL
) STRICT;
