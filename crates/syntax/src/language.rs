//! The languages that are known, by the names of files.

use serde::{Deserialize, Serialize};
use tree_sitter::Language as Grammar;

/// A language with a grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Language {
    /// Shell scripts; the grammar is bash's.
    Bash,
    /// C, and headers, which may be C++.
    C,
    /// C#.
    CSharp,
    /// C++.
    Cpp,
    /// CSS.
    Css,
    /// Go.
    Go,
    /// HTML.
    Html,
    /// Java.
    Java,
    /// JavaScript with JSX.
    JavaScript,
    /// JSON.
    Json,
    /// PHP inside HTML, as its files are.
    Php,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
    /// TOML.
    Toml,
    /// TypeScript with JSX.
    Tsx,
    /// TypeScript.
    TypeScript,
    /// YAML.
    Yaml,
}

impl Language {
    /// Every language, for whoever goes through all of them.
    pub const ALL: [Self; 18] = [
        Self::Bash,
        Self::C,
        Self::CSharp,
        Self::Cpp,
        Self::Css,
        Self::Go,
        Self::Html,
        Self::Java,
        Self::JavaScript,
        Self::Json,
        Self::Php,
        Self::Python,
        Self::Ruby,
        Self::Rust,
        Self::Toml,
        Self::Tsx,
        Self::TypeScript,
        Self::Yaml,
    ];

    /// The language of the file at `path`, which is told by its name alone; `None` for an unknown one.
    #[must_use]
    pub fn of(path: &str) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        match name {
            "Rakefile" | "Gemfile" => return Some(Self::Ruby),
            "Cargo.lock" | "poetry.lock" | "uv.lock" => return Some(Self::Toml),
            ".bashrc" | ".bash_profile" | ".profile" => return Some(Self::Bash),
            // JSON with comments, which the grammar takes, and with commas at the end, which it does not.
            "tsconfig.json" | "jsconfig.json" | "devcontainer.json" => return None,
            _ => {}
        }
        let (_, ending) = name.rsplit_once('.')?;
        Some(match ending.to_ascii_lowercase().as_str() {
            "sh" | "bash" => Self::Bash,
            "c" => Self::C,
            "cs" => Self::CSharp,
            // A header says in no way which of the two it is, and C++'s grammar takes nearly all of C.
            "h" | "cc" | "cpp" | "cxx" | "hh" | "hpp" | "hxx" => Self::Cpp,
            "css" => Self::Css,
            "go" => Self::Go,
            "html" | "htm" => Self::Html,
            "java" => Self::Java,
            "js" | "mjs" | "cjs" | "jsx" => Self::JavaScript,
            "json" => Self::Json,
            "php" => Self::Php,
            "py" | "pyi" => Self::Python,
            "rb" | "rake" | "gemspec" => Self::Ruby,
            "rs" => Self::Rust,
            "toml" => Self::Toml,
            "tsx" => Self::Tsx,
            "ts" | "mts" | "cts" => Self::TypeScript,
            "yaml" | "yml" => Self::Yaml,
            _ => return None,
        })
    }

    /// The language's name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "shell",
            Self::C => "C",
            Self::CSharp => "C#",
            Self::Cpp => "C++",
            Self::Css => "CSS",
            Self::Go => "Go",
            Self::Html => "HTML",
            Self::Java => "Java",
            Self::JavaScript => "JavaScript",
            Self::Json => "JSON",
            Self::Php => "PHP",
            Self::Python => "Python",
            Self::Ruby => "Ruby",
            Self::Rust => "Rust",
            Self::Toml => "TOML",
            Self::Tsx => "TypeScript (TSX)",
            Self::TypeScript => "TypeScript",
            Self::Yaml => "YAML",
        }
    }

    /// Whether a file of this language declares anything by the kinds of its nodes, so that it has an outline.
    #[must_use]
    pub fn declares(self) -> bool {
        !crate::outline::kinds(self).is_empty()
    }

    pub(crate) fn grammar(self) -> Grammar {
        match self {
            Self::Bash => tree_sitter_bash::LANGUAGE.into(),
            Self::C => tree_sitter_c::LANGUAGE.into(),
            Self::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Self::Cpp => tree_sitter_cpp::LANGUAGE.into(),
            Self::Css => tree_sitter_css::LANGUAGE.into(),
            Self::Go => tree_sitter_go::LANGUAGE.into(),
            Self::Html => tree_sitter_html::LANGUAGE.into(),
            Self::Java => tree_sitter_java::LANGUAGE.into(),
            Self::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
            Self::Json => tree_sitter_json::LANGUAGE.into(),
            Self::Php => tree_sitter_php::LANGUAGE_PHP.into(),
            Self::Python => tree_sitter_python::LANGUAGE.into(),
            Self::Ruby => tree_sitter_ruby::LANGUAGE.into(),
            Self::Rust => tree_sitter_rust::LANGUAGE.into(),
            Self::Toml => tree_sitter_toml_ng::LANGUAGE.into(),
            Self::Tsx => tree_sitter_typescript::LANGUAGE_TSX.into(),
            Self::TypeScript => tree_sitter_typescript::LANGUAGE_TYPESCRIPT.into(),
            Self::Yaml => tree_sitter_yaml::LANGUAGE.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn a_file_name_says_its_language_and_most_names_say_none() {
        let check = |path, language| assert_eq!(Language::of(path), language, "{path}");
        check("src/main.rs", Some(Language::Rust));
        check("A/B.TSX", Some(Language::Tsx));
        check("Gemfile", Some(Language::Ruby));
        check("include/a.h", Some(Language::Cpp));
        check(".github/workflows/ci.yml", Some(Language::Yaml));
        check("tsconfig.json", None);
        check("README.md", None);
        check("rs", None);
        check("a.rs/", None);
        check("", None);
    }
}
