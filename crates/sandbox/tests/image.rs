//! The image goes while the program runs. Alone in its program, since every other test needs the image.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use bollard::query_parameters::RemoveImageOptionsBuilder;
use harness::{Proxy, answers, docker, engine, remove, spec};

#[tokio::test(flavor = "multi_thread")]
async fn the_image_is_asked_for_once_and_comes_back_when_somebody_removed_it() {
    let (proxy, engine, spec) = (Proxy::listening(), engine().await, spec("image"));
    let through = proxy.docker().await;
    let name = through.ensure_image().await.unwrap();
    let labels = engine.inspect_image(&name).await.unwrap().config.unwrap().labels.unwrap();
    assert_eq!(labels.get("dev.anchorhold.image").map(String::as_str), Some("bridge"));
    let hash = name.strip_prefix(&format!("anchorhold/bridge:{}-", std::env::consts::ARCH)).unwrap();
    assert_eq!(hash.len(), 12);

    let looked = proxy.asked("/images/");
    through.open(&spec).await.unwrap();
    through.park(&spec.home, &spec.agent).await.unwrap();
    assert_eq!(proxy.asked("/images/"), looked, "the image is known");

    let imports = proxy.asked("/images/create");
    let force = RemoveImageOptionsBuilder::new().force(true).build();
    engine.remove_image(&name, Some(force), None).await.unwrap();
    assert!(engine.inspect_image(&name).await.is_err());
    let cell = through.open(&spec).await.unwrap();
    assert!(answers(&cell).await);
    assert_eq!(proxy.asked("/images/create"), imports + 1, "it was imported");
    remove(&docker().await, &spec).await;
}
