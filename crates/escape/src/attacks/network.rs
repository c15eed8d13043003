//! Network: every kind of socket, and reaching the host by one.

use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};

use libc::c_int;

use crate::Layer::*;
use crate::ground::{Attack, Ground};
use crate::system::{call, errno};

/// How a kernel says that it does not have a family.
const NO_FAMILY: &[c_int] =
    &[libc::EAFNOSUPPORT, libc::EPROTONOSUPPORT, libc::ESOCKTNOSUPPORT, libc::ENODEV, libc::ENOENT];

pub const ATTACKS: &[Attack] = &[
    Attack::new("connect to a port of the host's", "the network", &[Seccomp, Landlock, Network], tcp),
    Attack::new(
        "connect to a hidden (abstract) socket of the host's",
        "the host's services",
        &[Seccomp, Landlock, Network],
        hidden,
    ),
    Attack::new("listen on a port", "a way in", &[Seccomp, Landlock], listen),
    Attack::new("open a UDP port", "names, and data in their questions", &[Seccomp], udp),
    Attack::new(
        "open a unix socket",
        "services, and files handed over",
        &[Seccomp],
        family::<{ libc::AF_UNIX }>,
    ),
    Attack::new("make a pair of sockets", "files handed over", &[Seccomp], pair),
    Attack::new("open an internet socket (v4)", "the network", &[Seccomp], family::<{ libc::AF_INET }>)
        .absent(NO_FAMILY),
    Attack::new("open an internet socket (v6)", "the network", &[Seccomp], family::<{ libc::AF_INET6 }>)
        .absent(NO_FAMILY),
    Attack::new("open a netlink socket", "the kernel's settings", &[Seccomp], family::<{ libc::AF_NETLINK }>)
        .absent(NO_FAMILY),
    Attack::new(
        "open a packet socket",
        "all traffic",
        &[Seccomp, GivenUp, Capabilities, User],
        family::<{ libc::AF_PACKET }>,
    )
    .absent(NO_FAMILY),
    Attack::new("open a vsock socket", "the machine's own host", &[Seccomp], family::<{ libc::AF_VSOCK }>)
        .absent(NO_FAMILY),
    Attack::new(
        "open an XDP socket",
        "all traffic",
        &[Seccomp, GivenUp, Capabilities, User],
        family::<{ libc::AF_XDP }>,
    )
    .absent(NO_FAMILY),
    Attack::new("open a key socket", "the kernel's keys", &[Seccomp], family::<{ libc::AF_KEY }>)
        .seldom(NO_FAMILY),
    Attack::new("open a crypto socket", "much kernel code", &[Seccomp], family::<{ libc::AF_ALG }>)
        .seldom(NO_FAMILY),
    Attack::new("open a bluetooth socket", "devices nearby", &[Seccomp], family::<{ libc::AF_BLUETOOTH }>)
        .seldom(NO_FAMILY),
    Attack::new("open a CAN socket", "devices", &[Seccomp], family::<{ libc::AF_CAN }>).seldom(NO_FAMILY),
    Attack::new("open a TIPC socket", "much kernel code", &[Seccomp], family::<{ libc::AF_TIPC }>)
        .seldom(NO_FAMILY),
    Attack::new("open a socket of any other family", "whatever it is for", &[Seccomp], any_other)
        .seldom(NO_FAMILY),
];

fn tcp(ground: &Ground) -> io::Result<()> {
    TcpStream::connect((Ipv4Addr::LOCALHOST, ground.plan.port)).map(drop)
}

fn hidden(ground: &Ground) -> io::Result<()> {
    UnixStream::connect_addr(&SocketAddr::from_abstract_name(&ground.plan.socket)?).map(drop)
}

fn listen(_: &Ground) -> io::Result<()> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)
}

fn udp(_: &Ground) -> io::Result<()> {
    UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).map(drop)
}

fn pair(_: &Ground) -> io::Result<()> {
    UnixStream::pair().map(drop)
}

fn family<const FAMILY: c_int>(_: &Ground) -> io::Result<()> {
    socket(FAMILY)
}

/// Opens a socket of the family, of whatever kind it has; the last word is the most telling refusal.
fn socket(family: c_int) -> io::Result<()> {
    let mut refusal = errno(libc::EAFNOSUPPORT);
    for kind in [libc::SOCK_STREAM, libc::SOCK_DGRAM, libc::SOCK_RAW, libc::SOCK_SEQPACKET] {
        match call(libc::SYS_socket, [family as usize, (kind | libc::SOCK_CLOEXEC) as usize, 0]) {
            Ok(_) => return Ok(()),
            Err(error) if NO_FAMILY.iter().any(|absent| error.raw_os_error() == Some(*absent)) => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

/// Every family there may be, but for those tried by name.
fn any_other(_: &Ground) -> io::Result<()> {
    let named = [
        libc::AF_UNIX,
        libc::AF_INET,
        libc::AF_INET6,
        libc::AF_NETLINK,
        libc::AF_PACKET,
        libc::AF_VSOCK,
        libc::AF_XDP,
        libc::AF_KEY,
        libc::AF_ALG,
        libc::AF_BLUETOOTH,
        libc::AF_CAN,
        libc::AF_TIPC,
    ];
    let mut refusal = errno(libc::EAFNOSUPPORT);
    for family in (0..64).filter(|family| !named.contains(family)) {
        match socket(family) {
            Ok(()) => return Ok(()),
            Err(error) if error.raw_os_error() == Some(libc::EAFNOSUPPORT) => {}
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}
