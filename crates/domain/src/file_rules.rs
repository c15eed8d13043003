//! Which files an agent sees and may change.

use serde::{Deserialize, Serialize};

/// Files that usually hold secrets: no agent is given them unless the user says so.
const USUALLY_EXCLUDED: [&str; 16] = [
    ".env",
    ".env.*",
    "*.pem",
    "*.key",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "id_rsa*",
    "id_ed25519*",
    ".netrc",
    ".npmrc",
    ".pypirc",
    ".aws/",
    ".ssh/",
];

/// Which files an agent sees and may change, as globs in the manner of `.gitignore`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct FileRules {
    /// What never reaches the agent, and so no provider. A pattern after `!` takes files out again.
    pub excluded: Vec<String>,
    /// The folders it may change; none means all.
    pub only: Vec<String>,
    /// What it sees and may not change.
    pub protected: Vec<String>,
}

impl FileRules {
    /// Rules that hold nothing back.
    #[must_use]
    pub fn none() -> Self {
        Self { excluded: Vec::new(), only: Vec::new(), protected: Vec::new() }
    }
}

impl Default for FileRules {
    fn default() -> Self {
        let excluded = USUALLY_EXCLUDED.map(str::to_owned).to_vec();
        Self { excluded, ..Self::none() }
    }
}
