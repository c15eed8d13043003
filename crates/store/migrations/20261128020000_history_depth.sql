-- How many commits of the source branch's history an agent wants; all of them where there is no number.
ALTER TABLE agents ADD COLUMN history_depth INTEGER CHECK (history_depth > 0);
