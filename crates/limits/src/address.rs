//! The address that a request is counted against: from Cloudflare's own header alone, a whole IPv6 /64
//! as one, with the networks around it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use http::request::{Header, Request};

use super::policies::Network;

/// Who the network says is calling: one IPv4 address, or the /64 that a household or a server has
/// for itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AddressPrefix {
    /// One address.
    V4(Ipv4Addr),
    /// The network of an address: its first 64 bits.
    V6([u16; 4]),
    /// No address, or none that can be read: all of these are counted as one.
    Unknown,
}

impl AddressPrefix {
    /// Reads an address as Cloudflare writes it.
    pub fn parse(text: &str) -> Self {
        match text.parse::<IpAddr>().map(|address| address.to_canonical()) {
            Ok(IpAddr::V4(address)) => Self::V4(address),
            Ok(IpAddr::V6(address)) => {
                let [a, b, c, d, ..] = address.segments();
                Self::V6([a, b, c, d])
            }
            Err(_) => Self::Unknown,
        }
    }

    /// The networks that it is counted with, narrowest first: itself, and of IPv6 its /56 and /48.
    pub fn networks(&self) -> Vec<(Network, String)> {
        let mut networks = vec![(Network::Own, self.to_string())];
        if let Self::V6([a, b, c, d]) = self {
            let site = format!("{a:x}:{b:x}:{c:x}:{:x}::/56", d & 0xff00);
            networks.push((Network::Site, site));
            networks.push((Network::Block, format!("{a:x}:{b:x}:{c:x}::/48")));
        }
        networks
    }
}

impl fmt::Display for AddressPrefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(address) => address.fmt(f),
            Self::V6(network) => {
                for group in network {
                    write!(f, "{group:x}:")?;
                }
                f.write_str(":/64")
            }
            Self::Unknown => f.write_str("unknown"),
        }
    }
}

/// The address that `request` came from: `CF-Connecting-IP`, which the edge writes over whatever
/// the client sent. `X-Forwarded-For` and its like are the client's own words and are never read.
pub fn address_prefix(request: &Request) -> AddressPrefix {
    request
        .header(Header::ConnectingIp)
        .map_or(AddressPrefix::Unknown, AddressPrefix::parse)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv6_address_has_three_networks_and_all_others_one() {
        for (text, expected) in [
            ("192.0.2.7", &["192.0.2.7"][..]),
            ("::ffff:192.0.2.7", &["192.0.2.7"]),
            ("not an address", &["unknown"]),
            (
                "2001:db8:1:2345::1",
                &[
                    "2001:db8:1:2345::/64",
                    "2001:db8:1:2300::/56",
                    "2001:db8:1::/48",
                ],
            ),
            (
                "2001:db8:1:23ff:ffff::1",
                &[
                    "2001:db8:1:23ff::/64",
                    "2001:db8:1:2300::/56",
                    "2001:db8:1::/48",
                ],
            ),
            ("::1", &["0:0:0:0::/64", "0:0:0:0::/56", "0:0:0::/48"]),
        ] {
            let networks = AddressPrefix::parse(text).networks();
            let names: Vec<&str> = networks.iter().map(|(_, name)| name.as_str()).collect();
            assert_eq!(names, expected, "{text}");
        }
    }

    #[test]
    fn addresses_are_one_spelling_and_networks_one_address() {
        for (text, expected) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("::FFFF:c000:0207", "192.0.2.7"),
            ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
            ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
            ("2001:0db8:0001:0002:0:0:0:0", "2001:db8:1:2::/64"),
            ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
            ("::1", "0:0:0:0::/64"),
            ("2001:db8::1", "2001:db8:0:0::/64"),
            ("", "unknown"),
            ("192.0.2.07", "unknown"),
            ("192.0.2.7, 192.0.2.8", "unknown"),
            (" 192.0.2.7", "unknown"),
            ("192.0.2.7:80", "unknown"),
            ("[2001:db8::1]", "unknown"),
            ("fe80::1%eth0", "unknown"),
            ("3221225991", "unknown"),
            ("localhost", "unknown"),
        ] {
            assert_eq!(AddressPrefix::parse(text).to_string(), expected, "{text}");
        }
    }
}
