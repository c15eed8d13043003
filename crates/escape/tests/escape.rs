//! The escape suite on a real engine: with every layer nothing works, without any everything does,
//! and each layer in the table stops its attacks alone.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeMap;

use anchorhold_escape::Layer;
use anchorhold_escape::attacks::{self, open};
use anchorhold_escape::ground::{Attack, Plan};
use anchorhold_escape::run::{ONLY_SHOUT, Outcome, RAN, Stage};
use anchorhold_sandbox::trial::{self, Trial, Verdict};
use anchorhold_sandbox::{Docker, Endpoint, SandboxError};
use futures_util::{StreamExt, stream};
use tokio::sync::OnceCell;

const PROGRAM: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/anchorhold-escape"));
const NO_ENGINE: &str =
    "these tests need a container engine; `cargo xtask test` starts one when none answers";
/// How many containers are tried at once.
const AT_ONCE: usize = 3;

/// By attack, what became of it.
type Outcomes = BTreeMap<String, Outcome>;

struct Measured {
    /// In the product's container, behind the product's locks.
    product: Outcomes,
    /// Without any layer.
    bare: Outcomes,
    /// With one layer alone.
    alone: BTreeMap<Layer, Outcomes>,
}

/// Everything is measured once, for all tests.
async fn measured() -> &'static Measured {
    static MEASURED: OnceCell<Measured> = OnceCell::const_new();
    MEASURED.get_or_init(measure).await
}

async fn measure() -> Measured {
    let endpoint = Endpoint::from_environment().expect(NO_ENGINE);
    let docker = Docker::connect(&endpoint).await.expect(NO_ENGINE);
    let trial = Trial::new(&docker, PROGRAM).await.unwrap();

    // Somebody on the host who listens, as any service does.
    let port = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let socket = format!("anchorhold-escape-{}", std::process::id());
    let _hidden = listen_hidden(&socket);
    let plan = Plan { layers: Vec::new(), port: port.local_addr().unwrap().port(), socket };

    let runs = [Layer::ALL.to_vec(), Vec::new()].into_iter().chain(Layer::ALL.map(|layer| vec![layer]));
    let verdicts: Vec<_> = stream::iter(runs)
        .map(|layers| carry_out(&trial, Plan { layers, ..plan.clone() }))
        .buffered(AT_ONCE)
        .collect()
        .await;
    trial.remove().await.unwrap();

    let mut outcomes = verdicts.into_iter().map(|verdict| outcomes(verdict.unwrap()));
    let (product, bare) = (outcomes.next().unwrap(), outcomes.next().unwrap());
    Measured { product, bare, alone: Layer::ALL.into_iter().zip(outcomes).collect() }
}

fn listen_hidden(name: &str) -> std::os::unix::net::UnixListener {
    use std::os::linux::net::SocketAddrExt;
    let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
    std::os::unix::net::UnixListener::bind_addr(&address).unwrap()
}

/// Runs the whole list once, with these layers and no others.
async fn carry_out(trial: &Trial, plan: Plan) -> Result<Verdict, SandboxError> {
    let without: Vec<trial::Layer> =
        Layer::ALL.into_iter().filter(|layer| !plan.layers.contains(layer)).filter_map(engines).collect();
    trial.run(&[serde_json::to_string(&plan).unwrap()], &without).await
}

fn outcomes(verdict: Verdict) -> Outcomes {
    assert_eq!(verdict.ending.status, Some(0), "{:?}", verdict.ending);
    let text = String::from_utf8(verdict.output).unwrap();
    let outcomes = text.lines().map(|line| serde_json::from_str::<Outcome>(line).unwrap());
    outcomes.map(|outcome| (outcome.attack.clone(), outcome)).collect()
}

/// The engine's part of a layer; none where it is the bridge's.
fn engines(layer: Layer) -> Option<trial::Layer> {
    Some(match layer {
        Layer::Seccomp | Layer::Landlock | Layer::GivenUp | Layer::Paths => return None,
        Layer::Network => trial::Layer::Network,
        Layer::Capabilities => trial::Layer::Capabilities,
        Layer::User => trial::Layer::User,
        Layer::NoNewPrivileges => trial::Layer::NoNewPrivileges,
        Layer::Profile => trial::Layer::Profile,
        Layer::ReadOnlyRoot => trial::Layer::ReadOnlyRoot,
        Layer::MaskedPaths => trial::Layer::MaskedPaths,
        Layer::Devices => trial::Layer::Devices,
        Layer::Pids => trial::Layer::Pids,
        Layer::Memory => trial::Layer::Memory,
        Layer::OpenFiles => trial::Layer::OpenFiles,
        Layer::TmpNoexec => trial::Layer::TmpNoexec,
        Layer::Ipc => trial::Layer::Ipc,
        Layer::PidNamespace => trial::Layer::PidNamespace,
    })
}

/// All outcomes that break a rule, one a line.
#[track_caller]
fn none(broken: Vec<String>) {
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

fn shown(outcome: &Outcome) -> String {
    format!("{}: {:?}, {}", outcome.attack, outcome.stage, outcome.said)
}

/// Whether the kernel itself says that it has no such thing.
fn is_absent(attack: &Attack, outcome: &Outcome) -> bool {
    outcome.errno.is_some_and(|errno| attack.absent.contains(&errno))
}

#[tokio::test]
async fn with_every_layer_no_attack_works() {
    let product = &measured().await.product;
    none(
        attacks::all()
            .map(|attack| (attack, &product[attack.name]))
            .filter(|(attack, outcome)| {
                let tried =
                    outcome.stage == Stage::Attempt || attack.needs_root && outcome.stage == Stage::Prepare;
                outcome.succeeded || !tried
            })
            .map(|(_, outcome)| shown(outcome))
            .collect(),
    );
}

#[tokio::test]
async fn without_any_layer_every_attack_works_that_the_kernel_has() {
    let bare = &measured().await.bare;
    for attack in attacks::all().filter(|attack| attack.seldom && bare[attack.name].succeeded) {
        println!("there is a control for this one here: {}", attack.name);
    }
    none(
        attacks::all()
            .filter(|attack| !bare[attack.name].succeeded && !is_absent(attack, &bare[attack.name]))
            .map(|attack| shown(&bare[attack.name]))
            .collect(),
    );
}

#[tokio::test]
async fn each_layer_in_the_table_stops_its_attacks_alone() {
    let measured = measured().await;
    let stops = |layer: &Layer, attack: &Attack| {
        let outcome = &measured.alone[layer][attack.name];
        !outcome.succeeded && outcome.stage == Stage::Attempt
    };
    let mut broken = Vec::new();
    for attack in attacks::all() {
        for layer in attack.stopped_by.iter().filter(|layer| !stops(layer, attack)) {
            broken.push(format!("{} alone: {}", layer.name(), shown(&measured.alone[layer][attack.name])));
        }
    }
    // What stops more than the table says is no fault, and worth a look when the table is written anew.
    for attack in attacks::all().filter(|attack| measured.bare[attack.name].succeeded) {
        let more: Vec<_> = Layer::ALL
            .into_iter()
            .filter(|layer| !attack.stopped_by.contains(layer) && stops(layer, attack))
            .collect();
        if !more.is_empty() {
            println!("{} is stopped by {more:?} too", attack.name);
        }
    }
    none(broken);
}

#[tokio::test]
async fn what_the_page_says_can_be_done_can_be_done() {
    let product = &measured().await.product;
    none(
        open::ATTACKS
            .iter()
            .filter(|attack| !product[attack.name].succeeded)
            .map(|attack| format!("no longer open, into the table with it: {}", shown(&product[attack.name])))
            .collect(),
    );
}

#[tokio::test]
async fn of_a_bridge_that_shouts_only_the_last_words_are_kept() {
    let docker = Docker::connect(&Endpoint::from_environment().expect(NO_ENGINE)).await.expect(NO_ENGINE);
    let trial = Trial::new(&docker, PROGRAM).await.unwrap();
    let verdict = trial.run(&[ONLY_SHOUT.to_owned()], &[]).await;
    trial.remove().await.unwrap();
    let ending = verdict.unwrap().ending;
    assert_eq!(ending.status, Some(i64::from(RAN)));
    assert!(ending.said.len() <= 4096, "{} bytes were kept", ending.said.len());
    assert!(ending.said.ends_with("the last words"), "{}", ending.said);
}
