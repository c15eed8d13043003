//! A terminal that does not show what is typed, until it is dropped.

use std::io;

/// The terminal of standard input, showing nothing.
pub(crate) struct Hidden {
    #[cfg(unix)]
    before: rustix::termios::Termios,
}

#[cfg(unix)]
mod unix {
    use super::{Hidden, io};
    use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
    use std::io::stdin;

    impl Hidden {
        /// Shows nothing from now on. What was typed before was seen, and is no part of a secret.
        pub(crate) fn begin() -> io::Result<Self> {
            let before = tcgetattr(stdin())?;
            let mut hidden = before.clone();
            hidden.local_modes.remove(LocalModes::ECHO | LocalModes::ECHONL);
            tcsetattr(stdin(), OptionalActions::Flush, &hidden)?;
            Ok(Self { before })
        }
    }

    impl Drop for Hidden {
        /// Shows again what is typed. What nobody read of a secret is thrown away, or a shell would take it for a
        /// command.
        fn drop(&mut self) {
            let _ = tcsetattr(stdin(), OptionalActions::Flush, &self.before);
        }
    }
}

#[cfg(not(unix))]
impl Hidden {
    pub(crate) fn begin() -> io::Result<Self> {
        Err(io::ErrorKind::Unsupported.into())
    }
}
