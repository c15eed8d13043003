-- How an agent's work is handed over, and what came back for it.
-- In JSON. Agents of an earlier version are asked about every step, which is what the empty object means.
ALTER TABLE agents ADD COLUMN delivery TEXT NOT NULL DEFAULT '{}';
ALTER TABLE agents ADD COLUMN push_parent TEXT;
-- In JSON.
ALTER TABLE agents ADD COLUMN pull_request TEXT;
ALTER TABLE agents ADD COLUMN feedback_open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN checks_open INTEGER NOT NULL DEFAULT 0;
ALTER TABLE agents ADD COLUMN follow_ups INTEGER NOT NULL DEFAULT 0;
