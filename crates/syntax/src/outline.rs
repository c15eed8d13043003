//! What a file declares: functions, types, methods, with the lines they take.
//!
//! By the kinds of nodes that declare something in each language rather than by the grammars' own tag
//! queries: those of several grammars leave out types, constructors or the members of classes, and
//! they do not tell what is inside what.

use tree_sitter::{Node, Tree};

use crate::Language;
use crate::parse::parse;
use crate::problems::on;

/// An outline of more than that is no outline.
pub(crate) const MOST: usize = 5000;
/// The longest name, in characters; what is written by others has no other end.
pub(crate) const LONGEST_NAME: usize = 100;

/// A declaration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// What it is, in a word: `function`, `class`, `impl` …
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Its first line, from 1.
    pub first_line: u32,
    /// Its last line.
    pub last_line: u32,
    /// How many other declarations it is inside of.
    pub depth: u16,
}

/// The declarations of `text`, in order; `None` where none can be in that language, or the text is over
/// [`crate::LARGEST`] or takes too long.
pub fn outline(language: Language, text: &str) -> Option<Vec<Symbol>> {
    if !language.declares() {
        return None;
    }
    let tree = parse(language, text)?;
    Some(symbols(language, &tree, text))
}

fn symbols(language: Language, tree: &Tree, text: &str) -> Vec<Symbol> {
    let kinds = kinds(language);
    let mut symbols = Vec::new();
    // The ends of the declarations that the cursor is inside of.
    let mut open: Vec<usize> = Vec::new();
    let mut cursor = tree.walk();
    loop {
        let node = cursor.node();
        while open.last().is_some_and(|end| *end <= node.start_byte()) {
            open.pop();
        }
        let declared = kinds.iter().find(|(kind, _)| *kind == node.kind() && node.is_named());
        if let Some((_, kind)) = declared
            && let Some(name) = name(language, node, text)
        {
            symbols.push(Symbol {
                kind,
                name,
                first_line: node.start_position().row as u32 + 1,
                last_line: last_line(node),
                depth: open.len() as u16,
            });
            open.push(node.end_byte());
            if symbols.len() == MOST {
                return symbols;
            }
        }
        if !cursor.goto_first_child() && !on(&mut cursor) {
            return symbols;
        }
    }
}

/// A node that ends in a newline ends on the line before.
fn last_line(node: Node<'_>) -> u32 {
    let end = node.end_position();
    let row = if end.column == 0 && end.row > node.start_position().row { end.row - 1 } else { end.row };
    row as u32 + 1
}

fn name(language: Language, node: Node<'_>, text: &str) -> Option<String> {
    let named = match (language, node.kind()) {
        // A variable is worth a line where it holds a function.
        (_, "variable_declarator") => {
            let value = node.child_by_field_name("value")?;
            let holds = ["arrow_function", "function_expression", "generator_function", "class"];
            holds.contains(&value.kind()).then(|| node.child_by_field_name("name"))??
        }
        (Language::Rust, "impl_item") => {
            let of = written(node.child_by_field_name("type")?, text);
            let what = match node.child_by_field_name("trait") {
                Some(what) => format!("{} for {of}", written(what, text)),
                None => of,
            };
            return Some(what);
        }
        (Language::C | Language::Cpp, "function_definition" | "type_definition") => {
            let mut inner = node.child_by_field_name("declarator")?;
            while let Some(deeper) = inner.child_by_field_name("declarator") {
                inner = deeper;
            }
            inner
        }
        // Only a definition: `struct a *b` uses one.
        (
            Language::C | Language::Cpp,
            "struct_specifier" | "class_specifier" | "union_specifier" | "enum_specifier",
        ) => {
            node.child_by_field_name("body")?;
            node.child_by_field_name("name")?
        }
        (Language::Css, _) | (Language::Toml, _) => node.named_child(0)?,
        _ => node.child_by_field_name("name")?,
    };
    let name = written(named, text);
    (!name.is_empty()).then_some(name)
}

fn written(node: Node<'_>, text: &str) -> String {
    let text = text.get(node.byte_range()).unwrap_or_default();
    let mut words = text.split_whitespace();
    let mut name = words.next().unwrap_or_default().to_owned();
    for word in words {
        if name.len() > LONGEST_NAME {
            break;
        }
        name.push(' ');
        name.push_str(word);
    }
    match name.char_indices().nth(LONGEST_NAME) {
        Some((cut, _)) => format!("{}…", name.get(..cut).unwrap_or_default()),
        None => name,
    }
}

/// The nodes that declare something, and what to call it.
pub(crate) fn kinds(language: Language) -> &'static [(&'static str, &'static str)] {
    match language {
        Language::Bash => &[("function_definition", "function")],
        Language::C => &[
            ("function_definition", "function"),
            ("struct_specifier", "struct"),
            ("union_specifier", "union"),
            ("enum_specifier", "enum"),
            ("type_definition", "type"),
            ("preproc_function_def", "macro"),
        ],
        Language::CSharp => &[
            ("namespace_declaration", "namespace"),
            ("file_scoped_namespace_declaration", "namespace"),
            ("class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("struct_declaration", "struct"),
            ("record_declaration", "record"),
            ("enum_declaration", "enum"),
            ("delegate_declaration", "delegate"),
            ("method_declaration", "method"),
            ("constructor_declaration", "constructor"),
            ("property_declaration", "property"),
            ("local_function_statement", "function"),
        ],
        Language::Cpp => &[
            ("namespace_definition", "namespace"),
            ("class_specifier", "class"),
            ("struct_specifier", "struct"),
            ("union_specifier", "union"),
            ("enum_specifier", "enum"),
            ("function_definition", "function"),
            ("type_definition", "type"),
            ("alias_declaration", "type"),
            ("concept_definition", "concept"),
            ("preproc_function_def", "macro"),
        ],
        Language::Css => &[("rule_set", "rule")],
        Language::Go => &[
            ("function_declaration", "function"),
            ("method_declaration", "method"),
            ("type_spec", "type"),
            ("type_alias", "type"),
        ],
        Language::Java => &[
            ("class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("enum_declaration", "enum"),
            ("record_declaration", "record"),
            ("annotation_type_declaration", "annotation"),
            ("method_declaration", "method"),
            ("constructor_declaration", "constructor"),
        ],
        Language::JavaScript => &[
            ("class_declaration", "class"),
            ("function_declaration", "function"),
            ("generator_function_declaration", "function"),
            ("method_definition", "method"),
            ("variable_declarator", "function"),
        ],
        Language::Tsx | Language::TypeScript => &[
            ("class_declaration", "class"),
            ("abstract_class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("enum_declaration", "enum"),
            ("type_alias_declaration", "type"),
            ("internal_module", "namespace"),
            ("module", "namespace"),
            ("function_declaration", "function"),
            ("generator_function_declaration", "function"),
            ("function_signature", "function"),
            ("method_definition", "method"),
            ("method_signature", "method"),
            ("abstract_method_signature", "method"),
            ("variable_declarator", "function"),
        ],
        Language::Php => &[
            ("namespace_definition", "namespace"),
            ("class_declaration", "class"),
            ("interface_declaration", "interface"),
            ("trait_declaration", "trait"),
            ("enum_declaration", "enum"),
            ("function_definition", "function"),
            ("method_declaration", "method"),
        ],
        Language::Python => &[("class_definition", "class"), ("function_definition", "function")],
        Language::Ruby => {
            &[("module", "module"), ("class", "class"), ("method", "method"), ("singleton_method", "method")]
        }
        Language::Rust => &[
            ("mod_item", "module"),
            ("struct_item", "struct"),
            ("enum_item", "enum"),
            ("union_item", "union"),
            ("trait_item", "trait"),
            ("impl_item", "impl"),
            ("type_item", "type"),
            ("function_item", "function"),
            ("function_signature_item", "function"),
            ("macro_definition", "macro"),
            ("const_item", "const"),
            ("static_item", "static"),
        ],
        Language::Toml => &[("table", "table"), ("table_array_element", "table")],
        Language::Html | Language::Json | Language::Yaml => &[],
    }
}

#[cfg(test)]
mod tests {
    #![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

    use super::{Symbol, kinds};
    use crate::Language;

    fn outline(path: &str, text: &str) -> Option<Vec<Symbol>> {
        super::outline(Language::of(path)?, text)
    }

    #[track_caller]
    fn check(path: &str, text: &str, expected: &[&str]) {
        let found = outline(path, text).unwrap();
        let found: Vec<String> = found
            .iter()
            .map(|s| {
                format!(
                    "{}{} {} {}-{}",
                    ">".repeat(s.depth.into()),
                    s.kind,
                    s.name,
                    s.first_line,
                    s.last_line
                )
            })
            .collect();
        assert_eq!(found, expected, "{path}");
    }

    #[test]
    fn every_kind_of_node_that_is_looked_for_is_one_of_its_grammar() {
        for language in Language::ALL {
            for (kind, _) in kinds(language) {
                let id = language.grammar().id_for_node_kind(kind, true);
                assert_ne!(id, 0, "{}: {kind}", language.name());
            }
        }
    }

    #[test]
    fn declarations_come_with_their_lines_and_what_they_are_inside_of() {
        check(
            "a.rs",
            "struct A;\n\nimpl Clone for A {\n    fn clone(&self) -> Self {\n        A\n    }\n}\n\nfn f() {}\n",
            &["struct A 1-1", "impl Clone for A 3-7", ">function clone 4-6", "function f 9-9"],
        );
        check(
            "a.ts",
            "export interface I { m(): void }\nexport const f = () => 1;\nclass A {\n  m() {}\n}\nlet x = 1;\n",
            &["interface I 1-1", ">method m 1-1", "function f 2-2", "class A 3-5", ">method m 4-4"],
        );
        check(
            "a.tsx",
            "type P = { a: 1 };\nfunction C() { return <p/>; }\n",
            &["type P 1-1", "function C 2-2"],
        );
        check(
            "a.js",
            "class A { m() {} }\nfunction f() {}\n",
            &["class A 1-1", ">method m 1-1", "function f 2-2"],
        );
        check(
            "a.py",
            "class A:\n    def m(self):\n        pass\n\n\ndef f():\n    pass\n",
            &["class A 1-3", ">function m 2-3", "function f 6-7"],
        );
        check(
            "a.go",
            "package a\ntype T struct{}\nfunc (t T) M() {}\nfunc F() {}\n",
            &["type T 2-2", "method M 3-3", "function F 4-4"],
        );
        check(
            "A.java",
            "class A {\n  A() {}\n  int f() { return 1; }\n}\nenum E { X }\n",
            &["class A 1-4", ">constructor A 2-2", ">method f 3-3", "enum E 5-5"],
        );
        check(
            "a.c",
            "struct s { int a; };\nstruct s *g(void);\nstatic char *f(int a) {\n  return 0;\n}\n",
            &["struct s 1-1", "function f 3-5"],
        );
        check(
            "a.cpp",
            "namespace n {\nclass A { void m() {} };\n}\nint n::A::f() { return 1; }\n",
            &["namespace n 1-3", ">class A 2-2", ">>function m 2-2", "function n::A::f 4-4"],
        );
        check(
            "a.cs",
            "namespace N {\n  record R(int A);\n  class A { int P { get; } void M() {} }\n}\n",
            &["namespace N 1-4", ">record R 2-2", ">class A 3-3", ">>property P 3-3", ">>method M 3-3"],
        );
        check(
            "a.rb",
            "module M\n  class A\n    def f; end\n    def self.g; end\n  end\nend\n",
            &["module M 1-6", ">class A 2-5", ">>method f 3-3", ">>method g 4-4"],
        );
        check(
            "a.php",
            "<?php\nclass A {\n  function m() {}\n}\nfunction f() {}\n",
            &["class A 2-4", ">method m 3-3", "function f 5-5"],
        );
        check("a.sh", "f() {\n  true\n}\n", &["function f 1-3"]);
        check("a.css", "a, b { color: red; }\n", &["rule a, b 1-1"]);
        check("a.toml", "[a.b]\nc = 1\n\n[[d]]\n", &["table a.b 1-3", "table d 4-4"]);
    }

    #[test]
    fn a_file_that_declares_nothing_by_its_kind_has_no_outline() {
        assert_eq!(outline("a.json", "{}"), None);
        assert_eq!(outline("a.txt", "fn f() {}"), None);
    }

    #[test]
    fn a_name_without_an_end_is_cut() {
        let found = outline("a.rs", &format!("fn {}() {{}}\n", "é".repeat(5000))).unwrap();
        assert_eq!(found[0].name.chars().count(), 101);
    }
}
