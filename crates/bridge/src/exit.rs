//! The program's exit statuses, by which the host tells why a cell ended.

/// The arguments cannot be read.
pub const USAGE: u8 = 64;
/// The host's side broke the protocol.
pub const PROTOCOL: u8 = 65;
/// The workspace cannot be opened.
pub const WORKSPACE: u8 = 74;
/// The locks do not hold, so nothing was served.
pub const LOCKS: u8 = 77;
