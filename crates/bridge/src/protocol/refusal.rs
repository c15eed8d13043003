//! Why a bridge did not do what it was asked for.

use serde::{Deserialize, Serialize};

/// Why a request was not carried out. Nothing was changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    /// The reason, to branch on.
    pub code: RefusalCode,
    /// The reason, to read: what was attempted, and the limit.
    pub message: String,
    /// For a missed edit: the lines that come closest.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nearest: Vec<NearLine>,
}

impl Refusal {
    /// A refusal without lines to point at.
    pub fn new(code: RefusalCode, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), nearest: Vec::new() }
    }
}

/// A line that comes close to what an edit looked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NearLine {
    /// The line's number, from 1.
    pub line: u64,
    /// The line.
    pub text: String,
}

/// The reasons for a refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefusalCode {
    /// Nothing is at the path.
    NotFound,
    /// A folder is where a file is needed.
    IsDirectory,
    /// A file is where a folder is needed.
    NotDirectory,
    /// A symlink is in the path; they are kept and never followed.
    IsSymlink,
    /// The path leads out of the workspace.
    OutsideWorkspace,
    /// The path is no path: empty, too long, too deep, with a zero byte.
    BadPath,
    /// The name belongs to git, such as `.git`.
    ReservedName,
    /// The content is larger than the operation takes.
    TooLarge,
    /// The workspace would hold too many bytes.
    QuotaBytes,
    /// The workspace would hold too many files.
    QuotaFiles,
    /// The file is not text.
    Binary,
    /// The text to replace is not there.
    EditNotFound,
    /// The text to replace is there more than once.
    EditAmbiguous,
    /// The edit says nothing: no replacements, empty or unchanged text.
    EditEmpty,
    /// Something is already at the target.
    Exists,
    /// The pattern or glob cannot be read.
    BadPattern,
    /// The request cannot be read or does not fit the moment.
    BadRequest,
    /// The disk under the workspace is full.
    DiskFull,
    /// The system refused for a reason of its own.
    Io,
}

impl RefusalCode {
    /// The code as it stands on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotFound => "not_found",
            Self::IsDirectory => "is_directory",
            Self::NotDirectory => "not_directory",
            Self::IsSymlink => "is_symlink",
            Self::OutsideWorkspace => "outside_workspace",
            Self::BadPath => "bad_path",
            Self::ReservedName => "reserved_name",
            Self::TooLarge => "too_large",
            Self::QuotaBytes => "quota_bytes",
            Self::QuotaFiles => "quota_files",
            Self::Binary => "binary",
            Self::EditNotFound => "edit_not_found",
            Self::EditAmbiguous => "edit_ambiguous",
            Self::EditEmpty => "edit_empty",
            Self::Exists => "exists",
            Self::BadPattern => "bad_pattern",
            Self::BadRequest => "bad_request",
            Self::DiskFull => "disk_full",
            Self::Io => "io",
        }
    }
}
