//! Which URLs may be called: a strict reading of a URL, which is sent as it was judged, and the addresses
//! that nobody may reach through us. `resolver` looks up names.

mod address;
mod names;
mod punycode;

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

pub use address::is_refused;

/// Bytes of a URL.
pub const MAX_URL_BYTES: usize = 2_000;
/// Ports from 1024 on that something else listens on than what takes webhooks: databases, caches,
/// queues, remote control, and what browsers refuse to call (WHATWG Fetch, "port blocking").
const SERVICE_PORTS: [u32; 69] = [
    1080, 1099, 1433, 1434, 1521, 1719, 1720, 1723, 1883, 2049, 2181, 2222, 2375, 2376, 2377, 2379,
    2380, 3128, 3260, 3268, 3269, 3306, 3389, 3659, 4045, 4190, 4369, 5060, 5061, 5432, 5433, 5671,
    5672, 5900, 5901, 5938, 5984, 5985, 5986, 6000, 6379, 6380, 6443, 6566, 6665, 6666, 6667, 6668,
    6669, 6697, 8086, 8091, 8125, 8500, 8883, 9042, 9092, 9160, 9200, 9300, 10_080, 10_250, 10_255,
    11_211, 15_672, 27_017, 27_018, 27_019, 50_070,
];

/// Why a URL is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// Not a URL as we read them.
    #[error("Give an absolute URL of at most 2000 visible ASCII characters, without backslash.")]
    Malformed,
    /// Another scheme than https.
    #[error("Use https.")]
    Scheme,
    /// Name or password before the host.
    #[error("Leave user name and password out; use a custom header.")]
    UserInfo,
    /// A part after `#`.
    #[error("Leave the part from # on out: it is never sent.")]
    Fragment,
    /// A port that something else listens on.
    #[error(
        "Use port 443, 80, 8443 or one from 1024 on that no database or other well-known service has."
    )]
    Port,
    /// A host that is no name and no address.
    #[error(
        "Give a host name in ASCII (international names in their xn-- form, as they are registered) or an address."
    )]
    Host,
    /// A name that is not public.
    #[error(
        "Use a public host name: one with a dot, that ends neither like names inside of a network (.local, .lan, .internal) nor in a zone that answers with any address (nip.io, localtest.me)."
    )]
    PrivateName,
    /// An address that is not public.
    #[error("Use a public address: private, local and reserved ones are not called.")]
    PrivateAddress,
    /// This service itself.
    #[error("Use another host than this service's own.")]
    OwnHost,
}

impl TargetError {
    /// Stable, `snake_case`.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Malformed => "invalid_url",
            Self::Scheme => "scheme_not_https",
            Self::UserInfo => "user_info_in_url",
            Self::Fragment => "fragment_in_url",
            Self::Port => "port_not_allowed",
            Self::Host => "invalid_host",
            Self::PrivateName => "private_name",
            Self::PrivateAddress => "private_address",
            Self::OwnHost => "own_host",
        }
    }
}

/// A URL that may be called.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    url: String,
    /// The host, when it is a name.
    name: Option<String>,
}

impl Target {
    /// The URL in its one spelling: exactly what is called.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The host's name, when it is not an address.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }
}

/// Judges `url`. `own_hosts` are names of this service; with `allow_local` http, names without a dot
/// and private addresses pass as well.
pub fn check(url: &str, own_hosts: &[&str], allow_local: bool) -> Result<Target, TargetError> {
    let is_plain = |byte: u8| byte.is_ascii_graphic() && byte != b'\\';
    if url.len() > MAX_URL_BYTES || !url.bytes().all(is_plain) {
        return Err(TargetError::Malformed);
    }
    let (scheme, rest) = url.split_once("://").ok_or(TargetError::Malformed)?;
    let scheme = scheme.to_ascii_lowercase();
    match scheme.as_str() {
        "https" => {}
        "http" if allow_local => {}
        _ => return Err(TargetError::Scheme),
    }
    if rest.contains('#') {
        return Err(TargetError::Fragment);
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    if authority.contains('@') {
        return Err(TargetError::UserInfo);
    }
    let (host, port) = split_port(authority)?;
    let port = read_port(port, &scheme, allow_local)?;
    let (host, name) = judge_host(host, own_hosts, allow_local)?;
    let slash = if path.starts_with('/') { "" } else { "/" };
    let url = [&scheme, "://", &host, &port, slash, path].concat();
    Ok(Target { url, name })
}

fn split_port(authority: &str) -> Result<(&str, Option<&str>), TargetError> {
    if authority.starts_with('[') {
        let end = authority.find(']').ok_or(TargetError::Host)? + 1;
        let (host, rest) = authority.split_at(end);
        return match rest.strip_prefix(':') {
            Some(port) => Ok((host, Some(port))),
            None if rest.is_empty() => Ok((host, None)),
            None => Err(TargetError::Host),
        };
    }
    Ok(match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    })
}

/// The port as it stands in the URL: with its colon, or nothing for the scheme's own.
fn read_port(port: Option<&str>, scheme: &str, allow_local: bool) -> Result<String, TargetError> {
    let Some(text) = port else {
        return Ok(String::new());
    };
    let is_number = !text.is_empty() && text.len() <= 5 && text.bytes().all(|b| b.is_ascii_digit());
    let port: u32 = text
        .parse()
        .ok()
        .filter(|_| is_number)
        .ok_or(TargetError::Port)?;
    match (port, scheme) {
        (443, "https") | (80, "http") => Ok(String::new()),
        (port, _) if SERVICE_PORTS.contains(&port) && !allow_local => Err(TargetError::Port),
        (443 | 80 | 1024..=65_535, _) => Ok(format!(":{port}")),
        _ => Err(TargetError::Port),
    }
}

/// The host in its one spelling, and once more when it is a name.
fn judge_host(
    host: &str,
    own_hosts: &[&str],
    allow_local: bool,
) -> Result<(String, Option<String>), TargetError> {
    if let Some(inner) = host.strip_prefix('[') {
        let inner = inner.strip_suffix(']').ok_or(TargetError::Host)?;
        let address: Ipv6Addr = inner.parse().map_err(|_| TargetError::Host)?;
        judge_address(IpAddr::V6(address), allow_local)?;
        return Ok((format!("[{address}]"), None));
    }
    let host = host.to_ascii_lowercase();
    let name = host.strip_suffix('.').unwrap_or(&host);
    let last = name.rsplit('.').next().unwrap_or_default();
    if is_number(last) {
        let address = read_ipv4(name).ok_or(TargetError::Host)?;
        judge_address(IpAddr::V4(address), allow_local)?;
        return Ok((address.to_string(), None));
    }
    if !is_name(name) || !names::is_written_well(name) {
        return Err(TargetError::Host);
    }
    let is_own = |own: &str| name == own || name.ends_with(&[".", own].concat());
    if own_hosts.iter().any(|own| own.contains('.') && is_own(own)) {
        return Err(TargetError::OwnHost);
    }
    if names::is_private(name) && !allow_local {
        return Err(TargetError::PrivateName);
    }
    if names::spells_refused_address(name) && !allow_local {
        return Err(TargetError::PrivateAddress);
    }
    Ok((name.to_owned(), Some(name.to_owned())))
}

fn judge_address(address: IpAddr, allow_local: bool) -> Result<(), TargetError> {
    if is_refused(address) && !allow_local {
        return Err(TargetError::PrivateAddress);
    }
    Ok(())
}

/// Letters, digits and inner hyphens (RFC 1123, section 2.1), and underscores, which some have.
fn is_name(name: &str) -> bool {
    let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    name.len() <= 253
        && name.split('.').all(|label| {
            (1..=63).contains(&label.len())
                && label.bytes().all(is_inner)
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
}

/// Whether a host that ends so is an address (WHATWG URL, "ends in a number").
fn is_number(label: &str) -> bool {
    let is_hex = label
        .strip_prefix("0x")
        .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
    is_hex || (!label.is_empty() && label.bytes().all(|byte| byte.is_ascii_digit()))
}

/// An IPv4 address in every spelling that a runtime takes (WHATWG URL, "IPv4 parser"): one to four
/// parts, each decimal, octal or hexadecimal; the last one fills what is left.
fn read_ipv4(text: &str) -> Option<Ipv4Addr> {
    let parts: Vec<&str> = text.split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut address: u64 = 0;
    for part in first {
        address = (address << 8) | read_part(part).filter(|number| *number < 256)?;
    }
    let bits = 32 - 8 * first.len();
    let rest = read_part(last).filter(|number| *number < 1 << bits)?;
    let whole = (address << bits) | rest;
    u32::try_from(whole).ok().map(Ipv4Addr::from)
}

fn read_part(part: &str) -> Option<u64> {
    let (digits, radix) = match (part.strip_prefix("0x"), part.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some(digits)) if !digits.is_empty() => (digits, 8),
        (None, _) => (part, 10),
    };
    if part.is_empty() || digits.starts_with('+') {
        return None;
    }
    if digits.is_empty() {
        return Some(0);
    }
    u64::from_str_radix(digits, radix).ok()
}

#[cfg(test)]
mod tests;
