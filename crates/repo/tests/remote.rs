//! Repository addresses: which are accepted, what they become, what is refused.

#![allow(clippy::unwrap_used, reason = "tests")]

use anchorhold_repo::Remote;

#[test]
fn addresses_are_read_in_every_common_form() {
    let check = |address: &str, shown: &str, host: Option<&str>| {
        let remote = Remote::parse(address).unwrap();
        assert_eq!((remote.display().as_str(), remote.host()), (shown, host), "{address}");
    };
    check("octo/hello", "https://github.com/octo/hello.git", Some("github.com"));
    check("https://GitHub.com/octo/hello.git/", "https://github.com/octo/hello.git", Some("github.com"));
    check("https://git.example:8443/a/b", "https://git.example:8443/a/b", Some("git.example:8443"));
    check("http://127.0.0.1:8080/a.git", "http://127.0.0.1:8080/a.git", Some("127.0.0.1:8080"));
    check("http://[::1]:8080/a.git", "http://[::1]:8080/a.git", Some("[::1]:8080"));
    check("git@github.com:octo/hello.git", "ssh://git@github.com/octo/hello.git", Some("github.com"));
    check("ssh://me@git.example:2222/a/b", "ssh://me@git.example:2222/a/b", Some("git.example:2222"));
    check("ssh://git.example:22/a", "ssh://git@git.example:22/a", Some("git.example"));
    check("file:///srv/none/a.git", "/srv/none/a.git", None);
    check("/srv/none/a.git", "/srv/none/a.git", None);
}

#[test]
fn unusable_addresses_are_refused_with_a_reason() {
    let check = |address: &str, message: &str| {
        let error = Remote::parse(address).unwrap_err();
        assert_eq!((error.code(), error.to_string().as_str()), ("repository_invalid", message));
        assert!(error.hint().is_some());
    };
    check("", r#"read repository address "": it is empty"#);
    check("hello", r#"read repository address "hello": it is neither a URL nor a path nor owner/name"#);
    check("a b/c", r#"read repository address "a b/c": it is neither a URL nor a path nor owner/name"#);
    check(
        "http://git.example/a",
        r#"read repository address "http://git.example/a": plain http is for this machine only: use https"#,
    );
    check(
        "ftp://git.example/a",
        r#"read repository address "ftp://git.example/a": only https, ssh and file URLs are supported"#,
    );
    check("https://git.example", r#"read repository address "https://git.example": it names no repository"#);
    check(
        "git@-oProxyCommand=x:a",
        r#"read repository address "git@-oProxyCommand=x:a": it is not of the form user@host:path"#,
    );
    check("ext::sh -c x", r#"read repository address "ext::sh -c x": it is not of the form user@host:path"#);
}

#[test]
fn an_address_with_a_secret_is_refused_without_repeating_it() {
    for address in [
        "https://ada:hunter2@git.example/a",
        "https://hunter2@git.example/a",
        "ssh://ada:hunter2@git.example/a",
        "ada:hunter2@git.example:a/b",
    ] {
        let error = Remote::parse(address).unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(!shown.contains("hunter2"), "{shown}");
    }
}

#[test]
fn mirror_folders_are_readable_and_differ_for_different_addresses() {
    let slug = |address: &str| Remote::parse(address).unwrap().slug();
    assert_eq!(slug("octo/hello"), "octo-hello-1a5e6dacace3");
    assert_eq!(slug("octo/hello"), slug("https://github.com/octo/hello.git"));
    assert_ne!(slug("octo/hello"), slug("git@github.com:octo/hello.git"));
    assert_ne!(slug("/srv/a/b"), slug("/srv/a-b"));
}

#[test]
fn github_repositories_are_recognised_over_https_and_ssh() {
    let github = |address: &str| Remote::parse(address).unwrap().github();
    let expected = Some(("octo".to_owned(), "hello".to_owned()));
    assert_eq!(github("octo/hello"), expected);
    assert_eq!(github("git@github.com:octo/hello.git"), expected);
    assert_eq!(github("https://git.example/octo/hello"), None);
}
