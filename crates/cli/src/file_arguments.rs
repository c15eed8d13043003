//! What can be said of files.

use anchorhold_domain::FileRules;
use clap::Args;

/// Which files an agent sees and may change. A GLOB is read as a line of `.gitignore`.
#[derive(Debug, Args)]
pub(crate) struct FileOptions {
    /// Keeps files from the agent and from every provider, by a line as in `.gitignore`; may be given several times.
    /// With a leading `!` it lets files through again.
    #[arg(long, value_name = "GLOB")]
    pub(crate) exclude: Vec<String>,
    /// Lets the agent see files that usually hold secrets, such as .env and keys.
    #[arg(long)]
    pub(crate) include_secrets: bool,
    /// Lets the agent change files in this folder only; may be given several times.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) only: Vec<String>,
    /// Lets the agent see files and not change them, by a line as in `.gitignore`; may be given several times.
    #[arg(long, value_name = "GLOB")]
    pub(crate) protect: Vec<String>,
}

impl FileOptions {
    pub(crate) fn rules(&self) -> FileRules {
        let usual = if self.include_secrets { FileRules::none() } else { FileRules::default() };
        FileRules {
            excluded: [usual.excluded, self.exclude.clone()].concat(),
            only: self.only.clone(),
            protected: self.protect.clone(),
        }
    }
}

/// Which other files an agent sees and may change from now on. What was kept from it stays so, unless a pattern with
/// `!` or `--include-secrets` lets it through.
#[derive(Debug, Args)]
pub(crate) struct OtherFileOptions {
    /// Keeps these files, too, from the agent and from every provider, by a line as in `.gitignore`; may be given
    /// several times. With a leading `!` it lets files through again.
    #[arg(long, value_name = "GLOB")]
    exclude: Vec<String>,
    /// Lets the agent see files that usually hold secrets, such as .env and keys.
    #[arg(long)]
    include_secrets: bool,
    /// Lets the agent change files in this folder only, and no more in those named before; may be given several
    /// times. `none` lets it change files everywhere.
    #[arg(long, value_name = "FOLDER|none")]
    only: Vec<String>,
    /// Lets the agent see these files, too, and not change them, by a line as in `.gitignore`; may be given several
    /// times. With a leading `!` it lets them be changed again.
    #[arg(long, value_name = "GLOB")]
    protect: Vec<String>,
}

impl OtherFileOptions {
    /// The rules `before` with what was named added to them; `None` where that changes nothing.
    pub(crate) fn rules(&self, before: &FileRules) -> Option<FileRules> {
        let usual = FileRules::default().excluded;
        let mut rules = before.clone();
        if self.include_secrets {
            rules.excluded.retain(|pattern| !usual.contains(pattern));
        }
        add(&mut rules.excluded, &self.exclude);
        add(&mut rules.protected, &self.protect);
        if !self.only.is_empty() {
            rules.only = self.only.iter().filter(|folder| *folder != "none").cloned().collect();
        }
        (rules != *before).then_some(rules)
    }
}

/// Adds what a list does not end with: of two patterns for one file the later counts.
fn add(list: &mut Vec<String>, more: &[String]) {
    if !list.ends_with(more) {
        list.extend_from_slice(more);
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::OtherFileOptions;
    use anchorhold_domain::FileRules;
    use clap::{Args, Command, FromArgMatches};

    fn rules(words: &[&str], before: &FileRules) -> Option<FileRules> {
        let command = OtherFileOptions::augment_args(Command::new("resume").no_binary_name(true));
        let matches = command.try_get_matches_from(words).unwrap();
        OtherFileOptions::from_arg_matches(&matches).unwrap().rules(before)
    }

    #[test]
    fn what_was_kept_from_an_agent_stays_so_unless_it_is_let_through_by_name() {
        let own = |patterns: &[&str]| patterns.iter().map(|&pattern| pattern.to_owned()).collect::<Vec<_>>();
        let usual = FileRules::default().excluded;
        let before = FileRules {
            excluded: [usual.clone(), own(&["docs"])].concat(),
            only: own(&["src"]),
            protected: own(&["*.lock"]),
        };
        assert_eq!(rules(&[], &before), None);
        assert_eq!(rules(&["--exclude", "docs", "--only", "src", "--protect", "*.lock"], &before), None);
        let more = ["--exclude", "notes", "--only", "app", "--only", "lib", "--protect", "!a.lock"];
        let expected = FileRules {
            excluded: [usual, own(&["docs", "notes"])].concat(),
            only: own(&["app", "lib"]),
            protected: own(&["*.lock", "!a.lock"]),
        };
        assert_eq!(rules(&more, &before), Some(expected));
        let less = FileRules { excluded: own(&["docs"]), only: vec![], ..before.clone() };
        assert_eq!(rules(&["--include-secrets", "--only", "none"], &before), Some(less));
    }
}
