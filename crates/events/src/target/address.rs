//! Addresses that are not on the public Internet (IANA's special-purpose registries), also as IPv4 inside
//! IPv6 in every form that some network translates.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// First address and length of the prefix.
const IPV4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// First two groups and length of the prefix, of those that lie within them.
const IPV6: [([u16; 2], u32); 9] = [
    // 2001::/23 has Teredo and ORCHID in it.
    ([0x2001, 0], 23),
    ([0x2001, 0xdb8], 32),
    ([0x3fff, 0], 20),
    ([0x5f00, 0], 16),
    ([0xfc00, 0], 7),
    ([0xfe80, 0], 10),
    ([0xfec0, 0], 10),
    ([0xff00, 0], 8),
    // Discard-only is 100::/64; nothing else of 100::/16 is in use.
    ([0x0100, 0], 16),
];

/// Whether nobody may reach this address through us.
pub fn is_refused(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => is_refused_v4(address),
        IpAddr::V6(address) => is_refused_v6(address),
    }
}

fn is_refused_v4(address: Ipv4Addr) -> bool {
    let bits = u32::from(address);
    let within = |(first, length): &([u8; 4], u32)| {
        (bits ^ u32::from_be_bytes(*first)) >> (32 - length) == 0
    };
    IPV4.iter().any(within)
}

fn is_refused_v6(address: Ipv6Addr) -> bool {
    let groups = address.segments();
    let bits = (u32::from(groups[0]) << 16) | u32::from(groups[1]);
    let within = |([first, second], length): &([u16; 2], u32)| {
        let prefix = (u32::from(*first) << 16) | u32::from(*second);
        (bits ^ prefix) >> (32 - length) == 0
    };
    let inner = |high: u16, low: u16| {
        is_refused_v4(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
    };
    match groups {
        // NAT64 of a private address, and 6to4 of one.
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => inner(high, low),
        // The rest of ::/8 is reserved: unspecified, loopback, IPv4-compatible, -mapped and -translated,
        // local NAT64 (RFC 8215), and whatever else is written so is no server's own.
        [0..0x100, ..] => true,
        // ISATAP.
        [_, _, _, _, 0 | 0x200, 0x5efe, high, low] if inner(high, low) => true,
        _ => IPV6.iter().any(within),
    }
}
