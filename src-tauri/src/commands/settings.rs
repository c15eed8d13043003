//! What the window remembers of itself.

use super::Answer;
use crate::settings::{Settings, Theme};
use anchorhold_domain::Fault;
use tauri::{AppHandle, Runtime, State};

/// Returns how the window is coloured.
#[tauri::command]
#[specta::specta]
pub async fn theme<R: Runtime>(app: AppHandle<R>, settings: State<'_, Settings>) -> Answer<Theme> {
    settings.theme(&app).map_err(|error| unkept("read", &error))
}

/// Colours the window.
#[tauri::command]
#[specta::specta]
pub async fn set_theme<R: Runtime>(
    app: AppHandle<R>,
    settings: State<'_, Settings>,
    theme: Theme,
) -> Answer<()> {
    settings.set_theme(&app, theme).map_err(|error| unkept("keep", &error))
}

fn unkept(verb: &str, error: &tauri_plugin_store::Error) -> Fault {
    Fault { code: "settings_failed".to_owned(), message: format!("{verb} the theme: {error}"), hint: None }
}
