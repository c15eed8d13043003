//! Whether there is any way out.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// Addresses for documentation (RFC 5737 and RFC 3849) that belong to nobody. Not as text, since
/// reading that would bring all of the resolver into the program.
const OUTSIDE: SocketAddr = v4(Ipv4Addr::new(192, 0, 2, 1), 9);
const OUTSIDE_V6: SocketAddr = v6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1), 9);

const fn v4(address: Ipv4Addr, port: u16) -> SocketAddr {
    SocketAddr::V4(std::net::SocketAddrV4::new(address, port))
}

const fn v6(address: Ipv6Addr, port: u16) -> SocketAddr {
    SocketAddr::V6(std::net::SocketAddrV6::new(address, port, 0, 0))
}

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
    [(v4(Ipv4Addr::UNSPECIFIED, 0), OUTSIDE), (v6(Ipv6Addr::UNSPECIFIED, 0), OUTSIDE_V6)]
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
