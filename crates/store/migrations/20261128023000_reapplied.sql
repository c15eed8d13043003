-- What an agent's work was last put onto, as its log says.
ALTER TABLE agents ADD COLUMN reapplied_onto TEXT;
UPDATE agents SET reapplied_onto = (
    SELECT payload ->> '$.onto' FROM events
    WHERE events.agent_id = agents.id AND events.type = 'reapplied'
    ORDER BY seq DESC LIMIT 1
);
