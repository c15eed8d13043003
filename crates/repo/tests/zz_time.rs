#![allow(clippy::unwrap_used)]
mod common;
use anchorhold_repo::{Context, TreeEdit};
use common::Place;
#[test]
fn timing() {
    let line =
        "    let value = some_function(argument, \"text\", 12) + other::path(value)?; // note\n";
    let old = line.repeat(6000);
    let new = old.replace("12)", "13)");
    let place = Place::with(&[("a.rs", &old)]);
    let (mirror, base) = place.fetched();
    let t = std::time::Instant::now();
    for n in 0..200 {
        mirror
            .checkpoint(
                "b",
                Some(&base.commit),
                &base.tree,
                &[TreeEdit::Put {
                    path: format!("d/e/f{n}").into(),
                    mode: 0o100644,
                    bytes: vec![n as u8; 2000],
                }],
                "e",
                0,
            )
            .unwrap();
    }
    eprintln!("checkpoint {:?}", t.elapsed() / 200);
    let tree = mirror
        .checkpoint(
            "a",
            Some(&base.commit),
            &base.tree,
            &[TreeEdit::Put {
                path: "a.rs".into(),
                mode: 0o100644,
                bytes: new.into(),
            }],
            "e",
            0,
        )
        .unwrap()
        .tree;
    for _ in 0..2 {
        let t = std::time::Instant::now();
        let w = mirror
            .diff_window(&base.tree, &tree, "a.rs", Context::default(), 0, 100)
            .unwrap();
        eprintln!("{} rows {:?} {:?}", w.total_rows, t.elapsed(), w.notices);
    }
    let t = std::time::Instant::now();
    mirror.changes(&base.tree, &tree).unwrap();
    eprintln!("changes {:?}", t.elapsed());
}
