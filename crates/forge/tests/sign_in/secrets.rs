//! Nothing that is secret is in what is printed, told or logged.

use super::fake::{CLIENT_SECRET, Fake, MARK, Reply};
use super::time::{Still, after, seconds};
use anchorhold_forge::sign_in::{Access, AppKind, Checked, Keeper, Redirect, WebFlow};
use anchorhold_secrets::Secret;
use serde_json::json;
use std::error::Error;
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

/// Everything that was formatted or logged.
#[derive(Clone, Default)]
struct Heard(Arc<Mutex<Vec<u8>>>);

impl Write for Heard {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Heard {
    fn show(&mut self, shown: &impl Debug) {
        write!(self, "{shown:?} {shown:#?}").unwrap();
    }

    fn fail(&mut self, error: &impl Error) {
        self.show(error);
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(error) = cause {
            write!(self, "{error}").unwrap();
            cause = error.source();
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

#[tokio::test(start_paused = true)]
async fn no_token_code_verifier_or_state_is_shown_told_or_logged() {
    let mut heard = Heard::default();
    let log = heard.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing_subscriber::filter::LevelFilter::TRACE)
        .with_writer(move || log.clone())
        .finish();
    let _logging = tracing_subscriber::util::SubscriberInitExt::set_default(subscriber);
    let _still = Still::hold();
    let fake = Fake::start().await;
    let sign_in = fake.sign_in().await;
    let access = Access::default();
    heard.show(&fake.app(AppKind::GitHubApp));
    heard.show(&sign_in);

    let mut flow = sign_in.device(access).await.unwrap();
    heard.show(&flow);
    heard.show(flow.code());
    fake.rules().entered = true;
    let progress = after(seconds(5), flow.next()).await.unwrap();
    heard.show(&progress);
    // An answer that the library cannot read, which it would quote whole.
    let unreadable = json!({ "access_token": "ghu_S3CRET", "token_type": 7 });
    let spaced = json!({ "access_token": "ghu_S3CRET x", "token_type": "bearer" });
    let refused = json!({ "error": "S3CRET", "error_description": "S3CRET", "error_uri": "S3CRET" });
    for answer in [unreadable, spaced, refused] {
        fake.reply((0..3).map(|_| Reply::Json(200, answer.clone())));
        let flow = sign_in.device(access).await.unwrap();
        heard.fail(&after(seconds(5), flow.wait(|_| {})).await.unwrap_err());
        let web = WebFlow::new(sign_in.clone());
        let back = fake.consent(&web.start(access, Redirect::DeepLink).unwrap().address);
        heard.fail(&web.finish(&back).await.unwrap_err());
        let tokens = anchorhold_forge::sign_in::Tokens {
            refresh: Some(Secret::new("ghr_S3CRET".to_owned())),
            ..anchorhold_forge::sign_in::Tokens::lasting(Secret::new("ghu_S3CRET".to_owned()))
        };
        heard.show(&tokens);
        let keeper = Keeper::new(sign_in.clone(), tokens.clone(), |_| async { Ok(()) }, || async { None });
        heard.show(&keeper);
        heard.fail(&keeper.after_refusal(&tokens.access).await.unwrap_err());
    }

    let web = WebFlow::new(sign_in.clone());
    let started = web.start(access, Redirect::DeepLink).unwrap();
    heard.show(&started);
    heard.show(&web);
    let back = fake.consent(&started.address);
    heard.show(&web.finish(&back).await.unwrap());
    for wrong in
        [back.clone(), format!("{back}&code=S3CRET"), format!("{back}x"), format!("http://S3CRET/{back}")]
    {
        heard.fail(&web.finish(&wrong).await.unwrap_err());
    }
    fake.reply([Reply::Break]);
    let late = fake.consent(&web.start(access, Redirect::DeepLink).unwrap().address);
    heard.fail(&web.finish(&late).await.unwrap_err());

    fake.rules()
        .users
        .insert("ghp_S3CRET".to_owned(), (200, vec![], json!({ "login": "ada", "id": 7, "name": null })));
    heard.show(&Checked::ask(&fake.host, &Secret::new("ghp_S3CRET".to_owned())).await.unwrap());
    for wrong in ["ghp_S3CRETother", "ghp S3CRET", "ghs_S3CRET"] {
        heard.fail(&Checked::ask(&fake.host, &Secret::new(wrong.to_owned())).await.unwrap_err());
    }

    let text = heard.text();
    assert!(text.contains("hyper") && text.contains("127.0.0.1"), "nothing was logged");
    assert!(text.contains("Secret(..)"), "nothing was shown");
    let mut secrets = vec![MARK.to_owned(), CLIENT_SECRET.to_owned(), "WDJB".to_owned()];
    secrets.extend(fake.asked().iter().filter_map(|asked| asked.form.get("code_verifier").cloned()));
    secrets.extend([&back, &late].map(|back| back.rsplit('=').next().unwrap().to_owned()));
    assert!(secrets.len() >= 8);
    for secret in secrets {
        if let Some(at) = text.find(&secret) {
            panic!(
                "{secret} is in …{}…",
                String::from_utf8_lossy(&text.as_bytes()[at.saturating_sub(200)..at + 20])
            );
        }
    }
}
