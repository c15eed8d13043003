//! What the window remembers of itself.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use tauri::{AppHandle, Runtime};
use tauri_plugin_store::StoreExt;

const FILE: &str = "settings.json";
const THEME: &str = "theme";
const ENGINE: &str = "engine";

/// How the window is coloured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, specta::Type)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Theme {
    /// As the system is.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

/// Where the settings lie: in the data folder, beside the agents they belong to.
#[derive(Debug)]
pub struct Settings {
    file: PathBuf,
}

impl Settings {
    /// The settings of a data folder.
    #[must_use]
    pub fn of(home: &Path) -> Self {
        Self { file: home.join(FILE) }
    }

    /// Reads the theme; one that was never chosen is the system's.
    pub(crate) fn theme<R: Runtime>(&self, app: &AppHandle<R>) -> Result<Theme, tauri_plugin_store::Error> {
        let kept = app.store(&self.file)?.get(THEME);
        Ok(kept.map(serde_json::from_value).transpose()?.unwrap_or_default())
    }

    /// Reads which container engine was chosen; none is the one that is found.
    pub(crate) fn engine<R: Runtime>(
        &self,
        app: &AppHandle<R>,
    ) -> Result<Option<String>, tauri_plugin_store::Error> {
        let kept = app.store(&self.file)?.get(ENGINE);
        Ok(kept.map(serde_json::from_value).transpose()?.flatten())
    }

    /// Keeps which container engine was chosen.
    pub(crate) fn set_engine<R: Runtime>(
        &self,
        app: &AppHandle<R>,
        choice: Option<&str>,
    ) -> Result<(), tauri_plugin_store::Error> {
        let store = app.store(&self.file)?;
        store.set(ENGINE, serde_json::to_value(choice)?);
        store.save()
    }

    /// Keeps the theme.
    pub(crate) fn set_theme<R: Runtime>(
        &self,
        app: &AppHandle<R>,
        theme: Theme,
    ) -> Result<(), tauri_plugin_store::Error> {
        let store = app.store(&self.file)?;
        store.set(THEME, serde_json::to_value(theme)?);
        store.save()
    }
}
