-- The step that an agent was to take by itself and that failed; the error says why.
ALTER TABLE agents ADD COLUMN undelivered TEXT CHECK (undelivered IN ('PUSH', 'PULL_REQUEST', 'FOLLOW_UP'));
