//! Which paths match what was typed: letters in their order, the closest together first.
//!
//! The paths of a tree are kept while somebody types, so that a letter more costs milliseconds.

use crate::rules::Rules;
use anchorhold_repo::path_to_text;
use nucleo_matcher::pattern::{CaseMatching, Normalization, Pattern};
use nucleo_matcher::{Config, Matcher, Utf32Str};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

/// How many paths are offered.
const MOST: usize = 20;
/// How many trees' paths are kept.
const KEPT: usize = 4;

/// The paths of the trees that were asked for last.
#[derive(Debug, Default)]
pub(crate) struct Mentionable(Mutex<VecDeque<Kept>>);

#[derive(Debug)]
struct Kept {
    tree: String,
    excluded: Vec<String>,
    paths: Arc<Paths>,
}

/// The files and folders that can be mentioned; folders end in a slash.
#[derive(Debug)]
pub(crate) struct Paths(Vec<String>);

impl Mentionable {
    /// Returns the paths of a tree without the excluded ones; `read` gives all of them and the rules.
    pub(crate) fn of<E>(
        &self,
        tree: &str,
        excluded: &[String],
        read: impl FnOnce() -> Result<(Vec<Vec<u8>>, Rules), E>,
    ) -> Result<Arc<Paths>, E> {
        let lock = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = lock()
            .iter()
            .find(|kept| kept.tree == tree && kept.excluded == excluded)
            .map(|kept| Arc::clone(&kept.paths));
        if let Some(paths) = found {
            return Ok(paths);
        }
        let (all, rules) = read()?;
        let paths = Arc::new(Paths::new(&all, &rules));
        let mut kept = lock();
        kept.push_front(Kept {
            tree: tree.to_owned(),
            excluded: excluded.to_vec(),
            paths: Arc::clone(&paths),
        });
        kept.truncate(KEPT);
        Ok(paths)
    }
}

impl Paths {
    fn new(all: &[Vec<u8>], rules: &Rules) -> Self {
        let mut paths = Vec::with_capacity(all.len());
        let mut folders = BTreeSet::new();
        for path in all.iter().filter(|path| rules.sees(path)) {
            let slashes = path.iter().enumerate().rev().filter(|(_, byte)| **byte == b'/');
            for (slash, _) in slashes {
                // Those above were met with the first file of this one.
                if !folders.insert(path.get(..=slash).unwrap_or_default()) {
                    break;
                }
            }
            paths.push(path_to_text(path));
        }
        paths.extend(folders.into_iter().map(path_to_text));
        Self(paths)
    }

    /// The best matches; what is nearest to the root where nothing was typed.
    pub(crate) fn matching(&self, typed: &str) -> Vec<String> {
        let typed = typed.trim().trim_start_matches(['@', '"']).trim_end_matches('"');
        if typed.is_empty() {
            let nearest = self.0.iter().map(|path| {
                let inner = path.trim_end_matches('/').matches('/').count();
                (inner, path)
            });
            return smallest(nearest);
        }
        let mut matcher = Matcher::new(Config::DEFAULT.match_paths());
        let pattern = Pattern::parse(&escaped(typed), CaseMatching::Smart, Normalization::Smart);
        let mut letters = Vec::new();
        let scored = self.0.iter().filter_map(|path| {
            let score = pattern.score(Utf32Str::new(path, &mut letters), &mut matcher)?;
            // Of two that match alike the shorter one is meant more often.
            Some(((Reverse(score), path.len()), path))
        });
        smallest(scored)
    }
}

/// Typed text without the signs that would make another kind of match of it.
fn escaped(typed: &str) -> String {
    let first = if typed.starts_with(['!', '^', '\'']) { "\\" } else { "" };
    match typed.strip_suffix('$') {
        Some(rest) => format!("{first}{rest}\\$"),
        None => format!("{first}{typed}"),
    }
}

/// The paths with the smallest keys, in order, without sorting all of them.
fn smallest<'a, K: Ord>(keyed: impl Iterator<Item = (K, &'a String)>) -> Vec<String> {
    let mut heap = BinaryHeap::with_capacity(MOST + 1);
    for keyed in keyed {
        heap.push(keyed);
        if heap.len() > MOST {
            heap.pop();
        }
    }
    heap.into_sorted_vec().into_iter().map(|(_, path)| path.clone()).collect()
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{MOST, Mentionable, Paths};
    use crate::rules::Rules;
    use anchorhold_domain::FileRules;
    use std::convert::Infallible;

    fn paths(all: &[&str]) -> Paths {
        let all: Vec<Vec<u8>> = all.iter().map(|path| path.as_bytes().to_vec()).collect();
        Paths::new(&all, &Rules::read(&FileRules::default()).unwrap())
    }

    #[test]
    fn letters_in_their_order_find_a_file_or_folder_and_the_closest_comes_first() {
        let paths = paths(&[
            ".env",
            "crates/engine/src/life/mentions.rs",
            "crates/engine/src/main.rs",
            "docs/mentions and more.md",
            "src/menu/tions.rs",
        ]);
        assert_eq!(paths.matching("mentions.rs").first().unwrap(), "crates/engine/src/life/mentions.rs");
        assert_eq!(paths.matching("life/").first().unwrap(), "crates/engine/src/life/");
        assert_eq!(paths.matching("@\"and more"), ["docs/mentions and more.md"]);
        assert_eq!(paths.matching("env"), Vec::<String>::new());
        assert_eq!(paths.matching("").get(..3).unwrap(), ["crates/", "docs/", "src/"]);
        assert_eq!(paths.matching("!^$"), Vec::<String>::new());
    }

    #[test]
    fn a_hundred_thousand_files_give_twenty_answers() {
        let all: Vec<String> = (0..100_000)
            .map(|number| format!("part{}/folder{}/file{number}.ts", number % 7, number % 300))
            .collect();
        let all: Vec<&str> = all.iter().map(String::as_str).collect();
        let found = paths(&all).matching("file77777");
        assert_eq!(
            (found.first().unwrap().as_str(), found.len() <= MOST),
            ("part0/folder77/file77777.ts", true)
        );
    }

    #[test]
    fn a_tree_is_read_once_for_the_same_rules() {
        let kept = Mentionable::default();
        let mut times = 0;
        let mut look = |tree: &str, rules: &FileRules| {
            let read = || {
                times += 1;
                Ok::<_, Infallible>((vec![b".env".to_vec(), b"a".to_vec()], Rules::read(rules).unwrap()))
            };
            kept.of(tree, &rules.excluded, read).unwrap().matching("")
        };
        assert_eq!(look("one", &FileRules::default()), ["a"]);
        assert_eq!(look("one", &FileRules::default()), ["a"]);
        assert_eq!(look("one", &FileRules::none()), [".env", "a"]);
        assert_eq!(look("two", &FileRules::none()), [".env", "a"]);
        assert_eq!(times, 3);
    }
}
