//! What each tool answers, to what a model should not have asked for as well.

use crate::harness::{
    House, Repository, Voice, edit, errand, finish, read, rest, search, start, turn, write,
};
use anchorhold_domain::{Event, EventKind, PlanStep, Status, StepStatus, ToolOutcome};
use anchorhold_engine::{Config, Engine, ParserProgram};
use serde_json::{Value, json};

const OK: ToolOutcome = ToolOutcome::Ok;
const REFUSED: ToolOutcome = ToolOutcome::Refused;

/// What a call came to: how it ended, what the model read, whose text that held.
type Told = (ToolOutcome, String, Vec<String>);

fn call(tool: &str, arguments: Value) -> Value {
    json!({"tool": tool, "arguments": arguments})
}

/// Runs these answers of a model, then `finish`, and tells what each call came to.
async fn run(house: &House, remote: &Repository, steps: Vec<Vec<Value>>) -> (Engine, Vec<Event>, Vec<Told>) {
    let mut turns: Vec<Value> = steps.into_iter().map(|calls| turn("", calls)).collect();
    turns.push(turn("", vec![finish("Done.")]));
    let voice = Voice::playing(turns).await;
    let engine = house.open().await;
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let events = engine.events(id, 0).await.unwrap();
    let mut told = Vec::new();
    for event in &events {
        if let EventKind::ToolFinished { outcome, result, result_blob, shown, .. } = &event.kind {
            let said = match result_blob {
                Some(hash) => engine.result(hash).await.unwrap(),
                None => result.clone(),
            };
            told.push((*outcome, said, shown.clone()));
        }
    }
    (engine, events, told)
}

/// The same where every call is an answer of its own, and only what is told matters.
async fn each(remote: &[(&str, &[u8])], calls: Vec<Value>) -> Vec<Told> {
    let house = House::new();
    let repository = house.repository(&[("README.md", "# Hello\n")]);
    for (path, bytes) in remote {
        let path = repository.work.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    repository.commit_all("main");
    let (engine, _, told) =
        run(&house, &repository, calls.into_iter().map(|call| vec![call]).collect()).await;
    engine.close().await;
    told
}

fn told(outcome: ToolOutcome, said: &str, shown: &[&str]) -> Told {
    (outcome, said.to_owned(), shown.iter().map(|path| (*path).to_owned()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_are_no_usual_text_are_answered_by_what_they_are() {
    let minified = format!("var a={}needle{};", "x".repeat(3_000_000), "y".repeat(2_000_000));
    let large = vec![b'l'; 100 * 1024 * 1024];
    let mut large = large;
    for place in (99..large.len()).step_by(100) {
        large[place] = b'\n';
    }
    let utf16: Vec<u8> = "\u{feff}hé\r\nyou\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let found = each(
        &[
            ("large.log", &large),
            ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
            ("min.js", minified.as_bytes()),
            ("latin.txt", b"caf\xe9 one\n"),
            ("utf16.txt", &utf16),
            ("empty", b""),
            ("dos.txt", b"a\r\nb\r\n"),
            ("hidden.txt", "if a\u{202e} {\n".as_bytes()),
        ],
        vec![
            call("read_file", json!({"path": "large.log", "from_line": 1_000_000, "line_count": 1})),
            read("large.log"),
            read("logo.png"),
            edit("logo.png", "PNG", "GIF"),
            read("min.js"),
            call("read_file", json!({"path": "min.js", "from_byte": 3_000_004, "byte_count": 10})),
            search("needle"),
            read("latin.txt"),
            edit("latin.txt", "café", "tea"),
            edit("latin.txt", "one", "two"),
            read("utf16.txt"),
            read("empty"),
            read("dos.txt"),
            read("hidden.txt"),
            read("."),
            call("read_file", json!({"path": "README.md", "from_line": 2})),
            call("read_file", json!({"path": "README.md", "from_line": 1, "from_byte": 1})),
        ],
    )
    .await;
    let line = "l".repeat(99);
    assert_eq!(
        found[0],
        told(
            OK,
            &format!(
                "1000000\t{line}\n[lines 1000000 to 1000000 of 1048576; go on with from_line 1000001]\n"
            ),
            &["large.log"]
        )
    );
    assert!(found[1].1.contains(" of 1048576; go on with from_line 6"), "{}", &found[1].1[60_000..]);
    assert!(found[1].1.len() < 66 * 1024, "{}", found[1].1.len());
    let png = "logo.png is not text but a PNG image, by its first bytes, of 16 bytes; it can be moved and deleted, \
               not read or edited";
    assert_eq!(found[2], told(REFUSED, png, &[]));
    assert_eq!(found[3], told(REFUSED, "logo.png is not text, so it cannot be edited", &[]));
    let cut = "[line 1 is longer than 2000 characters and was cut; it begins at byte 0 of 5000013; read the rest \
               by from_byte and byte_count, or search in it]\n";
    assert_eq!(found[4], told(OK, &format!("1\tvar a={}…\n{cut}", "x".repeat(1994)), &["min.js"]));
    let window = "xxneedleyy\n[bytes 3000004 to 3000014 of 5000013; go on with from_byte 3000014]\n";
    assert_eq!(found[5], told(OK, window, &["min.js"]));
    assert!(found[6].1.starts_with("min.js:1 (byte 3000006): …xxx"), "{}", found[6].1);
    assert!(found[6].1.contains("needle") && found[6].1.len() < 600, "{}", found[6].1);
    let latin = "[not UTF-8; shown as Latin-1, which is a guess. An edit keeps the bytes it does not touch: give \
                 only plain ASCII in `old`; what is in `new` becomes UTF-8]\n";
    assert_eq!(found[7], told(OK, &format!("1\tcafé one\n{latin}"), &["latin.txt"]));
    assert!(found[8].0 == REFUSED && found[8].1.ends_with(latin), "{:?}", found[8]);
    assert_eq!(found[9], told(OK, "Edited latin.txt in 1 place.", &[]));
    let note = "[it begins with a byte order mark, which is not shown]\n[lines end in \\r\\n; edit_file keeps \
                that]\n[UTF-16, shown decoded. edit_file cannot edit it; write_file would make it UTF-8]\n";
    assert_eq!(found[10], told(OK, &format!("1\thé\n2\tyou\n{note}"), &["utf16.txt"]));
    assert_eq!(found[11], told(OK, "empty is empty: it has 0 bytes.", &[]));
    assert_eq!(found[12].1, "1\ta\n2\tb\n[lines end in \\r\\n; edit_file keeps that]\n");
    assert!(found[13].1.starts_with("1\tif a⟨U+202E⟩ {\n["), "{}", found[13].1);
    assert_eq!(found[14].0, REFUSED, "{}", found[14].1);
    assert_eq!(found[15], told(REFUSED, "README.md has 1 lines; line 2 is past its end", &[]));
    assert_eq!(found[16], told(REFUSED, "give either lines or bytes, not both", &[]));
}

#[tokio::test(flavor = "multi_thread")]
async fn edits_say_what_they_missed_what_is_there_twice_and_what_they_broke() {
    let found = each(
        &[
            ("a.rs", b"fn a() {\n\tone();\n}\n\nfn b() {\n\tone();\n}\n"),
            ("dos.rs", b"fn a() {\r\n}\r\n"),
        ],
        vec![
            edit("a.rs", "fn a() {\n    one();", "x"),
            edit("a.rs", "one();", "two();"),
            call(
                "edit_file",
                json!({"path": "a.rs", "edits": [{"old": "fn a", "new": "fn c"}, {"old": "fn d", "new": "fn e"}]}),
            ),
            edit("a.rs", "fn b() {", "fn b( {"),
            edit("a.rs", "fn b( {", "fn b() {"),
            edit("dos.rs", "{\n}", "{\n    b();\n}"),
            call(
                "edit_file",
                json!({"path": "a.rs", "edits": [{"old": "one", "new": "two", "replace_all": true}]}),
            ),
            write("new.py", "def f(:\n    pass\n"),
            write("new.py", "def f():\n    pass\n"),
            write("new.py", "def f():\n    pass\n"),
            write("dos.rs", "fn a() {\n}\n"),
        ],
    )
    .await;
    let white = "a.rs: the text to find is not there; lines 1 to 2 differ from it only in white space (line 2 \
                 begins with 1 tab, the text to find with 4 spaces):\n1\tfn a() {\n2\t\tone();\n";
    assert_eq!(found[0], told(REFUSED, white, &["a.rs"]));
    let twice = "a.rs: the text to find is there 2 times; give more of the text around it, or set replace_all. \
                 It begins on these lines:\n2\t\tone();\n6\t\tone();\n";
    assert_eq!(found[1], told(REFUSED, twice, &["a.rs"]));
    let second = "a.rs, replacement 2 of 2: the text to find is not there; ";
    assert!(found[2].1.starts_with(second) && found[2].1.ends_with("Nothing was changed."), "{}", found[2].1);
    let broke = "Edited a.rs in 1 place.\nThis leaves new syntax errors:\nline 5, column ";
    assert!(found[3].0 == OK && found[3].1.starts_with(broke), "{}", found[3].1);
    assert_eq!(found[3].2, ["a.rs"]);
    assert_eq!(found[4], told(OK, "Edited a.rs in 1 place.", &[]));
    let dos = "Edited dos.rs in 1 place. Its lines end in \\r\\n, and the new ones do too.";
    assert_eq!(found[5], told(OK, dos, &[]));
    assert_eq!(found[6], told(OK, "Edited a.rs in 2 places.", &[]));
    assert!(
        found[7].1.starts_with("Created new.py.\nThis leaves new syntax errors:\nline 1"),
        "{}",
        found[7].1
    );
    assert_eq!(found[8], told(OK, "Wrote new.py.", &[]));
    assert_eq!(found[9], told(OK, "new.py has that content already; nothing changed.", &[]));
    assert!(found[10].1.starts_with("Wrote dos.rs. Its lines ended in \\r\\n before"), "{}", found[10].1);
}

/// What a file that does not parse is written with, by an agent whose engine has this to parse.
async fn written(house: &House, parser: Option<ParserProgram>) -> (Engine, String) {
    let remote = house.repository(&[("README.md", "# Hello\n")]);
    let turns = vec![turn("", vec![write("a.rs", "fn f( {\n")]), turn("", vec![finish("Done.")])];
    let voice = Voice::playing(turns).await;
    let engine = Engine::open(Config { parser, ..house.config() }).await.unwrap();
    let id = start(&engine, errand(&remote.address(), voice.choice())).await;
    assert_eq!(rest(&engine, id).await.status, Status::Completed);
    let events = engine.events(id, 0).await.unwrap();
    let told = events.iter().find_map(|event| match &event.kind {
        EventKind::ToolFinished { result, .. } => Some(result.clone()),
        _ => None,
    });
    (engine, told.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_parser_that_cannot_answer_costs_no_edit_and_says_nothing_wrong() {
    let house = House::new();
    let (engine, told) = written(&house, Some(ParserProgram::at("/nothing/is/here".into()))).await;
    assert_eq!(told, "Created a.rs.");
    engine.close().await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_parsed_by_a_process_that_ends_with_its_engine() {
    let house = House::new();
    let mut parser = house.config().parser.unwrap();
    let mark = house.home().display().to_string();
    parser.arguments.push(mark.clone().into());
    let (engine, told) = written(&house, Some(parser)).await;
    assert!(told.starts_with("Created a.rs.\nThis leaves new syntax errors:\nline 1"), "{told}");
    let marked = || {
        let processes = std::fs::read_dir("/proc").unwrap().map(|process| process.unwrap().path());
        let words = processes.filter_map(|process| std::fs::read(process.join("cmdline")).ok());
        words.filter(|words| String::from_utf8_lossy(words).ends_with(&format!("__parse\0{mark}\0"))).count()
    };
    assert_eq!(marked(), 1);
    engine.close().await;
    assert_eq!(marked(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_outside_unknown_or_unreadable_is_refused_and_the_run_goes_on() {
    let house = House::new();
    let remote = house.repository(&[("README.md", "# Hello\n"), ("src/a.rs", "fn a() {}\n")]);
    std::os::unix::fs::symlink("/etc/passwd", remote.work.join("link")).unwrap();
    remote.commit_all("main");
    let calls = vec![
        read("../secret"),
        read("/etc/passwd"),
        read(".git/config"),
        read("link"),
        write("link", "x"),
        write("src/a.rs/b", "x"),
        call("move_file", json!({"from": "README.md", "to": "../README.md"})),
        call("move_file", json!({"from": "README.md", "to": "src/a.rs"})),
        call("delete_file", json!({"path": ""})),
        call("list_files", json!({"path": "README.md"})),
        read("src"),
        call("outline", json!({"path": "../"})),
        call("git_show", json!({"revision": "base", "path": "../README.md", "whole_file": true})),
        call("run_shell", json!({"command": "ls"})),
        call("read_file", json!({"path": "README.md", "offset": 3})),
        call("edit_file", json!({"path": "README.md"})),
        call("search", json!({"pattern": "("})),
    ];
    let (engine, _, found) = run(&house, &remote, calls.into_iter().map(|call| vec![call]).collect()).await;
    for (index, (outcome, said, shown)) in found.iter().take(17).enumerate() {
        let is_link = index == 3;
        assert_eq!(*outcome, if is_link { OK } else { REFUSED }, "{index}: {said}");
        assert!(shown.is_empty() && !said.contains("root:"), "{said}");
    }
    let said: Vec<&str> = found.iter().map(|(_, said, _)| said.as_str()).collect();
    assert_eq!(
        said[0],
        "../secret: it leads upwards by .., which could leave the workspace; paths begin at the repository's \
         root, as in src/main.rs"
    );
    assert_eq!(
        said[1],
        "/etc/passwd: paths are relative to the workspace and do not begin with /; paths begin at the \
         repository's root, as in src/main.rs"
    );
    assert_eq!(
        said[2],
        ".git/config: the name .git belongs to git; git_log, git_show and git_blame read the history"
    );
    assert_eq!(
        said[3],
        "link is a symbolic link to /etc/passwd. Links are not followed: name what it points to."
    );
    assert!(
        said[13].starts_with("there is no tool named run_shell; there are list_files, read_file"),
        "{}",
        said[13]
    );
    assert!(said[14].contains("unknown field `offset`, expected one of `path`, `from_line`"), "{}", said[14]);
    assert!(said[15].contains("missing field `edits`"), "{}", said[15]);
    let tree = engine.reviewed_tree(engine.agents().await.unwrap()[0].id).await.unwrap();
    assert_eq!(tree.unwrap_or_else(|| remote.tree("main")), remote.tree("main"), "nothing was changed");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_calls_of_one_answer_are_done_in_their_order() {
    let house = House::new();
    let remote = house.repository(&[("a.txt", "0\n")]);
    let calls = vec![
        read("a.txt"),
        search("0"),
        edit("a.txt", "0", "1"),
        read("a.txt"),
        edit("a.txt", "1", "2"),
        edit("a.txt", "1", "3"),
        write("b.txt", "b\n"),
        call("glob", json!({"pattern": "*.txt"})),
        call("list_files", json!({})),
        read("a.txt"),
    ];
    let (engine, events, found) = run(&house, &remote, vec![calls]).await;
    let said: Vec<&str> = found.iter().take(10).map(|(_, said, _)| said.as_str()).collect();
    assert!(said[5].starts_with("a.txt: the text to find is not there; "), "{}", said[5]);
    let others: Vec<&str> =
        said.iter().enumerate().filter(|(at, _)| *at != 5).map(|(_, said)| *said).collect();
    assert_eq!(
        others,
        [
            "1\t0\n",
            "a.txt:1: 0\n",
            "Edited a.txt in 1 place.",
            "1\t1\n",
            "Edited a.txt in 1 place.",
            "Created b.txt.",
            "a.txt\nb.txt\n",
            "a.txt\nb.txt\n",
            "1\t2\n",
        ]
    );
    let asked: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ToolRequested { call, .. } => Some(call.as_str()),
            _ => None,
        })
        .collect();
    let answered: Vec<&str> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::ToolFinished { call, .. } => Some(call.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!((asked.len(), &asked), (11, &answered), "results come in the order of the calls");
    engine.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn searching_and_listing_are_bounded_and_say_how_much_there_is() {
    let many: Vec<(String, String)> =
        (0..620).map(|n| (format!("many/f{n:03}.txt"), "one\nneedle\nthree\n".to_owned())).collect();
    let files: Vec<(&str, &[u8])> =
        many.iter().map(|(path, text)| (path.as_str(), text.as_bytes())).collect();
    let found = each(
        &files,
        vec![
            call("list_files", json!({"path": "many"})),
            call("glob", json!({"pattern": "*.txt"})),
            call("search", json!({"pattern": "needle", "path": "many/f001.txt", "context": 1})),
            call("search", json!({"pattern": "needle", "names_only": true, "max_results": 2})),
            call("search", json!({"pattern": "needle"})),
        ],
    )
    .await;
    let first = |said: &str, count: usize| assert_eq!(said.lines().count(), count + 1, "{said}");
    first(&found[0].1, 500);
    assert!(found[0].1.contains("These are the first 500 of 620; "), "{}", found[0].1);
    first(&found[1].1, 500);
    assert!(found[1].1.contains("These are the first 500 of 620. Use"), "{}", found[1].1);
    let context = "many/f001.txt-1- one\nmany/f001.txt:2: needle\nmany/f001.txt-3- three\n";
    assert_eq!(found[2], told(OK, context, &["many/f001.txt"]));
    let names = "many/f000.txt\nmany/f001.txt\nThere are more matches than these 2; one answer holds at most \
                 500. Search more narrowly.\n";
    assert_eq!(found[3], told(OK, names, &[]));
    assert_eq!((found[4].2.len(), found[4].1.lines().count()), (100, 101));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_past_is_read_from_the_mirror_and_outlines_from_the_last_checkpoint() {
    let house = House::new();
    let remote = house.repository(&[("src/a.py", "def one():\n    return 1\n")]);
    let first = remote.tip("main");
    let second =
        remote.commit("main", &[("src/a.py", "def one():\n    return 1\n\n\ndef two():\n    return 2\n")]);
    let (engine, _, found) = run(
        &house,
        &remote,
        vec![
            vec![
                call("git_log", json!({})),
                call("git_log", json!({"path": "nowhere", "since": "2000-01-01"})),
            ],
            vec![call("git_show", json!({"revision": "base"}))],
            vec![call("git_show", json!({"revision": &first[..7], "path": "src/a.py", "whole_file": true}))],
            vec![edit("src/a.py", "return 2", "return 3")],
            vec![call("git_blame", json!({"path": "src/a.py"}))],
            vec![call("git_show", json!({"revision": "head"}))],
            vec![call("outline", json!({})), call("outline", json!({"path": "src/a.py"}))],
            vec![
                call("git_log", json!({"revision": "main"})),
                call("git_log", json!({"since": "last week"})),
            ],
        ],
    )
    .await;
    let day = &found[0].1[11..21];
    let line = |id: &str| format!("{} {day} {}: Somebody's work\n", &id[..10], author(&remote));
    assert_eq!(found[0], told(OK, &format!("{}{}", line(&second), line(&first)), &[]));
    assert_eq!(found[1], told(OK, "No commit is like that.\n", &[]));
    assert!(found[2].1.contains("+def two():\n") && found[2].1.starts_with(&line(&second)), "{}", found[2].1);
    assert_eq!(found[2].2, ["src/a.py"]);
    assert_eq!(found[3], told(OK, "1\tdef one():\n2\t    return 1\n", &["src/a.py"]));
    let blame = &found[5];
    assert!(
        blame.1.starts_with(&format!(
            "# {}1\tdef one():\n2\t    return 1\n# {}3\t\n",
            line(&first),
            line(&second)
        )),
        "{}",
        blame.1
    );
    assert!(blame.1.ends_with(" yours\n6\t    return 3\n"), "{}", blame.1);
    assert_eq!(blame.2, ["src/a.py"]);
    assert!(found[6].1.contains("-    return 2\n+    return 3\n"), "{}", found[6].1);
    let outline = "src/a.py\n1-2\t  function one\n5-6\t  function two\n";
    assert_eq!(found[7], told(OK, outline, &["src/a.py"]));
    assert_eq!(found[8], told(OK, "1-2\tfunction one\n5-6\tfunction two\n", &["src/a.py"]));
    assert!(
        found[9].0 == REFUSED && found[9].1.starts_with("\"main\" is no revision; give base"),
        "{}",
        found[9].1
    );
    assert_eq!(found[10], told(REFUSED, "since is a day, written as 2026-01-31", &[]));
    engine.close().await;
}

fn author(remote: &Repository) -> String {
    remote.ask(&["log", "-1", "--format=%an", "main"])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_written_down_and_can_change() {
    let house = House::new();
    let remote = house.repository(&[("a", "a\n")]);
    let plan = |status: &str| call("update_plan", json!({"steps": [{"text": "Look.", "status": status}]}));
    let (engine, events, found) =
        run(&house, &remote, vec![vec![plan("active")], vec![plan("done"), plan("finished")]]).await;
    assert_eq!(found[0], told(OK, "Plan: 0 of 1 steps done.", &[]));
    assert_eq!(found[1], told(OK, "Plan: 1 of 1 steps done.", &[]));
    assert!(found[2].0 == REFUSED && found[2].1.contains("unknown variant `finished`"), "{}", found[2].1);
    let plans: Vec<&[PlanStep]> = events
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::PlanChanged { steps } => Some(steps.as_slice()),
            _ => None,
        })
        .collect();
    let step = |status| [PlanStep { text: "Look.".to_owned(), status }];
    assert_eq!(plans, [step(StepStatus::Active), step(StepStatus::Done)]);
    engine.close().await;
}
