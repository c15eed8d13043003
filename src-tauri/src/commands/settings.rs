//! What the window remembers of itself.

use super::{Answer, fault};
use crate::opened::Opened;
use crate::settings::{Settings, Theme};
use anchorhold_domain::Fault;
use anchorhold_engine::{EngineOption, check_engine};
use tauri::{AppHandle, Runtime, State};

/// Returns how the window is coloured.
#[tauri::command]
#[specta::specta]
pub async fn theme<R: Runtime>(app: AppHandle<R>, settings: State<'_, Settings>) -> Answer<Theme> {
    settings.theme(&app).map_err(|error| unkept("read the theme", &error))
}

/// Colours the window.
#[tauri::command]
#[specta::specta]
pub async fn set_theme<R: Runtime>(
    app: AppHandle<R>,
    settings: State<'_, Settings>,
    theme: Theme,
) -> Answer<()> {
    settings.set_theme(&app, theme).map_err(|error| unkept("keep the theme", &error))
}

/// Returns the chosen container engine, an address or a Docker context's name; none is the one that is
/// found.
#[tauri::command]
#[specta::specta]
pub async fn engine_choice<R: Runtime>(
    app: AppHandle<R>,
    settings: State<'_, Settings>,
) -> Answer<Option<String>> {
    settings.engine(&app).map_err(|error| unkept("read which engine is chosen", &error))
}

/// Chooses the container engine, from now on and at the next start; one that makes no sense is refused.
#[tauri::command]
#[specta::specta]
pub async fn choose_engine<R: Runtime>(
    app: AppHandle<R>,
    settings: State<'_, Settings>,
    opened: State<'_, Opened>,
    choice: Option<String>,
) -> Answer<()> {
    if let Some(choice) = &choice {
        check_engine(choice).map_err(fault)?;
    }
    let kept = settings.set_engine(&app, choice.as_deref());
    kept.map_err(|error| unkept("keep which engine is chosen", &error))?;
    opened.choose_engine(choice).await
}

/// Lists the container engines that can be chosen, and asks each of them.
#[tauri::command]
#[specta::specta]
pub async fn engines<R: Runtime>(
    app: AppHandle<R>,
    settings: State<'_, Settings>,
) -> Answer<Vec<EngineOption>> {
    let choice = settings.engine(&app).map_err(|error| unkept("read which engine is chosen", &error))?;
    Ok(anchorhold_engine::engines(choice.as_deref()).await)
}

fn unkept(attempt: &str, error: &tauri_plugin_store::Error) -> Fault {
    Fault { code: "settings_failed".to_owned(), message: format!("{attempt}: {error}"), hint: None }
}
