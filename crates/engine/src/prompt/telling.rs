//! Which files tell most of a repository, by their names: what introduces it, what builds it, where it
//! begins. And in which language a file is written, by its extension.

use anchorhold_repo::TreeEntry;
use std::collections::{BTreeMap, VecDeque};

/// How many are named, how many of them from the root, and how long their paths are together, in bytes.
const MOST: usize = 40;
const MOST_OF_ROOT: usize = 16;
const MOST_BYTES: usize = 2048;
/// How deep they are looked for, in slashes of the path.
const DEEPEST: usize = 4;

/// The language of a file with this extension.
const LANGUAGES: [(&str, &str); 58] = [
    ("adb", "Ada"),
    ("astro", "Astro"),
    ("bash", "Shell"),
    ("c", "C"),
    ("cc", "C++"),
    ("clj", "Clojure"),
    ("cpp", "C++"),
    ("cs", "C#"),
    ("css", "CSS"),
    ("cxx", "C++"),
    ("dart", "Dart"),
    ("elm", "Elm"),
    ("erl", "Erlang"),
    ("ex", "Elixir"),
    ("exs", "Elixir"),
    ("f90", "Fortran"),
    ("fs", "F#"),
    ("go", "Go"),
    ("groovy", "Groovy"),
    ("h", "C"),
    ("hpp", "C++"),
    ("hs", "Haskell"),
    ("html", "HTML"),
    ("java", "Java"),
    ("jl", "Julia"),
    ("js", "JavaScript"),
    ("jsx", "JavaScript"),
    ("kt", "Kotlin"),
    ("kts", "Kotlin"),
    ("lua", "Lua"),
    ("m", "Objective-C"),
    ("md", "Markdown"),
    ("mjs", "JavaScript"),
    ("ml", "OCaml"),
    ("nim", "Nim"),
    ("nix", "Nix"),
    ("php", "PHP"),
    ("pl", "Perl"),
    ("proto", "Protocol Buffers"),
    ("ps1", "PowerShell"),
    ("py", "Python"),
    ("r", "R"),
    ("rb", "Ruby"),
    ("rs", "Rust"),
    ("rst", "reStructuredText"),
    ("scala", "Scala"),
    ("scss", "CSS"),
    ("sh", "Shell"),
    ("sol", "Solidity"),
    ("sql", "SQL"),
    ("svelte", "Svelte"),
    ("swift", "Swift"),
    ("tex", "TeX"),
    ("tf", "Terraform"),
    ("ts", "TypeScript"),
    ("tsx", "TypeScript"),
    ("vue", "Vue"),
    ("zig", "Zig"),
];

/// What builds or describes a project, in lower case.
const MANIFESTS: [&str; 30] = [
    "build.bazel",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "build.zig",
    "cargo.toml",
    "cmakelists.txt",
    "composer.json",
    "deno.json",
    "dockerfile",
    "flake.nix",
    "gemfile",
    "go.mod",
    "go.work",
    "justfile",
    "makefile",
    "meson.build",
    "mix.exs",
    "module.bazel",
    "package.json",
    "package.swift",
    "pnpm-workspace.yaml",
    "pom.xml",
    "pubspec.yaml",
    "pyproject.toml",
    "requirements.txt",
    "settings.gradle",
    "setup.py",
    "tsconfig.json",
    "workspace",
];

/// The names of files in which a program begins, without their extension.
const ENTRIES: [&str; 9] = ["__main__", "app", "cli", "index", "lib", "main", "manage", "program", "server"];

/// A file's depth, its rank and its path, which is the order in which a folder's files are named.
type Ranked<'a> = (usize, u8, &'a [u8]);

/// The language of a file, where its extension tells.
pub(super) fn language(path: &[u8]) -> Option<&'static str> {
    let extension = extension(name(path)?)?.to_ascii_lowercase();
    let place = LANGUAGES.binary_search_by(|(known, _)| (*known).cmp(extension.as_str())).ok()?;
    LANGUAGES.get(place).map(|(_, language)| *language)
}

/// The files that tell most: those of the root, then of each top folder in its turn.
pub(super) fn files(entries: &[TreeEntry]) -> Vec<&[u8]> {
    let mut groups: BTreeMap<&[u8], Vec<Ranked<'_>>> = BTreeMap::new();
    for entry in entries {
        let path = entry.path.as_slice();
        let depth = path.iter().filter(|byte| **byte == b'/').count();
        if depth > DEEPEST {
            continue;
        }
        if let Some(rank) = rank(path) {
            let top = if depth == 0 {
                &b""[..]
            } else {
                path.split(|byte| *byte == b'/').next().unwrap_or_default()
            };
            groups.entry(top).or_default().push((depth, rank, path));
        }
    }
    let mut root = Vec::new();
    let mut queues: Vec<VecDeque<&[u8]>> = Vec::new();
    for (top, mut group) in groups {
        group.sort_unstable();
        let paths = group.into_iter().map(|(_, _, path)| path);
        if top.is_empty() { root.extend(paths.take(MOST_OF_ROOT)) } else { queues.push(paths.collect()) }
    }
    let mut bytes = 0;
    let mut chosen = Vec::new();
    let mut take = |path: &'_ [u8]| {
        let fits = bytes + path.len() <= MOST_BYTES;
        bytes += if fits { path.len() + 1 } else { 0 };
        fits
    };
    chosen.extend(root.into_iter().filter(|path| take(path)));
    while queues.iter().any(|queue| !queue.is_empty()) && chosen.len() < MOST {
        for queue in &mut queues {
            if let Some(path) = queue.pop_front()
                && chosen.len() < MOST
                && take(path)
            {
                chosen.push(path);
            }
        }
    }
    chosen
}

/// How much a file tells, the most at 0.
fn rank(path: &[u8]) -> Option<u8> {
    let name = name(path)?.to_ascii_lowercase();
    let stem = name.split('.').next().unwrap_or_default();
    if matches!(stem, "readme" | "architecture" | "contributing") {
        return Some(0);
    }
    if MANIFESTS.binary_search(&name.as_str()).is_ok() || name.ends_with(".csproj") || name.ends_with(".sln")
    {
        return Some(1);
    }
    let begins = ENTRIES.contains(&stem) && name.matches('.').count() == 1;
    let is_code = !matches!(language(path), None | Some("Markdown" | "CSS" | "reStructuredText"));
    (begins && is_code).then_some(2)
}

fn name(path: &[u8]) -> Option<&str> {
    std::str::from_utf8(path.rsplit(|byte| *byte == b'/').next()?).ok()
}

fn extension(name: &str) -> Option<&str> {
    name.rsplit_once('.').filter(|(stem, _)| !stem.is_empty()).map(|(_, extension)| extension)
}

#[cfg(test)]
mod tests {
    use super::{ENTRIES, LANGUAGES, MANIFESTS, files, language};
    use anchorhold_repo::TreeEntry;

    #[test]
    fn the_tables_are_in_the_order_in_which_they_are_searched() {
        assert!(LANGUAGES.is_sorted_by(|a, b| a.0 < b.0));
        assert!(MANIFESTS.is_sorted() && ENTRIES.is_sorted());
        assert_eq!(
            [b"a/b.RS".as_slice(), b".rs", b"x.unknown", b"Makefile"].map(language),
            [Some("Rust"), None, None, None]
        );
    }

    #[test]
    fn what_introduces_comes_first_and_each_top_folder_has_its_turn() {
        let mut paths: Vec<String> = (0..60).map(|number| format!("a/p{number:02}/package.json")).collect();
        for path in [
            "Cargo.toml",
            "README.md",
            "b/src/main.rs",
            "b/README",
            "c/index.ts",
            "c/index.css",
            "c/other.ts",
        ] {
            paths.push(path.to_owned());
        }
        paths.sort();
        let entries: Vec<TreeEntry> = paths
            .into_iter()
            .map(|path| TreeEntry {
                path: path.into_bytes(),
                mode: 0,
                id: String::new(),
                size: 0,
                lfs: false,
            })
            .collect();
        let chosen: Vec<String> =
            files(&entries).into_iter().map(|path| String::from_utf8_lossy(path).into_owned()).collect();
        assert_eq!(
            chosen.iter().take(7).map(String::as_str).collect::<Vec<_>>(),
            [
                "README.md",
                "Cargo.toml",
                "a/p00/package.json",
                "b/README",
                "c/index.ts",
                "a/p01/package.json",
                "b/src/main.rs"
            ]
        );
        assert_eq!(chosen.len(), 40);
    }
}
