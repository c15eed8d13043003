//! The token is sent, and never shown.

use crate::account::user;
use crate::github::{Answer, GitHub, TOKEN, hang_up, ok, redirect, refuse};
use anchorhold_forge::Cache;
use std::error::Error;
use std::io::Write;
use std::sync::{Arc, Mutex};
use tracing_subscriber::fmt::MakeWriter;

#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Written {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

#[tokio::test]
async fn the_token_is_in_no_log_no_error_and_no_debug_output() {
    let written = Written::default();
    let subscriber = tracing_subscriber::fmt().with_env_filter("trace").with_writer(written.clone()).finish();
    let _logging = tracing::subscriber::set_default(subscriber);
    tracing::info!("the log begins");
    let (github, cache) = (GitHub::start().await, Cache::new());
    let mut shown = String::new();
    let answers = [
        ok(user("octocat")).tagged("one"),
        ok(user("octocat")).tagged("one"),
        refuse(401, "Bad credentials"),
        refuse(403, "No").with("x-oauth-scopes", ""),
        redirect(302, "https://elsewhere.example/"),
        Answer::text("<html>"),
        hang_up(),
        refuse(429, "Slow down"),
    ];
    github.tell("GET /user", answers);
    for _ in 0..8 {
        let forge = github.forge_with(&cache).await;
        shown += &format!("{forge:?} {cache:?}");
        if let Err(error) = forge.account().await {
            shown += &format!("{error} {error:?} {:?}", error.hint());
            let mut source = error.source();
            while let Some(cause) = source {
                shown += &format!("{cause} {cause:?}");
                source = cause.source();
            }
        }
    }
    assert_eq!(github.lines().len(), 8);
    let log = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("the log begins"), "nothing was logged");
    for (place, text) in [("log", log), ("errors", shown)] {
        let found = text.find(TOKEN).map(|at| &text[at.saturating_sub(200)..at]);
        assert_eq!(found, None, "in the {place}");
    }
}
