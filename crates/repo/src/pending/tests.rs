//! What an open repository finds of objects that wait, held against the objects themselves.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::string_slice, reason = "tests")]

use super::{Making, Pending, attach};
use git2::{ErrorCode, ObjectType, Oid, Repository};
use std::collections::HashSet;
use std::sync::Arc;

#[test]
fn what_waits_is_found_whole_by_its_header_by_any_beginning_of_its_id_and_in_a_list() {
    let place = tempfile::tempdir().unwrap();
    let repository = Repository::init_bare(place.path()).unwrap();
    let pending = Arc::<Pending>::default();
    attach(&repository, &pending).unwrap();
    let making = Making::new(repository.odb().unwrap(), &pending);
    // Some of so many begin alike.
    let texts: Vec<String> = (0..600).map(|number| format!("text {number}")).collect();
    let ids: Vec<Oid> =
        texts.iter().map(|text| making.put(ObjectType::Blob, text.as_bytes()).unwrap()).collect();
    let names: Vec<String> = ids.iter().map(Oid::to_string).collect();
    let odb = repository.odb().unwrap();
    let mut ambiguous = 0;
    for (id, text) in ids.iter().zip(&texts) {
        assert_eq!(odb.read_header(*id).unwrap(), (text.len(), ObjectType::Blob));
        assert_eq!(repository.find_blob(*id).unwrap().content(), text.as_bytes());
        let name = id.to_string();
        for digits in 4..=40 {
            let begin = &name[..digits];
            let alike = names.iter().filter(|other| other.starts_with(begin)).count();
            let exists = odb.exists_prefix(Oid::from_str(begin).unwrap(), digits).map_err(|e| e.code());
            let found = repository.find_object_by_prefix(begin, None).map_err(|e| e.code());
            let found = found.map(|object| object.as_blob().unwrap().content().to_vec());
            if alike == 1 {
                assert_eq!((exists, found), (Ok(*id), Ok(text.as_bytes().to_vec())), "{begin}");
            } else {
                ambiguous += 1;
                assert_eq!(
                    (exists, found),
                    (Err(ErrorCode::Ambiguous), Err(ErrorCode::Ambiguous)),
                    "{begin}"
                );
            }
        }
    }
    assert!(ambiguous > 0, "of 600 none begin alike");
    let absent = Oid::from_str(&"0".repeat(40)).unwrap();
    assert_eq!(odb.read(absent).err().map(|error| error.code()), Some(ErrorCode::NotFound));
    let mut listed = HashSet::new();
    odb.foreach(|id| listed.insert(*id)).unwrap();
    assert_eq!(listed, ids.iter().copied().collect());
    // What is forgotten is not found any more, and costs nothing.
    pending.forget(&listed);
    assert!(!odb.exists(ids[0]));
    assert_eq!(pending.bytes(), 0);
}
