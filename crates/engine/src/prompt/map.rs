//! A map of the repository within a budget: what it is written in, the files that tell most, and its
//! folders breadth-first, each top folder in its turn.
//!
//! The same files always give the same map, and a hundred thousand of them take a fraction of a second.

use super::telling;
use anchorhold_repo::{TreeEntry, path_to_text};
use std::collections::{BTreeMap, HashSet, VecDeque};

/// How long the list of folders may be, in bytes; a token is about four.
const MOST_OF_FOLDERS: usize = 10 * 1024;
/// How much one folder may take of it; the first of these with which all folders fit.
const MOST_OF_ONE: [usize; 4] = [4096, 1024, 400, 160];
/// What is longer is counted and not named.
const LONGEST_NAME: usize = 120;
/// How many languages are named.
const LANGUAGES: usize = 8;

/// A map.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Map {
    /// How many files there are, and in which languages.
    pub(super) summary: String,
    /// The map itself: text of the repository.
    pub(super) text: String,
    /// How many files it names.
    pub(super) files: u32,
}

/// A folder with what stands right in it.
struct Folder<'a> {
    path: &'a [u8],
    folders: Vec<usize>,
    files: Vec<&'a [u8]>,
    /// Files in it and below.
    count: usize,
}

/// A list of folders that was written within the budget.
struct Listing<'a> {
    text: String,
    files: Vec<&'a [u8]>,
    /// Folders that found no room.
    left_out: usize,
}

/// Draws the map of files that are sorted as git sorts them.
pub(super) fn map(entries: &[TreeEntry]) -> Map {
    let folders = folders(entries);
    let telling = telling::files(entries);
    let mut text = String::new();
    if !telling.is_empty() {
        text.push_str("Files to look at first:\n");
        for path in &telling {
            text.push_str(&format!("{}\n", path_to_text(path)));
        }
        text.push('\n');
    }
    let listing = listing(&folders);
    text.push_str(&listing.text);
    if listing.left_out > 0 {
        text.push_str(&format!("… and {} more folders; list_files shows them\n", listing.left_out));
    }
    let named: HashSet<&[u8]> = telling.into_iter().chain(listing.files).collect();
    Map { summary: summary(entries), text, files: u32::try_from(named.len()).unwrap_or(u32::MAX) }
}

fn summary(entries: &[TreeEntry]) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for language in entries.iter().filter_map(|entry| telling::language(&entry.path)) {
        *counts.entry(language).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    // The sort keeps languages of one size in the order of their names.
    counts.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
    let named: Vec<String> =
        counts.iter().take(LANGUAGES).map(|(language, count)| format!("{count} {language}")).collect();
    let files = if entries.len() == 1 { "1 file".to_owned() } else { format!("{} files", entries.len()) };
    if named.is_empty() { files } else { format!("{files}, of them {}", named.join(", ")) }
}

/// Makes folders of paths; the first is the root.
fn folders(entries: &[TreeEntry]) -> Vec<Folder<'_>> {
    let mut folders = vec![Folder { path: b"", folders: Vec::new(), files: Vec::new(), count: 0 }];
    // The folders that the last file stands in, from the root down.
    let mut open = vec![0];
    for entry in entries {
        let path = entry.path.as_slice();
        let holds = |folder: usize| {
            folders.get(folder).is_some_and(|folder| {
                folder.path.is_empty()
                    || path.strip_prefix(folder.path).is_some_and(|rest| rest.starts_with(b"/"))
            })
        };
        while open.len() > 1 && open.last().is_some_and(|folder| !holds(*folder)) {
            open.pop();
        }
        let begins =
            open.last().and_then(|folder| folders.get(*folder)).map_or(0, |folder| folder.path.len());
        let slashes = path.iter().enumerate().filter(|(place, byte)| **byte == b'/' && *place > begins);
        for (slash, _) in slashes {
            let new = folders.len();
            let above = open.last().copied().unwrap_or_default();
            if let Some(above) = folders.get_mut(above) {
                above.folders.push(new);
            }
            let path = path.get(..slash).unwrap_or_default();
            folders.push(Folder { path, folders: Vec::new(), files: Vec::new(), count: 0 });
            open.push(new);
        }
        for folder in &open {
            if let Some(folder) = folders.get_mut(*folder) {
                folder.count += 1;
            }
        }
        if let Some(folder) = open.last().and_then(|folder| folders.get_mut(*folder)) {
            folder.files.push(path);
        }
    }
    folders
}

/// Writes the folders, each with as much as lets all of them in, or else with little.
fn listing<'a>(folders: &[Folder<'a>]) -> Listing<'a> {
    let mut listing = Listing { text: String::new(), files: Vec::new(), left_out: 0 };
    for most in MOST_OF_ONE {
        listing = listing_with(folders, most);
        if listing.left_out == 0 {
            break;
        }
    }
    listing
}

fn listing_with<'a>(folders: &[Folder<'a>], most: usize) -> Listing<'a> {
    let mut listing = Listing { text: String::new(), files: Vec::new(), left_out: 0 };
    let Some(root) = folders.first() else { return listing };
    // The root stands for all top folders and gets room for more of their names.
    write(folders, root, most.max(1024), &mut listing);
    let mut queues: Vec<VecDeque<usize>> =
        root.folders.iter().map(|folder| VecDeque::from([*folder])).collect();
    while queues.iter().any(|queue| !queue.is_empty()) {
        for queue in &mut queues {
            let Some(folder) = queue.pop_front().and_then(|folder| folders.get(folder)) else { continue };
            queue.extend(&folder.folders);
            if !write(folders, folder, most, &mut listing) {
                listing.left_out += 1;
            }
        }
    }
    listing
}

/// Writes a folder's line; `false` where the budget has no room for it.
fn write<'a>(folders: &[Folder<'a>], folder: &Folder<'a>, most: usize, listing: &mut Listing<'a>) -> bool {
    let path = path_to_text(folder.path);
    let head = format!("{path}/ ({}):", folder.count);
    // Where there is no room for the shortest line, the names need not be looked at.
    if path.len() > most || listing.text.len() + head.len() + 1 > MOST_OF_FOLDERS {
        return false;
    }
    let mut line = head;
    let (mut named, mut more) = (Vec::new(), 0);
    for below in folder.folders.iter().filter_map(|below| folders.get(*below)) {
        let name = path_to_text(last_name(below.path));
        add(&mut line, &format!("{name}/ ({})", below.count), most, &mut more);
    }
    for file in &folder.files {
        if add(&mut line, &path_to_text(last_name(file)), most, &mut more) {
            named.push(*file);
        }
    }
    if more > 0 {
        line.push_str(&format!("  … {more} more"));
    }
    line.push('\n');
    if listing.text.len() + line.len() > MOST_OF_FOLDERS {
        return false;
    }
    listing.text.push_str(&line);
    listing.files.extend(named);
    true
}

fn add(line: &mut String, name: &str, most: usize, more: &mut usize) -> bool {
    let fits = name.len() <= LONGEST_NAME && line.len() + name.len() <= most;
    if fits {
        line.push_str("  ");
        line.push_str(name);
    } else {
        *more += 1;
    }
    fits
}

fn last_name(path: &[u8]) -> &[u8] {
    path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::{MOST_OF_FOLDERS, map};
    use anchorhold_repo::TreeEntry;

    fn tree(paths: &[String]) -> Vec<TreeEntry> {
        let mut paths = paths.to_vec();
        paths.sort();
        let entry = |path: String| TreeEntry {
            path: path.into_bytes(),
            mode: 0o100_644,
            id: String::new(),
            size: 1,
            lfs: false,
        };
        paths.into_iter().map(entry).collect()
    }

    #[test]
    fn a_small_repository_is_shown_whole() {
        let paths =
            ["README.md", "src/main.rs", "src/deep/er/a.rs", "src/deep/b.rs", "tests/x.py", "odd\u{202e}"];
        let drawn = map(&tree(&paths.map(str::to_owned)));
        assert_eq!(drawn.summary, "6 files, of them 3 Rust, 1 Markdown, 1 Python");
        assert_eq!(
            drawn.text,
            "Files to look at first:\n\
             README.md\n\
             src/main.rs\n\
             \n\
             / (6):  src/ (3)  tests/ (1)  README.md  odd\\u{202e}\n\
             src/ (3):  deep/ (2)  main.rs\n\
             tests/ (1):  x.py\n\
             src/deep/ (2):  er/ (1)  b.rs\n\
             src/deep/er/ (1):  a.rs\n"
        );
        assert_eq!(drawn.files, 6);
    }

    #[test]
    fn every_top_folder_of_a_huge_repository_has_its_share() {
        let mut paths = vec!["README.md".to_owned()];
        for folder in 0..2000 {
            paths.extend((0..49).map(|file| format!("aaa/m{folder:04}/src/file{file:02}.ts")));
        }
        for top in ["bbb", "ccc", "zzz"] {
            paths.extend((0..700).map(|file| format!("{top}/part{:02}/file{file:03}.go", file % 20)));
            paths.push(format!("{top}/package.json"));
        }
        assert!(paths.len() > 100_000, "{}", paths.len());
        let entries = tree(&paths);
        let drawn = map(&entries);
        assert!(drawn.text.len() < MOST_OF_FOLDERS + 4096, "{}", drawn.text.len());
        for top in ["aaa", "bbb", "ccc", "zzz"] {
            let lines = drawn.text.lines().filter(|line| line.starts_with(&format!("{top}/"))).count();
            assert!(lines >= 10, "{top}: {lines}\n{}", drawn.text);
        }
        assert!(drawn.text.contains("zzz/package.json\n"), "{}", drawn.text);
        assert!(drawn.text.contains("more folders; list_files shows them\n"));
        assert_eq!(map(&entries), drawn);
    }

    #[test]
    fn a_folder_of_many_files_and_a_long_name_leave_room_for_others() {
        let mut paths: Vec<String> = (0..5000).map(|file| format!("data/{file:05}.json")).collect();
        paths.push(format!("long/{}/x", "n".repeat(250)));
        paths.push("src/lib.rs".to_owned());
        let drawn = map(&tree(&paths));
        assert!(drawn.text.contains("\nsrc/ (1):  lib.rs\n"), "{}", drawn.text);
        assert!(drawn.text.contains(" more\n"));
        assert!(drawn.text.len() < MOST_OF_FOLDERS + 4096, "{}", drawn.text.len());
        assert_eq!(map(&[]).text, "/ (0):\n");
    }
}
