//! The symbols of a file or folder.

use super::{Report, Tool, ToolFailure};
use crate::workspace::{Workspace, path, shown, unexpected};
use anchorhold_bridge::{MODE_EXECUTABLE, MODE_FILE, MODE_FOLDER, PathBytes, Request, Response};
use anchorhold_repo::make_visible;
use anchorhold_syntax::Language;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::Deserialize;
use std::time::{Duration, Instant};

pub(super) struct Outline;

/// The longest answer, in bytes.
const MOST_BYTES: usize = 32 * 1024;
/// How many files of a folder are parsed, and for how long.
const MOST_FILES: usize = 300;
const PATIENCE: Duration = Duration::from_secs(8);
/// How deep the symbols of a folder's files may lie in each other.
const FOLDER_DEPTH: u16 = 1;

/// Shows what a file declares: functions, types, methods and the like, each after its first and last
/// line. For a folder it shows the files beneath it, with what is declared at their top and one level
/// deeper. Knows Rust, TypeScript, JavaScript, Python, Go, Java, C, C++, C#, Ruby, PHP, shell, CSS and
/// TOML. At most 300 files, 32 KiB and 8 seconds; a note in brackets says what was left out.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Input {
    /// The file or folder, relative to the repository's root; empty for the whole repository.
    #[serde(default)]
    path: String,
}

#[async_trait]
impl Tool for Outline {
    type Input = Input;
    const NAME: &'static str = "outline";

    fn label(input: &Input) -> String {
        format!("Outline {}", if input.path.is_empty() { "/" } else { &input.path })
    }

    async fn run(input: Input, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let place = path(&input.path);
        let (response, _) = workspace.call(Request::Stat { path: place.clone() }, Vec::new()).await?;
        let Response::Stat(entry) = response else { return Err(unexpected(Self::NAME)) };
        let is_folder = entry.mode == MODE_FOLDER;
        let (paths, truncated) = match is_folder {
            true => beneath(workspace, place).await?,
            false => (vec![place], false),
        };
        let mut drawn = draw(workspace, &paths, is_folder).await?;
        if drawn.text.is_empty() {
            drawn.text = match is_folder {
                true => "No file there declares anything in a language that is known.\n".to_owned(),
                false => format!(
                    "{} has no outline: its language is not known, it declares nothing, it cannot be parsed, or it is \
                     over {} KiB.\n",
                    shown(&PathBytes::from(input.path)),
                    anchorhold_syntax::LARGEST / 1024
                ),
            };
        }
        if drawn.left_out > 0 || truncated {
            let more = if truncated { " or more" } else { "" };
            drawn.text.push_str(&format!(
                "[{}{more} files are left out: too many, too long, or too slow; name a folder further down]\n",
                drawn.left_out
            ));
        }
        Ok(Report { content: drawn.text, shown: drawn.shown, ..Report::default() })
    }
}

/// The files beneath a folder that can declare something.
async fn beneath(workspace: &Workspace, folder: PathBytes) -> Result<(Vec<PathBytes>, bool), ToolFailure> {
    let request = Request::List { path: folder, depth: Some(u32::MAX) };
    let (response, _) = workspace.call(request, Vec::new()).await?;
    let Response::Listed { entries, truncated } = response else { return Err(unexpected(Outline::NAME)) };
    let files = entries.into_iter().filter(|entry| matches!(entry.mode, MODE_FILE | MODE_EXECUTABLE));
    let known = files.filter(|entry| Language::of(&entry.path.to_text()).is_some_and(Language::declares));
    Ok((known.map(|entry| entry.path).collect(), truncated))
}

#[derive(Default)]
struct Drawn {
    text: String,
    shown: Vec<String>,
    left_out: usize,
}

async fn draw(workspace: &Workspace, paths: &[PathBytes], is_folder: bool) -> Result<Drawn, ToolFailure> {
    let until = Instant::now() + PATIENCE;
    let mut drawn = Drawn::default();
    let Some(parser) = workspace.parser() else { return Ok(drawn) };
    for (index, path) in paths.iter().enumerate() {
        if index >= MOST_FILES || Instant::now() >= until {
            drawn.left_out += paths.len() - index;
            return Ok(drawn);
        }
        let Ok(text) = String::from_utf8(super::recorded(workspace, path).await) else { continue };
        let name = shown(path);
        let Some(symbols) = parser.outline(&path.to_text(), &text).await else { continue };
        let mut part = if is_folder { format!("{name}\n") } else { String::new() };
        let mut lines = 0;
        for symbol in symbols.iter().filter(|symbol| !is_folder || symbol.depth <= FOLDER_DEPTH) {
            if drawn.text.len() + part.len() > MOST_BYTES {
                break;
            }
            let indent = "  ".repeat(usize::from(symbol.depth) + usize::from(is_folder));
            let (first, last) = (symbol.first_line, symbol.last_line);
            let name = make_visible(&symbol.name);
            part.push_str(&format!("{first}-{last}\t{indent}{} {name}\n", symbol.kind));
            lines += 1;
        }
        if lines == 0 {
            continue;
        }
        drawn.text.push_str(&part);
        drawn.shown.push(name);
        if drawn.text.len() > MOST_BYTES {
            drawn.text.push_str("[cut here, at 32 KiB]\n");
            drawn.left_out += paths.len() - index - 1;
            return Ok(drawn);
        }
    }
    Ok(drawn)
}
