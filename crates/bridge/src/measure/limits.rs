//! The limits that the kernel's control groups put on the cell, as they can be read inside.

use std::path::Path;

/// A limit above this is none: version 1 writes "no limit" as a number near the largest.
const NO_LIMIT: u64 = 1 << 60;

/// The most memory, in bytes; none where it cannot be read or there is no limit.
pub fn memory_bytes() -> Option<u64> {
    read(&["/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"])
}

/// The most processes; none where it cannot be read or there is no limit.
pub fn pids() -> Option<u64> {
    read(&["/sys/fs/cgroup/pids.max", "/sys/fs/cgroup/pids/pids.max"])
}

fn read(paths: &[&str]) -> Option<u64> {
    let text = paths.iter().find_map(|path| std::fs::read_to_string(Path::new(path)).ok())?;
    parse(&text)
}

fn parse(text: &str) -> Option<u64> {
    text.trim().parse().ok().filter(|limit| *limit < NO_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_number_and_anything_else_is_none() {
        assert_eq!(parse("268435456\n"), Some(268_435_456));
        assert_eq!(parse("max\n"), None);
        assert_eq!(parse("9223372036854771712\n"), None);
    }
}
