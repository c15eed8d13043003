//! What can go wrong with a secret, told apart by what the user can do. No error holds a secret.

use crate::SecretName;

/// The result of an operation on secrets.
pub type Result<T> = std::result::Result<T, SecretsError>;

type Source = Box<dyn std::error::Error + Send + Sync>;

/// Says why a secret could not be read, kept or deleted.
#[derive(Debug, thiserror::Error)]
pub enum SecretsError {
    /// No keychain answers on this system.
    #[error("reach the keychain for {name}")]
    Unavailable {
        /// What the secret is for.
        name: SecretName,
        /// What the system said.
        #[source]
        source: Source,
    },
    /// There is a keychain, and it does not open.
    #[error("open the keychain for {name}")]
    Locked {
        /// What the secret is for.
        name: SecretName,
        /// What the system said.
        #[source]
        source: Source,
    },
    /// There is a keychain, and it does not answer in time.
    #[error("reach the keychain for {name}: it did not answer within {seconds} s")]
    TimedOut {
        /// What the secret is for.
        name: SecretName,
        /// How long we waited.
        seconds: u64,
    },
    /// The keychain holds something that is not a text of ours.
    #[error("read {name} from the keychain: it is not text")]
    NotText {
        /// What the secret is for.
        name: SecretName,
    },
    /// The keychain holds more than one secret of this name.
    #[error("read {name} from the keychain: there are {count} of them")]
    Ambiguous {
        /// What the secret is for.
        name: SecretName,
        /// How many there are.
        count: usize,
    },
    /// The keychain does not take a secret of this length.
    #[error("keep {name} in the keychain: it is longer than {limit} characters")]
    TooLong {
        /// What the secret is for.
        name: SecretName,
        /// The keychain's limit.
        limit: u32,
    },
    /// The keychain refused for another reason.
    #[error("use the keychain for {name}")]
    Refused {
        /// What the secret is for.
        name: SecretName,
        /// What the system said.
        #[source]
        source: Source,
    },
}

impl SecretsError {
    /// Returns the stable name that programs branch on.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unavailable { .. } => "keychain_unavailable",
            Self::Locked { .. } => "keychain_locked",
            Self::TimedOut { .. } => "keychain_timed_out",
            Self::NotText { .. } => "secret_not_text",
            Self::Ambiguous { .. } => "secret_ambiguous",
            Self::TooLong { .. } => "secret_too_long",
            Self::Refused { .. } => "keychain_refused",
        }
    }

    /// Returns what the user can do now, where there is something.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Unavailable { name, .. } => return Some(without_keychain(name)),
            Self::Locked { name: SecretName::Account { .. }, .. }
            | Self::TimedOut { name: SecretName::Account { .. }, .. } => {
                return Some(format!("unlock your keychain and try again; {UNREMEMBERED}"));
            }
            Self::Locked { .. } | Self::TimedOut { .. } => "unlock your keychain and try again",
            Self::NotText { .. } | Self::Ambiguous { .. } => "delete it in your keychain and enter it again",
            Self::TooLong { .. } => "check what you entered, or keep it for this session only",
            Self::Refused { .. } => return None,
        };
        Some(hint.to_owned())
    }
}

/// How one signs in where no keychain can be used: the window's check box, and what stands for it everywhere.
const UNREMEMBERED: &str = "or sign in without “Remember on this computer” in the window, as with \
                            ANCHORHOLD_SIGN_IN=session, which forgets the account when the program ends";

fn without_keychain(name: &SecretName) -> String {
    let variable = match name {
        SecretName::ModelKey { provider } => format!("{}_API_KEY", crate::name::variable(provider)),
        SecretName::GitToken { .. } => "ANCHORHOLD_GIT_TOKEN (with ANCHORHOLD_GIT_HOST)".to_owned(),
        SecretName::Account { .. } | SecretName::BegunSignIn => {
            return format!(
                "start a keychain such as gnome-keyring; {UNREMEMBERED}; or set ANCHORHOLD_GIT_TOKEN (with \
                 ANCHORHOLD_GIT_HOST)"
            );
        }
        SecretName::AppSecret { .. } => {
            return "start a keychain such as gnome-keyring, or sign in with a code, which needs no secret"
                .to_owned();
        }
    };
    format!("start a keychain such as gnome-keyring, keep it for this session only, or set {variable}")
}
