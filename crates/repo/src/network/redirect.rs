//! Where a server sends us.
//!
//! The library follows a redirect on the same host, as git does for a repository that was renamed, and
//! says nothing of it. But it traces the address of each request, in the thread that makes it, and so
//! the last one is known. Requests are traced without their headers: no credential comes by here.

use std::cell::RefCell;

use git2::TraceLevel;

use crate::remote::Remote;

/// How the library begins to tell of a request that lists refs.
const TRACED: &str = "Sending GET request to ";
/// What is asked for below a repository's address.
const LISTING: &str = "/info/refs?service=git-";
/// The longest address that is looked at.
const LONGEST: usize = 2000;
/// The longest host that is shown; longer ones do not exist.
const LONGEST_HOST: usize = 255;

thread_local! {
    static ASKED: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Has the library tell of requests from now on.
pub(super) fn watch() {
    if let Err(error) = git2::trace_set(TraceLevel::Debug, hear) {
        tracing::warn!(%error, "a repository that moved will not be noticed");
    }
}

/// Forgets what this thread asked for.
pub(super) fn forget() {
    ASKED.set(None);
}

/// Where the repository that this thread asked for turned out to be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Led {
    /// Where it was asked for.
    Nowhere,
    /// At another address of the same server.
    To(String),
    /// On another port of the server, which the library takes for the same host.
    Away(String),
}

/// Returns where this thread asks for the repository of `remote`.
pub(super) fn led(remote: &Remote) -> Led {
    let asked = ASKED.with_borrow(Clone::clone);
    // What is no address of a repository, or holds a password, is not shown.
    let found = asked.and_then(|asked| Remote::parse(asked.split_once(LISTING)?.0).ok());
    let Some((found, host)) = found.as_ref().and_then(|found| Some((found, found.host()?))) else {
        return Led::Nowhere;
    };
    let place = |remote: &Remote| remote.display().trim_end_matches(".git").to_owned();
    if Some(host) != remote.host() {
        Led::Away(host.to_owned())
    } else if place(found) != place(remote) {
        Led::To(found.display())
    } else {
        Led::Nowhere
    }
}

/// Returns the host to which the library refused to go, from what it says.
pub(super) fn refused_target(message: &str) -> Option<String> {
    let (_, quoted) = message.split_once("' to '")?;
    let (host, _) = quoted.split_once('\'')?;
    let shown = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    // It also refuses to go from https to http, and then quotes these.
    let is_host = !host.is_empty() && host != "http";
    (is_host && host.len() <= LONGEST_HOST && host.chars().all(shown)).then(|| host.to_owned())
}

/// Cuts users and passwords out of the addresses in a message.
pub(super) fn without_secrets(message: &str) -> String {
    let clean = |word: &str| match (word.find("://"), word.rfind('@')) {
        (Some(scheme), Some(at)) if scheme < at => {
            let (begin, end) = (word.get(..scheme + 3), word.get(at..));
            format!("{}…{}", begin.unwrap_or_default(), end.unwrap_or_default())
        }
        (None, Some(at)) => format!("…{}", word.get(at..).unwrap_or_default()),
        _ => word.to_owned(),
    };
    message.split(' ').map(clean).collect::<Vec<_>>().join(" ")
}

/// Called by the library, also in the middle of other work; it must not panic.
fn hear(_: TraceLevel, message: &[u8]) {
    let address = std::str::from_utf8(message).ok().and_then(|message| message.strip_prefix(TRACED));
    if let Some(address) = address.filter(|address| address.len() <= LONGEST && address.contains(LISTING)) {
        // A thread that is ending has no memory of its own any more.
        let _ =
            ASKED.try_with(|asked| asked.try_borrow_mut().map(|mut asked| *asked = Some(address.to_owned())));
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{ASKED, Led, hear, led, refused_target, without_secrets};
    use crate::remote::Remote;

    fn led_by(asked: &[&str]) -> Led {
        ASKED.set(None);
        for address in asked {
            hear(git2::TraceLevel::Debug, format!("Sending GET request to {address}").as_bytes());
        }
        led(&Remote::parse("octo/hello").unwrap())
    }

    #[test]
    fn the_last_address_that_was_asked_is_the_new_one_if_it_differs() {
        let listing = |address: &str| format!("{address}/info/refs?service=git-upload-pack");
        let old = listing("https://github.com/octo/hello.git");
        let led_to = |address: &str| led_by(&[&old, &listing(address)]);
        assert_eq!(led_by(&[]), Led::Nowhere);
        assert_eq!(led_to("https://github.com/octo/hello"), Led::Nowhere);
        let new = "https://github.com/octo/new.git";
        assert_eq!(led_to(new), Led::To(new.to_owned()));
        assert_eq!(led_to("https://github.com:8443/octo/hello.git"), Led::Away("github.com:8443".to_owned()));
        assert_eq!(led_to("https://ada:secret@github.com/octo/new.git"), Led::Nowhere);
        assert_eq!(led_by(&[&old, "https://github.com/login"]), Led::Nowhere);
    }

    #[test]
    fn only_what_looks_like_a_host_is_quoted() {
        let target = |to: &str| refused_target(&format!("cannot redirect from 'a.example' to '{to}'"));
        assert_eq!(target("b.example"), Some("b.example".to_owned()));
        assert_eq!(target("b.example\u{202e}"), None);
        assert_eq!(target("<b>"), None);
        assert_eq!(refused_target("cannot redirect from 'https' to 'http'"), None);
        assert_eq!(refused_target("unexpected redirect"), None);
    }

    #[test]
    fn passwords_in_addresses_are_cut_out() {
        let cut = without_secrets("invalid URL: 'http://ada:p@ss@proxy:x' and ada:pass@proxy");
        assert_eq!(cut, "invalid URL: 'http://…@proxy:x' and …@proxy");
    }
}
