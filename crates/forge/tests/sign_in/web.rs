//! Signing in in the browser.

use super::fake::{CLIENT_SECRET, Fake};
use super::time::{Still, seconds};
use anchorhold_forge::sign_in::{Access, Redirect, WebFlow};
use anchorhold_secrets::Secret;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};

const ACCESS: Access = Access { workflows: false };
const LINK: Redirect = Redirect::DeepLink;

async fn begin() -> (Fake, WebFlow) {
    let fake = Fake::start().await;
    let flow = WebFlow::new(fake.sign_in().await);
    (fake, flow)
}

#[test]
fn what_the_stand_in_checks_verifiers_with_is_the_standards() {
    // https://www.rfc-editor.org/rfc/rfc7636#appendix-B
    let verifier = PkceCodeVerifier::new("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".to_owned());
    let challenge = PkceCodeChallenge::from_code_verifier_sha256(&verifier);
    assert_eq!(challenge.as_str(), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

#[tokio::test]
async fn the_link_that_the_browser_comes_back_with_signs_in() {
    let (fake, flow) = begin().await;
    let address = flow.start(ACCESS, LINK).unwrap().address;
    let back = fake.consent(&address);
    assert!(back.starts_with("anchorhold://oauth/callback?code="), "{back}");
    let tokens = flow.finish(&back).await.unwrap();
    assert_eq!(tokens.access.expose(), "ghu_S3CRET1");
    let form = &fake.asked()[0].form;
    assert_eq!(form["client_secret"], CLIENT_SECRET);
    assert_eq!(form["redirect_uri"], "anchorhold://oauth/callback");
    assert!(form["code_verifier"].len() >= 43);
    assert!(!address.as_str().contains(&form["code_verifier"]));
}

#[tokio::test]
async fn a_code_that_was_stolen_into_another_sign_in_is_worth_nothing() {
    let (fake, flow) = begin().await;
    let theirs = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let ours = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let code = theirs.split(['?', '&']).nth(1).unwrap();
    let state = ours.split(['?', '&']).nth(2).unwrap();
    let refused = flow.finish(&format!("anchorhold://oauth/callback?{code}&{state}")).await.unwrap_err();
    assert_eq!(refused.code(), "sign_in_code_expired");
}

#[tokio::test]
async fn a_state_that_is_not_ours_is_refused_before_anything_is_sent() {
    let (fake, flow) = begin().await;
    let back = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let elsewhere = WebFlow::new(fake.sign_in().await);
    let foreign = fake.consent(&elsewhere.start(ACCESS, LINK).unwrap().address);
    let listening = back.replace("anchorhold://", "http://127.0.0.1:4000/");
    for wrong in [format!("{back}x"), back[..back.len() - 1].to_owned(), foreign, listening] {
        assert_eq!(flow.finish(&wrong).await.unwrap_err().code(), "sign_in_state_unknown", "{wrong}");
    }
    assert_eq!(fake.asked().len(), 0);
    assert!(flow.finish(&back).await.is_ok());
}

#[tokio::test]
async fn a_link_works_once() {
    let (fake, flow) = begin().await;
    let back = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    assert!(flow.finish(&back).await.is_ok());
    assert_eq!(flow.finish(&back).await.unwrap_err().code(), "sign_in_state_used");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_link_works_for_ten_minutes() {
    let _still = Still::hold();
    let (fake, flow) = begin().await;
    let back = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let late = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    tokio::time::advance(seconds(599)).await;
    assert!(flow.finish(&back).await.is_ok());
    tokio::time::advance(seconds(1)).await;
    for _ in 0..2 {
        assert_eq!(flow.finish(&late).await.unwrap_err().code(), "sign_in_state_expired");
    }
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn who_says_no_in_the_browser_is_told_so_and_only_for_a_sign_in_of_ours() {
    let (fake, flow) = begin().await;
    let back = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let state = back.rsplit('=').next().unwrap();
    let no = |state: &str| {
        format!("anchorhold://oauth/callback?error=access_denied&error_description=x&state={state}")
    };
    assert_eq!(flow.finish(&no("other")).await.unwrap_err().code(), "sign_in_state_unknown");
    assert_eq!(flow.finish(&no(state)).await.unwrap_err().code(), "sign_in_denied");
    assert_eq!(flow.finish(&back).await.unwrap_err().code(), "sign_in_state_used");
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test]
async fn junk_is_refused_and_never_panics() {
    let (fake, flow) = begin().await;
    let back = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    let link = "anchorhold://oauth/callback";
    let long = format!("{link}?state=x&code={}", "a".repeat(2000));
    let huge = format!("{link}?{}", "&".repeat(10_000));
    let junk = [
        "",
        " ",
        "anchorhold:",
        "anchorhold://",
        "anchorhold://oauth",
        link,
        "https://oauth/callback?state=a&code=b",
        "anchorhold://other/callback?state=a&code=b",
        "anchorhold://oauth/else?state=a&code=b",
        "anchorhold://me@oauth/callback?state=a&code=b",
        "anchorhold://oauth:1/callback?state=a&code=b",
        "anchorhold://oauth/callback?state=a",
        "anchorhold://oauth/callback?code=b",
        "anchorhold://oauth/callback?state=&code=b",
        "anchorhold://oauth/callback?state=a&code=",
        "anchorhold://oauth/callback?state=a&state=a&code=b",
        "anchorhold://oauth/callback?state=a&code=b&code=c",
        "anchorhold://oauth/callback?state=a&code=b&error=c",
        "anchorhold://oauth/callback?state=a&code=%0d%0ab",
        "anchorhold://oauth/callback?state=a&code=%ff%fe",
        "http://localhost:1/oauth/callback?state=a&code=b",
        "http://10.0.0.1/oauth/callback?state=a&code=b",
        "file:///oauth/callback?state=a&code=b",
        "data:,x",
        "\u{0}",
        &long,
        &huge,
    ];
    for junk in junk {
        assert_eq!(flow.finish(junk).await.unwrap_err().code(), "sign_in_callback_malformed", "{junk:?}");
    }
    // Any single byte of a good one, replaced by any of these.
    for at in 0..back.len() {
        for byte in ['\u{0}', '%', '&', '=', '#', '/', '?', ' ', '\u{1F600}', '@', ':', '['] {
            let mut changed = back.clone();
            changed.replace_range(at..=at, &byte.to_string());
            // What still names the sign-in would use it up, which is another test's business.
            if !changed.ends_with(back.rsplit('=').next().unwrap()) {
                assert!(flow.finish(&changed).await.is_err(), "{changed}");
            }
        }
    }
    assert_eq!(fake.asked().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_started_for_the_link_finishes_what_another_began_while_it_holds() {
    let _still = Still::hold();
    let fake = Fake::start().await;
    let sign_in = fake.sign_in().await;
    let flow = WebFlow::new(sign_in.clone());
    let start = flow.start(ACCESS, LINK).unwrap();
    let kept = flow.keep(&start).unwrap();
    assert!(!format!("{kept:?}").contains("state"));
    let back = fake.consent(&start.address);
    let other = fake.consent(&flow.start(ACCESS, LINK).unwrap().address);
    tokio::time::advance(seconds(599)).await;
    let next = WebFlow::new(sign_in.clone());
    next.resume(&kept).unwrap();
    assert_eq!(next.finish(&other).await.unwrap_err().code(), "sign_in_state_unknown");
    assert_eq!(next.finish(&back).await.unwrap().access.expose(), "ghu_S3CRET1");
    assert_eq!(next.finish(&back).await.unwrap_err().code(), "sign_in_state_used");

    tokio::time::advance(seconds(1)).await;
    let late = WebFlow::new(sign_in);
    late.resume(&kept).unwrap();
    assert_eq!(late.finish(&back).await.unwrap_err().code(), "sign_in_state_expired");
    assert_eq!(fake.asked().len(), 1);
}

#[tokio::test]
async fn only_a_sign_in_that_waits_for_a_link_is_kept_and_only_what_was_kept_is_taken_up() {
    let (fake, flow) = begin().await;
    let listening = flow.start(ACCESS, Redirect::Loopback { port: 4000 }).unwrap();
    assert!(flow.keep(&listening).is_none());
    let linked = flow.start(ACCESS, LINK).unwrap();
    flow.finish(&fake.consent(&linked.address)).await.unwrap();
    assert!(flow.keep(&linked).is_none());
    for junk in ["", "{}", "[1]", r#"{"version":2,"state":"S3CRET","verifier":"S3CRET","began_at":1}"#] {
        let refused = flow.resume(&Secret::new(junk.to_owned())).unwrap_err();
        assert_eq!(refused.code(), "sign_in_state_unknown", "{junk}");
    }
}
