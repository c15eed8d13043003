//! Texts that break grammars, and texts that might.

use super::{answers, program};
use anchorhold_syntax::Parser;

/// Ends of files of which every grammar has at least one to go on with.
const ENDINGS: [&str; 18] = [
    "sh", "c", "cs", "cpp", "css", "go", "html", "java", "js", "json", "php", "py", "rb", "rs", "toml",
    "tsx", "ts", "yml",
];

/// Numbers that look random and are the same every time.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, most: usize) -> usize {
        (self.next() % most.max(1) as u64) as usize
    }
}

#[tokio::test]
async fn what_overflows_a_grammars_own_buffer_costs_one_answer() {
    let parser = Parser::new(program());
    let word = "A".repeat(300);
    let heredoc = format!("x = <<{word}\n  a\n{word}\n");
    let deep: String = (0..600).map(|n| format!("{}if a:\n", " ".repeat(n))).collect();
    let lists = "- ".repeat(3000);
    for (path, text) in [("a.rb", heredoc), ("a.py", format!("f'{{\n{deep}")), ("a.yml", lists)] {
        assert_eq!(parser.new_problems(path, "", &text).await, None, "{path}");
        answers(&parser).await;
    }
    // The same that does not overflow is judged, however it looks.
    let usual = "def f\n  a = <<~SQL\n    b\n  SQL\n  class << self; end\n  a <<1\nend\n";
    assert!(parser.new_problems("a.rb", "", usual).await.is_some());
    let deep = format!("{}a = 1\n", " ".repeat(400));
    assert!(parser.new_problems("a.py", "", &format!("f(\n{deep})\n")).await.is_some());
    assert_eq!(parser.new_problems("a.yml", "", "a:\n  - b: 1\n    c: [x, y]\n").await, Some(vec![]));
    parser.close().await;
}

#[tokio::test]
async fn random_bytes_and_pieces_of_code_leave_a_parser_that_answers() {
    const PIECES: [&str; 40] = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        "<",
        ">",
        "\"",
        "'",
        "`",
        "\n",
        "\r\n",
        "\t",
        " ",
        "    ",
        "#",
        "//",
        "/*",
        "*/",
        "<<EOF\n",
        "EOF\n",
        "<?php",
        "?>",
        "${",
        "$(",
        "r#\"",
        "\"#",
        "|",
        "&",
        ":",
        "- ",
        "? ",
        "---\n",
        "<script>",
        "</p>",
        "%w(",
        "=begin\n",
        "\u{0}",
        "é\u{202e}",
    ];
    let parser = Parser::new(program());
    let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
    for ending in ENDINGS {
        let path = format!("a.{ending}");
        for round in 0..60 {
            let text: String = match round % 2 {
                0 => (0..dice.below(400)).map(|_| PIECES[dice.below(PIECES.len())]).collect(),
                _ => {
                    let bytes: Vec<u8> = (0..dice.below(2000)).map(|_| dice.next() as u8).collect();
                    String::from_utf8_lossy(&bytes).into_owned()
                }
            };
            // Only what is known to overflow may end a worker; the others are held to their answers.
            let found = parser.new_problems(&path, "", &text).await;
            assert!(found.is_some() || matches!(ending, "py" | "rb" | "yml"), "{path}: {text:?}");
            let _ = parser.outline(&path, &text).await;
        }
    }
    answers(&parser).await;
    parser.close().await;
}

#[tokio::test]
async fn what_opens_and_never_closes_leaves_a_parser_that_answers() {
    let parser = Parser::new(program());
    for ending in ENDINGS {
        let path = format!("a.{ending}");
        for opening in ["(", "[{", "<a>", "if ", "/*", "\"${", "- - ", "<<A\n", "f(", "a:\n "] {
            let _ = parser.outline(&path, &opening.repeat(1000)).await;
            let _ = parser.new_problems(&path, "", &opening.repeat(1000)).await;
        }
    }
    answers(&parser).await;
    parser.close().await;
}
