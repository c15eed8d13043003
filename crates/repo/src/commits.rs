//! Commits in the user's name, made from trees and without moving any ref.
//!
//! Author and committer are the user. What a message may hold is decided here, because everything that
//! is in a commit stays there for good.

use git2::{Commit, Oid, Repository, Time, Tree};

use crate::error::{RepoError, Result};
use crate::mirror::{Mirror, oid};
use crate::signing::Signer;

/// The longest message that is put into a commit, in bytes.
const LONGEST_MESSAGE: usize = 64 * 1024;

/// Who made a commit, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// The name.
    pub name: String,
    /// The e-mail address.
    pub email: String,
    /// Milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// The time zone, in minutes east of UTC.
    pub offset: i32,
}

/// A commit that is to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitToMake {
    /// Its tree.
    pub tree: String,
    /// Its message; white space around it does not count.
    pub message: String,
}

impl Mirror {
    /// Makes a chain of commits on top of `parent` and returns their ids, the first one first.
    ///
    /// With `signer` each is signed. No ref is moved, so that a chain that fails half way leaves nothing
    /// that anybody would find. Messages end with exactly one newline.
    ///
    /// # Errors
    /// [`RepoError::InvalidSignature`], [`RepoError::InvalidMessage`], [`RepoError::MissingObject`], and
    /// those of [`Signer::sign`].
    pub fn commits_for_push(
        &self,
        parent: &str,
        commits: &[CommitToMake],
        author: &Signature,
        signer: Option<&Signer>,
    ) -> Result<Vec<String>> {
        // What is named as pushed must be whole after a power cut.
        self.write_out()?;
        let repository = self.objects()?;
        let author = author_of(author)?;
        let messages =
            commits.iter().map(|commit| message_of(&commit.message)).collect::<Result<Vec<_>>>()?;
        let mut parent = find_commit(&repository, parent)?;
        let mut made = Vec::with_capacity(commits.len());
        for (commit, message) in commits.iter().zip(&messages) {
            let tree = repository
                .find_tree(oid("tree", &commit.tree)?)
                .map_err(RepoError::missing("tree", &commit.tree))?;
            let id = write(&repository, &author, message, &tree, &[&parent], signer)?;
            parent = find_commit(&repository, &id.to_string())?;
            made.push(id.to_string());
        }
        Ok(made)
    }
}

fn author_of(author: &Signature) -> Result<git2::Signature<'static>> {
    let invalid = || RepoError::InvalidSignature { name: author.name.clone(), email: author.email.clone() };
    // The library cuts white space off the ends and looks for angle brackets, but a line break in the
    // middle would begin a header of its own.
    if author.name.chars().chain(author.email.chars()).any(char::is_control) || author.email.trim().is_empty()
    {
        return Err(invalid());
    }
    let at = Time::new(author.at_ms.div_euclid(1000), author.offset);
    git2::Signature::new(&author.name, &author.email, &at).map_err(|_| invalid())
}

/// Returns the message as it goes into the commit.
fn message_of(message: &str) -> Result<String> {
    let refuse = |reason| Err(RepoError::InvalidMessage { reason });
    let message = message.replace("\r\n", "\n");
    // Blank lines go, but not the spaces before the first word: a list may begin with them.
    let message = message.trim_end().trim_start_matches('\n');
    if message.trim().is_empty() {
        return refuse("it is empty");
    }
    if message.len() > LONGEST_MESSAGE {
        return refuse("it is longer than 64 KiB");
    }
    if message.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return refuse("it holds control characters");
    }
    Ok(format!("{message}\n"))
}

fn find_commit<'r>(repository: &'r Repository, id: &str) -> Result<Commit<'r>> {
    repository.find_commit(oid("commit", id)?).map_err(RepoError::missing("commit", id))
}

fn write(
    repository: &Repository,
    author: &git2::Signature<'_>,
    message: &str,
    tree: &Tree<'_>,
    parents: &[&Commit<'_>],
    signer: Option<&Signer>,
) -> Result<Oid> {
    let attempt = || RepoError::writing(repository, 0, "make a commit to push");
    let Some(signer) = signer else {
        return repository.commit(None, author, author, message, tree, parents).map_err(attempt());
    };
    let content =
        repository.commit_create_buffer(author, author, message, tree, parents).map_err(attempt())?;
    let content = content.as_str().map_err(attempt())?;
    let signature = signer.sign(content.as_bytes())?;
    repository.commit_signed(content, &signature, None).map_err(attempt())
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::message_of;

    #[test]
    fn a_message_ends_with_one_newline_and_keeps_its_inside() {
        let check = |given: &str, expected: &str| assert_eq!(message_of(given).unwrap(), expected);
        check("Fix it", "Fix it\n");
        check("\n\nFix it\n\n\n", "Fix it\n");
        check("Fix it\r\n\r\n- one\r\n-\ttwo  ", "Fix it\n\n- one\n-\ttwo\n");
        check("Прывітанне 👩\u{200d}👧", "Прывітанне 👩\u{200d}👧\n");
    }

    #[test]
    fn empty_endless_and_controlling_messages_are_refused() {
        let long = "x".repeat(70_000);
        for (message, expected) in [
            ("", "it is empty"),
            (" \n\t\n", "it is empty"),
            ("a\0b", "it holds control characters"),
            ("a\u{1b}[31mb", "it holds control characters"),
            ("a\rb", "it holds control characters"),
            (&long, "it is longer than 64 KiB"),
        ] {
            let error = message_of(message).unwrap_err();
            assert_eq!(error.to_string(), format!("use a text as a commit message: {expected}"));
        }
    }
}
