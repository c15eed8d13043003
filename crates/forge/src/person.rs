//! Who said something.

use crate::text;
use serde::Deserialize;

/// A user, a bot or an organisation, as it stands in most of GitHub's answers.
#[derive(Deserialize)]
pub(crate) struct Person {
    login: String,
}

/// The login, or GitHub's own stand-in for accounts that are deleted.
pub(crate) fn login(person: Option<Person>) -> String {
    person.map_or_else(|| "ghost".to_owned(), |person| text::first_line(&person.login, 100))
}
