//! What changed in a file, as rows that a window can draw without parsing anything.
//!
//! Rows arrive aligned, highlighted and cut to a bounded size. They carry classes of tokens, never
//! colours, so that one answer serves the light and the dark theme. Every number fits in 32 bits,
//! because JavaScript has no exact 64-bit integers.

use serde::{Deserialize, Serialize};

/// One file that differs between two trees.
///
/// `path` and `old_path` are UTF-8 renderings of byte strings: a backslash is written `\\`, a byte
/// that is not part of valid UTF-8 `\xHH`, and a control or direction-changing character `\u{HHHH}`.
/// The rendering is lossless, and the room that made it can turn it back into bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FileChange {
    /// Where the file is now, or was, if it was deleted.
    pub path: String,
    /// Where the file was before, for a rename only.
    pub old_path: Option<String>,
    /// What happened to the file.
    pub kind: FileChangeKind,
    /// Lines added; zero for a binary file.
    pub added: u32,
    /// Lines removed; zero for a binary file.
    pub removed: u32,
    /// Whether either side is binary, so that there are no lines to show.
    pub binary: bool,
    /// The git file mode before, absent for an added file.
    pub old_mode: Option<u32>,
    /// The git file mode after, absent for a deleted file.
    pub new_mode: Option<u32>,
}

/// What happened to a file between two trees.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum FileChangeKind {
    /// The file is new.
    Added,
    /// The file's content differs, and perhaps its mode.
    Modified,
    /// The file is gone.
    Deleted,
    /// The file moved, perhaps with changes.
    Renamed,
    /// Only the mode differs: executable bit, or file and link.
    Mode,
}

/// The differences of one file, aligned side by side and highlighted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct FileDiff {
    /// Which file, and how much changed.
    pub change: FileChange,
    /// The name of the language that highlighted it, `Plain Text` where none did.
    pub language: String,
    /// The rows from the first to the last that are kept.
    pub rows: Vec<DiffRow>,
    /// Whether rows or parts of lines were left out; `notices` says which and why.
    pub truncated: bool,
    /// What a reader must know about this rendering, in a fixed order, each at most once.
    pub notices: Vec<DiffNotice>,
    /// The old file's last line has no newline.
    pub old_missing_newline: bool,
    /// The new file's last line has no newline.
    pub new_missing_newline: bool,
}

/// Some consecutive rows of one file's differences.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DiffWindow {
    /// Which file, and how much changed.
    pub change: FileChange,
    /// The name of the language that highlighted it.
    pub language: String,
    /// The index of the first row in `rows` within all rows.
    pub from_row: u32,
    /// How many rows there are in all.
    pub total_rows: u32,
    /// The rows asked for, fewer at the end.
    pub rows: Vec<DiffRow>,
    /// Whether the whole rendering left something out.
    pub truncated: bool,
    /// What a reader must know about the whole rendering.
    pub notices: Vec<DiffNotice>,
    /// The old file's last line has no newline.
    pub old_missing_newline: bool,
    /// The new file's last line has no newline.
    pub new_missing_newline: bool,
}

/// Something about a rendering that must not be silent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum DiffNotice {
    /// Either side is binary; there are no rows.
    Binary,
    /// Either side is over the size limit; there are no rows.
    TooLarge,
    /// The file is a submodule; the rows show the commit it points to.
    Submodule,
    /// The file is a symbolic link; the rows show its target.
    SymbolicLink,
    /// The content is a Git LFS pointer, not the file itself.
    LfsPointer,
    /// The text is not UTF-8; each byte is shown as the Latin-1 character of its value.
    NotUtf8,
    /// Invisible or direction-changing characters were made visible.
    HiddenUnicode,
    /// The two sides end their lines differently.
    LineEndings,
    /// A very long line was cut and is not highlighted.
    LongLine,
    /// The file is too large to be highlighted.
    NotHighlighted,
    /// There are more rows than are kept.
    TooManyRows,
}

/// One row of a side-by-side diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum DiffRow {
    /// The head of a group of changes.
    Hunk {
        /// The line as git writes it, `@@ -1,3 +1,4 @@ fn main()`.
        header: String,
        /// The first old line, from one; zero if there is none.
        old_start: u32,
        /// How many old lines the group spans.
        old_lines: u32,
        /// The first new line, from one; zero if there is none.
        new_start: u32,
        /// How many new lines the group spans.
        new_lines: u32,
    },
    /// A line of the old file beside a line of the new one.
    Pair {
        /// The old line, absent for an added one.
        left: Option<DiffCell>,
        /// The new line, absent for a removed one.
        right: Option<DiffCell>,
        /// How the two relate.
        kind: PairKind,
    },
    /// Unchanged lines that are not shown.
    Gap {
        /// How many lines are hidden.
        hidden: u32,
    },
}

/// How the two sides of a row relate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum PairKind {
    /// The same line on both sides.
    Context,
    /// A line that was rewritten.
    Changed,
    /// A line on the right only.
    Added,
    /// A line on the left only.
    Removed,
}

/// One line of one side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct DiffCell {
    /// The line's number in its file, from one.
    pub line: u32,
    /// The line's text in pieces, without its line ending; empty for an empty line.
    pub spans: Vec<Span>,
}

/// A piece of a line that is drawn alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub struct Span {
    /// The text, safe to draw: it holds no invisible or direction-changing character.
    pub text: String,
    /// What the text is, which the theme turns into a colour.
    pub scope: ScopeClass,
    /// Whether this piece differs from the other side of the row.
    pub changed: bool,
}

/// The classes of tokens that themes colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[cfg_attr(feature = "specta", derive(specta::Type))]
pub enum ScopeClass {
    /// Anything that has no class of its own.
    Plain,
    /// `if`, `fn`, `import`, storage modifiers.
    Keyword,
    /// Text literals.
    String,
    /// An escape inside a text literal, and regular expressions.
    Escape,
    /// Comments.
    Comment,
    /// Numeric literals.
    Number,
    /// `true`, `null` and named constants.
    Constant,
    /// Names of functions, where they are defined, called or come with the language.
    Function,
    /// Names of types, classes, modules and lifetimes.
    Type,
    /// Parameters, properties and other variables that the grammar singles out.
    Variable,
    /// Operators.
    Operator,
    /// Brackets, separators and terminators.
    Punctuation,
    /// Names of markup elements.
    Tag,
    /// Names of markup attributes, annotations and decorators.
    Attribute,
    /// Headings in prose.
    Heading,
    /// Links in prose.
    Link,
    /// Emphasised or strong prose.
    Emphasis,
    /// A character made visible, or the mark of a cut: never part of the file as it is written here.
    Hidden,
}
