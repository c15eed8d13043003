#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::fs;
use std::path::Path;

use git2::{Repository, Signature};

use super::index::{Indexing, Step};

/// A repository with a few versions of a file, and the pack of all that is in it.
fn packed(place: &Path) -> Vec<u8> {
    let repository = Repository::init_bare(place.join("source")).unwrap();
    let author = Signature::now("Ada", "ada@example.com").unwrap();
    let mut pack = repository.packbuilder().unwrap();
    let mut text = (0..400).map(|line| format!("line {line}\n")).collect::<String>();
    let mut parent = None;
    for version in 0..12 {
        text.push_str(&format!("version {version}\n"));
        let mut tree = repository.treebuilder(None).unwrap();
        tree.insert("a.txt", repository.blob(text.as_bytes()).unwrap(), 0o100_644).unwrap();
        let tree = repository.find_tree(tree.write().unwrap()).unwrap();
        let parents = Vec::from_iter(parent.map(|id| repository.find_commit(id).unwrap()));
        let parents = Vec::from_iter(parents.iter());
        let commit = repository.commit(None, &author, &author, "more", &tree, &parents).unwrap();
        pack.insert_commit(commit).unwrap();
        parent = Some(commit);
    }
    let mut bytes = git2::Buf::new();
    pack.write_buf(&mut bytes).unwrap();
    bytes.to_vec()
}

/// Hands a pack over in pieces, and returns the reason why it was refused.
fn index(folder: &Path, pack: &[u8], piece: usize) -> Option<String> {
    let mut indexing = Indexing::start(folder.to_owned(), None).unwrap();
    for piece in pack.chunks(piece) {
        if let Err(reason) = indexing.take(piece) {
            return Some(reason);
        }
    }
    loop {
        match indexing.wait() {
            Step::Going => {}
            Step::Done => return None,
            Step::Failed(reason) => return Some(reason),
        }
    }
}

fn packs(folder: &Path) -> usize {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.filter(|name| name.to_string_lossy().ends_with(".idx")).count()
}

#[test]
fn a_pack_comes_in_pieces_of_any_length() {
    let place = tempfile::tempdir().unwrap();
    let pack = packed(place.path());
    for piece in [1, 7, 100, pack.len()] {
        let repository = Repository::init_bare(place.path().join(piece.to_string())).unwrap();
        let folder = repository.path().join("objects/pack");
        assert_eq!(index(&folder, &pack, piece), None);
        let mut objects = 0;
        repository
            .odb()
            .unwrap()
            .foreach(|id| {
                // It reads, and is what its name says.
                repository.find_object(*id, None).unwrap();
                objects += 1;
                true
            })
            .unwrap();
        assert_eq!(objects, 36, "a commit, a tree and a blob of each version");
    }
}

#[test]
fn a_pack_that_is_cut_off_damaged_or_untrue_is_refused_and_leaves_nothing() {
    let place = tempfile::tempdir().unwrap();
    let pack = packed(place.path());
    let refused = |name: &str, pack: &[u8]| {
        let folder = place.path().join(name.replace(' ', "-"));
        fs::create_dir(&folder).unwrap();
        let reason = index(&folder, pack, 64).unwrap_or_else(|| panic!("{name}: it was taken"));
        assert!(reason.starts_with("index the pack: "), "{name}: {reason}");
        assert_eq!(packs(&folder), 0, "{name}");
    };
    for cut in [0, 1, 11, 12, 13, pack.len() / 2, pack.len() - 1] {
        refused(&format!("cut at {cut}"), &pack[..cut]);
    }
    for at in (12..pack.len()).step_by(pack.len() / 50) {
        let mut damaged = pack.clone();
        damaged[at] ^= 0x10;
        refused(&format!("another bit at {at}"), &damaged);
    }
    let mut more = pack.clone();
    more[8..12].copy_from_slice(&u32::MAX.to_be_bytes());
    refused("more objects than there are", &more);
    // An object that claims to be of 1 EiB.
    let claim = [b"PACK\0\0\0\x02\0\0\0\x01".as_slice(), &[0xb0], &[0x80; 7], &[0x10]].concat();
    refused("an object without end", &[claim.as_slice(), &[0; 64]].concat());
}

#[test]
fn a_pack_that_nobody_waits_for_any_more_ends_with_its_folder_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let pack = packed(place.path());
    let folder = place.path().join("left");
    fs::create_dir(&folder).unwrap();
    let mut indexing = Indexing::start(folder.clone(), None).unwrap();
    indexing.take(&pack[..pack.len() / 2]).unwrap();
    drop(indexing);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
}
