-- Git objects of an agent's checkpoints that are in no file yet, as the repository gives and takes them back: written
-- with the event that names the checkpoint, and removed once git has them on the disk. `zstd` is their bytes
-- compressed, `length` and `hash` (SHA-256, in hex) are of the bytes before that.
CREATE TABLE pending_objects (
    agent_id TEXT    NOT NULL REFERENCES agents (id),
    seq      INTEGER NOT NULL,
    hash     TEXT    NOT NULL,
    length   INTEGER NOT NULL,
    zstd     BLOB    NOT NULL,
    PRIMARY KEY (agent_id, seq)
) STRICT;
