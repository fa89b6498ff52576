use std::net::IpAddr;

use super::*;

fn code(url: &str) -> &'static str {
    check(url, &["builds.guild.gg"], false).map_or_else(TargetError::code, |_| "taken")
}

/// Every spelling by which someone has tried to get inside.
const REFUSED: &[(&str, &str)] = &[
    ("", "invalid_url"),
    ("hook", "invalid_url"),
    ("//guild.gg/x", "invalid_url"),
    ("https:/guild.gg", "invalid_url"),
    ("https:guild.gg", "invalid_url"),
    ("https:\\\\guild.gg", "invalid_url"),
    ("https://guild.gg\\@127.0.0.1/", "invalid_url"),
    (" https://guild.gg/", "invalid_url"),
    ("https://guild.gg/\n", "invalid_url"),
    ("https://gui\tld.gg/", "invalid_url"),
    ("https://gu\u{e9}ld.gg/", "invalid_url"),
    ("https://\u{2460}\u{2461}\u{2466}.0.0.1/", "invalid_url"),
    ("https://guild\u{3002}gg/", "invalid_url"),
    ("http://guild.gg/", "scheme_not_https"),
    ("ftp://guild.gg/", "scheme_not_https"),
    ("file:///etc/passwd", "scheme_not_https"),
    ("gopher://guild.gg/", "scheme_not_https"),
    ("javascript://guild.gg/", "scheme_not_https"),
    ("https://user@guild.gg/", "user_info_in_url"),
    ("https://user:pass@guild.gg/", "user_info_in_url"),
    ("https://guild.gg@127.0.0.1/", "user_info_in_url"),
    ("https://@guild.gg/", "user_info_in_url"),
    ("https://guild.gg/#x", "fragment_in_url"),
    ("https://guild.gg#@127.0.0.1/", "fragment_in_url"),
    ("https://guild.gg:22/", "port_not_allowed"),
    ("https://guild.gg:0/", "port_not_allowed"),
    ("https://guild.gg:/", "port_not_allowed"),
    ("https://guild.gg:65536/", "port_not_allowed"),
    ("https://guild.gg:+443/", "port_not_allowed"),
    ("https://guild.gg:443:443/", "port_not_allowed"),
    ("https:///x", "invalid_host"),
    ("https://%6c%6f/", "invalid_host"),
    ("https://-a.guild.gg/", "invalid_host"),
    ("https://a..gg/", "invalid_host"),
    ("https://guild.gg../", "invalid_host"),
    ("https://1.2.3.4.5/", "invalid_host"),
    ("https://256.1.1.1/", "invalid_host"),
    ("https://09.1.1.1/", "invalid_host"),
    ("https://[::1/", "invalid_host"),
    ("https://[::1]x/", "invalid_host"),
    ("https://[::1%25eth0]/", "invalid_host"),
    ("https://[v1.x]/", "invalid_host"),
    ("https://localhost/", "private_name"),
    ("https://LOCALHOST./", "private_name"),
    ("https://intranet/", "private_name"),
    ("https://printer.local/", "private_name"),
    ("https://metadata.google.internal/", "private_name"),
    ("https://a.localhost/", "private_name"),
    ("https://a.internal./", "private_name"),
    ("https://builds.guild.gg/", "own_host"),
    ("https://BUILDS.guild.gg./api", "own_host"),
    ("https://x.builds.guild.gg/", "own_host"),
    ("https://127.0.0.1/", "private_address"),
    ("https://127.0.0.1./", "private_address"),
    ("https://127.1/", "private_address"),
    ("https://2130706433/", "private_address"),
    ("https://0x7f000001/", "private_address"),
    ("https://0x7F.1/", "private_address"),
    ("https://017700000001/", "private_address"),
    ("https://0177.0.0.01/", "private_address"),
    ("https://0/", "private_address"),
    ("https://0x/", "private_address"),
    (
        "https://169.254.169.254/latest/meta-data",
        "private_address",
    ),
    ("https://0xa9fea9fe/", "private_address"),
    ("https://10.1/", "private_address"),
    ("https://192.168.257/", "private_address"),
    ("https://[::]/", "private_address"),
    ("https://[::1]/", "private_address"),
    ("https://[::127.0.0.1]/", "private_address"),
    ("https://[::ffff:127.0.0.1]/", "private_address"),
    ("https://[::ffff:7f00:1]/", "private_address"),
    ("https://[::ffff:8.8.8.8]/", "private_address"),
    ("https://[::ffff:0:127.0.0.1]/", "private_address"),
    ("https://[1::1]/", "private_address"),
    ("https://[0:0:0:1::1]/", "private_address"),
    ("https://[64:ff9c::1]/", "private_address"),
    ("https://[64:ff9b::1:8.8.8.8]/", "private_address"),
    ("https://[ff::1]/", "private_address"),
    ("https://[64:ff9b::10.0.0.1]/", "private_address"),
    ("https://[64:ff9b:1::1]/", "private_address"),
    ("https://[2002:7f00:1::]/", "private_address"),
    ("https://[2001::1]/", "private_address"),
    ("https://[2001:db8::1]/", "private_address"),
    ("https://[3fff::1]/", "private_address"),
    ("https://[5f00::1]/", "private_address"),
    ("https://[100::1]/", "private_address"),
    ("https://[fd00::1]/", "private_address"),
    ("https://[fe80::1]/", "private_address"),
    ("https://[fec0::1]/", "private_address"),
    ("https://[ff02::1]/", "private_address"),
    ("https://[2a00:1450::5efe:a00:1]/", "private_address"),
];

/// Names that lead inside, or spell where they lead.
const REFUSED_NAMES: &[(&str, &str)] = &[
    ("127.0.0.1.nip.io", "private_name"),
    ("127.0.0.1.NIP.IO.", "private_name"),
    ("10-0-0-1.sslip.io", "private_name"),
    ("7f000001.nip.io", "private_name"),
    ("2130706433.nip.io", "private_name"),
    ("0x7f.1.nip.io", "private_name"),
    ("0--1.sslip.io", "private_name"),
    ("app.10.0.0.1.xip.io", "private_name"),
    ("localtest.me", "private_name"),
    ("a.lvh.me", "private_name"),
    ("vcap.me", "private_name"),
    ("x.traefik.me", "private_name"),
    ("foo.127-0-0-1.guild.gg", "private_address"),
    ("foo-10-0-0-1.guild.gg", "private_address"),
    ("foo_192_168_0_1.guild.gg", "private_address"),
    ("127.0.0.1.guild.gg", "private_address"),
    ("a.169.254.169.254.b.guild.gg", "private_address"),
    ("1.8.8.8.8.10.0.0.1.guild.gg", "private_address"),
    ("7f000001.guild.gg", "private_address"),
    ("2130706433.guild.gg", "private_address"),
    ("a9fea9fe.guild.gg", "private_address"),
    ("0x0a000001.guild.gg", "private_address"),
    ("0--1.guild.gg", "private_address"),
    ("fe80--1.guild.gg", "private_address"),
    ("fd00-0-0-0-0-0-0-1.guild.gg", "private_address"),
    ("intranet", "private_name"),
    ("intranet.", "private_name"),
    ("com", "private_name"),
    ("nas.lan", "private_name"),
    ("sso.corp", "private_name"),
    ("nas.home", "private_name"),
    ("nas.home.arpa", "private_name"),
    ("1.0.0.127.in-addr.arpa", "private_name"),
    ("api.default.svc", "private_name"),
    ("api.default.svc.cluster.local", "private_name"),
    ("wiki.intranet", "private_name"),
    ("wiki.private", "private_name"),
    ("localhost.localdomain", "private_name"),
    ("a.test", "private_name"),
    ("a.example", "private_name"),
    ("a.invalid", "private_name"),
    ("expyuzz4wqqyqhjn.onion", "private_name"),
    ("mx.mail", "private_name"),
    ("consul.service.consul", "private_name"),
    ("xn--a.com", "invalid_host"),
    ("xn--.com", "invalid_host"),
    ("a.xn--0000000000", "invalid_host"),
    ("xn--guild-.gg", "invalid_host"),
    ("ab--cd.gg", "invalid_host"),
    // U+FF11 and so on: the fullwidth 127.
    ("xn--8g7ccp.gg", "invalid_host"),
    ("guild.gg%2e", "invalid_host"),
    ("%67uild.gg", "invalid_host"),
    ("127%2e0%2e0%2e1", "invalid_host"),
    ("\u{ff11}\u{ff12}\u{ff17}.0.0.1", "invalid_url"),
    ("127\u{ff0e}0\u{ff0e}0\u{ff0e}1", "invalid_url"),
];

#[test]
fn refused_names() {
    for (name, expected) in REFUSED_NAMES {
        assert_eq!(code(&format!("https://{name}/hook")), *expected, "{name}");
    }
}

#[test]
fn names_that_only_look_like_it_are_taken() {
    for name in [
        "nip.io.guild.gg",
        "notnip.io",
        "8.8.8.8.guild.gg",
        "ec2-54-1-2-3.guild.gg",
        "0a1b2c3d.guild.gg",
        "1700000000.guild.gg",
        "a--b.guild.gg",
        "lan.guild.gg",
        "corp.gg",
        "mylan.gg",
        "xn--bcher-kva.gg",
        "xn--80ak6aa92e.com",
        "guild.xn--p1ai",
    ] {
        assert_eq!(code(&format!("https://{name}/hook")), "taken", "{name}");
    }
}

#[test]
fn ports_of_well_known_services_are_not_called() {
    for port in [
        0, 1, 21, 22, 23, 25, 53, 110, 143, 445, 587, 993, 1023, 1433, 2375, 3306, 3389, 5432,
        5672, 6379, 8086, 9200, 11211, 27017, 65_536,
    ] {
        let found = code(&format!("https://guild.gg:{port}/"));
        assert_eq!(found, "port_not_allowed", "{port}");
    }
    for port in [
        80, 443, 1024, 3000, 5000, 8000, 8080, 8443, 8787, 9000, 65_535,
    ] {
        assert_eq!(
            code(&format!("https://guild.gg:{port}/")),
            "taken",
            "{port}"
        );
    }
}

#[test]
fn refused_targets() {
    for (url, expected) in REFUSED {
        assert_eq!(code(url), *expected, "{url}");
    }
    let long = format!("https://guild.gg/{}", "x".repeat(2_000));
    assert_eq!(code(&long), "invalid_url");
}

#[test]
fn what_is_taken_has_one_spelling() {
    for (url, expected) in [
        ("https://guild.gg", "https://guild.gg/"),
        ("HTTPS://Guild.GG./Hook?x=/@", "https://guild.gg/Hook?x=/@"),
        ("https://guild.gg:443/", "https://guild.gg/"),
        ("https://guild.gg:0443/", "https://guild.gg/"),
        ("https://guild.gg:8443?x", "https://guild.gg:8443/?x"),
        ("https://guild.gg:80/", "https://guild.gg:80/"),
        ("https://guild.gg:1024/", "https://guild.gg:1024/"),
        ("https://0x08080808/", "https://8.8.8.8/"),
        ("https://8.8.2056/", "https://8.8.8.8/"),
        (
            "https://[2606:4700:4700:0::1111]/",
            "https://[2606:4700:4700::1111]/",
        ),
        ("https://[2002:0808:0808::1]/", "https://[2002:808:808::1]/"),
        ("https://[64:ff9b::8.8.8.8]/", "https://[64:ff9b::808:808]/"),
        ("https://xn--bcher-kva.gg/", "https://xn--bcher-kva.gg/"),
        // No number by the standard's rules: a name, whose last label has letters.
        ("https://1.1.1.0x1g/", "https://1.1.1.0x1g/"),
        ("https://mybuilds.guild.gg/", "https://mybuilds.guild.gg/"),
    ] {
        let target = check(url, &["builds.guild.gg"], false);
        assert_eq!(target.as_ref().map(Target::url), Ok(expected), "{url}");
        // Judged again, it is the same.
        assert_eq!(
            check(expected, &["builds.guild.gg"], false),
            target,
            "{url}"
        );
    }
}

/// First and last address of each range, and its neighbours: `-` where it has none that is let through.
const RANGES: &str = "
    0.0.0.0 0.255.255.255 - 1.0.0.0
    10.0.0.0 10.255.255.255 9.255.255.255 11.0.0.0
    100.64.0.0 100.127.255.255 100.63.255.255 100.128.0.0
    127.0.0.0 127.255.255.255 126.255.255.255 128.0.0.0
    169.254.0.0 169.254.255.255 169.253.255.255 169.255.0.0
    172.16.0.0 172.31.255.255 172.15.255.255 172.32.0.0
    192.0.0.0 192.0.0.255 191.255.255.255 192.0.1.0
    192.0.2.0 192.0.2.255 192.0.1.255 192.0.3.0
    192.88.99.0 192.88.99.255 192.88.98.255 192.88.100.0
    192.168.0.0 192.168.255.255 192.167.255.255 192.169.0.0
    198.18.0.0 198.19.255.255 198.17.255.255 198.20.0.0
    198.51.100.0 198.51.100.255 198.51.99.255 198.51.101.0
    203.0.113.0 203.0.113.255 203.0.112.255 203.0.114.0
    224.0.0.0 255.255.255.255 223.255.255.255 -
    :: ff:ffff:ffff:ffff:ffff:ffff:ffff:ffff - -
    64:ff9b:1:: 64:ff9b:1:ffff:ffff:ffff:ffff:ffff 64:ff9b::808:808 -
    100:: 100::ffff:ffff:ffff:ffff - 101::
    2001:: 2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2000::1 2001:200::
    2001:db8:: 2001:db8:ffff:ffff:ffff:ffff:ffff:ffff 2001:db7:: 2001:db9::
    3fff:: 3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff 3ffe:: 3fff:1000::
    5f00:: 5f00:ffff:ffff:ffff:ffff:ffff:ffff:ffff 5eff:: 5f01::
    fc00:: fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fbff:: fe00::
    fe80:: feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff fe7f:: -
    ff00:: ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff - -
";

#[test]
fn every_range_from_its_first_to_its_last_address() {
    for range in RANGES.trim().lines() {
        let addresses = range.split_whitespace().zip([true, true, false, false]);
        for (address, expected) in addresses.filter(|(address, _)| *address != "-") {
            let parsed: IpAddr = address.parse().expect(address);
            assert_eq!(is_refused(parsed), expected, "{address}");
        }
    }
}

#[test]
fn locally_http_and_private_addresses_pass_and_nothing_else() {
    for (url, expected) in [
        ("http://127.0.0.1:9000/hook", "taken"),
        ("http://localhost:9000/hook", "taken"),
        ("http://[::1]:9000/", "taken"),
        ("ftp://localhost/", "scheme_not_https"),
        ("http://user@localhost/", "user_info_in_url"),
        ("http://localhost:22/", "port_not_allowed"),
        ("https://builds.guild.gg/", "own_host"),
    ] {
        let found = check(url, &["builds.guild.gg"], true);
        assert_eq!(
            found.map_or_else(TargetError::code, |_| "taken"),
            expected,
            "{url}"
        );
    }
}
