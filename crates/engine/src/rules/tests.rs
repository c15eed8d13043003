#![expect(clippy::unwrap_used, reason = "tests")]

use super::{Rules, checked, outdated};
use anchorhold_domain::{Event, EventKind, FileRules, Timestamp};
use anchorhold_repo::TreeEntry;

fn rules(excluded: &[&str], only: &[&str], protected: &[&str]) -> FileRules {
    let owned = |patterns: &[&str]| patterns.iter().map(|pattern| (*pattern).to_owned()).collect();
    FileRules { excluded: owned(excluded), only: owned(only), protected: owned(protected) }
}

fn entry(path: &str) -> TreeEntry {
    TreeEntry { path: path.as_bytes().to_vec(), mode: 0o100_644, id: String::new(), size: 0, lfs: false }
}

/// The paths that are left, in both ways to ask.
#[track_caller]
fn check_seen(files: &FileRules, paths: &[&str], expected: &[&str]) {
    let rules = Rules::read(files).unwrap();
    let seen = rules.seen(paths.iter().map(|path| entry(path)).collect());
    let left: Vec<&str> =
        seen.entries().iter().map(|entry| std::str::from_utf8(&entry.path).unwrap()).collect();
    assert_eq!(left, expected);
    assert_eq!(seen.excluded() as usize, paths.len() - expected.len());
    let one_by_one: Vec<&str> = paths.iter().copied().filter(|path| rules.sees(path.as_bytes())).collect();
    assert_eq!(one_by_one, expected);
}

#[test]
fn the_usual_rules_keep_secrets_and_nothing_else_from_an_agent() {
    let secrets = [
        ".aws/credentials",
        ".docker/config.json",
        ".env",
        ".ENV",
        ".env.local",
        ".envrc",
        ".git-credentials",
        ".npmrc",
        ".ssh/config",
        "app/.env.production",
        "certs/SERVER.PEM",
        "config/master.key",
        "deploy/k8s/secrets.yaml",
        "deploy/prod.env",
        "home/.kube/config",
        "infra/terraform.tfstate.backup",
        "keys/id_rsa",
        "keys/id_ed25519.bak",
        "service-account-prod.json",
    ];
    let ordinary = [
        ".env.example",
        ".envoy/x.yaml",
        ".github/workflows/ci.yml",
        "app/.env.sample",
        "docker/config.json",
        "keys/id_rsa.pub",
        "locales/en.json",
        "src/env.rs",
        "src/keystore.rs",
        "src/secrets/mod.rs",
    ];
    check_seen(&FileRules::default(), &secrets, &[]);
    check_seen(&FileRules::default(), &ordinary, &ordinary);
}

#[test]
fn excluded_is_read_as_gitignore_is_and_an_exception_takes_out_again() {
    let paths = ["a/gen/x.rs", "a/keep.rs", "b/gen/y.rs", "gen", "vendor/lib.rs", "vendor/ours.rs"];
    check_seen(
        &rules(&["gen/", "/vendor/", "!vendor/ours.rs"], &[], &[]),
        &paths,
        &["a/keep.rs", "gen", "vendor/ours.rs"],
    );
    check_seen(&FileRules::none(), &paths, &paths);
}

#[test]
fn what_no_workspace_holds_is_kept_from_every_agent() {
    let (long, deep, name) = ("l/".repeat(600), "d/".repeat(64) + "x", "n".repeat(256));
    let (long, reserved) = (long.trim_end_matches('/'), "a/.anchorhold-half-done");
    let paths = ["a/x", long, &deep, &name, reserved, "z"];
    check_seen(&FileRules::none(), &paths, &["a/x", "z"]);
    let link = |path, size| TreeEntry { mode: 0o120_000, size, ..entry(path) };
    let seen = Rules::read(&FileRules::none()).unwrap().seen(vec![
        link("empty", 0),
        link("long", 5000),
        link("usual", 4095),
        entry("file"),
    ]);
    let left: Vec<&[u8]> = seen.entries().iter().map(|entry| entry.path.as_slice()).collect();
    assert_eq!(left, [b"usual".as_slice(), b"file"]);
}

#[test]
fn a_hundred_thousand_files_are_judged_as_one_is() {
    let paths: Vec<String> = (0..100_000)
        .map(|number| match number % 1000 {
            0 => format!("part{}/deep/er/{number}.pem", number % 7),
            _ => format!("part{}/deep/folder{}/file{number}.ts", number % 7, number % 300),
        })
        .collect();
    let rules = Rules::read(&FileRules::default()).unwrap();
    let seen = rules.seen(paths.iter().map(|path| entry(path)).collect());
    assert_eq!((seen.entries().len(), seen.excluded()), (99_900, 100));
}

#[test]
fn a_path_is_judged_however_it_is_written() {
    let rules = Rules::read(&rules(&[".env", "secret/"], &[], &[])).unwrap();
    for path in [".env", "./.env", "a//.env", "/.env", ".env/", "secret", "secret/x", "a/./secret/b", ".Env"]
    {
        assert!(rules.refuses_change(path.as_bytes()).is_some(), "{path}");
    }
    for path in [".env", "a/../.env", "../x", "a/.."] {
        assert!(!rules.sees(path.as_bytes()), "{path}");
    }
    assert!(rules.sees(b"\xff\xfe"));
}

#[test]
fn edits_are_kept_to_the_wanted_folders_and_off_the_protected_files() {
    let files = rules(&[], &["src", "docs/*.md", "!src/gen"], &["*.lock", "/src/api/"]);
    let rules = Rules::read(&files).unwrap();
    let refused = |path: &str| rules.refuses_change(path.as_bytes());
    for path in ["src", "src/a.rs", "src/deep/b.rs", "docs/a.md"] {
        assert_eq!(refused(path), None);
    }
    for path in ["README.md", "vendor/src/a.rs", "docs/a.txt", "src/gen/x.rs", "srcs/a.rs", "SRC/a.rs"] {
        assert!(refused(path).is_some_and(|reason| reason.contains("outside what the user lets")), "{path}");
    }
    for path in ["src/Cargo.lock", "src/api", "src/api/x.rs", "src/X.LOCK"] {
        assert!(refused(path).is_some_and(|reason| reason.contains("is protected by")), "{path}");
    }
    assert!(rules.sees(b"README.md"));
}

#[test]
fn a_pattern_that_cannot_be_read_is_named_with_its_line() {
    let check = |files: FileRules, code: &str, message: &str| {
        let error = checked(files).unwrap_err();
        assert_eq!((error.code(), error.message().as_str()), (code, message));
    };
    check(
        rules(&["ok", "", "a[b"], &[], &[]),
        "files_excluded_invalid",
        "read the file rules: \"a[b\" in line 3 of the excluded files: unclosed character class; missing ']'",
    );
    check(
        rules(&[], &["../up"], &[]),
        "files_only_invalid",
        "read the file rules: \"../up\" in line 1 of the folders it may change: it leads out of the repository",
    );
    check(
        rules(&[], &[], &["!"]),
        "files_protected_invalid",
        "read the file rules: \"!\" in line 1 of the protected files: it names nothing",
    );
    for pattern in ["!", "/", ".", "./", "# ", "a\nb"] {
        assert_eq!(checked(rules(&[], &[pattern], &[])).is_err(), pattern != "# ", "{pattern:?}");
    }
    assert_eq!(checked(rules(&[" .env ", ""], &[], &[])).unwrap(), rules(&[".env"], &[], &[]));
}

#[test]
fn a_workspace_is_filled_anew_only_where_other_files_are_kept_out_than_it_was_filled_without() {
    let opened =
        || EventKind::CellOpened { container_id: String::new(), facts: vec![], ready_ms: 0, volume: None };
    let changed = |files: &FileRules| EventKind::FileRulesChanged { files: files.clone() };
    let check = |kinds: Vec<EventKind>, now: &FileRules, expected: bool| {
        let events: Vec<Event> =
            (1..).zip(kinds).map(|(seq, kind)| Event { seq, at: Timestamp(0), kind }).collect();
        assert_eq!(outdated(&events, now), expected);
    };
    let (none, env) = (FileRules::none(), rules(&[".env"], &[], &[]));
    let protected = rules(&[".env"], &["src"], &["x"]);
    check(vec![opened()], &none, false);
    check(vec![changed(&env)], &env, false);
    check(vec![opened(), changed(&env)], &env, true);
    check(vec![opened(), changed(&env), opened()], &env, false);
    check(vec![changed(&env), opened(), changed(&protected)], &protected, false);
}
