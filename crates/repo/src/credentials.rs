//! What may be shown to one server, and to no other.

use std::fmt;

/// A user and a password or token for one host.
///
/// For ssh nothing is held here: the user's ssh agent signs, and this program never sees a key.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Credentials {
    https: Option<Https>,
}

#[derive(Clone, PartialEq, Eq)]
struct Https {
    host: String,
    user: String,
    password: String,
}

impl Credentials {
    /// No secret: public repositories, local ones, and ssh through the user's agent.
    #[must_use]
    pub fn none() -> Self {
        Self::default()
    }

    /// A user and a password or token, for `host` as [`crate::Remote::host`] gives it.
    #[must_use]
    pub fn https(host: impl Into<String>, user: impl Into<String>, password: impl Into<String>) -> Self {
        Self { https: Some(Https { host: host.into(), user: user.into(), password: password.into() }) }
    }

    /// Returns user and password if they are meant for `host`.
    pub(crate) fn for_host(&self, host: &str) -> Option<(&str, &str)> {
        self.https
            .as_ref()
            .filter(|https| https.host.eq_ignore_ascii_case(host))
            .map(|https| (https.user.as_str(), https.password.as_str()))
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.https {
            None => f.write_str("Credentials(none)"),
            Some(https) => write!(f, "Credentials(https for {})", https.host),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Credentials;

    #[test]
    fn credentials_are_given_to_their_own_host_and_port_only() {
        let credentials = Credentials::https("git.example:8443", "ada", "secret");
        assert_eq!(credentials.for_host("GIT.example:8443"), Some(("ada", "secret")));
        assert_eq!(credentials.for_host("git.example"), None);
        assert_eq!(credentials.for_host("git.example.evil:8443"), None);
    }

    #[test]
    fn debug_output_holds_no_secret() {
        let shown = format!("{:?}", Credentials::https("git.example", "ada", "secret"));
        assert_eq!(shown, "Credentials(https for git.example)");
    }
}
