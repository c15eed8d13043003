//! What is known of models in this data folder: the bundled list, the user's file before it, and what the
//! servers on this machine said.

use anchorhold_domain::{Fault, ModelChoice};
use anchorhold_model::{Catalogue, FoundServer, ModelInfo, Overrides, address};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

/// The knowledge, and the file that may have changed since it was read.
pub(crate) struct Prices {
    path: PathBuf,
    read: Mutex<Read>,
    /// By address and name of the model.
    windows: Mutex<HashMap<(String, String), u32>>,
}

/// The user's file as it was read last.
#[derive(Clone, Default)]
struct Read {
    /// When the file was changed, and how long it was; `None` where there was none, or nothing was read yet.
    stamp: Option<(SystemTime, u64)>,
    overrides: Arc<Overrides>,
    fault: Option<Fault>,
}

impl Prices {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, read: Mutex::default(), windows: Mutex::default() }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The user's file, read anew where it changed, and what is wrong with it. A broken one says nothing of
    /// any model; it is told here, in the list of providers and in the program's own log.
    pub(crate) fn overrides(&self) -> (Arc<Overrides>, Option<Fault>) {
        let stamp = fs::metadata(&self.path)
            .ok()
            .map(|data| (data.modified().unwrap_or(SystemTime::UNIX_EPOCH), data.len()));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if read.stamp != stamp {
            *read = match Overrides::read(&self.path) {
                Ok(overrides) => Read { stamp, overrides: Arc::new(overrides), fault: None },
                Err(error) => {
                    tracing::warn!(%error, "the file of models is not used");
                    let hint = Some(error.hint().to_owned());
                    let fault = Fault { code: error.code().to_owned(), message: error.to_string(), hint };
                    Read { stamp, overrides: Arc::default(), fault: Some(fault) }
                }
            };
        }
        (Arc::clone(&read.overrides), read.fault.clone())
    }

    /// What is known of a model.
    pub(crate) fn info(&self, choice: &ModelChoice) -> ModelInfo {
        let mut info = self.overrides().0.info(choice, Catalogue::bundled());
        if info.window.is_none()
            && let Some(address) = address(choice)
        {
            let windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
            info.window = windows.get(&(address, choice.name.clone())).copied();
        }
        info
    }

    /// Keeps what a server on this machine said of its models' windows.
    pub(crate) fn remember(&self, server: &FoundServer) {
        let Some(address) = address(&choice_of(server, "")) else { return };
        let mut windows = self.windows.lock().unwrap_or_else(PoisonError::into_inner);
        for model in &server.models {
            let key = (address.clone(), model.name.clone());
            match model.window {
                Some(window) => windows.insert(key, window),
                None => windows.remove(&key),
            };
        }
    }
}

/// The choice of a model of a server that was found.
pub(super) fn choice_of(server: &FoundServer, name: &str) -> ModelChoice {
    ModelChoice {
        provider: server.provider.to_owned(),
        name: name.to_owned(),
        base_url: Some(server.base_url.clone()),
        wire: None,
        effort: None,
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use anchorhold_model::FoundModel;

    #[test]
    fn the_users_file_is_read_again_when_it_changes_and_a_broken_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let prices = Prices::new(folder.path().join("models.json"));
        let choice = ModelChoice {
            provider: "openai".to_owned(),
            name: "house-model".to_owned(),
            base_url: None,
            wire: None,
            effort: None,
        };
        let write = |text: &str| fs::write(prices.path(), text).unwrap();
        assert_eq!((prices.info(&choice), prices.overrides().1), (ModelInfo::default(), None));

        write(r#"{"models": [{"provider": "openai", "name": "house-model", "window": 9000}]}"#);
        assert_eq!(prices.info(&choice).window, Some(9000));

        write("{\n\"models\": [}");
        let fault = prices.overrides().1.unwrap();
        assert_eq!((fault.code.as_str(), prices.info(&choice).window), ("models_file_invalid", None));
        assert!(fault.message.contains("line 2") && fault.hint.is_some(), "{fault:?}");

        fs::remove_file(prices.path()).unwrap();
        assert_eq!((prices.info(&choice), prices.overrides().1), (ModelInfo::default(), None));
    }

    #[test]
    fn the_window_of_a_local_server_is_what_it_said_last() {
        let prices = Prices::new("/there/is/none".into());
        let server = |window| FoundServer {
            provider: "ollama",
            base_url: "http://127.0.0.1:11434/v1".to_owned(),
            models: vec![FoundModel { name: "qwen3:8b".to_owned(), window, calls_tools: None }],
        };
        let usual = ModelChoice { base_url: None, ..choice_of(&server(None), "qwen3:8b") };
        prices.remember(&server(Some(8192)));
        assert_eq!(prices.info(&usual).window, Some(8192));
        assert_eq!(prices.info(&choice_of(&server(None), "qwen3:8b")).window, Some(8192));
        assert_eq!(prices.info(&choice_of(&server(None), "qwen3:4b")).window, None);
        prices.remember(&server(None));
        assert_eq!(prices.info(&usual).window, None);
    }
}
