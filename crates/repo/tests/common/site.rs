//! A git server behind a relay, with a repository, a mirror of it and a commit that waits to be pushed.

use std::path::PathBuf;

use anchorhold_repo::{Base, Credentials, Mirror, PushOutcome, RepoError};
use anchorhold_testkit::GitServer;

use super::relay::Relay;
use super::{Place, commit_file, fetch, git};

pub struct Site {
    pub server: GitServer,
    pub relay: Relay,
    pub place: Place,
    pub bare: PathBuf,
    pub credentials: Credentials,
    pub mirror: Mirror,
    pub base: Base,
}

impl Site {
    /// Serves `hello` with one commit on `main`, and mirrors it.
    pub fn start() -> Self {
        let place = Place::with(&[("a.txt", "one\n")]);
        let (server, bare) = place.served(GitServer::start);
        let relay = Relay::to(&server.host());
        let credentials = Credentials::https(relay.host(), server.user(), server.password());
        let mirror = place.mirror_of(&format!("http://{}/hello.git", relay.host()));
        let base = fetch(&mirror, "main", &credentials).unwrap();
        Self { server, relay, place, bare, credentials, mirror, base }
    }

    /// Commits a file that does not fit into one packet.
    pub fn commit(&self) -> String {
        let mut state = 1_u32;
        let text: String = (0..300_000)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'a' + u8::try_from((state >> 16) % 26).unwrap())
            })
            .collect();
        commit_file(&self.mirror, &self.base, "b.txt", &text)
    }

    pub fn push(&self, commit: &str) -> Result<PushOutcome, RepoError> {
        self.mirror.push("agent/x", commit, &self.credentials, None, &["main"])
    }

    /// The branches on the server, with where they are.
    pub fn refs(&self) -> String {
        git(&self.bare, &["for-each-ref"]).unwrap()
    }

    /// Fails to push because of what was prepared, shows that nothing happened on the server and that
    /// `again` makes the same push succeed.
    pub fn fails_then_succeeds(&self, again: impl FnOnce(&Self)) -> RepoError {
        let commit = self.commit();
        let before = self.refs();
        let error = self.push(&commit).unwrap_err();
        assert!(self.relay.is_done(), "{error}");
        assert_eq!(self.refs(), before);
        again(self);
        let outcome = self.push(&commit).unwrap();
        assert_eq!(outcome, PushOutcome { created: true, previous_tip: None, up_to_date: false });
        assert_eq!(git(&self.bare, &["rev-parse", "agent/x"]).unwrap(), commit);
        git(&self.bare, &["fsck", "--strict"]).unwrap();
        error
    }
}
