//! Requests made of arbitrary bytes: mostly sensible ones about few names, so that they meet.

use anchorhold_bridge::{ImportPiece, PathBytes, Replacement, Request};
use anchorhold_bridge::{MODE_EXECUTABLE, MODE_FILE, MODE_SUBMODULE, MODE_SYMLINK};
use arbitrary::{Arbitrary, Result, Unstructured};

/// What happens in a session, step by step.
#[derive(Clone, Debug, Arbitrary)]
pub enum Step {
    /// A request with its body.
    Ask(Ask),
    /// A request with its body, likelier than the rest.
    AskMore(Ask),
    /// A whole import of these.
    Import(Vec<(Way, Kind, Text)>),
    /// The program ends and begins again.
    Reopen,
    /// A request for something that does not exist, with a name of this length.
    Unknown(Number),
}

/// A request.
#[derive(Clone, Debug, Arbitrary)]
#[expect(missing_docs, reason = "they are those of the protocol")]
pub enum Ask {
    Hello,
    List { path: Way, depth: Option<u8> },
    Read { path: Way, from: Option<Number>, count: Option<Number> },
    ReadRaw { path: Way, offset: Number, len: Number },
    Search { pattern: Pattern, path: Way, globs: Vec<Pattern>, case_insensitive: bool, most: Option<Number> },
    Glob { pattern: Pattern },
    Write { path: Way, executable: Option<bool>, content: Text },
    Edit { path: Way, edits: Vec<(Text, Text, bool)> },
    Delete { path: Way },
    Move { from: Way, to: Way },
    MakeDirectory { path: Way },
    Stat { path: Way },
    ImportBegin,
    ImportFiles { pieces: Vec<Piece>, surplus: Text },
    ImportEnd,
    Changes { after: Option<Way> },
}

/// A piece of an import, in step or not.
#[derive(Clone, Debug, Arbitrary)]
#[expect(missing_docs, reason = "they are those of the protocol")]
pub struct Piece {
    pub path: Way,
    pub kind: Kind,
    pub offset: Number,
    /// How much longer the whole is than this piece.
    pub more: Number,
    pub content: Text,
}

/// What an import makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Arbitrary)]
#[expect(missing_docs, reason = "they are git's")]
pub enum Kind {
    File,
    Executable,
    Symlink,
    Submodule,
    Odd(u32),
}

impl Kind {
    fn mode(self) -> u32 {
        match self {
            Self::File => MODE_FILE,
            Self::Executable => MODE_EXECUTABLE,
            Self::Symlink => MODE_SYMLINK,
            Self::Submodule => MODE_SUBMODULE,
            Self::Odd(mode) => mode,
        }
    }
}

/// A path: mostly of few names, sometimes of bad ones.
#[derive(Clone, Debug)]
pub struct Way(pub Vec<u8>);

impl<'a> Arbitrary<'a> for Way {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        let mut path = Vec::new();
        for index in 0..bytes.int_in_range(1..=4)? {
            if index > 0 {
                path.push(b'/');
            }
            match bytes.int_in_range(0..=31_u8)? {
                0..8 => path.push(b'a'),
                8..14 => path.push(b'b'),
                14..18 => path.extend_from_slice(b"c.txt"),
                18..21 => path.push(b'l'),
                21 => path.extend_from_slice(b".."),
                22 => path.push(b'.'),
                23 => {}
                24 => path.extend_from_slice(b".git"),
                25 => path.extend_from_slice(&[b'n'; 255]),
                26 => path.extend_from_slice(&[b'n'; 256]),
                27 => path.extend_from_slice(b"\xff\x01\""),
                28 => path.extend_from_slice("é".as_bytes()),
                29 => path.extend_from_slice(b"..."),
                // Rare, since a megabyte takes as long as a hundred ordinary requests.
                30 if bytes.ratio(1, 32)? => path.resize(path.len() + 1_048_000, b'\\'),
                30 => path.resize(path.len() + usize::from(bytes.arbitrary::<u8>()?) * 8, b'\\'),
                _ => path.extend_from_slice(bytes.arbitrary()?),
            }
        }
        Ok(Self(path))
    }
}

/// A number: mostly small, sometimes any, sometimes at an edge.
#[derive(Clone, Copy, Debug)]
pub struct Number(pub u64);

impl<'a> Arbitrary<'a> for Number {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        Ok(Self(match bytes.int_in_range(0..=7_u8)? {
            0..5 => u64::from(bytes.int_in_range(0..=24_u8)?),
            5 => u64::from(bytes.arbitrary::<u16>()?) * 16,
            6 => u64::MAX - u64::from(bytes.arbitrary::<u8>()? % 3),
            _ => bytes.arbitrary()?,
        }))
    }
}

/// Content: few words in lines of both sorts, sometimes long, sometimes anything.
#[derive(Clone, Debug)]
pub struct Text(pub Vec<u8>);

impl<'a> Arbitrary<'a> for Text {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        const WORDS: [&str; 8] = ["a", "aa", "ab", " ", "\n", "\r\n", "../../outside/secret", "\0"];
        Ok(Self(match bytes.int_in_range(0..=7_u8)? {
            0..5 => {
                let mut text = Vec::new();
                for _ in 0..bytes.int_in_range(0..=6)? {
                    text.extend_from_slice(bytes.choose(&WORDS)?.as_bytes());
                }
                text
            }
            5 => vec![bytes.arbitrary()?; usize::from(bytes.arbitrary::<u16>()?) % 3000],
            _ => bytes.arbitrary::<&[u8]>()?.to_vec(),
        }))
    }
}

impl Text {
    fn words(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

/// A regular expression or glob: what they are made of, in any order.
#[derive(Clone, Debug)]
pub struct Pattern(pub String);

impl<'a> Arbitrary<'a> for Pattern {
    fn arbitrary(bytes: &mut Unstructured<'a>) -> Result<Self> {
        const PARTS: [&str; 24] = [
            "a", "b", "*", "**", "?", "/", "{", "}", ",", "[", "]", "!", "\\", "(", ")", "|", "{99}", "+",
            ".", "^", "$", "\n", "(?i)", "\\pL",
        ];
        let mut pattern = String::new();
        for _ in 0..bytes.int_in_range(0..=12)? {
            pattern.push_str(bytes.choose(&PARTS)?);
        }
        if bytes.ratio(1, 8)? {
            pattern.push_str(bytes.arbitrary()?);
        }
        if bytes.ratio(1, 32)? {
            pattern = pattern.repeat(200);
        }
        Ok(Self(pattern))
    }
}

fn path(way: &Way) -> PathBytes {
    way.0.as_slice().into()
}

impl Ask {
    /// The request and its body.
    pub fn request(&self) -> (Request, Vec<u8>) {
        let request = match self {
            Self::Hello => Request::Hello,
            Self::List { path: at, depth } => Request::List { path: path(at), depth: depth.map(u32::from) },
            Self::Read { path: at, from, count } => Request::Read {
                path: path(at),
                from_line: from.map(|from| from.0),
                line_count: count.map(|count| count.0),
            },
            Self::ReadRaw { path: at, offset, len } => {
                Request::ReadRaw { path: path(at), offset: offset.0, len: len.0 }
            }
            Self::Search { pattern, path: at, globs, case_insensitive, most } => Request::Search {
                pattern: pattern.0.clone(),
                path: path(at),
                globs: globs.iter().map(|glob| glob.0.clone()).collect(),
                case_insensitive: *case_insensitive,
                max_matches: most.map(|most| most.0 as u32),
                // From what is there, so that the kept inputs go on meaning what they meant.
                context: most.map_or(0, |most| most.0 as u32 % 8),
                first_only: globs.len() > 1,
            },
            Self::Glob { pattern } => Request::Glob { pattern: pattern.0.clone() },
            Self::Write { path: at, executable, content } => {
                return (Request::Write { path: path(at), executable: *executable }, content.0.clone());
            }
            Self::Edit { path: at, edits } => Request::Edit {
                path: path(at),
                edits: edits
                    .iter()
                    .map(|(old, new, replace_all)| Replacement {
                        old: old.words(),
                        new: new.words(),
                        replace_all: *replace_all,
                    })
                    .collect(),
            },
            Self::Delete { path: at } => Request::Delete { path: path(at) },
            Self::Move { from, to } => Request::Move { from: path(from), to: path(to) },
            Self::MakeDirectory { path: at } => Request::MakeDirectory { path: path(at) },
            Self::Stat { path: at } => Request::Stat { path: path(at) },
            Self::ImportBegin => Request::ImportBegin,
            Self::ImportFiles { pieces, surplus } => return import(pieces, &surplus.0),
            Self::ImportEnd => Request::ImportEnd,
            Self::Changes { after } => Request::Changes { after: after.as_ref().map(path) },
        };
        (request, Vec::new())
    }
}

fn import(pieces: &[Piece], surplus: &[u8]) -> (Request, Vec<u8>) {
    let mut body = Vec::new();
    let pieces = pieces
        .iter()
        .map(|piece| {
            body.extend_from_slice(&piece.content.0);
            let len = piece.content.0.len() as u64;
            ImportPiece {
                path: path(&piece.path),
                mode: piece.kind.mode(),
                offset: piece.offset.0,
                len,
                total: piece.offset.0.saturating_add(len).saturating_add(piece.more.0),
            }
        })
        .collect();
    body.extend_from_slice(surplus);
    (Request::ImportFiles { pieces }, body)
}

/// The three requests of a whole import.
pub fn whole_import(files: &[(Way, Kind, Text)]) -> [Ask; 3] {
    let none = Number(0);
    let piece = |(path, kind, content): &(Way, Kind, Text)| Piece {
        path: path.clone(),
        kind: *kind,
        offset: none,
        more: none,
        content: content.clone(),
    };
    let pieces = files.iter().map(piece).collect();
    [Ask::ImportBegin, Ask::ImportFiles { pieces, surplus: Text(Vec::new()) }, Ask::ImportEnd]
}
