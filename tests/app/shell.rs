//! The shell over a mock runtime: what the page sends arrives at the engine, and comes back as JSON.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test says what it needed"
)]

use anchorhold_app::{Opened, Settings, Watches, builder};
use anchorhold_engine::Config;
use serde_json::{Value, json};
use std::path::Path;
use tauri::ipc::{CallbackFn, InvokeBody};
use tauri::test::{INVOKE_KEY, MockRuntime, get_ipc_response, mock_builder, mock_context, noop_assets};
use tauri::webview::InvokeRequest;
use tauri::{App, Manager, WebviewWindow, WebviewWindowBuilder};

struct Page {
    window: WebviewWindow<MockRuntime>,
    app: App<MockRuntime>,
    folder: tempfile::TempDir,
}

fn open() -> Page {
    let folder = tempfile::tempdir().unwrap();
    let (app, window) = open_over(&folder.path().join("home"));
    Page { window, app, folder }
}

fn open_over(home: &Path) -> (App<MockRuntime>, WebviewWindow<MockRuntime>) {
    let app = mock_builder()
        .plugin(tauri_plugin_store::Builder::default().build())
        .invoke_handler(builder::<MockRuntime>().invoke_handler())
        .manage(Opened::new(Config::new(home.to_owned(), "a test")))
        .manage(Settings::of(home))
        .manage(Watches::default())
        .build(mock_context(noop_assets()))
        .unwrap();
    let window = WebviewWindowBuilder::new(&app, "main", tauri::WebviewUrl::default()).build().unwrap();
    (app, window)
}

fn invoke(window: &WebviewWindow<MockRuntime>, command: &str, arguments: Value) -> Result<Value, Value> {
    let request = InvokeRequest {
        cmd: command.to_owned(),
        callback: CallbackFn(0),
        error: CallbackFn(1),
        url: if cfg!(windows) { "http://tauri.localhost" } else { "tauri://localhost" }.parse().unwrap(),
        body: InvokeBody::Json(arguments),
        headers: tauri::http::HeaderMap::default(),
        invoke_key: INVOKE_KEY.to_owned(),
    };
    get_ipc_response(window, request).map(|body| body.deserialize().unwrap())
}

impl Page {
    fn invoke(&self, command: &str, arguments: Value) -> Result<Value, Value> {
        invoke(&self.window, command, arguments)
    }
}

fn new_agent(name: &str) -> Value {
    json!({"newAgent": {
        "name": name, "task": "Round the heights", "githubRepo": "octo/tidepool", "sourceBranch": "main",
        "targetBranch": "agent-heights", "model": {"provider": "scripted", "name": "demo", "baseUrl": null},
        "limits": {"tokens": null, "turns": null, "seconds": null}
    }})
}

#[test]
fn an_agent_is_created_listed_deleted_and_restored() {
    let page = open();
    let created = page.invoke("create_agent", new_agent("Heights")).unwrap();
    let id = created["id"].clone();
    assert_eq!(
        (&created["status"], &created["agentPort"], &created["userId"]),
        (&json!("IDLE"), &Value::Null, &json!("local"))
    );
    let names = |page: &Page| {
        let agents = page.invoke("agents", json!({})).unwrap();
        agents.as_array().unwrap().iter().map(|agent| agent["name"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names(&page), [json!("Heights")]);
    page.invoke("delete_agent", json!({"id": id})).unwrap();
    assert_eq!(names(&page), Vec::<Value>::new());
    page.invoke("restore_agent", json!({"id": id})).unwrap();
    assert_eq!(names(&page), [json!("Heights")]);
}

#[test]
fn a_refused_field_comes_back_with_its_code() {
    let page = open();
    page.invoke("create_agent", new_agent("Heights")).unwrap();
    let codes = [new_agent(""), new_agent("Heights"), {
        let mut same = new_agent("Same");
        same["newAgent"]["targetBranch"] = json!("main");
        same
    }]
    .map(|new| page.invoke("create_agent", new).unwrap_err()["code"].clone());
    assert_eq!(codes, [json!("name_empty"), json!("name_taken"), json!("target_is_source")]);
}

#[test]
fn a_verb_for_another_status_is_refused_in_words() {
    let page = open();
    let id = page.invoke("create_agent", new_agent("Heights")).unwrap()["id"].clone();
    let fault = page.invoke("push", json!({"id": id, "wish": {}})).unwrap_err();
    assert_eq!(
        fault,
        json!({"code": "wrong_status", "message": "push agent \"Heights\": it is IDLE",
               "hint": "start the agent, or wait where it waits for a free slot"})
    );
}

#[test]
fn the_queue_is_changed_while_it_waits() {
    let page = open();
    let id = page.invoke("create_agent", new_agent("Heights")).unwrap()["id"].clone();
    page.invoke("instruct", json!({"id": id, "text": "And the changelog"})).unwrap();
    let empty = page.invoke("instruct", json!({"id": id, "text": "  "})).unwrap_err();
    assert_eq!(empty["code"], json!("instruction_empty"));
}

#[test]
fn an_id_that_is_none_never_reaches_the_engine() {
    let page = open();
    let refused = page.invoke("start", json!({"id": "../../etc"})).unwrap_err();
    assert!(refused.as_str().unwrap_or_default().contains("invalid args `id`"), "{refused}");
}

#[test]
fn the_theme_is_kept() {
    let page = open();
    page.invoke("set_theme", json!({"theme": "DARK"})).unwrap();
    assert_eq!(page.invoke("theme", json!({})).unwrap(), json!("DARK"));
    let kept = std::fs::read_to_string(page.folder.path().join("home/settings.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&kept).unwrap(), json!({"theme": "DARK"}));
}

#[test]
fn the_engine_that_is_chosen_is_used_and_kept_and_one_that_makes_no_sense_is_not() {
    let page = open();
    let missing = format!("unix://{}", page.folder.path().join("docker.sock").display());
    page.invoke("choose_engine", json!({"choice": missing})).unwrap();
    assert_eq!(page.invoke("engine_choice", json!({})).unwrap(), json!(missing));
    let status = page.invoke("engine_status", json!({})).unwrap();
    assert_eq!((&status["state"], &status["fault"]["code"]), (&json!("MISSING"), &json!("engine_missing")));
    let listed = page.invoke("engines", json!({})).unwrap();
    assert_eq!((&listed[0]["choice"], &listed[0]["inUse"]), (&json!(missing), &json!(true)));

    let refused = page.invoke("choose_engine", json!({"choice": "tcp://192.0.2.1:2375"})).unwrap_err();
    assert_eq!(refused["code"], json!("engine_unencrypted"));
    assert_eq!(page.invoke("engine_choice", json!({})).unwrap(), json!(missing));

    let other = missing.replace("docker.sock", "other.sock");
    page.invoke("choose_engine", json!({"choice": other})).unwrap();
    let status = page.invoke("engine_status", json!({})).unwrap();
    assert!(status["fault"]["message"].as_str().unwrap().ends_with("other.sock"), "{status}");

    page.invoke("choose_engine", json!({"choice": null})).unwrap();
    assert_eq!(page.invoke("engine_choice", json!({})).unwrap(), Value::Null);
}

#[test]
fn a_data_folder_in_use_is_said_in_the_window_and_tried_again() {
    let page = open();
    page.invoke("agents", json!({})).unwrap();
    let (_second, window) = open_over(&page.folder.path().join("home"));
    let fault = invoke(&window, "agents", json!({})).unwrap_err();
    assert_eq!(fault["code"], json!("folder_in_use"));
    assert!(fault["message"].as_str().unwrap().contains("a test (process "), "{fault}");
    tauri::async_runtime::block_on(page.app.state::<Opened>().close());
    drop(page.app);
    assert_eq!(invoke(&window, "agents", json!({})).unwrap(), json!([]));
}

#[test]
fn a_list_that_cannot_be_read_is_refused_instead_of_followed_in_silence() {
    let page = open();
    let follow = || page.invoke("watch_agents", json!({"channel": "__CHANNEL__:1"}));
    let number = follow().unwrap();
    page.invoke("unwatch", json!({"watch": number})).unwrap();
    tauri::async_runtime::block_on(page.app.state::<Opened>().close());
    assert!(follow().unwrap_err()["message"].is_string());
}

#[test]
fn a_sign_in_tells_how_it_ends_and_its_faults_have_codes() {
    let page = open();
    assert_eq!(page.invoke("accounts", json!({})).unwrap(), json!([]));
    let offer = page.invoke("sign_in_offer", json!({"host": "ghe.example.com"})).unwrap();
    assert_eq!((&offer["ways"], &offer["installUrl"]), (&json!(["TOKEN", "GH"]), &Value::Null));
    let app = json!({"app": {"host": "ghe.example.com", "clientId": "Iv23li", "slug": "anchorhold",
                             "oauthApp": false, "hasSecret": false}, "secret": null});
    page.invoke("set_forge_app", app.clone()).unwrap();
    assert_eq!(page.invoke("forge_app", json!({"host": "ghe.example.com"})).unwrap(), app["app"]);
    let number = page.invoke(
        "sign_in",
        json!({"host": "not a host", "way": "CODE", "token": null, "channel": "__CHANNEL__:1"}),
    );
    page.invoke("cancel_sign_in", json!({"number": number.unwrap()})).unwrap();
    page.invoke("forget_forge_app", json!({"host": "ghe.example.com"})).unwrap();
    let codes = [
        ("sign_out", json!({"key": "github.com/1"})),
        ("choose_account", json!({"key": "github.com/1"})),
        ("set_commit_email", json!({"key": "github.com/1", "email": "a@example.com"})),
        ("repositories", json!({"account": "github.com/1", "text": ""})),
        ("open_page", json!({"url": "https://evil.example/"})),
        ("open_page", json!({"url": "file:///etc/passwd"})),
    ]
    .map(|(command, arguments)| page.invoke(command, arguments).unwrap_err()["code"].clone());
    let unknown = json!("account_unknown");
    let refused = json!("page_refused");
    assert_eq!(codes, [&unknown, &unknown, &unknown, &unknown, &refused, &refused].map(Clone::clone));
}

#[test]
fn the_desktop_entry_of_the_packages_hands_links_over() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = std::fs::read_to_string(root.join("tauri.conf.json")).unwrap();
    let settings: Value = serde_json::from_str(&settings).unwrap();
    let linux = &settings["bundle"]["linux"];
    // The one for Debian is unpacked and started from end to end; the other one has the same entry.
    assert_eq!(linux["deb"]["desktopTemplate"], linux["rpm"]["desktopTemplate"]);
    let template = root.join(linux["deb"]["desktopTemplate"].as_str().unwrap());
    let entry = std::fs::read_to_string(template).unwrap().replace("{{exec}}", "anchorhold");
    let lines: Vec<&str> = entry.lines().collect();
    assert_eq!(lines[0], "[Desktop Entry]");
    for line in ["Type=Application", "Exec=anchorhold %u", "MimeType=x-scheme-handler/anchorhold;"] {
        assert!(lines.contains(&line), "{line} is not in {entry}");
    }
}
