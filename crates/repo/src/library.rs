//! How the library is set for this process, and places for objects beside its own.

use std::ffi::c_int;
use std::sync::Once;

use git2::{Binding as _, Repository};
use libgit2_sys as raw;

/// How many packs it keeps open at most, of all mirrors together; without a limit each one that was read from.
const OPEN_PACKS: usize = 128;
/// Before the library's own places, whose numbers are 1 and 2.
const PRIORITY: c_int = 10;

/// Sets it, once.
pub(crate) fn set_up() {
    static DONE: Once = Once::new();
    DONE.call_once(|| {
        // What comes over the network is hashed as it is stored. To hash it again on every read, as the
        // library would, costs a third of an import; git does not either, and the checksum of the
        // compression still tells a disk that forgets.
        git2::opts::strict_hash_verification(false);
        // SAFETY: nothing else sets this, and no repository is open yet that another thread could read from.
        if let Err(error) = unsafe { git2::opts::set_mwindow_file_limit(OPEN_PACKS) } {
            tracing::warn!(%error, "packs stay open without a limit");
        }
        // Refs, and objects in files of their own, are on the disk once they are written. The library's one
        // setting for this in a repository is one that git itself complains of.
        let (option, on) = (raw::GIT_OPT_ENABLE_FSYNC_GITDIR as c_int, 1 as c_int);
        // SAFETY: this option takes one such number, which the library only reads when it opens something.
        unsafe { raw::git_libgit2_opts(option, on) };
    });
}

/// A place for objects, as the library has it.
#[repr(C)]
struct Place<T> {
    parent: raw::git_odb_backend,
    content: T,
}

/// Has `repository` ask a place of ours before its own, for as long as it is open; `calls` names what the place
/// answers. The library frees it once, after its last use.
///
/// The library calls [`raw::git_odb_backend::foreach`] without looking whether it is there.
pub(crate) fn add_place<T: Send + Sync + 'static>(
    repository: &Repository,
    content: T,
    calls: impl FnOnce(&mut raw::git_odb_backend),
) -> Result<(), git2::Error> {
    let odb = repository.odb()?;
    // SAFETY: a struct of integers, pointers and optional functions, for which zeros are "none".
    let mut parent: raw::git_odb_backend = unsafe { std::mem::zeroed() };
    // SAFETY: `parent` is a whole struct of the version that is named.
    let code = unsafe { raw::git_odb_init_backend(&raw mut parent, raw::GIT_ODB_BACKEND_VERSION) };
    check(code)?;
    calls(&mut parent);
    parent.free = Some(free::<T>);
    let place = Box::into_raw(Box::new(Place { parent, content }));
    // SAFETY: `place` begins with the struct that is asked for, and belongs to the library from here on,
    // which frees it by `free`. `odb` is alive.
    let code = unsafe { raw::git_odb_add_backend(odb.raw(), place.cast(), PRIORITY) };
    if code < 0 {
        // SAFETY: it was refused, so it is still ours.
        drop(unsafe { Box::from_raw(place) });
    }
    check(code)
}

/// What a place holds; borrowed for one call.
///
/// # Safety
/// `place` was made by [`add_place`] with a `T`, and is not freed yet.
pub(crate) unsafe fn content<'a, T>(place: *mut raw::git_odb_backend) -> &'a T {
    // SAFETY: as the caller promises.
    unsafe { &(*place.cast::<Place<T>>()).content }
}

extern "C" fn free<T>(place: *mut raw::git_odb_backend) {
    // SAFETY: made by `add_place` with a `T`, and freed once.
    drop(unsafe { Box::from_raw(place.cast::<Place<T>>()) });
}

fn check(code: c_int) -> Result<(), git2::Error> {
    match code {
        0.. => Ok(()),
        _ => Err(git2::Error::last_error(code)),
    }
}
