//! Secrets over a keychain that answers as told: found, absent, locked, missing, or not at all.
#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use keyring::credential::{Credential, CredentialApi, CredentialBuilderApi, CredentialPersistence};
use std::any::Any;
use std::sync::{Condvar, Mutex, mpsc};
use std::time::Duration;

/// A keychain that keeps secrets, or fails in one way.
#[derive(Clone, Copy, Debug)]
enum Mood {
    Open,
    Locked,
    Missing,
    Garbled,
    Silent,
}

type Kept = Arc<Mutex<HashMap<String, Vec<u8>>>>;

struct Builder(Mood, Kept);
struct Entry(Mood, Kept, String);

impl CredentialBuilderApi for Builder {
    fn build(&self, _: Option<&str>, service: &str, user: &str) -> keyring::Result<Box<Credential>> {
        Ok(Box::new(Entry(self.0, Arc::clone(&self.1), format!("{service} {user}"))))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Entry {
    fn mood(&self) -> keyring::Result<()> {
        match self.0 {
            Mood::Open => Ok(()),
            Mood::Locked => Err(keyring::Error::NoStorageAccess("locked".into())),
            Mood::Missing => Err(keyring::Error::PlatformFailure("no provider".into())),
            Mood::Garbled => Err(keyring::Error::BadEncoding(b"hunter2".to_vec())),
            // Parks until the test's process ends, as a keychain does that waits for its user.
            Mood::Silent => loop {
                std::thread::park();
            },
        }
    }
}

impl CredentialApi for Entry {
    fn set_secret(&self, secret: &[u8]) -> keyring::Result<()> {
        self.mood()?;
        self.1.lock().unwrap().insert(self.2.clone(), secret.to_vec());
        Ok(())
    }
    fn set_password(&self, password: &str) -> keyring::Result<()> {
        self.set_secret(password.as_bytes())
    }
    fn get_secret(&self) -> keyring::Result<Vec<u8>> {
        self.mood()?;
        self.1.lock().unwrap().get(&self.2).cloned().ok_or(keyring::Error::NoEntry)
    }
    fn get_password(&self) -> keyring::Result<String> {
        self.get_secret().map(|bytes| String::from_utf8(bytes).unwrap())
    }
    fn delete_credential(&self) -> keyring::Result<()> {
        self.mood()?;
        self.1.lock().unwrap().remove(&self.2).map(drop).ok_or(keyring::Error::NoEntry)
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn secrets(mood: Mood, environment: fn(&str) -> Option<String>) -> Secrets {
    // Only the silent one is given up; any other answers, however busy the machine is.
    let patience = match mood {
        Mood::Silent => Duration::from_millis(50),
        Mood::Open | Mood::Locked | Mood::Missing | Mood::Garbled => Duration::from_secs(60),
    };
    Secrets::new(Keychain::new(Arc::new(Builder(mood, Kept::default())), patience), environment)
}

/// A keychain that writes only once its user has unlocked it.
#[derive(Default)]
struct Prompt {
    unlocked: Mutex<bool>,
    changed: Condvar,
    kept: Kept,
}

/// One credential of it, and who hears of each change.
struct Prompting(Arc<Prompt>, mpsc::Sender<&'static str>, String);
struct Prompts(Arc<Prompt>, mpsc::Sender<&'static str>);

impl CredentialBuilderApi for Prompts {
    fn build(&self, _: Option<&str>, service: &str, user: &str) -> keyring::Result<Box<Credential>> {
        Ok(Box::new(Prompting(Arc::clone(&self.0), self.1.clone(), format!("{service} {user}"))))
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Prompting {
    fn entry(&self) -> Entry {
        Entry(Mood::Open, Arc::clone(&self.0.kept), self.2.clone())
    }
}

impl CredentialApi for Prompting {
    fn set_secret(&self, secret: &[u8]) -> keyring::Result<()> {
        let unlocked = self.0.unlocked.lock().unwrap();
        drop(self.0.changed.wait_while(unlocked, |unlocked| !*unlocked).unwrap());
        self.entry().set_secret(secret)?;
        self.1.send("set").unwrap();
        Ok(())
    }
    fn set_password(&self, password: &str) -> keyring::Result<()> {
        self.set_secret(password.as_bytes())
    }
    fn get_secret(&self) -> keyring::Result<Vec<u8>> {
        self.entry().get_secret()
    }
    fn get_password(&self) -> keyring::Result<String> {
        self.entry().get_password()
    }
    fn delete_credential(&self) -> keyring::Result<()> {
        self.entry().delete_credential()?;
        self.1.send("deleted").unwrap();
        Ok(())
    }
    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Prompt {
    fn unlock(&self) {
        *self.unlocked.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn keep(&self, name: &SecretName, text: &str) {
        self.kept.lock().unwrap().insert(entry(name), text.as_bytes().to_vec());
    }

    fn kept(&self, name: &SecretName) -> Option<String> {
        let kept = self.kept.lock().unwrap().get(&entry(name)).cloned();
        kept.map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

fn entry(name: &SecretName) -> String {
    format!("anchorhold {}", name.account())
}

/// Secrets in a keychain that waits for its user, and who hears of its changes until the last is made.
fn prompting(patience: Duration) -> (Arc<Prompt>, mpsc::Receiver<&'static str>, Secrets) {
    let (prompt, (told, hears)) = (Arc::new(Prompt::default()), mpsc::channel());
    let keychain = Keychain::new(Arc::new(Prompts(Arc::clone(&prompt), told)), patience);
    (prompt, hears, Secrets::new(keychain, empty))
}

/// Gives up on a keychain that waits for its user, who unlocks it then; returns what happened to it from then
/// on, and what it has in the end.
async fn unlocked_late(before: Option<&str>, renews: bool) -> (Vec<&'static str>, Option<String>) {
    let (prompt, hears, secrets) = prompting(Duration::ZERO);
    let name = SecretName::Account { key: "github.com/7".to_owned() };
    if let Some(before) = before {
        prompt.keep(&name, before);
    }
    let secret = Secret::new("new".to_owned());
    let kept = match renews {
        true => secrets.renew(&name, secret, Rest::Keychain).await,
        false => secrets.set(&name, secret, Rest::Keychain).await,
    };
    assert_eq!(kept.unwrap_err().code(), "keychain_timed_out");
    prompt.unlock();
    // Ends with the last who could tell something.
    drop(secrets);
    (hears.iter().collect(), prompt.kept(&name))
}

fn empty(_: &str) -> Option<String> {
    None
}

fn exported(variable: &str) -> Option<String> {
    let value = match variable {
        "OPENAI_API_KEY" => "usual",
        "ANTHROPIC_API_KEY" => "usual",
        "ANCHORHOLD_ANTHROPIC_API_KEY" => "ours",
        "MY_SERVER_API_KEY" => "renamed",
        "GOOGLE_API_KEY" => "googles",
        "EMPTY_API_KEY" => "",
        "ANCHORHOLD_GIT_TOKEN" => "token",
        _ => return None,
    };
    Some(value.to_owned())
}

fn exported_for_a_host(variable: &str) -> Option<String> {
    match variable {
        "ANCHORHOLD_GIT_HOST" => Some("git.example.com:8443".to_owned()),
        other => exported(other),
    }
}

fn model(provider: &str) -> SecretName {
    SecretName::ModelKey { provider: provider.to_owned() }
}

fn git(host: &str) -> SecretName {
    SecretName::GitToken { host: host.to_owned() }
}

/// What `get` answers: the secret's text, nothing, or an error's code.
async fn get(secrets: &Secrets, name: &SecretName) -> String {
    match secrets.get(name).await {
        Ok(Some(secret)) => secret.expose().to_owned(),
        Ok(None) => "nothing".to_owned(),
        Err(error) => error.code().to_owned(),
    }
}

#[tokio::test]
async fn a_secret_is_found_under_its_name_alone_until_it_is_deleted() {
    let secrets = secrets(Mood::Open, empty);
    secrets.set(&git("github.com"), "one".to_owned().into(), Rest::Keychain).await.unwrap();
    secrets.set(&git("GitHub.com"), "two".to_owned().into(), Rest::Keychain).await.unwrap();
    assert_eq!(get(&secrets, &git("github.com")).await, "two");
    assert_eq!(get(&secrets, &git("github.com.example.com")).await, "nothing");
    assert_eq!(get(&secrets, &model("github.com")).await, "nothing");
    secrets.delete(&git("github.com")).await.unwrap();
    secrets.delete(&git("github.com")).await.unwrap();
    assert_eq!(get(&secrets, &git("github.com")).await, "nothing");
}

#[tokio::test]
async fn this_session_comes_before_the_keychain_and_that_before_the_environment() {
    let secrets = secrets(Mood::Open, exported);
    let name = model("openai");
    assert_eq!(get(&secrets, &name).await, "usual");
    secrets.set(&name, "kept".to_owned().into(), Rest::Keychain).await.unwrap();
    assert_eq!(get(&secrets, &name).await, "kept");
    secrets.set(&name, "tried".to_owned().into(), Rest::Session).await.unwrap();
    assert_eq!(get(&secrets, &name).await, "tried");
    secrets.set(&name, "kept again".to_owned().into(), Rest::Keychain).await.unwrap();
    assert_eq!(get(&secrets, &name).await, "kept again");
    secrets.set(&name, "tried".to_owned().into(), Rest::Session).await.unwrap();
    secrets.delete(&name).await.unwrap();
    assert_eq!(get(&secrets, &name).await, "usual");
}

#[tokio::test]
async fn what_a_keychain_keeps_after_it_was_given_up_is_taken_back_unless_what_it_replaces_is_spent() {
    let kept = |text: &str| Some(text.to_owned());
    assert_eq!(unlocked_late(None, false).await, (vec!["set", "deleted"], None));
    assert_eq!(unlocked_late(Some("old"), false).await, (vec!["set", "set"], kept("old")));
    assert_eq!(unlocked_late(Some("old"), true).await, (vec!["set"], kept("new")));
}

#[tokio::test]
async fn what_was_given_up_takes_nothing_from_who_kept_or_forgot_the_secret_since() {
    let name = model("openai");
    let key = || Secret::new("new".to_owned());
    // As often as two threads need to show each order in which they can come to run.
    for _ in 0..100 {
        for keeps in [true, false] {
            let (prompt, hears, secrets) = prompting(Duration::from_secs(60));
            prompt.keep(&name, "old");
            let first = secrets.set(&name, key(), Rest::Keychain);
            assert!(tokio::time::timeout(Duration::ZERO, first).await.is_err());
            let second = async {
                match keeps {
                    true => secrets.set(&name, key(), Rest::Keychain).await,
                    false => secrets.delete(&name).await,
                }
            };
            tokio::join!(second, async { prompt.unlock() }).0.unwrap();
            drop(secrets);
            hears.iter().for_each(drop);
            assert_eq!(prompt.kept(&name).as_deref(), keeps.then_some("new"));
        }
    }
}

#[tokio::test]
async fn the_environment_names_a_key_for_each_provider_and_prefers_ours() {
    let secrets = secrets(Mood::Missing, exported);
    let mut found = Vec::new();
    for provider in ["openai", "anthropic", "my-server", "gemini", "empty", "none"] {
        found.push(get(&secrets, &model(provider)).await);
    }
    assert_eq!(found, ["usual", "ours", "renamed", "googles", "nothing", "nothing"]);
    let named = model("gemini").variables();
    assert_eq!(named, ["ANCHORHOLD_GEMINI_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"]);
}

#[tokio::test]
async fn where_a_secret_is_can_be_asked_without_seeing_it() {
    let secrets = secrets(Mood::Open, exported);
    let name = model("openai");
    assert_eq!(secrets.place(&model("none")).await.unwrap(), None);
    assert_eq!(secrets.place(&name).await.unwrap(), Some(Found::Environment));
    secrets.set(&name, "kept".to_owned().into(), Rest::Keychain).await.unwrap();
    assert_eq!(secrets.place(&name).await.unwrap(), Some(Found::Keychain));
    secrets.set(&name, "tried".to_owned().into(), Rest::Session).await.unwrap();
    assert_eq!(secrets.place(&name).await.unwrap(), Some(Found::Session));
    let error = super::tests::secrets(Mood::Locked, empty).place(&name).await.unwrap_err();
    assert_eq!(error.code(), "keychain_locked");
}

#[tokio::test]
async fn a_git_token_from_the_environment_is_shown_to_its_host_alone() {
    let usual = secrets(Mood::Missing, exported);
    assert_eq!(get(&usual, &git("github.com")).await, "token");
    assert_eq!(get(&usual, &git("github.com:8443")).await, "nothing");
    assert_eq!(get(&usual, &git("git.example.com:8443")).await, "nothing");
    let named = secrets(Mood::Missing, exported_for_a_host);
    assert_eq!(get(&named, &git("git.example.com:8443")).await, "token");
    assert_eq!(get(&named, &git("github.com")).await, "nothing");
}

#[tokio::test]
async fn a_keychain_that_may_hold_the_secret_is_not_passed_over_in_silence() {
    let moods = [
        (Mood::Missing, "nothing"),
        (Mood::Locked, "keychain_locked"),
        (Mood::Silent, "keychain_timed_out"),
        (Mood::Garbled, "secret_not_text"),
    ];
    for (mood, answer) in moods {
        assert_eq!(get(&secrets(mood, empty), &model("openai")).await, answer, "{mood:?}");
        assert_eq!(get(&secrets(mood, exported), &model("openai")).await, "usual", "{mood:?}");
    }
}

#[tokio::test]
async fn who_needs_the_secret_is_told_that_there_is_no_keychain_unless_it_is_elsewhere() {
    let needed = async |mood, environment| {
        let found = secrets(mood, environment).needed(&model("openai")).await;
        found.map(|secret| secret.map(|secret| secret.expose().to_owned())).map_err(|error| error.code())
    };
    assert_eq!(needed(Mood::Missing, empty).await, Err("keychain_unavailable"));
    assert_eq!(needed(Mood::Missing, exported).await, Ok(Some("usual".to_owned())));
    assert_eq!(needed(Mood::Open, empty).await, Ok(None));
    assert_eq!(needed(Mood::Locked, empty).await, Err("keychain_locked"));
}

#[tokio::test]
async fn without_a_keychain_a_secret_rests_in_memory_only_where_that_was_chosen() {
    let secrets = secrets(Mood::Missing, empty);
    let name = git("github.com");
    let error = secrets.set(&name, "token".to_owned().into(), Rest::Keychain).await.unwrap_err();
    assert_eq!(error.code(), "keychain_unavailable");
    assert_eq!(
        error.hint().unwrap(),
        "start a keychain such as gnome-keyring, keep it for this session only, or set \
         ANCHORHOLD_GIT_TOKEN (with ANCHORHOLD_GIT_HOST)"
    );
    assert_eq!(get(&secrets, &name).await, "nothing");
    secrets.set(&name, "token".to_owned().into(), Rest::Session).await.unwrap();
    assert_eq!(get(&secrets.clone(), &name).await, "token");
    secrets.delete(&name).await.unwrap();
    assert_eq!(get(&secrets, &name).await, "nothing");
}

#[tokio::test]
async fn a_sign_in_that_the_keychain_does_not_take_is_told_how_to_do_without_it() {
    let hint = async |mood| {
        let name = SecretName::Account { key: "github.com/7".to_owned() };
        let set = secrets(mood, empty).set(&name, "token".to_owned().into(), Rest::Keychain).await;
        set.unwrap_err().hint().unwrap()
    };
    let without = "or sign in without “Remember on this computer” in the window, as with \
                   ANCHORHOLD_SIGN_IN=session, which forgets the account when the program ends";
    assert_eq!(hint(Mood::Locked).await, format!("unlock your keychain and try again; {without}"));
    assert_eq!(
        hint(Mood::Missing).await,
        format!(
            "start a keychain such as gnome-keyring; {without}; or set ANCHORHOLD_GIT_TOKEN (with \
             ANCHORHOLD_GIT_HOST)"
        )
    );
}

#[tokio::test]
async fn the_library_s_pretended_keychain_is_refused() {
    let pretended = Keychain::new(keyring::mock::default_credential_builder().into(), Duration::from_secs(1));
    let secrets = Secrets::new(pretended, empty);
    let error = secrets.set(&model("openai"), "key".to_owned().into(), Rest::Keychain).await.unwrap_err();
    assert_eq!(error.code(), "keychain_unavailable");
}

#[test]
fn this_system_s_keychain_is_a_real_one() {
    let builder = keyring::default::default_credential_builder();
    assert!(matches!(builder.persistence(), CredentialPersistence::UntilDelete));
}

#[tokio::test]
async fn nothing_that_is_printed_shows_a_secret() {
    let secret = Secret::new("hunter2".to_owned());
    let secrets = secrets(Mood::Garbled, empty);
    secrets.set(&git("github.com"), secret.clone(), Rest::Session).await.unwrap();
    let error = secrets.get(&model("openai")).await.unwrap_err();
    let printed = format!("{secret} {secret:?} {secrets:?} {error} {error:?}");
    assert!(!printed.contains("hunter2"), "{printed}");
    assert!(!printed.contains("104, 117, 110"), "{printed}");
}

#[tokio::test]
async fn an_account_and_an_apps_secret_rest_apart_and_in_no_variable() {
    let secrets = secrets(Mood::Open, |_| Some("from a variable".to_owned()));
    let account = SecretName::Account { key: "github.com/7".to_owned() };
    let app = SecretName::AppSecret { host: "github.com".to_owned() };
    for name in [&account, &app] {
        assert!(secrets.get(name).await.unwrap().is_none());
        secrets.set(name, Secret::new(name.to_string()), Rest::Keychain).await.unwrap();
    }
    for name in [&account, &app] {
        assert_eq!(secrets.get(name).await.unwrap().unwrap().expose(), name.to_string());
    }
}

#[tokio::test]
async fn what_may_still_be_in_a_keychain_that_is_away_counts_as_not_erased() {
    let account = SecretName::Account { key: "github.com/7".to_owned() };
    for (mood, told) in [
        (Mood::Open, None),
        (Mood::Missing, Some("keychain_unavailable")),
        (Mood::Locked, Some("keychain_locked")),
    ] {
        let secrets = secrets(mood, empty);
        secrets.set(&account, Secret::new("a token".to_owned()), Rest::Session).await.unwrap();
        assert_eq!(secrets.erase(&account).await.err().map(|error| error.code()), told);
        // From memory it is gone in any case.
        assert!(secrets.remembered(&account).is_none());
    }
}
