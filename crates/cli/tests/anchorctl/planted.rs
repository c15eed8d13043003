//! A whole sign-in, run and push with secrets that can be found: none is anywhere but in the keychain.

use crate::accounts::in_a_session;
use crate::harness::github::{CLIENT, CLIENT_SECRET, MARK};
use crate::harness::{GitHub, House, Repository, TASK, eventually, soon};
use crate::one_edit;
use crate::server::holding;
use anchorhold_testkit::GitServer;
use std::fs;
use std::path::{Path, PathBuf};

/// The key of the model's server.
const MODEL_KEY: &str = "sk-planted-91c2-model";
/// A token for another git server, set by hand.
const GIT_TOKEN: &str = "planted-91c2-git";

const RUN: &str = r#"
set -e
program=$1 host=$2 files=$3 model=$4 base_url=$5 repository=$6 task=$7
printf 'a password\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
export ANCHORHOLD_LOG=trace
"$program" key set "$model" < "$files/model"
"$program" key set git:git.example.com < "$files/git"
"$program" account app set --host "$host" --client-id "$8" --slug anchorhold --secret < "$files/app"
"$program" account sign-in --host "$host" --code
"$program" account
"$program" run --repo "$repository" --from main --to agent/work --task "$task" --name Errand --model openai/test \
    --base-url "$base_url" --push
"$program" account sign-out ada
"#;

#[tokio::test(flavor = "multi_thread")]
async fn no_token_key_or_secret_is_in_a_file_a_log_a_process_or_a_container() {
    let house = House::new();
    let (github, _server, remote) = serve(&house).await;
    let voice = one_edit().await;
    voice.hold_from(1);
    let files = house.place().join("files");
    fs::create_dir_all(&files).unwrap();
    for (name, secret) in [("model", MODEL_KEY), ("git", GIT_TOKEN), ("app", CLIENT_SECRET)] {
        fs::write(files.join(name), secret).unwrap();
    }
    github.rules().entered = true;
    let model = voice.base_url().trim_start_matches("http://").trim_end_matches("/v1").to_owned();
    let (host, repository) = (github.host(), github.url("tides"));
    let mut command = in_a_session(&house, &github, RUN);
    command.arg(&host).arg(&files).args([&model, &voice.base_url(), &repository, TASK, CLIENT]);
    // Into files, since nobody reads while it runs, and there is much.
    let printed = ["out", "err"].map(|name| house.place().join(name));
    let [out, err] = printed.each_ref().map(|path| fs::File::create(path).unwrap());
    let mut child = command.stdout(out).stderr(err).spawn().unwrap();
    tokio::select! {
        () = voice.asked(1) => {}
        ended = child.wait() => panic!("{ended:?}: {}", fs::read_to_string(&printed[1]).unwrap()),
    }
    eventually("a cell runs", || !house.docker.containers(&house.home()).unwrap().is_empty()).await;
    let container = house.docker.containers(&house.home()).unwrap().remove(0);
    let files = house.docker.files(container["Id"].as_str().unwrap()).unwrap();
    let container = container.to_string();
    let processes = processes(child.id().unwrap());
    let asked = voice.requests()[0].to_string();
    // What was refreshed in the middle is no better known.
    github.expire();
    voice.release();
    let status = soon("the session", child.wait()).await.unwrap();
    let [out, err] = printed.map(|path| String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned());
    assert_eq!(status.code(), Some(0), "{out}");
    assert_eq!(remote.tree("agent/work"), remote.tree_with("main", &[("b", Some("b\n"))]));
    assert_eq!((github.rules().issued, voice.authorizations()), (2, vec![format!("Bearer {MODEL_KEY}")]));

    // The search itself finds what is there.
    assert!(files.contains("workspace/tree/a\0") && files.contains("\0a\n\0") && files.contains("etc/hosts"));
    assert!(!holding(&house.home(), "Errand").is_empty() && container.contains("/workspace"));
    assert!(processes.contains("Errand") && processes.contains("ANCHORHOLD_HOME"), "{processes}");
    assert!(err.contains("TRACE"), "nothing was logged");
    // Every secret has it in it: access and refresh tokens, codes, the app's secret, key and token.
    assert_eq!(holding(&house.home(), MARK), Vec::<PathBuf>::new());
    let seen = [
        ("container", container),
        ("container's files", files),
        ("processes", processes),
        ("request", asked),
        ("printed", out),
    ];
    for (place, text) in seen.into_iter().chain([("log", err)]) {
        if let Some(at) = text.find(MARK) {
            let from = text.floor_char_boundary(at.saturating_sub(300));
            panic!("a secret is in the {place}: …{}…", &text[from..at + MARK.len()]);
        }
    }
}

async fn serve(house: &House) -> (GitHub, GitServer, Repository) {
    let (server, remote) = house.served("tides");
    let github = GitHub::start().await;
    github.with_git(&server);
    (github, server, remote)
}

/// The arguments and surroundings of a process and of all that it started.
fn processes(root: u32) -> String {
    let mut family = vec![root];
    let mut text = String::new();
    let mut next = 0;
    while let Some(process) = family.get(next).copied() {
        next += 1;
        for file in ["cmdline", "environ"] {
            // One that has ended has none.
            let bytes = fs::read(format!("/proc/{process}/{file}")).unwrap_or_default();
            text.push_str(&String::from_utf8_lossy(&bytes).replace('\0', "\n"));
            text.push('\n');
        }
        family.extend(children(process));
    }
    text
}

fn children(process: u32) -> Vec<u32> {
    let tasks = fs::read_dir(Path::new("/proc").join(process.to_string()).join("task"));
    let tasks = tasks.into_iter().flatten().flatten();
    let lists = tasks.filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<u32>>())
        .collect()
}
