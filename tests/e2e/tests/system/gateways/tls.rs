//! the gateway speaks TLS as its server does. One probe scans both.

use std::fs;
use std::io::Write as _;
use std::net::{Ipv4Addr, SocketAddr};

use sekisho_testkit::Gateway;
use sekisho_testkit::probe::{Scan, scan};

use super::{gateway, make_room};
use crate::site::Site;

/// Scans both, which must look the same.
#[track_caller]
fn same(site: &Site, gateway: &Gateway) -> Scan {
    let server = scan(SocketAddr::from((Ipv4Addr::LOCALHOST, site.agents_port)), "localhost");
    assert_eq!(scan(gateway.agents, "localhost"), server);
    let [one, other] = &server.preferred_suites;
    assert_eq!(one, other, "what is preferred is for the server to say");
    server
}

#[test]
fn a_probe_cannot_tell_a_gateway_from_its_server_also_after_a_change() {
    let mut site = Site::start();
    let mut gateway = gateway(&site, "dmz-1");
    make_room(&site, &mut gateway);
    let usual = same(&site, &gateway);
    assert_eq!(usual.versions, [0x0304], "TLS 1.3 and nothing older");
    assert!(usual.suites.len() >= 3 && usual.groups.len() >= 3, "{usual:x?}");

    let (pid, before) = (gateway.pid(), gateway.number("config_version"));
    assert_eq!(site.stop(), Some(0));
    let settings = site.folder.path().join("server.toml");
    let mut settings = fs::OpenOptions::new().append(true).open(settings).expect("settings");
    let tls = "[tls]\nversions = \"1.2, 1.3\"\n\
               suites = \"TLS13_CHACHA20_POLY1305_SHA256, TLS13_AES_128_GCM_SHA256, \
               TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256\"\ngroups = \"secp256r1, X25519\"\n";
    settings.write_all(tls.as_bytes()).expect("written");
    site.serve();
    gateway.until("the changed configuration", |gateway| {
        gateway.status()["serving"] == true && gateway.number("config_version") > before
    });

    let changed = same(&site, &gateway);
    assert_eq!(changed.versions, [0x0304], "older versions are for people");
    assert_eq!(changed.preferred_suites[0], [0x1303, 0x1301]);
    let mut groups = changed.groups.clone();
    groups.sort_unstable();
    assert_eq!(groups, [0x0017, 0x001d]);
    assert_eq!(gateway.pid(), pid, "without a restart of the gateway");
    let problems = gateway.status()["status"]["problems"].to_string();
    assert!(!problems.contains("0x"), "nothing of it is left out: {problems}");
}
