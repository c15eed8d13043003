//! Signatures by the real `ssh-keygen` and `gpg`, checked by the real git.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "tests")]

mod common;

use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anchorhold_domain::{Fault, Signing};
use anchorhold_repo::{Cancellation, CommitToMake, Signer, SigningConfig};
use anchorhold_testkit::SshAgent;
use common::{Place, ada, git};
use tempfile::TempDir;

/// A user's folder with a git configuration in it.
struct User {
    home: TempDir,
}

impl User {
    fn new() -> Self {
        // Short, because the path of GnuPG's socket may have about 100 bytes.
        Self { home: tempfile::Builder::new().prefix("sg").tempdir().unwrap() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    fn config(&self, settings: &[(&str, &str)]) -> SigningConfig {
        let file = self.path("config");
        fs::write(&file, "").unwrap();
        for (name, value) in settings {
            git(self.home.path(), &["config", "--file", &file.to_string_lossy(), name, value]).unwrap();
        }
        SigningConfig::of_file(&file)
    }

    fn signer(&self, settings: &[(&str, &str)]) -> Signer {
        self.config(settings).signer("ada@example.com").unwrap().unwrap()
    }

    fn script(&self, name: &str, script: &str) -> String {
        let path = self.path(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Makes an ssh key and returns its file.
    fn ssh_key(&self, passphrase: &str) -> String {
        let path = self.path("key");
        run(Command::new("ssh-keygen")
            .args(["-q", "-t", "ed25519", "-N", passphrase, "-C", "ada", "-f"])
            .arg(&path));
        path.to_string_lossy().into_owned()
    }

    /// Writes a file that says whose signatures count, for git.
    fn allow(&self, public_key: &str) -> String {
        let path = self.path("allowed");
        fs::write(&path, format!("ada@example.com {public_key}\n")).unwrap();
        path.to_string_lossy().into_owned()
    }

    /// Makes a GnuPG key in a folder of its own and returns the program that uses it.
    fn gpg(&self) -> String {
        let folder = self.path("gnupg");
        fs::create_dir(&folder).unwrap();
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)).unwrap();
        let program = self.script("gpg", &format!("exec env GNUPGHOME={} gpg \"$@\"", folder.display()));
        run(Command::new(&program).args([
            "--batch",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
            "--quick-generate-key",
            "Ada <ada@example.com>",
            "ed25519",
            "sign",
            "never",
        ]));
        program
    }
}

impl Drop for User {
    fn drop(&mut self) {
        if self.path("gnupg").exists() {
            let _ = Command::new("gpgconf")
                .arg("--homedir")
                .arg(self.path("gnupg"))
                .args(["--kill", "all"])
                .status();
        }
    }
}

fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{command:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// Makes two commits signed by `signer`, and lets git verify them with `settings`.
fn verified(signer: &Signer, settings: &[(&str, &str)]) -> String {
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let make = |message: &str| CommitToMake { tree: base.tree.clone(), message: message.to_owned() };
    let made = mirror
        .commits_for_push(&base.commit, &[make("One"), make("Two\n\nWhy: été\n\n")], &ada(), Some(signer))
        .unwrap();
    let agents = place.dir.path().join("mirrors").join(mirror.remote().slug()).join("agents.git");
    let mut args: Vec<String> =
        settings.iter().flat_map(|(name, value)| ["-c".to_owned(), format!("{name}={value}")]).collect();
    args.push("verify-commit".to_owned());
    args.extend(made.iter().cloned());
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    git(&agents, &args).unwrap();
    git(&agents, &["fsck", "--strict"]).unwrap();
    git(&agents, &["log", "-2", "--format=%an <%ae>|%cn <%ce>|%P|%B", made.last().unwrap()]).unwrap()
}

fn two_commits(base: &str, first: &str) -> String {
    let ada = "Ada <ada@example.com>|Ada <ada@example.com>";
    format!("{ada}|{first}|Two\n\nWhy: été\n\n{ada}|{base}|One")
}

#[test]
fn an_ssh_key_in_a_file_signs_and_git_verifies() {
    let user = User::new();
    let key = user.ssh_key("");
    let allowed = user.allow(&fs::read_to_string(user.path("key.pub")).unwrap());
    let settings = [("commit.gpgsign", "true"), ("gpg.format", "ssh"), ("user.signingkey", &*key)];
    assert_eq!(user.config(&settings).signing("ada@example.com"), Signing::Ssh { key: key.clone() });
    let log = verified(&user.signer(&settings), &[("gpg.ssh.allowedSignersFile", &allowed)]);
    let parents: Vec<&str> = log.lines().filter_map(|line| line.split('|').nth(2)).collect();
    let [first, base] = parents[..] else { panic!("{log}") };
    assert_eq!(log, two_commits(base, first));
}

#[test]
fn a_key_that_is_named_by_its_public_half_is_taken_from_the_agent() {
    let user = User::new();
    let key = user.ssh_key("");
    let public = fs::read_to_string(user.path("key.pub")).unwrap();
    let agent = SshAgent::start().unwrap();
    run(Command::new("ssh-add").arg("-q").arg(&key).env("SSH_AUTH_SOCK", agent.socket()));
    fs::remove_file(&key).unwrap();
    let program = user
        .script("keygen", &format!("exec env SSH_AUTH_SOCK={} ssh-keygen \"$@\"", agent.socket().display()));
    let allowed = user.allow(&public);
    for named in [format!("key::{}", public.trim()), public.trim().to_owned(), format!("{key}.pub")] {
        let settings = [
            ("commit.gpgsign", "true"),
            ("gpg.format", "ssh"),
            ("gpg.ssh.program", &*program),
            ("user.signingkey", &*named),
        ];
        verified(&user.signer(&settings), &[("gpg.ssh.allowedSignersFile", &allowed)]);
    }
}

#[test]
fn gnupg_signs_with_a_named_key_or_with_that_of_the_address() {
    let user = User::new();
    let program = user.gpg();
    let listed = run(Command::new(&program).args(["--list-secret-keys", "--with-colons"]));
    let id = listed.lines().find_map(|line| line.strip_prefix("fpr:")).unwrap().trim_matches(':').to_owned();
    let settings = [("commit.gpgsign", "true"), ("gpg.program", &*program)];
    assert_eq!(user.config(&settings).signing("ada@example.com"), Signing::Gpg { key: None });
    verified(&user.signer(&settings), &[("gpg.program", &program)]);
    let settings = [
        ("commit.gpgsign", "true"),
        ("gpg.format", "openpgp"),
        ("gpg.program", "/nowhere/gpg"),
        ("gpg.openpgp.program", &*program),
        ("user.signingkey", &*id),
    ];
    assert_eq!(user.config(&settings).signing("x@example.com"), Signing::Gpg { key: Some(id.clone()) });
    verified(&user.signer(&settings), &[("gpg.program", &program)]);
}

#[test]
fn a_key_that_is_not_there_fails_with_the_programs_words() {
    let user = User::new();
    let program = user.gpg();
    let signer = user
        .config(&[("commit.gpgsign", "true"), ("gpg.program", &program)])
        .signer("eve@example.com")
        .unwrap()
        .unwrap();
    let error = signer.sign(b"tree").unwrap_err();
    assert_eq!(error.code(), "signing_failed");
    assert!(error.to_string().contains("No secret key"), "{error}");
    assert!(!error.to_string().contains("[GNUPG:]"), "{error}");
    assert_eq!(
        error.hint().unwrap(),
        "check user.signingkey in your git configuration: the key that it names is not here"
    );
}

#[test]
fn a_key_with_a_passphrase_that_nobody_gives_fails_with_what_to_do() {
    let user = User::new();
    let key = user.ssh_key("a passphrase");
    // What would ask is not there, so that the program must give up by itself.
    let program = user.script("keygen", "exec env SSH_ASKPASS=/nowhere SSH_AUTH_SOCK= ssh-keygen \"$@\"");
    let signer = user.signer(&[
        ("commit.gpgsign", "true"),
        ("gpg.format", "ssh"),
        ("gpg.ssh.program", &program),
        ("user.signingkey", &key),
    ]);
    let error = signer.sign(b"tree").unwrap_err();
    assert_eq!(error.code(), "signing_failed");
    assert!(error.hint().unwrap().contains("ssh-add"), "{error} {:?}", error.hint());
}

#[test]
fn nothing_is_signed_unless_the_user_wants_it() {
    let user = User::new();
    let key = user.ssh_key("");
    for settings in [
        &[][..],
        &[("gpg.format", "ssh"), ("user.signingkey", &*key)],
        &[("commit.gpgsign", "false"), ("gpg.format", "x509")],
    ] {
        let config = user.config(settings);
        assert_eq!(config.signing("ada@example.com"), Signing::Off);
        assert!(config.signer("ada@example.com").unwrap().is_none());
    }
}

#[test]
fn what_cannot_work_is_said_before_a_push() {
    let user = User::new();
    let key = user.ssh_key("");
    let check = |settings: &[(&str, &str)], reason: &str, hint: &str| {
        let settings = [&[("commit.gpgsign", "true")], settings].concat();
        let fault = Fault {
            code: "signing_impossible".to_owned(),
            message: format!("sign commits as git is configured: {reason}"),
            hint: Some(hint.to_owned()),
        };
        assert_eq!(user.config(&settings).signing("ada@example.com"), Signing::Impossible { fault });
    };
    check(
        &[("gpg.format", "x509")],
        "gpg.format is x509, which is not supported",
        "set gpg.format to ssh or openpgp, or commit.gpgsign to false",
    );
    check(
        &[("gpg.format", "pgp")],
        "gpg.format is \"pgp\", which git does not know",
        "set gpg.format to ssh or openpgp",
    );
    check(
        &[("gpg.format", "ssh")],
        "gpg.format is ssh, but user.signingkey is not set",
        "set user.signingkey to the path of your ssh key",
    );
    check(
        &[("gpg.format", "ssh"), ("gpg.ssh.defaultKeyCommand", "touch pwned")],
        "the key is chosen by gpg.ssh.defaultKeyCommand, which is not run here",
        "set user.signingkey to the key that the command prints",
    );
    check(
        &[("gpg.format", "ssh"), ("user.signingkey", "/nowhere/key")],
        "the key /nowhere/key of user.signingkey is not there",
        "set user.signingkey to the whole path of your ssh key",
    );
    check(
        &[("user.signingkey", "--output=/etc/passwd")],
        "user.signingkey is \"--output=/etc/passwd\", which is no key",
        "set user.signingkey to the id of your key, as `gpg --list-secret-keys` shows it",
    );
    let install = "install it, or name it by its whole path in gpg.program or gpg.ssh.program";
    check(&[("gpg.program", "no-such-gpg")], "there is no program no-such-gpg", install);
    check(
        &[("gpg.format", "ssh"), ("user.signingkey", &*key), ("gpg.ssh.program", "./keygen")],
        "there is no program ./keygen",
        install,
    );
    check(
        &[("commit.gpgsign", "perhaps")],
        "commit.gpgsign cannot be read",
        "mend the setting in your git configuration",
    );
}

#[test]
fn a_program_that_never_answers_is_ended_with_all_that_it_started() {
    let user = User::new();
    let key = user.ssh_key("");
    let (outer, inner) = (user.path("outer"), user.path("inner"));
    // It holds the pipes open through a child, as a program that asks for a passphrase does.
    let program = user.script(
        "keygen",
        &format!("echo $$ > {}; sleep 1000 & echo $! > {}; wait", outer.display(), inner.display()),
    );
    let signer = user.signer(&[
        ("commit.gpgsign", "true"),
        ("gpg.format", "ssh"),
        ("gpg.ssh.program", &program),
        ("user.signingkey", &key),
    ]);
    let error = signer.with_limit(Duration::from_secs(2)).sign(b"tree").unwrap_err();
    assert_eq!(
        error.to_string(),
        format!("sign a commit with {program}: it did not answer within 2 seconds")
    );
    check_ended([outer, inner]);
}

#[test]
fn a_program_that_nobody_wants_any_more_is_ended_with_all_that_it_started() {
    let user = User::new();
    let key = user.ssh_key("");
    let (outer, inner) = (user.path("outer"), user.path("inner"));
    let program = user.script(
        "keygen",
        &format!(
            "sleep 1000 & echo $! > {1}.new; mv {1}.new {1}; echo $$ > {0}.new; mv {0}.new {0}; wait",
            outer.display(),
            inner.display()
        ),
    );
    let signer = user.signer(&[
        ("commit.gpgsign", "true"),
        ("gpg.format", "ssh"),
        ("gpg.ssh.program", &program),
        ("user.signingkey", &key),
    ]);
    let cancellation = Cancellation::default();
    let signer = signer.unless(&cancellation);
    let error = std::thread::scope(|scope| {
        let signing = scope.spawn(|| signer.sign(b"tree").unwrap_err());
        while !outer.exists() {
            std::thread::yield_now();
        }
        cancellation.cancel();
        signing.join().unwrap()
    });
    assert_eq!(
        (error.code(), error.to_string()),
        ("cancelled", format!("sign a commit with {program}: cancelled"))
    );
    check_ended([outer, inner]);
    assert_eq!(signer.sign(b"tree").unwrap_err().code(), "cancelled");
}

/// Waits until the processes whose numbers these files hold are gone.
fn check_ended(files: [std::path::PathBuf; 2]) {
    for file in files {
        let process = fs::read_to_string(file).unwrap();
        let deadline = Instant::now() + Duration::from_secs(20);
        while is_alive(process.trim()) {
            assert!(Instant::now() < deadline, "{process} lives");
            std::thread::yield_now();
        }
    }
}

/// Whether a process runs; one whose parent is gone may not be collected yet.
fn is_alive(process: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    stat.rsplit(") ").next().is_some_and(|state| !state.is_empty() && !state.starts_with(['Z', 'X']))
}

#[test]
fn endless_output_and_strange_answers_are_errors() {
    let user = User::new();
    let key = user.ssh_key("");
    let words = |script: &str| {
        let program = user.script("keygen", script);
        let signer = user.signer(&[
            ("commit.gpgsign", "true"),
            ("gpg.format", "ssh"),
            ("gpg.ssh.program", &program),
            ("user.signingkey", &key),
        ]);
        let error = signer.sign(&vec![b'x'; 300_000]).unwrap_err().to_string();
        error.strip_prefix(&format!("sign a commit with {program}: ")).unwrap().to_owned()
    };
    assert_eq!(words("exit 0"), "it printed no signature");
    assert_eq!(words("echo hello"), "it printed no signature");
    assert_eq!(words("exit 3"), "exit status: 3");
    assert_eq!(words("printf '\\033[31mno\\033[0m \\342\\200\\256key' >&2; exit 1"), "no ⟨U+202E⟩key");
    assert_eq!(words("head -c 1000000 /dev/zero | tr '\\0' y >&2; exit 1").len(), 4000);
}

/// The arguments, input and environment that the program got.
fn witnessed(user: &User, settings: &[(&str, &str)]) -> (String, String, String) {
    let seen = user.path("seen");
    let program = user.script(
        "witness",
        &format!(
            "for a in \"$@\"; do printf '%s\\n' \"$a\"; done > {0}.args; env > {0}.env; cat > {0}.input; exit 1",
            seen.display()
        ),
    );
    let named = if settings.contains(&("gpg.format", "ssh")) { "gpg.ssh.program" } else { "gpg.program" };
    let settings = [&[("commit.gpgsign", "true"), (named, &*program)], settings].concat();
    user.signer(&settings).sign(b"tree 1234\n").unwrap_err();
    let read = |end: &str| fs::read_to_string(seen.with_extension(end)).unwrap();
    (read("args"), read("input"), read("env"))
}

#[test]
fn the_program_gets_what_git_would_give_it() {
    let user = User::new();
    let key = user.ssh_key("");
    let (args, input, environment) = witnessed(&user, &[("gpg.format", "ssh"), ("user.signingkey", &key)]);
    assert!(environment.contains("SSH_ASKPASS_REQUIRE=force\n"), "it would ask on a terminal: {environment}");
    assert_eq!((args, input), (format!("-Y\nsign\n-n\ngit\n-f\n{key}\n"), "tree 1234\n".to_owned()));
    let (args, input, _) = witnessed(&user, &[("user.signingkey", "AB CD; $(touch x)")]);
    assert_eq!(
        (args, input),
        ("--status-fd=2\n-bsau\nAB CD; $(touch x)\n".to_owned(), "tree 1234\n".to_owned())
    );
    let (args, _, _) = witnessed(&user, &[]);
    assert_eq!(args, "--status-fd=2\n-bsau\n<ada@example.com>\n");
}

const PLANTED: &str = "ANCHORHOLD_PLANTED_TOKEN";

#[test]
fn the_program_gets_no_secret_of_our_environment() {
    if std::env::var_os(PLANTED).is_some() {
        let user = User::new();
        let (_, _, environment) = witnessed(&user, &[]);
        assert!(environment.contains("PATH="), "{environment}");
        assert!(!environment.contains("planted-3a9c"), "{environment}");
        return;
    }
    // A test cannot change its own environment, so it runs itself a second time.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "the_program_gets_no_secret_of_our_environment"].map(OsStr::new))
        .env(PLANTED, "planted-3a9c")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[test]
fn a_failed_signature_leaves_no_commit_behind_a_ref() {
    let user = User::new();
    let key = user.ssh_key("");
    let program = user.script("keygen", "exit 1");
    let signer = user.signer(&[
        ("commit.gpgsign", "true"),
        ("gpg.format", "ssh"),
        ("gpg.ssh.program", &program),
        ("user.signingkey", &key),
    ]);
    let place = Place::with(&[("a.txt", "one\n")]);
    let (mirror, base) = place.fetched();
    let agents = place.dir.path().join("mirrors").join(mirror.remote().slug()).join("agents.git");
    let refs = |folder: &Path| git(folder, &["for-each-ref"]).unwrap();
    let before = refs(&agents);
    let make = CommitToMake { tree: base.tree, message: "One".to_owned() };
    let error = mirror.commits_for_push(&base.commit, &[make], &ada(), Some(&signer)).unwrap_err();
    assert_eq!(error.code(), "signing_failed");
    assert_eq!(refs(&agents), before);
}
