//! Verbs: the facade, one actor per agent, the tools, the log.
