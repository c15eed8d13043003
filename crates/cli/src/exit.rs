//! How `anchorctl` ends, as scripts see it.

use std::process::ExitCode;

/// The exit statuses, which are part of the command line's contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything that was asked is done.
    Completed = 0,
    /// The agent, the push or the program failed.
    Error = 1,
    /// The arguments make no sense.
    Usage = 2,
    /// No container engine answers.
    NoEngine = 3,
    /// The agent asked something and waits.
    Waiting = 4,
    /// A limit was reached.
    Limit = 5,
    /// Interrupted by the user.
    Interrupted = 130,
}

impl Exit {
    /// The status for an error's code.
    pub(crate) fn of(code: &str) -> Self {
        match code {
            // Each way not to reach one has a code of its own.
            "bridge_missing" => Self::NoEngine,
            "push_cancelled" | "input_interrupted" => Self::Interrupted,
            code if code.starts_with("engine_") => Self::NoEngine,
            "name_empty"
            | "name_invalid"
            | "name_taken"
            | "task_empty"
            | "task_too_long"
            | "target_is_source"
            | "model_empty"
            | "repository_invalid"
            | "branch_invalid"
            | "instruction_empty"
            | "message_invalid"
            | "pull_request_invalid"
            | "secret_too_long"
            | "instruction_too_long"
            | "files_excluded_invalid"
            | "files_only_invalid"
            | "files_protected_invalid"
            | "home_unknown"
            | "input_invalid"
            | "slots_invalid"
            | "limit_zero"
            | "follow_ups_invalid"
            | "provider_unknown"
            | "address_missing"
            | "address_invalid"
            | "address_has_secret"
            | "address_in_clear"
            | "price_unknown"
            | "secret_empty"
            | "account_unknown"
            | "email_unknown"
            | "forge_app_invalid"
            | "sign_in_host_invalid"
            | "sign_in_way_missing"
            | "token_malformed" => Self::Usage,
            _ => Self::Error,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn an_engine_that_is_missing_is_told_apart_from_a_failed_agent() {
        let codes = ["engine_stopped", "model_unreachable", "target_is_source"].map(Exit::of);
        assert_eq!(codes, [Exit::NoEngine, Exit::Error, Exit::Usage]);
    }

    #[test]
    fn a_model_that_is_named_wrongly_is_told_apart_from_one_that_fails() {
        let usage = ["provider_unknown", "address_in_clear", "price_unknown"].map(Exit::of);
        assert_eq!(usage, [Exit::Usage; 3]);
        let failed = ["model_key_missing", "model_key_invalid", "model_silent", "models_file_invalid"];
        assert_eq!(failed.map(Exit::of), [Exit::Error; 4]);
    }
}
