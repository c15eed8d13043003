//! What host and cell say: one request, one answer with the same id, file bytes in the frame's body.
//!
//! A refusal is an answer like any other: its message is written for the model and for the user, and
//! names the limit. Numbers of lines count from 1; modes are git's (`0o100644`, `0o100755`,
//! `0o120000`, `0o040000` for a folder).

mod hello;
mod refusal;

use serde::{Deserialize, Serialize};

use crate::path::PathBytes;
pub use hello::{Hello, LockReport, Measured, MountPoint, Usage};
pub use refusal::{NearLine, Refusal, RefusalCode};

/// A regular file's mode, as git writes it.
pub const MODE_FILE: u32 = 0o100_644;
/// An executable file's mode, as git writes it.
pub const MODE_EXECUTABLE: u32 = 0o100_755;
/// A symlink's mode, as git writes it; its content is its target.
pub const MODE_SYMLINK: u32 = 0o120_000;
/// A folder's mode, as git writes it.
pub const MODE_FOLDER: u32 = 0o040_000;
/// A submodule's mode, as git writes it; in the cell it is an empty folder.
pub const MODE_SUBMODULE: u32 = 0o160_000;

/// A message with the id that ties an answer to its request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope<T> {
    /// Chosen by the host; 0 is the bridge speaking of the conversation itself.
    pub id: u64,
    /// The request or the answer.
    pub message: T,
}

/// What the host may ask.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Request {
    /// Who are you, and how are you locked in?
    Hello,
    /// The entries of a folder; `depth` 1 (the default) is the folder itself.
    List {
        /// The folder.
        path: PathBytes,
        /// How many levels to descend.
        #[serde(default)]
        depth: Option<u32>,
    },
    /// The text of a file, whole or a range of lines; the bytes are the answer's body.
    Read {
        /// The file.
        path: PathBytes,
        /// The first line wanted, from 1.
        #[serde(default)]
        from_line: Option<u64>,
        /// How many lines are wanted.
        #[serde(default)]
        line_count: Option<u64>,
    },
    /// A piece of any file, or a symlink's target; the bytes are the answer's body.
    ReadRaw {
        /// The file or symlink.
        path: PathBytes,
        /// Where the piece begins.
        offset: u64,
        /// How long it is at most; never more than a body may be.
        len: u64,
    },
    /// Lines that match a regular expression.
    Search {
        /// The expression, in Rust's `regex` syntax.
        pattern: String,
        /// The folder or file to search.
        #[serde(default)]
        path: PathBytes,
        /// Globs of paths to search; with none, everything. A leading `!` leaves paths out.
        #[serde(default)]
        globs: Vec<String>,
        /// Whether upper and lower case are the same.
        #[serde(default)]
        case_insensitive: bool,
        /// The most matches to answer with.
        #[serde(default)]
        max_matches: Option<u32>,
        /// How many lines around each match to answer with as well.
        #[serde(default)]
        context: u32,
        /// Whether the first match of each file is enough.
        #[serde(default)]
        first_only: bool,
    },
    /// Paths of files that match a glob, relative to the workspace.
    Glob {
        /// The glob; `**` crosses folders.
        pattern: String,
    },
    /// Writes the body as the whole content of a file, making its folders.
    Write {
        /// The file.
        path: PathBytes,
        /// Whether it is executable; with none, as it was.
        #[serde(default)]
        executable: Option<bool>,
    },
    /// Replaces exact pieces of a file, all of them or none.
    Edit {
        /// The file.
        path: PathBytes,
        /// The replacements, in order, each on the outcome of the one before.
        edits: Vec<Replacement>,
    },
    /// Removes a file, a symlink, or a folder with everything in it.
    Delete {
        /// What to remove.
        path: PathBytes,
    },
    /// Renames a file or folder; the target must not be there yet.
    Move {
        /// What to move.
        from: PathBytes,
        /// Its new path.
        to: PathBytes,
    },
    /// Makes a folder and those above it.
    MakeDirectory {
        /// The folder.
        path: PathBytes,
    },
    /// What is at a path.
    Stat {
        /// The path.
        path: PathBytes,
    },
    /// Empties the workspace and opens it for an import.
    ImportBegin,
    /// Files, or pieces of files, whose bytes lie one after the other in the body.
    ImportFiles {
        /// The pieces, in the order of their bytes.
        pieces: Vec<ImportPiece>,
    },
    /// Ends the import; what is there now is the baseline of `Changes`.
    ImportEnd,
    /// The paths that differ from the baseline, in order, a page at a time.
    Changes {
        /// The last path of the page before.
        #[serde(default)]
        after: Option<PathBytes>,
    },
    /// The tree, a frame of whole files and pieces at a time, in order of their paths; the bytes are
    /// the answer's body. Repeatable, and a tree that is not changed meanwhile comes out whole.
    Export {
        /// Where the frame before ended.
        #[serde(default)]
        after: Option<ExportCursor>,
    },
    /// Removes everything in the workspace, as before its volume is removed.
    Empty,
}

/// One replacement of an edit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Replacement {
    /// The exact text to find.
    pub old: String,
    /// What takes its place.
    pub new: String,
    /// Whether every occurrence is meant; otherwise there must be exactly one.
    #[serde(default)]
    pub replace_all: bool,
}

/// A file of an import or an export, or a piece of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportPiece {
    /// The file.
    pub path: PathBytes,
    /// Its mode, as git writes it.
    pub mode: u32,
    /// Where this piece begins; pieces of a file come in order, one file at a time.
    pub offset: u64,
    /// How many bytes of the body are this piece.
    pub len: u64,
    /// The whole file's length; the piece that reaches it completes the file.
    pub total: u64,
}

/// How far an export is: behind so many bytes of a file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExportCursor {
    /// The last file of the answer.
    pub path: PathBytes,
    /// How many of its bytes were sent.
    pub offset: u64,
}

/// What the bridge answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Response {
    /// To `Hello`.
    Hello(Box<Hello>),
    /// To [`crate::frame::RESYNC`]: between two frames.
    InStep,
    /// To `List`.
    Listed {
        /// The entries, in order of their paths.
        entries: Vec<Entry>,
        /// Whether there are more than one answer holds.
        truncated: bool,
    },
    /// To `Read`; the body holds the bytes exactly as they are in the file.
    Read {
        /// The first line in the body, from 1.
        from_line: u64,
        /// How many lines are in the body.
        lines: u64,
        /// How many lines the file has.
        total_lines: u64,
        /// How many bytes the file has.
        total_bytes: u64,
        /// Whether less was returned than asked for, because of the read limit.
        truncated: bool,
        /// The file's mode.
        mode: u32,
    },
    /// To `ReadRaw`; the body holds the piece.
    Raw {
        /// The file's mode.
        mode: u32,
        /// How many bytes the file has.
        total_bytes: u64,
    },
    /// To `Search`.
    Found {
        /// The matching lines, in order of path and line.
        matches: Vec<Match>,
        /// How many files were searched to their end.
        files_searched: u64,
        /// Those that were not, as a line in them is too long to hold.
        too_long: Vec<PathBytes>,
        /// Why there may be more matches than these, if so.
        stopped: Option<SearchStop>,
    },
    /// To `Glob`.
    Globbed {
        /// The paths, in order.
        paths: Vec<PathBytes>,
        /// Whether there are more than one answer holds.
        truncated: bool,
    },
    /// To `Write`.
    Written {
        /// Whether the file is new.
        created: bool,
        /// Its length now.
        bytes: u64,
        /// Its mode now.
        mode: u32,
    },
    /// To `Edit`; the body holds the new content if `content_in_body`.
    Edited {
        /// How many places were replaced.
        replacements: u64,
        /// The file's length now.
        bytes: u64,
        /// The file's mode.
        mode: u32,
        /// Whether the new content fits a frame and is in the body.
        content_in_body: bool,
    },
    /// To `Delete`.
    Deleted {
        /// How many files, symlinks and folders are gone.
        entries: u64,
    },
    /// To `Move`.
    Moved {
        /// The mode of what was moved.
        mode: u32,
    },
    /// To `MakeDirectory`.
    DirectoryMade {
        /// Whether it was not there before.
        created: bool,
    },
    /// To `Stat`.
    Stat(Entry),
    /// To `ImportBegin` and `ImportFiles`.
    Importing,
    /// To `ImportEnd`.
    Imported {
        /// How many files and symlinks the baseline has.
        files: u64,
        /// How many bytes they have.
        bytes: u64,
    },
    /// To `Changes`.
    Changes {
        /// The differences, in order of their paths.
        changes: Vec<Change>,
        /// Whether another page follows.
        truncated: bool,
    },
    /// To `Export`; the body holds the bytes of the pieces, one after the other.
    Exported {
        /// The pieces, as an import takes them; a submodule is an empty one.
        pieces: Vec<ImportPiece>,
        /// Where to go on; none at the end.
        next: Option<ExportCursor>,
    },
    /// To `Empty`.
    Emptied {
        /// How many files, symlinks and folders were there.
        entries: u64,
    },
    /// No, and why.
    Refused(Refusal),
}

/// Something in the workspace.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its path from the workspace's root.
    pub path: PathBytes,
    /// Its mode, as git writes it.
    pub mode: u32,
    /// Its length in bytes; 0 for a folder.
    pub bytes: u64,
}

/// A line that matches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Match {
    /// The file.
    pub path: PathBytes,
    /// The line's number, from 1.
    pub line: u64,
    /// The line without its end, cut around the match if long, not UTF-8 replaced.
    pub text: String,
    /// Where the match begins in the file, in bytes, if the line was cut.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub byte: Option<u64>,
    /// Whether the line only stands near one that matches.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_context: bool,
}

/// Why a search ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum SearchStop {
    /// As many matches as asked for, or as an answer holds.
    Matches,
    /// The time limit.
    Time,
}

/// A path that differs from the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// The path.
    pub path: PathBytes,
    /// How it differs.
    pub status: ChangeStatus,
    /// Its mode now; for a deleted path the mode it had.
    pub mode: u32,
}

/// How a path differs from the baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ChangeStatus {
    /// It was not there.
    Added,
    /// Its content or mode is another one.
    Modified,
    /// It is no longer there.
    Deleted,
}
