-- Answers that were lost cost as well. An index serves only the condition that it was made with.
DROP INDEX events_that_cost;
CREATE INDEX events_that_cost ON events (at) WHERE type IN ('modelAnswered', 'compacted', 'answerLost');
