//! Which key goes to which model server.

use crate::harness::{House, Voice};
use crate::{anchorctl, end, one_edit, run};

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
