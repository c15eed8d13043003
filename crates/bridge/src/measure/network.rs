//! Whether there is any way out.

use std::net::UdpSocket;

/// An address for documentation (RFC 5737) that belongs to nobody.
const OUTSIDE: &str = "192.0.2.1:9";
const OUTSIDE_V6: &str = "[2001:db8::1]:9";

/// The names of the network interfaces beside the loopback.
pub fn interfaces() -> Vec<String> {
    // What cannot be looked at is not taken for nothing.
    std::fs::read_to_string("/proc/net/dev")
        .map_or_else(|_| vec!["unknown".to_owned()], |table| parse(&table))
}

fn parse(table: &str) -> Vec<String> {
    table
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, _)| name.trim().to_owned())
        .filter(|name| name != "lo")
        .collect()
}

/// Whether the kernel knows a way to an address outside. Connecting a datagram socket asks for the
/// way and sends nothing.
pub fn reaches_out() -> bool {
    [("0.0.0.0:0", OUTSIDE), ("[::]:0", OUTSIDE_V6)]
        .into_iter()
        .any(|(from, to)| UdpSocket::bind(from).and_then(|socket| socket.connect(to)).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_is_not_counted() {
        let table =
            "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n    lo:  0 0\n  eth0: 12 3\n";
        assert_eq!(parse(table), ["eth0"]);
    }
}
