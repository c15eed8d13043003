//! A file's bytes as lines of text.

/// A file as lines, without their endings.
pub(crate) struct Text {
    /// The lines; a carriage return at the end is not part of them.
    pub(crate) lines: Vec<String>,
    /// Which of the lines end in a carriage return and a newline.
    pub(crate) carriage_returns: Vec<bool>,
    /// Whether the last line has no newline.
    pub(crate) missing_newline: bool,
    /// Whether the bytes are UTF-8.
    pub(crate) is_utf8: bool,
    /// How many bytes there are.
    pub(crate) bytes: usize,
}

impl Text {
    /// Reads the lines as git counts them.
    ///
    /// Bytes that are not UTF-8 are read as Latin-1, one character each, because a replacement
    /// character would make different lines look the same.
    pub(crate) fn read(bytes: &[u8]) -> Self {
        let is_utf8 = std::str::from_utf8(bytes).is_ok();
        let mut lines = Vec::new();
        let mut carriage_returns = Vec::new();
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let (line, carriage_return) = match line.strip_suffix(b"\r") {
                Some(line) => (line, true),
                None => (line, false),
            };
            carriage_returns.push(carriage_return);
            lines.push(match std::str::from_utf8(line) {
                Ok(line) if is_utf8 => line.to_owned(),
                _ => line.iter().map(|byte| char::from(*byte)).collect(),
            });
        }
        Self {
            lines,
            carriage_returns,
            missing_newline: bytes.last().is_some_and(|byte| *byte != b'\n'),
            is_utf8,
            bytes: bytes.len(),
        }
    }

    /// Returns a line by its number, from one.
    pub(crate) fn line(&self, number: u32) -> &str {
        self.at(number).and_then(|index| self.lines.get(index)).map_or("", String::as_str)
    }

    /// Returns whether a line ends in a carriage return.
    pub(crate) fn has_carriage_return(&self, number: u32) -> bool {
        self.at(number).and_then(|index| self.carriage_returns.get(index)).copied().unwrap_or_default()
    }

    fn at(&self, number: u32) -> Option<usize> {
        usize::try_from(number).ok()?.checked_sub(1)
    }
}
