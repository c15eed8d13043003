//! Secrets that are typed at a terminal: what it shows of them, and how it is afterwards.

use crate::accounts::with;
use crate::anchorctl;
use crate::harness::github::{CLIENT, PASTED};
use crate::harness::{GitHub, House, soon};
use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::process::Command as Plain;
use tokio::io::AsyncReadExt;
use tokio::process::{Child, Command};

/// A terminal and the program that it belongs to.
struct Terminal {
    keys: File,
    screen: tokio::fs::File,
    shown: Vec<u8>,
    line: File,
    child: Child,
}

impl Terminal {
    fn of(command: &Command) -> Self {
        let keys = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keys).unwrap();
        unlockpt(&keys).unwrap();
        let name = ptsname(&keys, Vec::new()).unwrap().into_string().unwrap();
        let no_ctty = OFlags::NOCTTY.bits().cast_signed();
        let line = OpenOptions::new().read(true).write(true).custom_flags(no_ctty).open(name).unwrap();
        let keys = File::from(keys);
        let command = command.as_std();
        // Without it Ctrl-C would be a key like any other.
        let mut owning = Command::new("setsid");
        owning.arg("--ctty").arg(command.get_program()).args(command.get_args()).kill_on_drop(true);
        for (name, value) in command.get_envs() {
            match value {
                Some(value) => owning.env(name, value),
                None => owning.env_remove(name),
            };
        }
        let ends = [(); 3].map(|()| line.try_clone().unwrap());
        let [input, output, errors] = ends;
        let child = owning.stdin(input).stdout(output).stderr(errors).spawn().unwrap();
        let screen = tokio::fs::File::from_std(keys.try_clone().unwrap());
        Self { keys, screen, shown: Vec::new(), line, child }
    }

    fn text(&self) -> String {
        String::from_utf8(self.shown.clone()).unwrap()
    }

    async fn shows(&mut self, words: &str) {
        while !self.text().contains(words) {
            let count = soon(words, self.screen.read_buf(&mut self.shown)).await.unwrap();
            assert!(count > 0, "{}", self.text());
        }
    }

    fn press(&mut self, keys: &[u8]) {
        self.keys.write_all(keys).unwrap();
    }

    fn terminate(&self) {
        let process = self.child.id().unwrap().to_string();
        assert!(Plain::new("kill").args(["-TERM", &process]).status().unwrap().success());
    }

    /// How the program ended, whether the terminal shows again what is typed, and all that it showed.
    async fn ended(mut self) -> (Option<i32>, bool, String) {
        let status = soon("anchorctl", self.child.wait()).await.unwrap();
        let echoes = tcgetattr(&self.line).unwrap().local_modes.contains(LocalModes::ECHO);
        drop(self.line);
        // A terminal that nobody holds ends with an error.
        while let Ok(1..) = soon("the screen", self.screen.read_buf(&mut self.shown)).await {}
        (status.code(), echoes, String::from_utf8(self.shown).unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_is_typed_is_read_and_not_shown() {
    let (house, github) = (House::new(), GitHub::start().await);
    let host = github.host();
    let sign_in = with(&house, &github, &["account", "sign-in", "--host", &host, "--token"]);
    let mut terminal = Terminal::of(&sign_in);
    let prompt = "Paste the token, then press Enter. It is not shown.\r\n";
    terminal.shows(prompt).await;
    terminal.press(format!("{PASTED}\n").as_bytes());
    assert_eq!(terminal.ended().await, (Some(0), true, format!("{prompt}Signed in as ada on {host}.\r\n")));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_interrupts_in_the_middle_of_a_secret_gets_the_terminal_back_as_it_was() {
    let house = House::new();
    let app = ["account", "app", "set", "--client-id", CLIENT, "--secret"];
    let cases =
        [(&["key", "set", "openai"][..], "Paste the secret"), (&app, "Paste the app's client secret")];
    for (arguments, what) in cases {
        for by_key in [true, false] {
            let mut terminal = Terminal::of(&anchorctl(&house, arguments));
            let prompt = format!("{what}, then press Enter. It is not shown.\r\n");
            terminal.shows(&prompt).await;
            if by_key {
                terminal.press(b"sk-planted\x03");
            } else {
                terminal.terminate();
            }
            let told = format!("{prompt}error: read the secret: interrupted; nothing was kept\r\n");
            assert_eq!(terminal.ended().await, (Some(130), true, told));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_a_terminal_would_cut_off_is_refused() {
    let house = House::new();
    let mut terminal = Terminal::of(&anchorctl(&house, &["key", "set", "openai"]));
    terminal.shows("It is not shown.\r\n").await;
    terminal.press(&[b'k'; 5000]);
    terminal.press(b"\n");
    let (status, echoes, shown) = terminal.ended().await;
    assert_eq!((status, echoes), (Some(2), true));
    assert!(shown.ends_with("what to do: give it from a file, with < FILE\r\n"), "{shown}");
}
