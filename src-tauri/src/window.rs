//! The window: opened once, brought to the front by a second start.

use anchorhold_domain::AgentId;
use tauri::{AppHandle, Manager, Runtime, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

const LABEL: &str = "main";

/// Opens the window, on an agent where the arguments name one.
pub(crate) fn open<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) -> tauri::Result<()> {
    WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(page(arguments).into()))
        .title("Anchorhold")
        .inner_size(1280.0, 800.0)
        .min_inner_size(900.0, 560.0)
        .build()?;
    Ok(())
}

/// Brings the window to the front, for a second process that was started.
pub(crate) fn show<R: Runtime>(app: &AppHandle<R>, arguments: &[String]) {
    let shown = match app.get_webview_window(LABEL) {
        Some(window) => {
            visit(&window, arguments).and_then(|()| window.unminimize()).and_then(|()| window.set_focus())
        }
        None => open(app, arguments),
    };
    if let Err(error) = shown {
        tracing::warn!(%error, "the window cannot be shown");
    }
}

/// Leads an open window to the agent that the arguments name, if they do.
fn visit<R: Runtime>(window: &WebviewWindow<R>, arguments: &[String]) -> tauri::Result<()> {
    if named(arguments).is_none() {
        return Ok(());
    }
    let mut address = window.url()?;
    address.set_path(&page(arguments));
    window.navigate(address)
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
    use super::page;

    #[test]
    fn only_an_id_becomes_part_of_the_address() {
        let id = "019376a8-0000-7000-8000-000000000000";
        let pages = [["--agent", id], ["--agent", "../../x"], ["--other", id]]
            .map(|arguments| page(&arguments.map(str::to_owned)));
        assert_eq!(pages, [&format!("dashboard/agents/{id}"), "index.html", "index.html"]);
    }
}
