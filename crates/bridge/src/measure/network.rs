//! Whether there is any way out.

use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};
use std::path::Path;

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

/// Where the kernel tells of each interface, one folder a name.
const INTERFACES: &str = "/sys/class/net";
/// The bit of an interface's flags that says that it is up.
const UP: u32 = 1;

/// The network interfaces beside the loopback, by name.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Interfaces {
    /// Those that are up, or not known to be down.
    pub up: Vec<String>,
    /// Those that are down. A kernel with drivers for tunnels makes some in every namespace.
    pub down: Vec<String>,
}

/// Looks for interfaces.
pub fn interfaces() -> Interfaces {
    // What cannot be looked at is not taken for nothing.
    match std::fs::read_to_string("/proc/net/dev") {
        Ok(table) => sort(&table, Path::new(INTERFACES)),
        Err(_) => Interfaces { up: vec!["unknown".to_owned()], down: Vec::new() },
    }
}

fn sort(table: &str, folder: &Path) -> Interfaces {
    let names = table.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| name.trim().to_owned());
    let (down, up) = names.filter(|name| name != "lo").partition(|name| is_down(&folder.join(name)));
    Interfaces { up, down }
}

/// Whether an interface carries nothing, and would not without a capability to bring it up.
fn is_down(interface: &Path) -> bool {
    let Ok(flags) = std::fs::read_to_string(interface.join("flags")) else { return false };
    let flags = flags.trim().strip_prefix("0x").and_then(|hex| u32::from_str_radix(hex, 16).ok());
    flags.is_some_and(|flags| flags & UP == 0)
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
    #![expect(clippy::unwrap_used, reason = "tests")]

    use super::*;

    const TABLE: &str = "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes\n    lo:  0 0\n  eth0: 12 3\n tunl0: 0 0\n  sit0: 0 0\n";

    #[test]
    fn the_loopback_is_not_counted_and_what_is_not_known_to_be_down_is() {
        let place = tempfile::tempdir().unwrap();
        let names = |up: &[&str], down: &[&str]| Interfaces {
            up: up.iter().map(|name| (*name).to_owned()).collect(),
            down: down.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert_eq!(sort(TABLE, place.path()), names(&["eth0", "tunl0", "sit0"], &[]));
        for (name, flags) in [("eth0", "0x1003\n"), ("tunl0", "0x80\n"), ("sit0", "none\n")] {
            std::fs::create_dir(place.path().join(name)).unwrap();
            std::fs::write(place.path().join(name).join("flags"), flags).unwrap();
        }
        assert_eq!(sort(TABLE, place.path()), names(&["eth0", "sit0"], &["tunl0"]));
    }
}
