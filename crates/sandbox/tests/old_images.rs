//! Images of earlier versions are removed. Alone in its program, since every reaping removes them.
#![expect(clippy::unwrap_used, reason = "tests")]

mod harness;

use bollard::query_parameters::{
    CreateImageOptionsBuilder, RemoveImageOptionsBuilder, TagImageOptionsBuilder,
};
use futures_util::TryStreamExt;
use harness::{clear, docker, engine, leave, unique};

/// Makes an image that nothing else has.
async fn import(engine: &bollard::Docker, repository: &str, tag: &str, label: bool) -> String {
    let mut tar = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    let content = unique("content");
    header.set_size(content.len() as u64);
    tar.append_data(&mut header, "content", content.as_bytes()).unwrap();
    let mut options = CreateImageOptionsBuilder::new().from_src("-").repo(repository).tag(tag);
    if label {
        options = options.changes(vec!["LABEL dev.anchorhold.image=bridge".to_owned()]);
    }
    let body = bollard::body_full(tar.into_inner().unwrap().into());
    engine.create_image(Some(options.build()), Some(body), None).try_collect::<Vec<_>>().await.unwrap();
    format!("{repository}:{tag}")
}

#[tokio::test(flavor = "multi_thread")]
async fn images_of_earlier_versions_go_unless_a_container_uses_them() {
    let (docker, engine) = (docker().await, engine().await);
    let current = docker.ensure_image().await.unwrap();
    let ours = "anchorhold/bridge";
    let digits = |salt: u64| format!("{:012x}", u64::from(std::process::id()) << 8 | salt);
    let old = import(&engine, ours, &format!("x86_64-{}", digits(1)), true).await;
    let unlabelled = import(&engine, ours, &digits(2), false).await;
    let used = import(&engine, ours, &format!("aarch64-{}", digits(3)), true).await;
    let own_tag = import(&engine, ours, &unique("kept"), false).await;
    let elsewhere = import(&engine, &unique("elsewhere"), &digits(4), false).await;
    let alias = unique("alias");
    let named = TagImageOptionsBuilder::new().repo(&alias).tag("1").build();
    engine.tag_image(&old, Some(named)).await.unwrap();
    let user = leave(&engine, &used, &unique("home"), &unique("user")).await;

    docker.reap(&unique("home"), &[]).await.unwrap();
    let is_there = async |name: &str| engine.inspect_image(name).await.is_ok();
    assert!(!is_there(&old).await);
    assert!(!is_there(&unlabelled).await);
    for kept in [&current, &used, &own_tag, &elsewhere, &format!("{alias}:1")] {
        assert!(is_there(kept).await, "{kept}");
    }

    clear(&engine, &[&user]).await;
    docker.reap(&unique("home"), &[]).await.unwrap();
    assert!(!is_there(&used).await, "once nothing uses it");
    for name in [own_tag, elsewhere, format!("{alias}:1")] {
        engine.remove_image(&name, Some(RemoveImageOptionsBuilder::new().build()), None).await.unwrap();
    }
}
