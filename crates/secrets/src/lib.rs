//! Keychain: the one place where a token or key rests.
