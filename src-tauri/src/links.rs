//! Links of this program's own scheme, which the system hands to it: the end of a sign-in, and nothing else.
//!
//! Anybody can make such a link, and a page can open one. Whether it ends a sign-in is the engine's decision;
//! what is in it is not logged, since it holds a code.

use crate::mailbox::{MOST, Mailbox};
use crate::opened::Opened;
use anchorhold_domain::SignInProgress;
use std::process::{Command, Stdio};
use tauri::{AppHandle, Manager, Runtime, async_runtime};
use url::Url;

/// The scheme, as `tauri.conf.json` and the desktop entry name it.
pub(crate) const SCHEME: &str = "anchorhold";

/// Returns whether the system hands links of the scheme to this program. It asks another program, so it blocks.
pub(crate) fn are_received() -> bool {
    if cfg!(target_os = "macos") {
        // The bundle says so to the system.
        return true;
    }
    if !cfg!(target_os = "linux") {
        return false;
    }
    let asked = Command::new("xdg-mime")
        .args(["query", "default", &format!("x-scheme-handler/{SCHEME}")])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    asked.is_ok_and(|asked| String::from_utf8_lossy(&asked.stdout).to_ascii_lowercase().contains(SCHEME))
}

/// Returns the link that a process was started for: its only argument.
pub(crate) fn in_arguments(arguments: &[String]) -> Vec<Url> {
    let [_, link] = arguments else { return Vec::new() };
    Url::parse(link).ok().filter(|link| link.scheme() == SCHEME).into_iter().collect()
}

/// Takes links. The data folder is opened for them where it is not yet.
pub(crate) fn take<R: Runtime>(app: &AppHandle<R>, links: Vec<Url>) {
    for link in links.into_iter().take(MOST) {
        if !is_sign_in(&link) {
            tracing::warn!("a link that ends no sign-in is refused");
            continue;
        }
        let app = app.clone();
        async_runtime::spawn(async move {
            if let Some(ended) = finish(&app, link).await {
                app.state::<Mailbox<SignInProgress>>().tell(ended);
            }
        });
    }
}

/// Whether a link is `anchorhold://oauth/callback` with whatever behind it.
fn is_sign_in(link: &Url) -> bool {
    link.scheme() == SCHEME
        && link.host_str() == Some("oauth")
        && link.path().trim_end_matches('/') == "/callback"
        && link.port().is_none()
        && link.username().is_empty()
}

/// Hands a link over; a sign-in that waits for it tells its own end.
async fn finish<R: Runtime>(app: &AppHandle<R>, link: Url) -> Option<SignInProgress> {
    let engine = match app.state::<Opened>().inner().get().await {
        Ok(engine) => engine.clone(),
        Err(fault) => return Some(SignInProgress::Failed { fault }),
    };
    match engine.finish_sign_in(link.as_str()).await {
        Ok(None) => None,
        Ok(Some(account)) => Some(SignInProgress::SignedIn { account }),
        Err(error) => {
            tracing::warn!(code = error.code(), "a link ends no sign-in");
            Some(SignInProgress::Failed { fault: error.fault() })
        }
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{in_arguments, is_sign_in, take};
    use crate::{Mailbox, Opened};
    use anchorhold_domain::SignInProgress;
    use anchorhold_engine::Config;
    use tauri::test::mock_app;
    use tauri::{Manager, async_runtime};

    #[test]
    fn how_a_link_ended_is_heard_by_a_page_that_listens() {
        let app = mock_app();
        let folder = tempfile::tempdir().unwrap();
        // A file is where the data folder would be, so that the link ends at once and asks nobody.
        let home = folder.path().join("home");
        std::fs::write(&home, "").unwrap();
        app.manage(Opened::new(Config::new(home, "a test")));
        app.manage(Mailbox::<SignInProgress>::default());
        let mut page = app.state::<Mailbox<SignInProgress>>().hear();
        let link = "anchorhold://oauth/callback?code=1&state=2";
        take(app.handle(), vec!["anchorhold://agents/delete".parse().unwrap(), link.parse().unwrap()]);
        let ended = async_runtime::block_on(page.recv());
        assert!(matches!(ended, Some(SignInProgress::Failed { .. })), "{ended:?}");
    }

    #[test]
    fn a_link_is_the_only_argument_of_its_process() {
        let link = "anchorhold://oauth/callback?code=1&state=2";
        let found = [
            vec!["anchorhold", link],
            vec!["anchorhold", link, "more"],
            vec!["anchorhold", "--agent", link],
            vec!["anchorhold", "https://example.com/"],
            vec!["anchorhold"],
        ]
        .map(|arguments| in_arguments(&arguments.into_iter().map(str::to_owned).collect::<Vec<_>>()).len());
        assert_eq!(found, [1, 0, 0, 0, 0]);
    }

    #[test]
    fn only_the_end_of_a_sign_in_is_taken() {
        let links = [
            ("anchorhold://oauth/callback?code=1&state=2", true),
            ("anchorhold://oauth/callback/?error=access_denied&state=2", true),
            ("anchorhold://oauth/callback/more?code=1&state=2", false),
            ("anchorhold://oauth:8080/callback?code=1&state=2", false),
            ("anchorhold://me@oauth/callback?code=1&state=2", false),
            ("anchorhold://agents/delete", false),
            ("anchorhold:oauth/callback", false),
            ("https://oauth/callback?code=1&state=2", false),
            ("file:///etc/passwd", false),
        ];
        for (link, taken) in links {
            assert_eq!(link.parse().is_ok_and(|link| is_sign_in(&link)), taken, "{link}");
        }
    }
}
