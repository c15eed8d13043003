//! Who the program is to the kernel, from `/proc/self/status`, and who else is there.

/// What the kernel says of this process.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// The capabilities that it has or could take up, one bit each.
    pub capabilities: u64,
    /// Whether running a program can give it more.
    pub no_new_privileges: bool,
    /// Whether a system call filter was in force before its own.
    pub filtered: bool,
}

pub fn read() -> Identity {
    std::fs::read_to_string("/proc/self/status").map_or_else(|_| Identity::unknown(), |text| parse(&text))
}

impl Identity {
    /// Nothing is known, so the worst is said.
    fn unknown() -> Self {
        Self { capabilities: u64::MAX, no_new_privileges: false, filtered: false }
    }
}

fn parse(status: &str) -> Identity {
    let value = |name: &str| {
        status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
    };
    let set = |name| value(name).and_then(|hex| u64::from_str_radix(hex, 16).ok()).unwrap_or(u64::MAX);
    Identity {
        // What it has, what it may take, and what a program it ran would inherit.
        capabilities: ["CapEff", "CapPrm", "CapInh", "CapAmb"]
            .into_iter()
            .map(set)
            .fold(0, |all, one| all | one),
        no_new_privileges: value("NoNewPrivs") == Some("1"),
        filtered: value("Seccomp") == Some("2"),
    }
}

/// How many processes can be seen beside this one.
pub fn other_processes() -> u32 {
    let Ok(entries) = std::fs::read_dir("/proc") else { return u32::MAX };
    let processes = entries
        .filter_map(Result::ok)
        .filter(|entry| entry.file_name().as_encoded_bytes().iter().all(u8::is_ascii_digit))
        .count();
    u32::try_from(processes).unwrap_or(u32::MAX).saturating_sub(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_read_and_a_missing_line_is_the_worst() {
        let sealed = "Name:\tx\nCapInh:\t0000000000000000\nCapPrm:\t0000000000000000\nCapEff:\t0000000000000000\n\
                      CapBnd:\t000001ffffffffff\nCapAmb:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n";
        let expected = Identity { capabilities: 0, no_new_privileges: true, filtered: true };
        assert_eq!(parse(sealed), expected);
        let able = sealed.replace("CapPrm:\t0000000000000000", "CapPrm:\t0000000000200000");
        assert_eq!(parse(&able).capabilities, 1 << 21);
        let able = sealed.replace("CapEff:\t0000000000000000\n", "");
        assert_eq!(parse(&able).capabilities, u64::MAX);
        assert_eq!(parse(""), Identity::unknown());
    }
}
