//! What each token of a line is, by the grammars of `syntect` and `two-face`.

use std::sync::OnceLock;

use anchorhold_domain::ScopeClass;
use syntect::parsing::{ParseState, Scope, ScopeStack, SyntaxReference, SyntaxSet};

/// A run of bytes of one line that are of one class.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) end: usize,
    pub(crate) class: ScopeClass,
}

/// The grammar that fits a file.
#[derive(Clone, Copy)]
pub(crate) struct Language(&'static SyntaxReference);

impl Language {
    /// Chooses by the file's name, its ending, or its first line.
    pub(crate) fn of(path: &[u8], first_line: &str) -> Self {
        let syntaxes = syntaxes();
        let path = String::from_utf8_lossy(path);
        let name = path.rsplit('/').next().unwrap_or_default();
        let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
        let syntax = syntaxes
            .find_syntax_by_extension(name)
            .or_else(|| syntaxes.find_syntax_by_extension(ending))
            .or_else(|| syntaxes.find_syntax_by_first_line(first_line.get(..200).unwrap_or(first_line)))
            .unwrap_or_else(|| syntaxes.find_syntax_plain_text());
        Self(syntax)
    }

    /// No grammar.
    pub(crate) fn plain() -> Self {
        Self(syntaxes().find_syntax_plain_text())
    }

    /// Returns the language's name for people.
    pub(crate) fn name(self) -> &'static str {
        &self.0.name
    }
}

/// One file's tokens, as far down as they were needed.
///
/// A grammar needs everything above a line to know what the line is, hence the start at the top.
pub(crate) struct Highlighter {
    state: ParseState,
    stack: ScopeStack,
    lines: Vec<Vec<Token>>,
}

impl Highlighter {
    pub(crate) fn new(language: Language) -> Self {
        Self { state: ParseState::new(language.0), stack: ScopeStack::new(), lines: Vec::new() }
    }

    /// Classifies the tokens of `lines` up to the one numbered `last`; one over `longest` bytes gets none.
    pub(crate) fn advance(&mut self, lines: &[String], last: usize, longest: usize) {
        let done = self.lines.len();
        for line in lines.iter().take(last).skip(done) {
            let tokens = if line.len() > longest { Vec::new() } else { self.next(line) };
            self.lines.push(tokens);
        }
    }

    /// Returns the tokens of a line by its number, from one.
    pub(crate) fn line(&self, number: u32) -> &[Token] {
        (number as usize).checked_sub(1).and_then(|index| self.lines.get(index)).map_or(&[], Vec::as_slice)
    }

    fn next(&mut self, line: &str) -> Vec<Token> {
        // A grammar that fails on a line is wrong about it; the next lines may still be right.
        let Ok(operations) = self.state.parse_line(&format!("{line}\n"), syntaxes()) else {
            return Vec::new();
        };
        let mut tokens: Vec<Token> = Vec::new();
        let mut push = |end: usize, class: ScopeClass| {
            let end = end.min(line.len());
            let begin = tokens.last().map_or(0, |token| token.end);
            match tokens.last_mut() {
                _ if end <= begin => {}
                Some(last) if last.class == class => last.end = end,
                _ => tokens.push(Token { end, class }),
            }
        };
        for (at, operation) in operations {
            push(at, class_of(&self.stack));
            if self.stack.apply(&operation).is_err() {
                break;
            }
        }
        push(line.len(), class_of(&self.stack));
        tokens
    }
}

fn syntaxes() -> &'static SyntaxSet {
    static SYNTAXES: OnceLock<SyntaxSet> = OnceLock::new();
    SYNTAXES.get_or_init(two_face::syntax::extra_newlines)
}

/// The innermost scope that has a class decides.
fn class_of(stack: &ScopeStack) -> ScopeClass {
    let rules = rules();
    for scope in stack.as_slice().iter().rev() {
        if let Some((_, class)) = rules.iter().find(|(rule, _)| rule.is_prefix_of(*scope)) {
            return *class;
        }
    }
    ScopeClass::Plain
}

/// The scopes that have a class; among those that fit one scope, the first counts.
const RULES: &[(&str, ScopeClass)] = &[
    ("punctuation.definition.comment", ScopeClass::Comment),
    ("comment", ScopeClass::Comment),
    ("punctuation.definition.string", ScopeClass::String),
    ("constant.character.escape", ScopeClass::Escape),
    ("string.regexp", ScopeClass::Escape),
    ("string.other.link", ScopeClass::Link),
    ("string", ScopeClass::String),
    // Code inside a text literal, and one language inside another, are no literals.
    ("meta.interpolation", ScopeClass::Plain),
    ("meta.template.expression", ScopeClass::Plain),
    ("source", ScopeClass::Plain),
    ("constant.numeric", ScopeClass::Number),
    ("constant", ScopeClass::Constant),
    ("support.constant", ScopeClass::Constant),
    ("variable.language", ScopeClass::Constant),
    ("keyword.operator.word", ScopeClass::Keyword),
    ("keyword.operator.logical.python", ScopeClass::Keyword),
    ("keyword.operator", ScopeClass::Operator),
    ("keyword", ScopeClass::Keyword),
    ("storage.modifier.lifetime", ScopeClass::Type),
    ("storage.type.numeric", ScopeClass::Number),
    ("storage", ScopeClass::Keyword),
    ("entity.name.function", ScopeClass::Function),
    ("entity.name.macro", ScopeClass::Function),
    ("support.function", ScopeClass::Function),
    ("support.macro", ScopeClass::Function),
    ("variable.function", ScopeClass::Function),
    ("entity.name.tag", ScopeClass::Tag),
    ("entity.other.attribute-name", ScopeClass::Attribute),
    ("variable.annotation", ScopeClass::Attribute),
    ("meta.annotation", ScopeClass::Attribute),
    ("markup.heading", ScopeClass::Heading),
    ("entity.name.section", ScopeClass::Heading),
    ("markup.underline.link", ScopeClass::Link),
    ("markup.bold", ScopeClass::Emphasis),
    ("markup.italic", ScopeClass::Emphasis),
    ("markup.raw", ScopeClass::String),
    ("support.type.property-name", ScopeClass::Variable),
    ("meta.property-name", ScopeClass::Variable),
    ("entity.name", ScopeClass::Type),
    ("entity.other.inherited-class", ScopeClass::Type),
    ("support.type", ScopeClass::Type),
    ("support.class", ScopeClass::Type),
    ("variable.parameter", ScopeClass::Variable),
    ("variable.other.member", ScopeClass::Variable),
    ("variable.other.property", ScopeClass::Variable),
    ("punctuation", ScopeClass::Punctuation),
];

fn rules() -> &'static [(Scope, ScopeClass)] {
    static PARSED: OnceLock<Vec<(Scope, ScopeClass)>> = OnceLock::new();
    PARSED.get_or_init(|| {
        RULES.iter().filter_map(|(scope, class)| Some((Scope::new(scope).ok()?, *class))).collect()
    })
}
