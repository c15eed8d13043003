//! How an agent's work is handed over: commits, push, pull request, and what comes back for it.

use crate::{Fault, Timestamp};
use serde::{Deserialize, Serialize};

/// How an agent's work is handed over. The usual way asks the user for each step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct Delivery {
    /// What a push is made of.
    pub commits: CommitStyle,
    /// Whether commits name the agent in a trailer.
    pub trailer: bool,
    /// Whether it pushes by itself when it is completed, without a review.
    pub push_unreviewed: bool,
    /// Whether a pull request is opened after a push.
    pub pull_request: PullRequestWish,
    /// Whether reviews and failing checks become instructions by themselves.
    pub follow_up: bool,
    /// How often at most they do, before the user is asked.
    pub most_follow_ups: u32,
}

impl Default for Delivery {
    fn default() -> Self {
        Self {
            commits: CommitStyle::One,
            trailer: false,
            push_unreviewed: false,
            pull_request: PullRequestWish::OnRequest,
            follow_up: false,
            most_follow_ups: 3,
        }
    }
}

/// A step that an agent takes by itself where the user chose so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum DeliveryStep {
    /// The push without a review.
    Push,
    /// The pull request after a push.
    PullRequest,
    /// An answer to what came back.
    FollowUp,
}

/// What a push is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CommitStyle {
    /// One commit.
    #[default]
    One,
    /// One for each instruction that changed something.
    PerInstruction,
}

/// Whether a pull request is opened after a push.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PullRequestWish {
    /// When the user asks for it.
    #[default]
    OnRequest,
    /// As a draft.
    Draft,
    /// Ready for review.
    Ready,
}

/// What a push would do, for the user to read before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PushPlan {
    /// The target branch.
    pub branch: String,
    /// The tree that goes out: the reviewed one.
    pub tree: String,
    /// The name in the commits.
    pub author_name: String,
    /// The address in the commits.
    pub author_email: String,
    /// Other addresses that can be chosen.
    pub emails: Vec<String>,
    /// How commits are signed.
    pub signing: Signing,
    /// The commits, the first one first.
    pub commits: Vec<PlannedCommit>,
    /// What to look at before it goes out, the gravest first.
    pub risks: Vec<Risk>,
    /// The kinds of which there are more than are listed.
    pub risks_left_out: Vec<RisksLeftOut>,
    /// Where the target branch is now, where it moved since the last push.
    pub moved: Option<MovedTarget>,
}

/// A commit that a push would make.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PlannedCommit {
    /// Its tree.
    pub tree: String,
    /// Its message, which can be changed.
    pub message: String,
    /// Files that it changes.
    pub files: u32,
}

/// How commits are signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Signing {
    /// They are not: the user's git configuration does not ask for it.
    Off,
    /// With an SSH key.
    Ssh {
        /// Which, as the configuration names it.
        key: String,
    },
    /// With GnuPG.
    Gpg {
        /// Which; none for the one that belongs to the address.
        key: Option<String>,
    },
    /// The configuration asks for it in a way that is not supported, or that cannot work.
    Impossible {
        /// Why, and what to do.
        fault: Fault,
    },
}

/// A target branch that somebody else pushed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct MovedTarget {
    /// Where the branch is.
    pub tip: String,
    /// The first line of that commit's message.
    pub summary: String,
    /// When it was made.
    pub at: Timestamp,
    /// A name that is free, as an offer.
    pub free_name: String,
    /// The files that both changed in the same places; re-applying is possible where there are none.
    pub conflicts: Vec<Conflict>,
}

/// A file that two sides changed in the same places.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The file.
    pub path: String,
    /// It with the places marked, as git marks them, cut at 16 KiB; none where a text cannot show it.
    pub preview: Option<String>,
}

/// What a pull request is opened with, for the user to change before it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct PullRequestDraft {
    /// One line.
    pub title: String,
    /// The text, in Markdown.
    pub body: String,
    /// Whether it is opened as a draft.
    pub draft: bool,
}

/// What the user changed of a [`PushPlan`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase", default)]
pub struct PushWish {
    /// The tree that was read; a push of another one is refused.
    pub tree: Option<String>,
    /// The messages, one for each planned commit; none for those of the plan.
    pub messages: Option<Vec<String>>,
    /// Whether a branch that moved is built upon, with the work re-applied to where it is.
    pub reapply: bool,
}

/// Something about a change that deserves a look before it goes out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct Risk {
    /// What it is.
    pub kind: RiskKind,
    /// The file.
    pub path: String,
    /// The line on the new side, from 1, where it is in one.
    pub line: Option<u32>,
    /// What was found, in words; a secret is not repeated.
    pub detail: String,
}

/// How many more there are of a kind of which there are too many to be listed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "camelCase")]
pub struct RisksLeftOut {
    /// The kind.
    pub kind: RiskKind,
    /// How many more.
    pub count: u32,
}

/// What a [`Risk`] is, the gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "specta", derive(specta::Type))]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RiskKind {
    /// A text that looks like a key or token.
    Secret,
    /// A file that runs on the repository's machines: a CI workflow or an action.
    Workflow,
    /// A file that runs on a developer's machine by itself: a git hook, an editor task, an install script.
    Hook,
    /// A character that cannot be seen, or that turns the direction of text.
    HiddenUnicode,
    /// A row of blanks inside of a line, behind which a reader may not look.
    WideGap,
    /// A file that became executable.
    Executable,
    /// A symbolic link or a submodule that was added, changed or moved, or a submodule that was removed.
    Link,
    /// A lockfile: what it names is downloaded and run.
    Lockfile,
    /// A binary file.
    Binary,
    /// A file of more than 1 MiB.
    Large,
}
