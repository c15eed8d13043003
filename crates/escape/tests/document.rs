//! The page in the docs is the table that the tests prove.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::HashSet;
use std::path::Path;

use anchorhold_escape::attacks::{self, open};
use anchorhold_escape::{Layer, document};

#[test]
fn the_page_is_the_table() {
    let kept = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/escape.md");
    if std::env::var_os("ANCHORHOLD_UPDATE").is_some() {
        std::fs::write(&kept, document::page()).unwrap();
    }
    let page = std::fs::read_to_string(&kept).unwrap();
    assert!(
        page == document::page(),
        "docs/escape.md is out of date; write it anew with: \
         ANCHORHOLD_UPDATE=1 cargo test -p anchorhold-escape --test document"
    );
}

#[test]
fn the_readme_says_how_many_there_are() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let said = format!(" {} attacks,", attacks::all().count());
    assert!(std::fs::read_to_string(&readme).unwrap().contains(&said), "README.md does not say:{said}");
}

#[test]
fn every_attack_has_a_name_of_its_own_and_is_stopped_by_something() {
    let mut names = HashSet::new();
    for attack in attacks::all() {
        assert!(names.insert(attack.name), "{} is there twice", attack.name);
        assert!(!attack.stopped_by.is_empty(), "nothing stops: {}", attack.name);
    }
    assert!(open::ATTACKS.iter().all(|attack| names.insert(attack.name) && attack.stopped_by.is_empty()));
}

#[test]
fn every_layer_that_is_counted_on_stops_something() {
    let named: HashSet<Layer> = attacks::all().flat_map(|attack| attack.stopped_by).copied().collect();
    let idle: Vec<Layer> = Layer::ALL.into_iter().filter(|layer| !named.contains(layer)).collect();
    assert_eq!(idle, [Layer::Profile]);
}
