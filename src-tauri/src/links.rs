//! Links of this program's own scheme, which the system hands to it: the end of a sign-in, and nothing else.
//!
//! Anybody can make such a link, and a page can open one. Whether it ends a sign-in is the engine's decision;
//! what is in it is not logged, since it holds a code.

use crate::opened::Opened;
use anchorhold_domain::SignInProgress;
use std::process::{Command, Stdio};
use tauri::{AppHandle, Emitter, Manager, Runtime, async_runtime};
use url::Url;

/// The scheme, as `tauri.conf.json` and the desktop entry name it.
pub(crate) const SCHEME: &str = "anchorhold";
/// What the page is told when a sign-in ended by a link that none of its own waited for.
const ENDED: &str = "sign-in-ended";
/// How many links are taken at once; a page can open any number.
const MOST: usize = 16;

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
            if let Some(ended) = finish(&app, link).await
                && let Err(error) = app.emit(ENDED, ended)
            {
                tracing::warn!(%error, "the page is not told of a sign-in");
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
    use super::{in_arguments, is_sign_in};

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
