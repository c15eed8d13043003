//! Which files an agent sees and may change.

use serde::{Deserialize, Serialize};

/// Files that usually hold secrets: no agent is given them unless the user says so.
///
/// A file that only shows what belongs into another one, and the public half of a key, are given.
const USUALLY_EXCLUDED: [&str; 41] = [
    "*.env",
    ".env",
    ".env.*",
    ".envrc",
    "!.env.example",
    "!.env.sample",
    "!.env.template",
    "!.env.dist",
    "*.pem",
    "*.key",
    "*.ppk",
    "*.p12",
    "*.pfx",
    "*.jks",
    "*.keystore",
    "*.kdbx",
    "id_rsa*",
    "id_dsa*",
    "id_ecdsa*",
    "id_ed25519*",
    "!id_*.pub",
    ".netrc",
    "_netrc",
    ".npmrc",
    ".pypirc",
    ".pgpass",
    ".git-credentials",
    ".htpasswd",
    ".vault-token",
    "credentials.json",
    "service-account*.json",
    "secrets.yml",
    "secrets.yaml",
    "*.tfstate",
    "*.tfstate.*",
    ".aws/",
    ".azure/",
    ".gnupg/",
    ".kube/",
    ".ssh/",
    "**/.docker/config.json",
];

/// Which files an agent sees and may change, as globs in the manner of `.gitignore`.
///
/// What is excluded or protected is so in upper and lower case alike.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct FileRules {
    /// What never reaches the agent, and so no provider. A pattern after `!` takes files out again.
    pub excluded: Vec<String>,
    /// The folders it may change; none means all. One that is no glob, such as `src`, is that folder of
    /// the root and no other.
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

#[cfg(test)]
mod tests {
    use super::FileRules;

    #[test]
    fn an_agent_without_other_rules_is_kept_from_secrets_alone() {
        let rules = FileRules::default();
        assert!(rules.excluded.iter().any(|pattern| pattern == ".env"));
        assert_eq!(FileRules { excluded: Vec::new(), ..rules }, FileRules::none());
    }
}
