//! Whether a text that has the shape of a secret is one, or an example of one.

/// What examples say of themselves, in lower case.
const TELLING: &[&str] = &[
    "example",
    "placeholder",
    "redacted",
    "changeme",
    "change-me",
    "change_me",
    "dummy",
    "sample",
    "replace",
    "insert",
    "xxxx",
    "your_",
    "your-",
    "yourkey",
    "yourtoken",
    "mysecret",
    "my_secret",
    "my-secret",
    "todo",
    "123456789",
    "987654321",
    "abcdefgh",
    "0000000",
    "....",
    "****",
    "foobar",
    "deadbeef",
];
/// The signature of the token that everybody copies from jwt.io.
const JWT_EXAMPLE: &[u8] = b"SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c";

/// A text to be judged.
pub(super) struct Judge<'t> {
    text: &'t [u8],
}

impl<'t> Judge<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self { text }
    }

    /// Whether it is none of the examples, and looks like chance.
    pub(super) fn is_real(&self, least_entropy: f64) -> bool {
        !self.is_example() && self.entropy() >= least_entropy
    }

    /// Whether a text behind a name such as `password` is one: chance, and not words, code or an address.
    pub(super) fn is_a_password(&self) -> bool {
        /// As in gitleaks' rule for any key, where words of a language are below.
        const LEAST_ENTROPY: f64 = 3.3;
        let has = |class: fn(&u8) -> bool| self.text.iter().any(class);
        has(u8::is_ascii_digit)
            && has(u8::is_ascii_alphabetic)
            && !self.is_code()
            && !self.is_words()
            && self.is_real(LEAST_ENTROPY)
    }

    fn is_example(&self) -> bool {
        let lower = self.text.to_ascii_lowercase();
        let holds = |part: &[u8]| lower.windows(part.len()).any(|window| window == part);
        TELLING.iter().any(|word| holds(word.as_bytes()))
            || self.text.windows(JWT_EXAMPLE.len()).any(|window| window == JWT_EXAMPLE)
            || self.text.iter().any(|byte| matches!(byte, b'<' | b'>' | b'{' | b'}'))
    }

    /// Whether it is a path, an address, a reference or a call rather than a value.
    fn is_code(&self) -> bool {
        let holds = |part: &[u8]| self.text.windows(part.len()).any(|window| window == part);
        self.text.starts_with(b"/")
            || self.text.starts_with(b"./")
            || self.text.starts_with(b"$")
            || self.text.starts_with(b"%")
            || self.text.starts_with(b"@")
            || holds(b"://")
            || holds(b"(")
            || holds(b"::")
            || holds(b"->")
    }

    /// Whether it is made of words, with at most three digits behind each: `session-token-v2`.
    fn is_words(&self) -> bool {
        self.text.split(|byte| !byte.is_ascii_alphanumeric()).all(|part| {
            let letters = part.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let digits = part.iter().skip(letters).take_while(|byte| byte.is_ascii_digit()).count();
            letters + digits == part.len() && digits <= 3
        })
    }

    /// The bits that one of its characters tells, by Shannon.
    fn entropy(&self) -> f64 {
        let mut counts = [0_u32; 256];
        for byte in self.text {
            if let Some(count) = counts.get_mut(usize::from(*byte)) {
                *count += 1;
            }
        }
        let total = f64::from(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        counts
            .iter()
            .filter(|count| **count > 0)
            .map(|count| f64::from(*count) / total)
            .map(|share| -share * share.log2())
            .sum()
    }
}
