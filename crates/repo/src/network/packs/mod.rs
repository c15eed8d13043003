//! Receiving a pack: the library keeps the talk with the server, another one indexes what comes.
//!
//! git2's own indexer works on one core and unpacks a chain of deltas again for each of its links. So a
//! repository that is fetched into gets a place for packs that comes before its own, and hands the bytes
//! to [`index`].
//!
//! It speaks the library's C interface. What holds for all of it: the library calls
//! these functions on the thread that fetches, one after the other, and frees each thing once, after
//! its last use; nothing here panics, and no reference is kept beyond a call.

mod index;
#[cfg(test)]
mod tests;

use std::ffi::{CString, c_int, c_void};
use std::path::PathBuf;

use git2::Repository;
use libgit2_sys as raw;

use index::{Indexing, Step};

use crate::library;

/// What a callback's wish to stop comes out as: `GIT_EUSER`.
const STOPPED: c_int = -7;
const FAILED: c_int = -1;

/// The place for packs. It holds no objects: once indexed, a pack is found in the folder.
struct Place {
    /// Where packs go.
    folder: PathBuf,
    /// Whose objects a pack may build on; none where the server was told of none.
    borrowed: Option<PathBuf>,
}

/// One pack that is being received.
#[repr(C)]
struct Receiving {
    parent: raw::git_odb_writepack,
    tell: raw::git_indexer_progress_cb,
    told: *mut c_void,
    /// None once it is over.
    indexing: Option<Indexing>,
}

/// Has what is fetched into `repository` indexed here, for as long as it is open.
pub(super) fn receive(repository: &Repository) -> Result<(), git2::Error> {
    let folder = repository.path().join("objects/pack");
    let borrowed = repository.references()?.next().map(|_| repository.path().to_owned());
    library::add_place(repository, Place { folder, borrowed }, |calls| {
        calls.writepack = Some(write_pack);
        calls.foreach = Some(no_objects);
    })
}

extern "C" fn no_objects(_: *mut raw::git_odb_backend, _: raw::git_odb_foreach_cb, _: *mut c_void) -> c_int {
    0
}

extern "C" fn write_pack(
    out: *mut *mut raw::git_odb_writepack,
    place: *mut raw::git_odb_backend,
    _: *mut raw::git_odb,
    tell: raw::git_indexer_progress_cb,
    told: *mut c_void,
) -> c_int {
    // SAFETY: made by `receive`, and alive while its repository is.
    let Place { folder, borrowed } = unsafe { library::content(place) };
    let indexing = match Indexing::start(folder.clone(), borrowed.clone()) {
        Ok(indexing) => Some(indexing),
        Err(error) => return fail(&format!("start to index: {error}")),
    };
    let parent = raw::git_odb_writepack {
        backend: place,
        append: Some(append),
        commit: Some(commit),
        free: Some(free_receiving),
    };
    let receiving = Box::into_raw(Box::new(Receiving { parent, tell, told, indexing }));
    // SAFETY: where the library waits for it.
    unsafe { *out = receiving.cast() };
    0
}

extern "C" fn append(
    receiving: *mut raw::git_odb_writepack,
    data: *const c_void,
    length: usize,
    stats: *mut raw::git_indexer_progress,
) -> c_int {
    // SAFETY: made by `write_pack` and not freed yet, and nobody else has it; the library's figures too.
    let (receiving, stats) = unsafe { (&mut *receiving.cast::<Receiving>(), &mut *stats) };
    // SAFETY: so many bytes, which stay until this returns.
    let bytes = unsafe { std::slice::from_raw_parts(data.cast::<u8>(), length) };
    let Some(indexing) = &mut receiving.indexing else { return fail("the pack is over") };
    if let Err(reason) = indexing.take(bytes) {
        receiving.indexing = None;
        return fail(&reason);
    }
    indexing.figures().write(stats);
    receiving.says(stats)
}

unsafe extern "C" fn commit(
    receiving: *mut raw::git_odb_writepack,
    stats: *mut raw::git_indexer_progress,
) -> c_int {
    // SAFETY: as in `append`.
    let (receiving, stats) = unsafe { (&mut *receiving.cast::<Receiving>(), &mut *stats) };
    let Some(mut indexing) = receiving.indexing.take() else { return fail("the pack is over") };
    loop {
        match indexing.wait() {
            Step::Going => {
                indexing.figures().write(stats);
                let code = receiving.says(stats);
                if code != 0 {
                    return code;
                }
            }
            Step::Done => {
                // Counted besides are objects that a pack only builds on.
                indexing.figures().all().write(stats);
                return receiving.says(stats);
            }
            Step::Failed(reason) => return fail(&reason),
        }
    }
}

unsafe extern "C" fn free_receiving(receiving: *mut raw::git_odb_writepack) {
    // SAFETY: made by `write_pack`, and freed once.
    drop(unsafe { Box::from_raw(receiving.cast::<Receiving>()) });
}

impl Receiving {
    /// Tells how far it is; not 0 where it is to stop.
    fn says(&self, stats: &raw::git_indexer_progress) -> c_int {
        match self.tell {
            Some(tell) if tell(stats, self.told) != 0 => STOPPED,
            Some(_) | None => 0,
        }
    }
}

/// What is known of a pack that comes in.
struct Figures {
    total: u32,
    received: u32,
    resolved: u32,
}

impl Figures {
    /// The same when everything is done.
    fn all(self) -> Self {
        Self { received: self.total, resolved: self.total, ..self }
    }

    fn write(&self, stats: &mut raw::git_indexer_progress) {
        stats.total_objects = self.total;
        stats.received_objects = self.received;
        stats.indexed_objects = self.resolved;
    }
}

/// Leaves the library a reason, and returns what says that there is one.
fn fail(reason: &str) -> c_int {
    let reason = CString::new(reason.replace('\0', " ")).unwrap_or_default();
    // SAFETY: the library copies the text.
    unsafe { raw::git_error_set_str(raw::GIT_ERROR_INDEXER as c_int, reason.as_ptr()) };
    FAILED
}
