//! The machine that an engine runs on chooses the bridge; here the engine says something else.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use anchorhold_sandbox::machines;
use harness::{Proxy, containers, docker, engine, remove, spec};

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_on_a_machine_that_no_bridge_is_built_for_is_told_so() {
    let (proxy, spec) = (Proxy::on_machine("armv7l"), spec("armv7"));
    let error = proxy.docker().await.open(&spec).await.err().unwrap();
    assert_eq!(error.code(), "engine_arch_unsupported");
    assert_eq!(error.to_string(), "open a cell: a container engine on armv7l is not supported");
    assert_eq!(error.hint().unwrap(), "use a container engine on x86_64 or aarch64");
    assert_eq!(containers(&engine().await, &spec.home).await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_is_not_what_it_says_never_gets_as_far_as_a_cell() {
    let other = if std::env::consts::ARCH == "x86_64" { "aarch64" } else { "x86_64" };
    let (proxy, spec) = (Proxy::on_machine(other), spec("other"));
    let error = proxy.docker().await.open(&spec).await.err().unwrap();
    // Both are right: which one depends on whether the other machine's bridge was built.
    if machines().any(|machine| machine == other) {
        assert_eq!(error.code(), "cell_arch_differs", "{error}");
    } else {
        assert_eq!(error.code(), "bridge_missing", "{error}");
        assert!(error.hint().unwrap().contains(&format!("cargo xtask bridge --arch {other}")));
    }
    assert_eq!(containers(&engine().await, &spec.home).await, [""; 0]);
    remove(&docker().await, &spec).await;
}
