//! Objects of checkpoints that are in no file yet.
//!
//! A file for each object of each edit would cost more than everything else in it: file systems make files the
//! more slowly the more they just made and removed. So objects stay in memory, where every open repository
//! of the mirror finds them, until they are written out together as one pack. What must not be lost until
//! then is the caller's to keep: [`Checkpoint::objects`](crate::Checkpoint::objects) is what to keep, and
//! [`Mirror::take_objects`](crate::Mirror::take_objects) takes it back.

mod place;
#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use git2::{ObjectType, Odb, OdbLookupFlags, Oid};
use gix_object::{Kind, decode, encode};

pub(crate) use place::attach;

/// How long the line before an object may be.
const LONGEST_HEADER: usize = 32;

/// The objects of one mirror that wait.
#[derive(Debug, Default)]
pub(crate) struct Pending {
    waiting: RwLock<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    objects: HashMap<Oid, Arc<Object>>,
    /// How many bytes they have together.
    bytes: usize,
}

/// One object.
#[derive(Debug)]
pub(crate) struct Object {
    kind: ObjectType,
    bytes: Vec<u8>,
}

impl Pending {
    pub(crate) fn get(&self, id: Oid) -> Option<Arc<Object>> {
        self.read().objects.get(&id).map(Arc::clone)
    }

    /// How many bytes all of them have together.
    pub(crate) fn bytes(&self) -> usize {
        self.read().bytes
    }

    pub(crate) fn ids(&self) -> Vec<Oid> {
        self.read().objects.keys().copied().collect()
    }

    /// Lets go of what is elsewhere now.
    pub(crate) fn forget(&self, ids: &HashSet<Oid>) {
        let mut waiting = self.write();
        for id in ids {
            if let Some(object) = waiting.objects.remove(id) {
                waiting.bytes -= object.bytes.len();
            }
        }
    }

    /// Takes in what [`Making::objects`] gave.
    pub(crate) fn take(&self, mut rest: &[u8]) -> Result<(), git2::Error> {
        let broken = || git2::Error::from_str("what was kept of the objects is not whole");
        while !rest.is_empty() {
            let begin = rest.get(..LONGEST_HEADER).unwrap_or(rest);
            let (kind, length, header) = decode::loose_header(begin).map_err(|_| broken())?;
            let end = usize::try_from(length).ok().and_then(|length| header.checked_add(length));
            let bytes = end.and_then(|end| rest.get(header..end)).ok_or_else(broken)?;
            let kind = match kind {
                Kind::Blob => ObjectType::Blob,
                Kind::Tree => ObjectType::Tree,
                Kind::Commit => ObjectType::Commit,
                Kind::Tag => return Err(broken()),
            };
            self.insert(Oid::hash_object(kind, bytes)?, kind, bytes);
            rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        }
        Ok(())
    }

    fn insert(&self, id: Oid, kind: ObjectType, bytes: &[u8]) {
        let mut waiting = self.write();
        if !waiting.objects.contains_key(&id) {
            waiting.bytes += bytes.len();
            waiting.objects.insert(id, Arc::new(Object { kind, bytes: bytes.to_vec() }));
        }
    }

    /// A panic elsewhere leaves the map whole, and at worst one object uncounted.
    fn read(&self) -> RwLockReadGuard<'_, Waiting> {
        self.waiting.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Waiting> {
        self.waiting.write().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The objects of one checkpoint while it is made.
pub(crate) struct Making<'r> {
    odb: Odb<'r>,
    pending: &'r Pending,
    made: RefCell<Made>,
}

#[derive(Default)]
struct Made {
    ids: HashSet<Oid>,
    /// Each as git has it in a loose object before compression: a line of kind and length, a zero, the bytes.
    objects: Vec<u8>,
}

impl<'r> Making<'r> {
    pub(crate) fn new(odb: Odb<'r>, pending: &'r Pending) -> Self {
        Self { odb, pending, made: RefCell::default() }
    }

    /// Stores an object and returns its id; one that is in a file already is left alone.
    pub(crate) fn put(&self, kind: ObjectType, bytes: &[u8]) -> Result<Oid, git2::Error> {
        let id = Oid::hash_object(kind, bytes)?;
        let mut made = self.made.borrow_mut();
        if made.ids.contains(&id) {
            return Ok(id);
        }
        if self.pending.get(id).is_none() {
            // To look at the folders again would cost more than to store again what just came into one. What
            // waits is found too, so another thread may have made it since: it is in no file by that.
            if self.odb.exists_ext(id, OdbLookupFlags::NO_REFRESH) && self.pending.get(id).is_none() {
                return Ok(id);
            }
            self.pending.insert(id, kind, bytes);
        }
        // Where it waits already, whoever made it may not have kept it.
        let kind = match kind {
            ObjectType::Tree => Kind::Tree,
            ObjectType::Commit => Kind::Commit,
            ObjectType::Tag => Kind::Tag,
            ObjectType::Blob | ObjectType::Any => Kind::Blob,
        };
        made.objects.extend_from_slice(&encode::loose_header(kind, bytes.len() as u64));
        made.objects.extend_from_slice(bytes);
        made.ids.insert(id);
        Ok(id)
    }

    /// All that was stored and is in no file yet, for [`Pending::take`].
    pub(crate) fn objects(self) -> Vec<u8> {
        self.made.into_inner().objects
    }
}
