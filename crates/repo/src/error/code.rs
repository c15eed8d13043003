//! The names of failures, on which programs branch.

use super::RepoError;

impl RepoError {
    /// Returns the stable name of this failure.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::InvalidRemote { .. } => "repository_invalid",
            Self::RepositoryNotFound { .. } => "repository_not_found",
            Self::EmptyRepository { .. } => "repository_empty",
            Self::UnknownBranch { .. } => "branch_unknown",
            Self::InvalidBranch { .. } => "branch_invalid",
            Self::Auth { .. } | Self::SshKey { .. } => "repository_sign_in",
            Self::Forbidden { .. } => "repository_forbidden",
            Self::UnknownHost { .. } => "host_unknown",
            Self::HostKeyChanged { .. } => "host_key_changed",
            Self::HostKeyRevoked { .. } => "host_key_revoked",
            Self::Certificate { .. } => "certificate_invalid",
            Self::Redirected { .. } => "repository_redirected",
            Self::Rewritten { .. } => "repository_rewritten",
            Self::Proxy { .. } => "proxy_failed",
            Self::Network { .. } => "repository_unreachable",
            Self::Thread { .. } => "thread_failed",
            Self::Cancelled { .. } => "cancelled",
            Self::PushCancelled { .. } => "push_cancelled",
            Self::TargetMoved { .. } => "target_moved",
            Self::ForbiddenBranch { .. } => "branch_forbidden",
            Self::Rejected { .. } => "push_rejected",
            Self::NotVerified { .. } => "push_not_verified",
            Self::InvalidPath { .. } => "path_invalid",
            Self::PathNotFound { .. } => "path_not_found",
            Self::InvalidAgent { .. } => "agent_invalid",
            Self::InvalidSignature { .. } => "signature_invalid",
            Self::InvalidMessage { .. } => "message_invalid",
            Self::SigningImpossible { .. } => "signing_impossible",
            Self::SigningFailed { .. } => "signing_failed",
            Self::SigningTimedOut { .. } => "signing_timed_out",
            Self::MissingObject { .. } => "object_missing",
            Self::TreeTooLarge { .. } => "repository_too_large",
            Self::NotOwned { .. } => "repository_not_owned",
            Self::DiskFull { .. } => "disk_full",
            Self::Folder { .. } => "folder_failed",
            Self::Storage { .. } => "storage_failed",
        }
    }
}
