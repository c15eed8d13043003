//! The window: opened once, brought to the front by a second start.

use crate::mailbox::Mailbox;
use crate::watches::Watches;
use anchorhold_domain::AgentId;
use tauri::webview::PageLoadEvent;
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindowBuilder};

const LABEL: &str = "main";

/// Opens the window, on an agent where the arguments name one.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page(arguments).into()))
        .title("Anchorhold")
        .inner_size(1280.0, 800.0)
        .min_inner_size(900.0, 560.0)
        .on_page_load(|window, load| {
            if load.event() == PageLoadEvent::Started {
                window.state::<Watches>().end_all();
            }
        })
        .build()?;
    Ok(())
}

/// Brings the window to the front, for a second process that was started.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) {
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => {
            visit(app, arguments);
            window.unminimize().and_then(|()| window.set_focus())
        }
        None => open(app, arguments),
    };
    if let Err(error) = shown {
        tracing::warn!(%error, "the window cannot be shown");
    }
}

/// Leads an open window to the agent that the arguments name, if they do. The page goes there by itself: to
/// load it anew would lose what is typed in it.
fn visit<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) {
    if let Some(id) = named(arguments) {
        app.state::<Mailbox<AgentId>>().tell(id);
    }
}

/// The page to open; an id that is none is ignored rather than put into an address.
fn page(arguments: &[String]) -> String {
    named(arguments).map_or_else(|| "index.html".to_owned(), |id| format!("dashboard/agents/{id}"))
}

fn named(arguments: &[String]) -> Option<AgentId> {
    arguments.iter().skip_while(|argument| *argument != "--agent").nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{Mailbox, page, visit};
    use anchorhold_domain::AgentId;
    use tauri::test::mock_app;
    use tauri::{Manager, WebviewUrl, WebviewWindowBuilder};

    #[test]
    fn only_an_id_becomes_part_of_the_address() {
        let id = "019376a8-0000-7000-8000-000000000000";
        let pages = [["--agent", id], ["--agent", "../../x"], ["--other", id]]
            .map(|arguments| page(&arguments.map(str::to_owned)));
        assert_eq!(pages, [&format!("dashboard/agents/{id}"), "index.html", "index.html"]);
    }

    #[test]
    fn a_second_start_asks_the_open_page_for_its_agent_and_for_nothing_else() {
        let app = mock_app();
        let window = WebviewWindowBuilder::new(&app, "main", WebviewUrl::default()).build().unwrap();
        app.manage(Mailbox::<AgentId>::default());
        let before = window.url().unwrap();
        let id = "019376a8-0000-7000-8000-000000000000";
        for arguments in [vec!["--agent", "../../x"], vec![], vec!["--agent", id]] {
            visit(app.handle(), &arguments.into_iter().map(str::to_owned).collect::<Vec<_>>());
        }
        let mut heard = app.state::<Mailbox<AgentId>>().hear();
        assert_eq!(heard.try_recv().unwrap(), id.parse().unwrap());
        assert!(heard.try_recv().is_err());
        assert_eq!(window.url().unwrap(), before);
    }
}
