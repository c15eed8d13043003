//! The place where an open repository finds the objects that wait, in the library's C interface.
//!
//! It is only read: what is written to such a repository goes into files as ever. The library may call these
//! functions from any thread; nothing here panics, and no lock is held while the library is called.

use std::ffi::{c_int, c_void};
use std::sync::Arc;

use git2::{Binding as _, Oid, Repository};
use libgit2_sys as raw;

use super::{Object, Pending};
use crate::library;

/// `GIT_ENOTFOUND`, on which the library looks elsewhere.
const NOT_FOUND: c_int = -3;
/// `GIT_EAMBIGUOUS`.
const AMBIGUOUS: c_int = -5;
const FAILED: c_int = -1;

/// Has `repository` find what waits, for as long as it is open.
pub(crate) fn attach(repository: &Repository, pending: &Arc<Pending>) -> Result<(), git2::Error> {
    library::add_place(repository, Arc::clone(pending), |calls| {
        calls.read = Some(read);
        calls.read_prefix = Some(read_prefix);
        calls.read_header = Some(read_header);
        calls.exists = Some(exists);
        calls.exists_prefix = Some(exists_prefix);
        calls.foreach = Some(for_each);
    })
}

/// What waits; borrowed for one call.
///
/// # Safety
/// `place` is one that `attach` made and that is not freed yet.
unsafe fn pending<'a>(place: *mut raw::git_odb_backend) -> &'a Pending {
    // SAFETY: as the caller promises.
    unsafe { library::content::<Arc<Pending>>(place) }
}

/// The object that an id of the library's names.
///
/// # Safety
/// As for [`pending`]; `id` is a whole id.
unsafe fn find(place: *mut raw::git_odb_backend, id: *const raw::git_oid) -> Option<Arc<Object>> {
    // SAFETY: as the caller promises; the id is copied.
    unsafe { pending(place).get(Oid::from_raw(id)) }
}

/// The one id whose first `digits` hexadecimal digits are those of `short`, or why there is none.
///
/// # Safety
/// As for [`find`].
unsafe fn find_prefix(
    place: *mut raw::git_odb_backend,
    short: *const raw::git_oid,
    digits: usize,
) -> Result<Oid, c_int> {
    // SAFETY: as the caller promises; the id is copied.
    let short = unsafe { Oid::from_raw(short) };
    // SAFETY: as the caller promises.
    let ids = unsafe { pending(place) }.ids();
    let mut found = ids.into_iter().filter(|id| begins(id.as_bytes(), short.as_bytes(), digits));
    match (found.next(), found.next()) {
        (Some(id), None) => Ok(id),
        (None, _) => Err(NOT_FOUND),
        (Some(_), Some(_)) => Err(AMBIGUOUS),
    }
}

/// Whether two ids have the same first digits, two of which are a byte.
fn begins(id: &[u8], short: &[u8], digits: usize) -> bool {
    let whole = digits / 2;
    let half = |bytes: &[u8]| bytes.get(whole).map(|byte| byte >> 4);
    id.get(..whole) == short.get(..whole) && (digits.is_multiple_of(2) || half(id) == half(short))
}

extern "C" fn read(
    out: *mut *mut c_void,
    length: *mut usize,
    kind: *mut raw::git_object_t,
    place: *mut raw::git_odb_backend,
    id: *const raw::git_oid,
) -> c_int {
    // SAFETY: the library asks its own places by whole ids.
    let Some(object) = (unsafe { find(place, id) }) else { return NOT_FOUND };
    // One more, since the library's own places end what they give with a zero.
    // SAFETY: the place is alive.
    let copy = unsafe { raw::git_odb_backend_data_alloc(place, object.bytes.len() + 1) };
    if copy.is_null() {
        return FAILED;
    }
    // SAFETY: so many bytes were just made there, and the library waits for all three values.
    unsafe {
        std::ptr::copy_nonoverlapping(object.bytes.as_ptr(), copy.cast(), object.bytes.len());
        copy.cast::<u8>().add(object.bytes.len()).write(0);
        *out = copy;
        *length = object.bytes.len();
        *kind = object.kind.raw();
    }
    0
}

extern "C" fn read_prefix(
    whole: *mut raw::git_oid,
    out: *mut *mut c_void,
    length: *mut usize,
    kind: *mut raw::git_object_t,
    place: *mut raw::git_odb_backend,
    short: *const raw::git_oid,
    digits: usize,
) -> c_int {
    match exists_prefix(whole, place, short, digits) {
        0 => read(out, length, kind, place, whole),
        code => code,
    }
}

extern "C" fn read_header(
    length: *mut usize,
    kind: *mut raw::git_object_t,
    place: *mut raw::git_odb_backend,
    id: *const raw::git_oid,
) -> c_int {
    // SAFETY: as in `read`.
    let Some(object) = (unsafe { find(place, id) }) else { return NOT_FOUND };
    // SAFETY: the library waits for both values.
    unsafe {
        *length = object.bytes.len();
        *kind = object.kind.raw();
    }
    0
}

extern "C" fn exists(place: *mut raw::git_odb_backend, id: *const raw::git_oid) -> c_int {
    // SAFETY: as in `read`.
    c_int::from(unsafe { find(place, id) }.is_some())
}

extern "C" fn exists_prefix(
    whole: *mut raw::git_oid,
    place: *mut raw::git_odb_backend,
    short: *const raw::git_oid,
    digits: usize,
) -> c_int {
    // SAFETY: as in `read`.
    match unsafe { find_prefix(place, short, digits) } {
        Ok(id) => {
            // SAFETY: the library waits for it.
            unsafe { *whole = *id.raw() };
            0
        }
        Err(code) => code,
    }
}

extern "C" fn for_each(
    place: *mut raw::git_odb_backend,
    tell: raw::git_odb_foreach_cb,
    told: *mut c_void,
) -> c_int {
    let Some(tell) = tell else { return 0 };
    // SAFETY: as in `read`.
    for id in unsafe { pending(place) }.ids() {
        // SAFETY: `told` is what the library wants beside each id.
        let code = tell(id.raw(), told);
        if code != 0 {
            return code;
        }
    }
    0
}
