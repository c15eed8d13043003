//! The tools: all that an agent can do, one file each.
//!
//! A tool's input is a struct whose doc comments are the schema that the model sees. A new tool is a
//! new file and one line in [`all`].

mod ask_user;
mod delete_file;
mod edit_file;
mod finish;
mod git_blame;
mod git_log;
mod git_show;
mod glob;
mod list_files;
mod make_directory;
mod miss;
mod move_file;
mod outline;
mod past;
mod read_file;
mod search;
mod syntax;
mod text;
mod update_plan;
mod write_file;

use crate::EngineError;
use crate::workspace::{Change, Workspace};
use anchorhold_bridge::{PathBytes, RefusalCode};
use anchorhold_domain::PlanStep;
use anchorhold_model::ToolSpec;
use async_trait::async_trait;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::Arc;

/// What a tool call came to.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// The result, in words for the model.
    pub content: String,
    /// What it changed, if it did.
    pub change: Option<Change>,
    /// Whether the call ends the turn or the run.
    pub end: Option<End>,
    /// The files whose text `content` holds, all or in part.
    pub shown: Vec<String>,
    /// The plan that it wrote down.
    pub plan: Option<Vec<PlanStep>>,
}

impl Report {
    fn text(content: impl Into<String>) -> Self {
        Self { content: content.into(), ..Self::default() }
    }

    fn changed(content: impl Into<String>, change: Option<Change>) -> Self {
        Self { content: content.into(), change, ..Self::default() }
    }
}

/// How a call ends more than itself.
///
/// `finish` needs nothing here: the history reads the summary from its arguments.
#[derive(Debug)]
pub(crate) enum End {
    /// The user is asked and the run waits.
    Ask {
        /// The question.
        question: String,
    },
}

/// Why a call has no report.
#[derive(Debug)]
pub(crate) enum ToolFailure {
    /// The tool declined; the reason is for the model and for people, and the run goes on.
    Refused(String),
    /// The same, where the reason holds text of files.
    Quoted {
        /// The reason.
        reason: String,
        /// The files whose text it holds.
        shown: Vec<String>,
    },
    /// The workspace is not there any more; the run cannot go on.
    Broken(EngineError),
}

impl<E: Into<EngineError>> From<E> for ToolFailure {
    fn from(error: E) -> Self {
        Self::Broken(error.into())
    }
}

/// Something that an agent can do.
#[async_trait]
pub(crate) trait Tool: Send + Sync {
    /// What it is told; the doc comments are what the model reads.
    type Input: DeserializeOwned + JsonSchema + Send + Sync;

    /// The name under which the model calls it.
    const NAME: &'static str;

    /// Whether calls must run one after another because they change files.
    const EDITS: bool = false;

    /// One line that says what a call does, for people.
    fn label(input: &Self::Input) -> String;

    /// Does it.
    async fn run(input: Self::Input, workspace: &Workspace) -> Result<Report, ToolFailure>;
}

/// A tool whose input is still JSON.
#[async_trait]
pub(crate) trait AnyTool: Send + Sync {
    fn spec(&self) -> ToolSpec;
    fn name(&self) -> &'static str;
    fn edits(&self) -> bool;
    /// The line for people; the tool's name alone where the arguments cannot be read.
    fn label(&self, arguments: &str) -> String;
    async fn run(&self, arguments: &str, workspace: &Workspace) -> Result<Report, ToolFailure>;
}

struct Entry<T>(std::marker::PhantomData<fn() -> T>);

#[async_trait]
impl<T: Tool + 'static> AnyTool for Entry<T> {
    fn spec(&self) -> ToolSpec {
        // Inline, since not every provider follows references inside a schema.
        let settings = schemars::generate::SchemaSettings::default().with(|s| s.inline_subschemas = true);
        let mut schema = settings.into_generator().into_root_schema_for::<T::Input>().to_value();
        plain(&mut schema);
        let description = schema.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(object) = schema.as_object_mut() {
            object.remove("$schema");
            object.remove("title");
            object.remove("description");
        }
        ToolSpec { name: T::NAME.to_owned(), description, schema }
    }

    fn name(&self) -> &'static str {
        T::NAME
    }

    fn edits(&self) -> bool {
        T::EDITS
    }

    fn label(&self, arguments: &str) -> String {
        read::<T>(arguments).map_or_else(|_| T::NAME.to_owned(), |input| one_line(&T::label(&input)))
    }

    async fn run(&self, arguments: &str, workspace: &Workspace) -> Result<Report, ToolFailure> {
        let input = read::<T>(arguments).map_err(|error| {
            ToolFailure::Refused(format!(
                "the arguments of {} cannot be read: {error}. Nothing was done; call it again with one JSON \
                 object as its description says",
                T::NAME
            ))
        })?;
        T::run(input, workspace).await
    }
}

/// Makes descriptions one line each, and leaves out what some providers refuse in a schema. Arguments that
/// a tool does not have are refused when they come.
fn plain(schema: &mut Value) {
    match schema {
        Value::Object(object) => {
            object.remove("additionalProperties");
            if let Some(Value::String(text)) = object.get_mut("description") {
                *text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            }
            object.values_mut().for_each(plain);
        }
        Value::Array(values) => values.iter_mut().for_each(plain),
        _ => {}
    }
}

/// Reads the arguments; some models send nothing at all for a tool that needs nothing.
fn read<T: Tool>(arguments: &str) -> serde_json::Result<T::Input> {
    serde_json::from_str(if arguments.trim().is_empty() { "{}" } else { arguments })
}

fn entry<T: Tool + 'static>() -> Arc<dyn AnyTool> {
    Arc::new(Entry::<T>(std::marker::PhantomData))
}

/// Every tool, in the order in which the model is told of them.
pub(crate) fn all() -> Vec<Arc<dyn AnyTool>> {
    vec![
        entry::<list_files::ListFiles>(),
        entry::<read_file::ReadFile>(),
        entry::<glob::Glob>(),
        entry::<search::Search>(),
        entry::<outline::Outline>(),
        entry::<git_log::GitLog>(),
        entry::<git_show::GitShow>(),
        entry::<git_blame::GitBlame>(),
        entry::<edit_file::EditFile>(),
        entry::<write_file::WriteFile>(),
        entry::<delete_file::DeleteFile>(),
        entry::<move_file::MoveFile>(),
        entry::<make_directory::MakeDirectory>(),
        entry::<update_plan::UpdatePlan>(),
        entry::<ask_user::AskUser>(),
        entry::<finish::Finish>(),
    ]
}

/// The bytes of a file at the last checkpoint, which is as it is in the cell before a call is recorded;
/// nothing where there is none, or where it is kept from the agent: a path may come from the cell.
async fn recorded(workspace: &Workspace, path: &PathBytes) -> Vec<u8> {
    if !workspace.rules().sees(path.as_bytes()) {
        return Vec::new();
    }
    let (mirror, tree) = workspace.source();
    let path = path.clone();
    let read = tokio::task::spawn_blocking(move || mirror.read_file(&tree, path.as_bytes()));
    read.await.ok().and_then(Result::ok).unwrap_or_default()
}

/// What a model can do about a refusal of the bridge, where it does not say so itself.
pub(crate) fn advice(code: RefusalCode) -> Option<&'static str> {
    match code {
        RefusalCode::NotFound => Some("glob finds files by name"),
        RefusalCode::IsDirectory => Some("list_files shows what is in it"),
        RefusalCode::NotDirectory => Some("a file has nothing beneath it"),
        RefusalCode::IsSymlink => Some("name what it points to"),
        RefusalCode::OutsideWorkspace => Some("paths begin at the repository's root, as in src/main.rs"),
        RefusalCode::ReservedName => Some("git_log, git_show and git_blame read the history"),
        RefusalCode::Exists => Some("delete it first if it is to go"),
        RefusalCode::BadPath
        | RefusalCode::TooLarge
        | RefusalCode::QuotaBytes
        | RefusalCode::QuotaFiles
        | RefusalCode::Binary
        | RefusalCode::EditNotFound
        | RefusalCode::EditAmbiguous
        | RefusalCode::EditEmpty
        | RefusalCode::BadPattern
        | RefusalCode::BadRequest
        | RefusalCode::DiskFull
        | RefusalCode::Io => None,
    }
}

/// Keeps a label to one line of a width that a list can show.
fn one_line(text: &str) -> String {
    const WIDTH: usize = 120;
    let flat: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    if flat.chars().count() <= WIDTH {
        return flat;
    }
    let mut cut: String = flat.chars().take(WIDTH - 1).collect();
    cut.push('…');
    cut
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::{all, recorded};
    use crate::workspace::tests::{FILES, workspace};
    use anchorhold_bridge::PathBytes;
    use serde_json::Value;
    use std::sync::Arc;

    #[tokio::test]
    async fn no_path_that_a_cell_names_has_the_host_read_what_is_excluded() {
        let place = tempfile::tempdir().unwrap();
        let workspace = workspace(place.path(), Arc::default()).await;
        let mut read = Vec::new();
        for (path, _) in FILES {
            let bytes = recorded(&workspace, &PathBytes::from(path)).await;
            read.push((path, String::from_utf8(bytes).unwrap()));
        }
        let kept = [".env", "app/.env.local", "secret/plan.yml"];
        let seen = |(path, content)| (path, if kept.contains(&path) { "" } else { content }.to_owned());
        assert_eq!(read, FILES.map(seen));
    }

    #[test]
    fn every_tool_tells_the_model_what_it_does_and_what_it_takes() {
        let told: Vec<String> = all()
            .iter()
            .map(|tool| {
                let spec = tool.spec();
                let properties = spec.schema.get("properties").and_then(Value::as_object);
                let mut inputs: Vec<_> = properties.into_iter().flat_map(|p| p.keys().cloned()).collect();
                inputs.sort();
                assert!(spec.description.ends_with('.'), "{}: {:?}", spec.name, spec.description);
                let schema = spec.schema.to_string();
                for unwanted in ["$defs", "$ref", "additionalProperties", "\\n"] {
                    assert!(!schema.contains(unwanted), "{}: {schema}", spec.name);
                }
                assert!(!spec.description.contains('\n'), "{:?}", spec.description);
                format!("{}({})", spec.name, inputs.join(", "))
            })
            .collect();
        assert_eq!(
            told,
            [
                "list_files(depth, path)",
                "read_file(byte_count, from_byte, from_line, line_count, path)",
                "glob(pattern)",
                "search(case_insensitive, context, globs, max_results, names_only, path, pattern)",
                "outline(path)",
                "git_log(max_count, path, revision, since)",
                "git_show(from_line, line_count, path, revision, whole_file)",
                "git_blame(from_line, line_count, path, revision)",
                "edit_file(edits, path)",
                "write_file(content, path)",
                "delete_file(path)",
                "move_file(from, to)",
                "make_directory(path)",
                "update_plan(steps)",
                "ask_user(question)",
                "finish(summary, unverified)",
            ]
        );
    }

    #[test]
    fn a_label_is_one_line_and_survives_arguments_that_cannot_be_read() {
        let edit = all().into_iter().find(|tool| tool.name() == "edit_file");
        let labels = edit.map(|tool| {
            [tool.label(r#"{"path": "a\nb", "edits": [{"old": "x", "new": "y"}]}"#), tool.label("{not json")]
        });
        assert_eq!(labels, Some(["Edit a b".to_owned(), "edit_file".to_owned()]));
    }
}
