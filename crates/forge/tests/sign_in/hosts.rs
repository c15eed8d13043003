//! The addresses of each GitHub, and what is asked for there.

use anchorhold_forge::sign_in::{Access, Host, Level};

#[test]
fn each_github_has_its_own_addresses() {
    let cases = [
        ("github.com", "https://github.com", "https://api.github.com"),
        ("GitHub.com", "https://github.com", "https://api.github.com"),
        ("octocorp.ghe.com", "https://octocorp.ghe.com", "https://api.octocorp.ghe.com"),
        ("git.example.com:8443", "https://git.example.com:8443", "https://git.example.com:8443/api/v3"),
        ("github.com.example", "https://github.com.example", "https://github.com.example/api/v3"),
        ("evil-ghe.com", "https://evil-ghe.com", "https://evil-ghe.com/api/v3"),
        ("10.0.0.1", "https://10.0.0.1", "https://10.0.0.1/api/v3"),
        ("[::1]:3000", "https://[::1]:3000", "https://[::1]:3000/api/v3"),
    ];
    for (name, web, api) in cases {
        let host = Host::new(name).unwrap();
        assert_eq!((host.name(), host.web(), host.api()), (&*name.to_ascii_lowercase(), web, api));
    }
}

#[test]
fn a_host_is_a_name_and_nothing_else() {
    let wrong = [
        "",
        " ",
        "https://github.com",
        "http://github.com",
        "github.com/",
        "github.com/x",
        "me@github.com",
        "me:pw@h",
        "github.com?x",
        "github.com#",
        "a b",
        "github.com.",
        ".github.com",
        "a..b",
        "-a.com",
        "a-.com",
        "a_b.com",
        "git%68ub.com",
        "g\u{456}thub.com",
        "0x7f.1",
        "github.com:",
        "github.com:99999",
        "github.com:443",
        "a\\b",
        "a\n",
        "\u{0}",
        "$(id)",
        "--hostname",
    ];
    for name in wrong {
        assert_eq!(Host::new(name).map_err(|error| error.code()), Err("sign_in_host_invalid"), "{name:?}");
    }
    assert!(Host::new(&"a.".repeat(127)).is_err() && Host::new(&"a".repeat(64)).is_err());
}

#[test]
fn only_this_machine_is_spoken_to_without_tls() {
    assert_eq!(Host::on_this_machine("127.0.0.1:80".parse().unwrap()).unwrap().web(), "http://127.0.0.1:80");
    assert!(Host::on_this_machine("10.0.0.1:80".parse().unwrap()).is_err());
    assert!(Host::new("127.0.0.1:80").unwrap().web().starts_with("https://"));
}

#[test]
fn what_is_asked_for_is_the_least_and_each_has_its_reason() {
    let names = |workflows| -> Vec<_> {
        let permissions = Access { workflows }.permissions();
        permissions.iter().map(|permission| (permission.name, permission.level)).collect()
    };
    let mut least = vec![
        ("metadata", Level::Read),
        ("contents", Level::Write),
        ("pull_requests", Level::Write),
        ("issues", Level::Read),
        ("checks", Level::Read),
        ("statuses", Level::Read),
        ("actions", Level::Read),
    ];
    assert_eq!(names(false), least);
    least.push(("workflows", Level::Write));
    assert_eq!(names(true), least);
    let access = Access { workflows: true };
    let scopes = access.scopes();
    assert_eq!(scopes.iter().map(|scope| scope.name).collect::<Vec<_>>(), ["repo", "workflow"]);
    let reasons = access.permissions().into_iter().map(|permission| permission.reason);
    for reason in reasons.chain(scopes.iter().map(|scope| scope.reason)) {
        assert!(reason.ends_with('.') && reason.len() > 20, "{reason}");
    }
}
