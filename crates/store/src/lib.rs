//! Memory: the event log and the agents, on SQLite.
