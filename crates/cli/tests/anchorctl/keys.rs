//! Which key goes to which model server, and what becomes of a run whose keychain does not open.

use crate::harness::{House, TASK, Voice, eventually, request_of, soon};
use crate::{Ended, anchorctl, end, ended, one_edit, printed, run};
use std::os::unix::net::UnixListener;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::net::TcpListener;
use tokio::process::Command;

const PROVIDERS: &str = "sk-planted-4e1d";
const OWN: &str = "sk-own-77b0";

/// What a server of the user's own hears as `Authorization` from an agent of provider `openai`.
async fn heard(house: &House, keys: &[(&str, &str)], voice: &Voice) -> Vec<String> {
    let remote = house.repository(&[("a", "a\n")]);
    let (address, base_url) = (remote.address(), voice.base_url());
    let mut arguments = run(&address, &base_url, &[]);
    arguments.iter_mut().filter(|word| **word == "scripted/test").for_each(|word| *word = "openai/test");
    let mut command = anchorctl(house, &arguments);
    command.env_remove("ANCHORHOLD_OPENAI_API_KEY").env_remove("OPENAI_API_KEY");
    command.envs(keys.iter().copied());
    let ended = end(command).await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    voice.authorizations()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_providers_key_is_never_sent_to_a_server_of_the_users_own() {
    let house = House::new();
    let voice = one_edit().await;
    let keys = [("OPENAI_API_KEY", PROVIDERS), ("ANCHORHOLD_OPENAI_API_KEY", PROVIDERS)];
    let heard = heard(&house, &keys, &voice).await;
    assert_eq!((heard.len(), heard.concat().contains(PROVIDERS)), (1, false), "{heard:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_the_users_own_is_sent_the_key_that_was_set_for_it() {
    let house = House::new();
    let voice = one_edit().await;
    let port = voice.base_url().rsplit(':').next().unwrap().trim_end_matches("/v1").to_owned();
    let variable = format!("ANCHORHOLD_127_0_0_1_{port}_API_KEY");
    let keys = [("OPENAI_API_KEY", PROVIDERS), (variable.as_str(), OWN)];
    assert_eq!(heard(&house, &keys, &voice).await, [format!("Bearer {OWN}")]);
}

/// Ends a run of an agent of provider `openai` in surroundings without its key.
async fn without_key(house: &House, base_url: Option<&str>, fallback: &[&str], bus: &str) -> Ended {
    let remote = house.repository(&[("a", "a\n")]);
    let address = remote.address();
    let mut arguments = run(&address, base_url.unwrap_or_default(), fallback);
    arguments.iter_mut().filter(|word| **word == "scripted/test").for_each(|word| *word = "openai/test");
    if base_url.is_none() {
        let place = arguments.iter().position(|word| *word == "--base-url").unwrap();
        arguments.drain(place..place + 2);
    }
    let mut command = anchorctl(house, &arguments);
    command.env_remove("ANCHORHOLD_OPENAI_API_KEY").env_remove("OPENAI_API_KEY");
    command.env("DBUS_SESSION_BUS_ADDRESS", bus);
    end(command).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keychain_that_does_not_open_pauses_the_agent_which_goes_on_once_it_does() {
    let house = House::new();
    let voice = one_edit().await;
    // A session bus that takes connections and says nothing, as one whose keychain waits for its user.
    let socket = house.place().join("bus.sock");
    let silent = UnixListener::bind(&socket).unwrap();
    let bus = format!("unix:path={}", socket.display());
    let ended = without_key(&house, Some(&voice.base_url()), &[], &bus).await;
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let told = printed(&ended.out);
    assert_eq!(told.last().map(String::as_str), Some("paused: Provider keychain_timed_out"), "{told:#?}");
    let fault = "prepare openai/test: reach the keychain for the key to 127.0.0.1:";
    let hint = "unlock your keychain and try again; then resume the agent, or give it another model";
    assert!(ended.out.contains(fault) && ended.out.contains(hint), "{}", ended.out);
    assert_eq!(voice.requests().len(), 0);
    drop(silent);

    // With a key at hand nobody needs the keychain.
    let port = voice.base_url().rsplit(':').next().unwrap().trim_end_matches("/v1").to_owned();
    let mut resume = anchorctl(&house, &["resume", "Errand", "--json"]);
    resume.env(format!("ANCHORHOLD_127_0_0_1_{port}_API_KEY"), OWN);
    let ended = end(resume).await;
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert_eq!(voice.authorizations(), [format!("Bearer {OWN}")]);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_the_keychain_does_not_open_the_model_that_stands_in_is_asked() {
    let house = House::new();
    let voice = one_edit().await;
    let socket = house.place().join("bus.sock");
    let _silent = UnixListener::bind(&socket).unwrap();
    let bus = format!("unix:path={}", socket.display());
    let fallback = ["--fallback", "scripted/demo"];
    let ended = without_key(&house, Some(&voice.base_url()), &fallback, &bus).await;
    let told = printed(&ended.out);
    let instead = told.iter().position(|line| line.starts_with("asks ")).unwrap();
    assert!(told[instead].ends_with(" instead: keychain_timed_out"), "{told:#?}");
    assert_eq!(told[instead + 1], "answered");
    assert_eq!(voice.requests().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_keychain_an_agent_of_a_provider_that_wants_a_key_is_held_and_asks_nobody() {
    let house = House::new();
    let nowhere = format!("unix:path={}", house.place().join("no-bus").display());
    let ended = without_key(&house, None, &[], &nowhere).await;
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let told = printed(&ended.out);
    assert!(!told.iter().any(|line| line.starts_with("turn: ")), "{told:#?}");
    assert_eq!(told.last().map(String::as_str), Some("paused: Provider keychain_unavailable"), "{told:#?}");
    assert!(ended.out.contains("or set OPENAI_API_KEY; then resume the agent"), "{}", ended.out);
}

/// Keeps a key, locks the keychain, and runs the program. Nobody can be asked to unlock it there.
#[cfg(target_os = "linux")]
const LOCKED: &str = r#"
set -e
program=$1; shift
printf 'a password\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
printf 'sk-planted-4e1d' | "$program" key set openai >/dev/null
dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
    org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null
exec "$program" "$@"
"#;

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_real_keychain_that_is_locked_pauses_the_agent() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let home = house.place().join("user");
    std::fs::create_dir_all(&home).unwrap();
    let address = remote.address();
    let arguments = ["run", "--repo", &address, "--from", "main", "--to", "agent/work", "--task", TASK];
    let mut command = Command::new("dbus-run-session");
    command
        .args(["--", "sh", "-c", LOCKED, "sh", env!("CARGO_BIN_EXE_anchorctl")])
        .args(arguments)
        .args(["--name", "Errand", "--model", "openai/test", "--json"])
        .env("ANCHORHOLD_HOME", house.home())
        .env("HOME", &home)
        .env("XDG_RUNTIME_DIR", &home)
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"))
        .env("XDG_CACHE_HOME", home.join("cache"));
    let none = ["DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS"];
    let keys = ["ANCHORHOLD_OPENAI_API_KEY", "OPENAI_API_KEY", "ANCHORHOLD_GIT_TOKEN", "ANCHORHOLD_LOG"];
    for variable in none.iter().chain(&keys) {
        command.env_remove(variable);
    }
    command.stdin(Stdio::null()).kill_on_drop(true);
    let ended = ended(soon("anchorctl", command.output()).await.unwrap());
    assert_eq!(ended.status, Some(1), "{ended:?}");
    let told = printed(&ended.out);
    assert_eq!(told.last().map(String::as_str), Some("paused: Provider keychain_locked"), "{told:#?}");
    assert!(ended.out.contains("prepare openai/test: open the keychain for the key to openai"), "{ended:?}");
    assert!(!ended.out.contains(PROVIDERS) && !ended.err.contains(PROVIDERS));
}

/// A server that is asked for nothing, and what it was asked all the same: the heads of the requests.
async fn elsewhere() -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let heads = Arc::<Mutex<Vec<String>>>::default();
    let heard = Arc::clone(&heads);
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            if let Ok((head, _)) = request_of(&mut client).await {
                heard.lock().unwrap().push(head);
            }
        }
    });
    (address, heads)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_server_that_points_elsewhere_is_not_followed() {
    for wire in ["chat", "messages", "gemini"] {
        let house = House::new();
        let voice = one_edit().await;
        let (other, heads) = elsewhere().await;
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {other}/v1\r\nContent-Length: 0\r\n\
             Connection: close\r\n\r\n"
        );
        voice.instead(vec![Some(&answer); 6]);
        let port = voice.base_url().rsplit(':').next().unwrap().trim_end_matches("/v1").to_owned();
        let remote = house.repository(&[("a", "a\n")]);
        let (address, base_url) = (remote.address(), voice.base_url());
        let mut arguments = run(&address, &base_url, &["--wire", wire]);
        arguments.iter_mut().filter(|word| **word == "scripted/test").for_each(|word| *word = "openai/test");
        let mut command = anchorctl(&house, &arguments);
        command.env(format!("ANCHORHOLD_127_0_0_1_{port}_API_KEY"), OWN);
        let mut running = command.spawn().unwrap();
        voice.asked(1).await;
        eventually("it is held, or follows", || {
            running.try_wait().unwrap().is_some() || !heads.lock().unwrap().is_empty()
        })
        .await;
        let heads = heads.lock().unwrap().clone();
        assert!(heads.is_empty(), "{wire}: {heads:#?}");
    }
}
