//! Headless: the command line over the engine.
