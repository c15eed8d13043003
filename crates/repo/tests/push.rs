//! Pushes that a server refuses, breaks off, or sends elsewhere: what is said, that nothing is left behind,
//! and that the same push succeeds afterwards.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use anchorhold_repo::{CommitToMake, Credentials, PushOutcome, RepoError, Signature};
use common::relay::{Mischief, witness};
use common::site::Site;
use common::{Place, ada, git};

/// The request that begins a push, and the one that carries it.
const ASKS: &[&str] = &["GET /hello.git/info/refs?service=git-receive-pack"];
const CARRIES: &[&str] = &["POST /hello.git/git-receive-pack"];

fn answer(status: &str, header: &str) -> Mischief {
    Mischief::Answer(format!("HTTP/1.1 {status}\r\n{header}Content-Length: 0\r\nConnection: close\r\n\r\n"))
}

fn unhook(hook: &'static str) -> impl FnOnce(&Site) {
    move |site| site.server.set_hook("hello", hook, "exit 0").unwrap()
}

#[test]
fn a_hook_that_refuses_is_shown_without_what_could_deceive_a_reader() {
    let site = Site::start();
    let script = r"printf '\033[31;1mno\033[0m pushes\r\n\033]0;title\007safe\342\200\256exe\n' >&2; exit 1";
    site.server.set_hook("hello", "pre-receive", script).unwrap();
    let error = site.fails_then_succeeds(unhook("pre-receive"));
    assert_eq!(
        error.to_string(),
        "push to agent/x: the server refused it: pre-receive hook declined\nno pushes\nsafe⟨U+202E⟩exe"
    );
}

#[test]
fn a_hook_that_talks_without_end_is_cut() {
    let site = Site::start();
    let script = "head -c 10000000 /dev/zero | tr '\\0' y >&2; exit 1";
    site.server.set_hook("hello", "pre-receive", script).unwrap();
    let error = site.fails_then_succeeds(unhook("pre-receive"));
    assert_eq!(error.code(), "push_rejected");
    assert!(error.to_string().len() < 5000, "{}", error.to_string().len());
}

#[test]
fn a_protected_branch_is_told_from_other_refusals() {
    let site = Site::start();
    let script = "echo 'error: GH006: Protected branch update failed for '$1'.' >&2; exit 1";
    site.server.set_hook("hello", "update", script).unwrap();
    let error = site.fails_then_succeeds(unhook("update"));
    assert_eq!(
        error.to_string(),
        "push to agent/x: the server refused it: hook declined\n\
         error: GH006: Protected branch update failed for refs/heads/agent/x.\n\
         error: hook declined to update refs/heads/agent/x"
    );
    assert_eq!(
        error.hint().unwrap(),
        "the branch is protected by rules of the repository: choose another target branch"
    );
}

#[test]
fn refusals_of_github_have_their_own_way_out() {
    let hint = |reason: &str| {
        RepoError::Rejected { branch: "agent/x".to_owned(), reason: reason.to_owned() }.hint().unwrap()
    };
    assert_eq!(
        hint(
            "refusing to allow an OAuth App to create or update workflow `.github/workflows/ci.yml` without `workflow` scope"
        ),
        "the account may not change workflow files: sign in again and grant that, or leave them out"
    );
    assert_eq!(
        hint("push declined due to repository rule violations\nGH013: … - GITHUB PUSH PROTECTION"),
        "the server found a secret: remove it, and revoke it if it is real"
    );
    assert_eq!(
        hint("GH013: Repository rule violations found for refs/heads/agent/x."),
        "the branch is protected by rules of the repository: choose another target branch"
    );
    assert_eq!(
        hint("pre-receive hook declined"),
        "read the server's reason: the branch may be protected, or a hook refused the content"
    );
}

#[test]
fn who_may_read_and_not_write_is_told_so() {
    let site = Site::start();
    site.relay.plan(ASKS, answer("403 Forbidden", ""));
    let error = site.fails_then_succeeds(|_| ());
    assert_eq!(error.code(), "repository_forbidden");
    assert_eq!(
        error.to_string(),
        format!(
            "push to agent/x in http://{host}/hello.git: {host} refuses access",
            host = site.relay.host()
        )
    );
}

#[test]
fn a_token_that_is_refused_is_sent_once_and_not_again() {
    let site = Site::start();
    let commit = site.commit();
    let wrong = Credentials::https(site.relay.host(), "ada", "wrong");
    let before = site.relay.count(&["uthorization: Basic"]);
    let error = site.mirror.push("agent/x", &commit, &wrong, None, &["main"]).unwrap_err();
    assert!(matches!(error, RepoError::Auth { offered: true, .. }), "{error:?}");
    assert_eq!(site.relay.count(&["uthorization: Basic"]) - before, 1);
    // Revoked between the look at the branch and the push.
    let header = "WWW-Authenticate: Basic realm=\"git\"\r\n";
    let asks_signed_in = &[*ASKS.first().unwrap(), "uthorization: Basic"];
    site.relay.plan(asks_signed_in, answer("401 Unauthorized", header));
    let error = site.fails_then_succeeds(|site| assert_eq!(site.relay.count(asks_signed_in), 1));
    assert!(matches!(error, RepoError::Auth { offered: true, .. }), "{error:?}");
}

#[test]
fn a_push_that_is_sent_to_another_host_takes_no_token_there() {
    let asks = "HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"git\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    for (request, status) in [
        (ASKS, "301 Moved Permanently"),
        (ASKS, "302 Found"),
        (ASKS, "307 Temporary Redirect"),
        (CARRIES, "302 Found"),
        (CARRIES, "307 Temporary Redirect"),
        (CARRIES, "308 Permanent Redirect"),
    ] {
        let site = Site::start();
        let (thief, heard) = witness(asks);
        let path = request.first().unwrap().split_once(' ').unwrap().1;
        site.relay.plan(request, answer(status, &format!("Location: http://localhost:{thief}{path}\r\n")));
        let error = site.fails_then_succeeds(|_| ());
        assert!(
            matches!(error.code(), "repository_redirected" | "repository_unreachable"),
            "{request:?} {status}: {error}"
        );
        assert_eq!(*heard.lock().unwrap(), "", "{request:?} {status}");
    }
}

#[test]
fn a_server_that_dies_in_the_middle_of_a_push_leaves_nothing_behind() {
    for after in [0, 10, 100_000] {
        let site = Site::start();
        site.relay.plan(CARRIES, Mischief::Die { after });
        let error = site.fails_then_succeeds(|_| ());
        assert_eq!(error.code(), "repository_unreachable", "{after}: {error}");
    }
}

#[test]
fn a_push_whose_answer_is_lost_is_found_to_have_arrived() {
    let site = Site::start();
    let commit = site.commit();
    site.relay.plan(CARRIES, Mischief::LoseAnswer);
    let error = site.push(&commit).unwrap_err();
    assert_eq!(error.code(), "repository_unreachable", "{error}");
    let outcome = site.push(&commit).unwrap();
    assert_eq!(outcome, PushOutcome { created: false, previous_tip: Some(commit.clone()), up_to_date: true });
    assert_eq!(git(&site.bare, &["rev-parse", "agent/x"]).unwrap(), commit);
}

#[test]
fn a_server_that_breaks_is_told_apart_from_one_that_refuses() {
    let site = Site::start();
    site.relay.plan(CARRIES, answer("502 Bad Gateway", ""));
    let error = site.fails_then_succeeds(|_| ());
    assert_eq!(error.code(), "repository_unreachable");
}

#[test]
fn odd_branch_names_are_pushed_as_they_are_and_run_nothing() {
    let site = Site::start();
    let commit = site.commit();
    let names = [
        "agent/deep/er/x",
        "agent/ünï-日本-👩",
        "agent/$(touch${IFS}pwned);`id`|&'q'\"d\"!#%{}<>",
        "agent/--upload-pack=touch",
        "agent/+plus,comma=eq",
    ];
    for name in names {
        let outcome = site.mirror.push(name, &commit, &site.credentials, None, &["main"]).unwrap();
        assert!(outcome.created, "{name}");
        assert_eq!(git(&site.bare, &["rev-parse", &format!("refs/heads/{name}")]).unwrap(), commit);
    }
    assert_eq!(site.mirror.branches(&site.credentials).unwrap().names.len(), names.len() + 1);
    assert_eq!(common::files_named(site.place.dir.path(), "pwned"), Vec::<std::path::PathBuf>::new());
}

#[test]
fn names_that_git_refuses_are_refused_before_the_server_is_asked() {
    let site = Site::start();
    let commit = site.commit();
    let before = site.relay.count(&[]);
    for name in [
        "",
        "a b",
        "a\tb",
        "a\nb",
        "-x",
        "a..b",
        "a/",
        "/a",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[b",
        "a\\b",
        "@{u}",
        "a@{1}",
        "HEAD",
        "refs/heads/x",
        "a\u{7f}",
        "a.",
    ] {
        let error = site.mirror.push(name, &commit, &site.credentials, None, &[]).unwrap_err();
        assert_eq!(error.code(), "branch_invalid", "{name:?}");
    }
    assert_eq!(site.relay.count(&[]), before);
}

#[test]
fn a_chain_of_commits_is_pushed_with_its_messages_and_trees() {
    let site = Site::start();
    let tree = site.mirror.tree_of(&site.commit()).unwrap();
    let make =
        |tree: &str, message: &str| CommitToMake { tree: tree.to_owned(), message: message.to_owned() };
    let commits = [make(&tree, "Add a file\r\n\r\n- why\n\n"), make(&site.base.tree, "Take it back")];
    let made = site.mirror.commits_for_push(&site.base.commit, &commits, &ada(), None).unwrap();
    site.push(made.last().unwrap()).unwrap();
    let by = "Ada <ada@example.com> 1800000000 +0100";
    let show = |commit: &str| git(&site.bare, &["cat-file", "commit", commit]).unwrap();
    let [first, second] = &made[..] else { panic!("{made:?}") };
    let (base, base_tree) = (&site.base.commit, &site.base.tree);
    assert_eq!(
        show(first),
        format!("tree {tree}\nparent {base}\nauthor {by}\ncommitter {by}\n\nAdd a file\n\n- why")
    );
    assert_eq!(
        show(second),
        format!("tree {base_tree}\nparent {first}\nauthor {by}\ncommitter {by}\n\nTake it back")
    );
    git(&site.bare, &["fsck", "--strict"]).unwrap();
}

#[test]
fn an_author_or_message_that_would_break_a_commit_is_refused() {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let code = |author: &Signature, message: &str| {
        let commit = CommitToMake { tree: base.tree.clone(), message: message.to_owned() };
        mirror.commits_for_push(&base.commit, &[commit], author, None).unwrap_err().code()
    };
    for (name, email) in [
        ("", "ada@example.com"),
        ("Ada", ""),
        ("Ada\nparent 1", "ada@example.com"),
        ("Ada", "ada@example.com\nx"),
        ("Ada <eve@example.com>", "ada@example.com"),
        ("Ada\0", "ada@example.com"),
    ] {
        let author = Signature { name: name.to_owned(), email: email.to_owned(), ..ada() };
        assert_eq!(code(&author, "x"), "signature_invalid", "{name:?} {email:?}");
    }
    assert_eq!(code(&ada(), " \n"), "message_invalid");
    assert_eq!(code(&ada(), "x\0y"), "message_invalid");
    assert_eq!(mirror.commits_for_push(&base.commit, &[], &ada(), None).unwrap(), Vec::<String>::new());
}
