//! What an answer says in its headers of the rest of a list.

use http::HeaderMap;
use reqwest::Url;

/// The other pages of a list, and whether something is missing from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Links {
    pub(crate) next: Option<u32>,
    pub(crate) last: Option<u32>,
    /// Whether organisations with single sign-on were left out, for which the token is not authorised.
    pub(crate) partial: bool,
}

impl Links {
    /// Reads `Link` and `X-GitHub-SSO`. Only the numbers of pages are taken from it, never an address.
    ///
    /// <https://docs.github.com/en/rest/using-the-rest-api/using-pagination-in-the-rest-api>
    pub(crate) fn read(headers: &HeaderMap) -> Self {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let mut links =
            Self { partial: text("x-github-sso").starts_with("partial-results"), ..Self::default() };
        for link in text("link").split(',').take(10) {
            let Some((address, rest)) = link.split_once('>') else { continue };
            let page = Url::parse(address.trim().trim_start_matches('<')).ok().and_then(|url| {
                let (_, page) = url.query_pairs().find(|(name, _)| name == "page")?;
                page.parse().ok()
            });
            for parameter in rest.split(';').map(str::trim) {
                match parameter {
                    r#"rel="next""# => links.next = page,
                    r#"rel="last""# => links.last = page,
                    _ => {}
                }
            }
        }
        links
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::Links;
    use http::HeaderMap;

    fn check(headers: &[(&'static str, &str)], expected: Links) {
        let headers: HeaderMap =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        assert_eq!(Links::read(&headers), expected);
    }

    #[test]
    fn pages_are_taken_from_the_link_header() {
        let both = r#"<https://api.github.com/user/repos?page=3&per_page=100>; rel="next", <https://api.github.com/user/repos?per_page=100&page=9>; rel="last""#;
        check(&[("link", both)], Links { next: Some(3), last: Some(9), partial: false });
        let back = r#"<https://api.github.com/user/repos?page=1>; rel="prev""#;
        check(&[("link", back)], Links::default());
        let odd = r#"<https://api.github.com/user/repos?page=-1>; rel="next", nonsense, <>; rel="last""#;
        check(&[("link", odd)], Links::default());
        check(&[], Links::default());
        let partial = "partial-results; organizations=21955855,20582480";
        check(&[("x-github-sso", partial)], Links { partial: true, ..Links::default() });
    }
}
