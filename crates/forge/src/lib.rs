//! GitHub: who is signed in, and what they can reach.
