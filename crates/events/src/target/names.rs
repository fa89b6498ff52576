//! Names that are not on the public Internet, or that lead to an address that they spell, however the
//! well-known wildcard services write it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::address::is_refused;
use super::punycode;

/// Endings of names that are not on the public Internet: reserved by RFC 2606, 6761, 6762, 7686, 8375
/// and 9476, by ICANN, or used inside of networks all the same.
const PRIVATE_ENDINGS: &str = "\
    alt arpa bit consul corp dhcp docker domain example gateway home i2p internal intra intranet \
    invalid kubernetes lan local localdomain localhost mail node onion pod priv private router \
    svc test workgroup wpad";

/// Zones that answer for every name in them with an address of the one who asks, or with the address
/// that the name spells.
const WILDCARDS: &str = "\
    1u.ms backname.io fuf.me ipq.co lacolhost.com local.direct localh.st localho.st \
    localhost.direct localtest.me lvh.me nip.io rbndr.us smackaho.st sslip.io traefik.me vcap.me \
    xip.io xip.name";

/// Whether a name, in lower case and without a dot at its end, is not public.
pub fn is_private(name: &str) -> bool {
    let is_in = |zone: &str| {
        name.strip_suffix(zone)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    };
    !name.contains('.') || PRIVATE_ENDINGS.split(' ').any(is_in) || WILDCARDS.split(' ').any(is_in)
}

/// Whether every label of a name that is written in Punycode is what some text is written as.
pub fn is_written_well(name: &str) -> bool {
    name.split('.').all(punycode::is_valid)
}

/// Whether a name has an address in it that nobody may reach through us, or that of a part of it.
pub fn spells_refused_address(name: &str) -> bool {
    let labels: Vec<&str> = name.split('.').collect();
    let quads = labels.windows(4).filter_map(read_quad);
    let within = labels.iter().flat_map(|label| in_label(label));
    quads.chain(within).any(is_refused)
}

/// Four decimal parts.
fn read_quad(parts: &[&str]) -> Option<IpAddr> {
    let mut octets = [0; 4];
    for (octet, part) in octets.iter_mut().zip(parts) {
        let is_plain = (1..=3).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
        *octet = part.parse().ok().filter(|_| is_plain)?;
    }
    Some(Ipv4Addr::from(octets).into())
}

/// Those that are written as one number without saying so, as ids and hashes are, too.
const NUMBERS: [Ipv4Addr; 2] = [Ipv4Addr::LOCALHOST, Ipv4Addr::new(169, 254, 169, 254)];

/// The addresses that a label may stand for: `10-0-0-1`, `app-10-0-0-1`, `0x0a000001`, `7f000001`,
/// `2130706433`, `fe80--1`.
fn in_label(label: &str) -> Vec<IpAddr> {
    let mut found = Vec::new();
    let parts: Vec<&str> = label.split(['-', '_']).collect();
    found.extend(parts.windows(4).filter_map(read_quad));
    for part in parts {
        if let Some(hex) = part.strip_prefix("0x") {
            let number = u32::from_str_radix(hex, 16).ok();
            found.extend(number.map(|number| IpAddr::from(Ipv4Addr::from(number))));
        }
        let read = |radix| u32::from_str_radix(part, radix).ok().map(Ipv4Addr::from);
        let numbers = [read(10), read(16).filter(|_| part.len() == 8)];
        let known = numbers
            .into_iter()
            .flatten()
            .filter(|it| NUMBERS.contains(it));
        found.extend(known.map(IpAddr::V4));
    }
    let colons = label.replace('-', ":");
    if (colons.contains("::") || colons.matches(':').count() == 7)
        && let Ok(address) = colons.parse::<Ipv6Addr>()
        // `a--b` is a name.
        && !(1..0x100).contains(&address.segments()[0])
    {
        found.push(address.into());
    }
    found
}
