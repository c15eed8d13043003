//! The tree that is filled in and searched: 10,000 files, 100 MB, in folders, nearly all of them text.
//!
//! It is made by a fixed sequence of numbers, so it is the same everywhere. Lengths are spread as
//! those of real trees are: the logarithm of the length is normal, half of the files are under 3 KB.

use crate::bench::made::{self, Numbers};
use crate::bench::repository::commit_all;
use crate::command;
use anyhow::{Context, Result};
use std::{
    fs,
    path::{Path, PathBuf},
};

const FILES: usize = 10_000;
const BYTES: f64 = 100e6;
const LARGEST: f64 = 2e6;
/// Half of the files are shorter than this; with the deviation the mean is 10 KB.
const MEDIAN: f64 = 3000.0;
const DEVIATION: f64 = 1.55;
const WORDS: usize = 4000;

/// Makes the tree, a repository with everything in one pack, or finds it made.
///
/// # Errors
/// When it cannot be written or git fails.
pub fn ensure(folder: &Path) -> Result<PathBuf> {
    made::once(folder, "tree", |tree| {
        write(tree)?;
        commit_all(tree)?;
        let mut repack = command::program("git");
        repack.current_dir(tree).args(["repack", "-adq"]);
        command::run(&mut repack, "pack the tree", "check that git works")
    })
}

fn write(tree: &Path) -> Result<()> {
    let mut numbers = Numbers::default();
    let words: Vec<String> = (0..WORDS).map(|_| numbers.word()).collect();
    let mut lengths: Vec<f64> = (0..FILES).map(|_| MEDIAN * (numbers.normal() * DEVIATION).exp()).collect();
    let scale = BYTES / lengths.iter().sum::<f64>();
    lengths.iter_mut().for_each(|length| *length = (*length * scale).min(LARGEST));
    for (number, length) in lengths.iter().enumerate() {
        let (extension, text) = match number % 50 {
            0 => ("png", false),
            1..5 => ("json", true),
            5..10 => ("md", true),
            10..30 => ("ts", true),
            _ => ("rs", true),
        };
        // About twelve files a folder, some of them three deep.
        let folder = tree.join(format!("part{:02}", number / 500)).join(format!("module{:03}", number / 12));
        let folder = if number % 12 > 8 { folder.join("tests") } else { folder };
        fs::create_dir_all(&folder).with_context(|| format!("make {}", folder.display()))?;
        let path = folder.join(format!("{}_{number}.{extension}", numbers.pick(&words)));
        let content = if text {
            numbers.text(number, *length as usize, &words)
        } else {
            numbers.bytes(*length as usize)
        };
        fs::write(&path, content).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}

impl Numbers {
    /// Normal enough: twelve uniform numbers.
    fn normal(&mut self) -> f64 {
        (0..12).map(|_| (self.next() >> 11) as f64 / (1_u64 << 53) as f64).sum::<f64>() - 6.0
    }

    fn word(&mut self) -> String {
        const SOUNDS: [&str; 20] = [
            "ka", "re", "to", "mi", "sol", "ven", "dar", "lin", "pe", "qua", "str", "ing", "ex", "for", "un",
            "ble", "tion", "ser", "po", "ad",
        ];
        (0..2 + self.below(3)).filter_map(|_| SOUNDS.get(self.below(SOUNDS.len())).copied()).collect()
    }

    fn pick<'w>(&mut self, words: &'w [String]) -> &'w str {
        // Some words are much more frequent than others, as in any text.
        let limit = self.below(words.len()) + 1;
        words.get(self.below(limit)).map_or("", String::as_str)
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length.div_ceil(8)).flat_map(|_| self.next().to_le_bytes()).take(length).collect()
    }

    /// Lines of words with what is searched for in some files, cut at `length`.
    fn text(&mut self, number: usize, length: usize, words: &[String]) -> Vec<u8> {
        let mut text = String::with_capacity(length + 128);
        if number % 1000 == 37 {
            text.push_str("pub fn needle_in_the_hay(straw: usize) {\n");
        }
        if number % 4 == 3 {
            text.push_str("// marker_in_many_files\n");
        }
        if number % 100 == 61 {
            text.push_str("fn marker_of_some(files: usize) { // ABC-1234\n");
        }
        while text.len() < length {
            text.push_str("                ".get(..self.below(4) * 4).unwrap_or_default());
            for _ in 0..1 + self.below(9) {
                text.push_str(self.pick(words));
                text.push_str(
                    [" ", ", ", "(", ").", " = ", ": ", "_"].get(self.below(7)).copied().unwrap_or(" "),
                );
            }
            text.push_str([";\n", "{\n", "}\n", "\n"].get(self.below(4)).copied().unwrap_or("\n"));
        }
        text.truncate(length.max(120));
        text.into_bytes()
    }
}
