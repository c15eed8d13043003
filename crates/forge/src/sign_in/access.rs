//! What is asked for, and why, in words for the user.

/// What the user chose to allow beyond what is always needed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Access {
    /// Whether a push may change files in `.github/workflows`.
    pub workflows: bool,
}

/// How much a permission allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// To look.
    Read,
    /// To look and to change.
    Write,
}

/// A permission of a GitHub App.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Its name in GitHub's API.
    pub name: &'static str,
    /// How much of it.
    pub level: Level,
    /// What it is used for, one sentence.
    pub reason: &'static str,
}

/// A scope of a classic OAuth app or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its name in GitHub's API.
    pub name: &'static str,
    /// What it is used for, one sentence.
    pub reason: &'static str,
}

// https://docs.github.com/en/rest/authentication/permissions-required-for-github-apps
const ALWAYS: [Permission; 7] = [
    Permission {
        name: "metadata",
        level: Level::Read,
        reason: "Lists your repositories and their branches; GitHub requires it of every app.",
    },
    Permission {
        name: "contents",
        level: Level::Write,
        reason: "Clones a repository, and pushes what you reviewed to a branch of its own.",
    },
    Permission {
        name: "pull_requests",
        level: Level::Write,
        reason: "Opens a pull request for a pushed branch, and reads the reviews of it.",
    },
    Permission { name: "issues", level: Level::Read, reason: "Lets you pick an issue as an agent's task." },
    Permission {
        name: "checks",
        level: Level::Read,
        reason: "Shows which checks failed on a pull request, so that an agent can mend them.",
    },
    Permission {
        name: "statuses",
        level: Level::Read,
        reason: "Shows what other services say of a commit, where they do not use checks.",
    },
    Permission {
        name: "actions",
        level: Level::Read,
        reason: "Reads the end of a failed job's log, so that an agent knows what to mend.",
    },
];

const WORKFLOWS: Permission = Permission {
    name: "workflows",
    level: Level::Write,
    reason: "Pushes changes to workflow files, which run on GitHub's machines; only where you choose so.",
};

// https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
const REPO: Scope = Scope {
    name: "repo",
    reason: "Clones, pushes, and reads and opens pull requests; a classic scope cannot be made smaller, so it \
             reaches every repository that you reach.",
};

const WORKFLOW: Scope = Scope { name: "workflow", reason: WORKFLOWS.reason };

impl Access {
    /// Returns the permissions that a GitHub App needs for this.
    #[must_use]
    pub fn permissions(self) -> Vec<Permission> {
        ALWAYS.into_iter().chain(self.workflows.then_some(WORKFLOWS)).collect()
    }

    /// Returns the scopes that a classic OAuth app or token needs for this.
    #[must_use]
    pub fn scopes(self) -> Vec<Scope> {
        [REPO].into_iter().chain(self.workflows.then_some(WORKFLOW)).collect()
    }
}
