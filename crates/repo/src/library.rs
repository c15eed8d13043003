//! How the library is set for this process.

use std::sync::Once;

/// How many packs it keeps open at most, of all mirrors together; without a limit each one that was read from.
const OPEN_PACKS: usize = 128;

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
        let (option, on) =
            (libgit2_sys::GIT_OPT_ENABLE_FSYNC_GITDIR as std::ffi::c_int, 1 as std::ffi::c_int);
        // SAFETY: this option takes one such number, which the library only reads when it opens something.
        unsafe { libgit2_sys::git_libgit2_opts(option, on) };
    });
}
