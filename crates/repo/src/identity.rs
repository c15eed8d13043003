//! Who commits, as the user's git configuration says.

use git2::Config;

/// Returns `user.name` and `user.email` of the user's own configuration, where both are set.
#[must_use]
pub fn git_identity() -> Option<(String, String)> {
    let config = Config::open_default().ok()?;
    let read = |name| config.get_string(name).ok().filter(|value| !value.trim().is_empty());
    Some((read("user.name")?, read("user.email")?))
}
