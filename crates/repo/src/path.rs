//! Paths inside a tree: which ones may be written, and how byte strings become text and back.

use crate::error::{RepoError, Result};

/// The longest path that is written; the limit of Linux, and above that of the other systems.
pub(crate) const LONGEST_PATH: usize = 4096;
/// The most names in a path: libraries, ours among them, go into folders by recursion, and git itself stops
/// at 512 where stacks are small. No source is known that comes near.
pub(crate) const DEEPEST: usize = 256;
/// The longest name of one file or folder on the common file systems.
const LONGEST_NAME: usize = 255;

/// Files that git reads itself, and would follow as links when it checks out.
const NEVER_LINKS: [&str; 3] = [".gitmodules", ".gitattributes", ".gitignore"];

/// Splits `path` into names, refusing what could reach outside a checkout or into its `.git`.
///
/// The rules are those of git's own checks on the most hostile of the file systems, on every
/// system: who pushes from Linux must not harm who clones on Windows or macOS.
pub(crate) fn split(path: &[u8]) -> Result<Vec<&[u8]>> {
    let refuse = |reason| Err(RepoError::InvalidPath { path: path_to_text(path), reason });
    if path.is_empty() {
        return refuse("it is empty");
    }
    if path.len() > LONGEST_PATH {
        return refuse("it is too long");
    }
    if path.contains(&0) {
        return refuse("it holds a zero byte");
    }
    if path.starts_with(b"/") {
        return refuse("it is absolute");
    }
    let names: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    if names.len() > DEEPEST {
        return refuse("it has too many folders in it");
    }
    for name in &names {
        if name.is_empty() {
            return refuse("it has an empty name in it");
        }
        if name.len() > LONGEST_NAME {
            return refuse("it has a name in it that is too long");
        }
        // A backslash separates names on Windows, so that each part must pass as well.
        for part in name.split(|byte| *byte == b'\\') {
            if matches!(part, b"." | b"..") {
                return refuse("it has . or .. in it");
            }
            if is_dot_git(part) {
                return refuse("it reaches into .git");
            }
        }
    }
    Ok(names)
}

/// Refuses a symbolic link where git itself would read through it when it checks out.
pub(crate) fn check_link(path: &[u8], names: &[&[u8]]) -> Result<()> {
    let last = names.last().copied().unwrap_or_default().to_ascii_lowercase();
    if NEVER_LINKS.iter().any(|name| last == name.as_bytes()) {
        let reason = "git must not follow a link there";
        return Err(RepoError::InvalidPath { path: path_to_text(path), reason });
    }
    Ok(())
}

/// Whether some file system takes `name` for `.git`.
fn is_dot_git(name: &[u8]) -> bool {
    // macOS ignores these characters when it compares names.
    let visible: String = String::from_utf8_lossy(name)
        .chars()
        .filter(|c| !is_ignored_by_hfs(*c))
        .flat_map(char::to_lowercase)
        .collect();
    // Windows drops trailing dots and spaces, and reads what follows a colon as a stream of the file.
    let visible = visible.split(':').next().unwrap_or_default().trim_end_matches(['.', ' ']);
    matches!(visible, ".git" | "git~1")
}

fn is_ignored_by_hfs(c: char) -> bool {
    matches!(c, '\u{200c}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{206a}'..='\u{206f}' | '\u{feff}')
}

/// Renders a path as text, without loss.
///
/// A backslash becomes `\\`, a byte outside valid UTF-8 `\xHH`, and a control, invisible or
/// direction-changing character `\u{HHHH}`; [`path_from_text`] reverses it.
#[must_use]
pub fn path_to_text(path: &[u8]) -> String {
    let mut text = String::with_capacity(path.len());
    for chunk in path.utf8_chunks() {
        let mut before = None;
        for c in chunk.valid().chars() {
            if c == '\\' {
                text.push_str("\\\\");
            } else if c.is_control() || crate::diff::is_hidden(c) || crate::diff::is_stray_selector(before, c)
            {
                text.push_str(&format!("\\u{{{:x}}}", u32::from(c)));
            } else {
                text.push(c);
            }
            before = Some(c);
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}

/// Turns text made by [`path_to_text`] back into the path's bytes.
///
/// # Errors
/// [`RepoError::PathNotFound`] if the text cannot come from there.
pub fn path_from_text(text: &str) -> Result<Vec<u8>> {
    let unreadable = || RepoError::PathNotFound { path: text.to_owned() };
    let mut path = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\\') {
        path.extend_from_slice(before.as_bytes());
        if let Some(after) = after.strip_prefix('\\') {
            path.push(b'\\');
            rest = after;
        } else if let Some(after) = after.strip_prefix('x') {
            let digits = after.get(..2).ok_or_else(unreadable)?;
            path.push(u8::from_str_radix(digits, 16).map_err(|_| unreadable())?);
            rest = after.get(2..).ok_or_else(unreadable)?;
        } else if let Some((digits, after)) = after.strip_prefix("u{").and_then(|after| after.split_once('}'))
        {
            let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32).ok_or_else(unreadable)?;
            path.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            rest = after;
        } else {
            return Err(unreadable());
        }
    }
    path.extend_from_slice(rest.as_bytes());
    Ok(path)
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::{path_from_text, path_to_text, split};

    #[test]
    fn paths_that_reach_into_git_or_outside_are_refused() {
        for path in [
            "",
            "/etc/passwd",
            "a//b",
            "a/",
            "./a",
            "a/../b",
            "..",
            ".git/config",
            "a/.GIT/hooks/x",
            ".Git",
            "git~1/x",
            "GIT~1",
            ".git.",
            ".git ",
            ".git. .",
            ".git::$INDEX_ALLOCATION/x",
            ".g\u{200c}it/x",
            "\u{feff}.git",
            "a\\..\\b",
            "a\\.git\\x",
            "a\0b",
        ] {
            assert!(split(path.as_bytes()).is_err(), "{path:?} was accepted");
        }
    }

    #[test]
    fn ordinary_and_odd_paths_are_accepted() {
        for path in [
            &b"src/main.rs"[..],
            b".gitignore",
            b".github/workflows/ci.yml",
            b"a b",
            b"gitx",
            b"caf\xe9",
            b"a\\b",
            b"...",
        ] {
            assert!(split(path).is_ok(), "{path:?} was refused");
        }
    }

    #[test]
    fn every_path_survives_the_way_to_text_and_back() {
        let check = |path: &[u8], text: &str| {
            assert_eq!(path_to_text(path), text);
            assert_eq!(path_from_text(text).unwrap(), path);
        };
        check(b"src/main.rs", "src/main.rs");
        check("dossier/été.txt".as_bytes(), "dossier/été.txt");
        check(b"caf\xe9.txt", "caf\\xe9.txt");
        check(b"caf\\xe9", "caf\\\\xe9");
        check(b"a\nb", "a\\u{a}b");
        check("a\u{202e}b".as_bytes(), "a\\u{202e}b");
        check("a\u{fe0f}❤\u{fe0f}".as_bytes(), "a\\u{fe0f}❤\u{fe0f}");
    }
}
