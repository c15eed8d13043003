//! Where an answer may lead: with the token to the same GitHub alone, and without it to where a log lies.

use crate::sign_in::Host;
use reqwest::Url;
use reqwest::header::{HeaderMap, LOCATION};
use std::net::IpAddr;

/// Why an answer is not followed.
#[derive(Debug)]
pub(crate) enum Astray {
    /// It names no address.
    Nowhere,
    /// It names one at this host, or one that is none.
    To(String),
}

/// The address at the same API that an answer to `asked` leads to, as for a repository that was renamed.
///
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#follow-redirects>
pub(crate) fn within(host: &Host, asked: &Url, headers: &HeaderMap) -> Result<Url, Astray> {
    let target = target(asked, headers)?;
    let api = Url::parse(host.api()).map_err(|_| Astray::Nowhere)?;
    let inside = target.path().starts_with(&format!("{}/", api.path().trim_end_matches('/')));
    if target.origin() == api.origin() && inside && is_bare(&target) { Ok(target) } else { Err(to(&target)) }
}

/// The address of a log. It may be at any host that GitHub names, but never in the clear, unless GitHub itself
/// is a stand-in on this machine: then it is on this machine too.
pub(crate) fn to_log(host: &Host, asked: &Url, headers: &HeaderMap) -> Result<Url, Astray> {
    let target = target(asked, headers)?;
    let here = target.host_str().is_some_and(is_loopback);
    let allowed = match target.scheme() {
        "https" => !host.is_on_this_machine() || here,
        "http" => host.is_on_this_machine() && here,
        _ => false,
    };
    if allowed && is_bare(&target) { Ok(target) } else { Err(to(&target)) }
}

fn target(asked: &Url, headers: &HeaderMap) -> Result<Url, Astray> {
    let location = headers.get(LOCATION).and_then(|location| location.to_str().ok());
    location.and_then(|location| asked.join(location).ok()).ok_or(Astray::Nowhere)
}

fn is_bare(url: &Url) -> bool {
    url.username().is_empty() && url.password().is_none()
}

fn is_loopback(host: &str) -> bool {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The host alone: the rest of an address can be a secret.
fn to(target: &Url) -> Astray {
    Astray::To(target.host_str().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Astray, to_log, within};
    use crate::sign_in::Host;
    use reqwest::Url;
    use reqwest::header::{HeaderMap, LOCATION};

    fn follow(
        rule: fn(&Host, &Url, &HeaderMap) -> Result<Url, Astray>,
        host: &Host,
        location: &str,
    ) -> Result<String, String> {
        let asked = Url::parse(&format!("{}/repos/octo/old", host.api())).unwrap();
        let headers = HeaderMap::from_iter([(LOCATION, location.parse().unwrap())]);
        match rule(host, &asked, &headers) {
            Ok(url) => Ok(url.into()),
            Err(Astray::To(host)) => Err(host),
            Err(Astray::Nowhere) => Err("nowhere".to_owned()),
        }
    }

    #[test]
    fn only_the_same_api_is_followed_with_a_token() {
        let (com, own) = (Host::new("github.com").unwrap(), Host::new("github.example").unwrap());
        let check = |host, location, expected: Result<&str, &str>| {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(follow(within, host, location), expected, "{location}");
        };
        let api = "https://api.github.com/repositories/1";
        check(&com, api, Ok(api));
        check(&com, "/repositories/1", Ok(api));
        check(&com, "https://api.github.com:8443/repositories/1", Err("api.github.com"));
        check(&com, "http://api.github.com/repositories/1", Err("api.github.com"));
        check(&com, "https://api.github.com.example/x", Err("api.github.com.example"));
        check(&com, "https://api.github.com@elsewhere.example/x", Err("elsewhere.example"));
        check(&com, "https://me:word@api.github.com/x", Err("api.github.com"));
        check(&com, "//elsewhere.example/x", Err("elsewhere.example"));
        check(&com, "https://github.com/octo/new", Err("github.com"));
        check(&own, "/api/v3/repositories/1", Ok("https://github.example/api/v3/repositories/1"));
        check(&own, "https://github.example/octo/pages", Err("github.example"));
        check(&own, "https://github.example/api/v3/../../octo/pages", Err("github.example"));
    }

    #[test]
    fn a_log_may_be_elsewhere_but_not_in_the_clear() {
        let com = Host::new("github.com").unwrap();
        let here = Host::on_this_machine("127.0.0.1:3000".parse().unwrap()).unwrap();
        let check = |host, location, expected: Result<&str, &str>| {
            let expected = expected.map(str::to_owned).map_err(str::to_owned);
            assert_eq!(follow(to_log, host, location), expected, "{location}");
        };
        check(&com, "https://logs.example/1?sig=x", Ok("https://logs.example/1?sig=x"));
        check(&com, "http://logs.example/1?sig=x", Err("logs.example"));
        check(&com, "http://127.0.0.1:80/1", Err("127.0.0.1"));
        check(&com, "file:///etc/passwd", Err(""));
        check(&com, "https://me:word@logs.example/1", Err("logs.example"));
        check(&here, "http://127.0.0.1:4000/1", Ok("http://127.0.0.1:4000/1"));
        check(&here, "http://[::1]:4000/1", Ok("http://[::1]:4000/1"));
        check(&here, "https://logs.example/1", Err("logs.example"));
        check(&here, "http://logs.example/1", Err("logs.example"));
    }
}
