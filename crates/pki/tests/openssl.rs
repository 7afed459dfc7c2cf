//! Another implementation reads our certificates as we mean them.

mod support;

use std::fs;
use std::path::Path;
use std::process::Command;

use sekisho_pki::{KeyPair, SubjectName, device_uri, pem};
use support::{DAY, Site, now, request};

fn openssl(folder: &Path, arguments: &[&str]) -> (bool, String) {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .expect("openssl is installed");
    let text = String::from_utf8_lossy(&output.stdout).into_owned()
        + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), text)
}

fn write(folder: &Path, name: &str, der: &[u8]) {
    fs::write(folder.join(name), pem::write_certificates([der])).expect("written");
}

fn verify(folder: &Path, purpose: &str, at_secs: i64, leaf: &str) -> (bool, String) {
    openssl(
        folder,
        &[
            "verify",
            "-x509_strict",
            "-attime",
            &at_secs.to_string(),
            "-purpose",
            purpose,
            "-CAfile",
            "root.pem",
            "-untrusted",
            "issuing.pem",
            leaf,
        ],
    )
}

#[test]
fn openssl_accepts_the_chains_in_their_time_and_for_their_use() {
    let (site, folder) = (Site::new(1), tempfile::tempdir().unwrap());
    let folder = folder.path();
    let key = KeyPair::generate().unwrap();
    let names = [
        SubjectName::Dns("sekisho.example".parse().unwrap()),
        SubjectName::Ip("192.0.2.7".parse().unwrap()),
    ];
    let server = site.ca.issue_server(&names, key.public_key(), now(), &site.rng).unwrap();
    write(folder, "root.pem", site.ca.trust().root());
    write(folder, "issuing.pem", site.ca.trust().issuing());
    write(folder, "device.pem", &site.leaf(site.device()));
    write(folder, "server.pem", &server.der);
    let (today, later) = (now().as_secs(), now().plus(31 * DAY).as_secs());

    for (purpose, at_secs, leaf, expected) in [
        ("sslclient", today, "device.pem", true),
        ("sslserver", today, "server.pem", true),
        ("sslserver", today, "device.pem", false),
        ("sslclient", today, "server.pem", false),
        ("sslclient", later, "device.pem", false),
    ] {
        let (accepted, text) = verify(folder, purpose, at_secs, leaf);
        assert_eq!(accepted, expected, "{leaf} as {purpose} at {at_secs}: {text}");
    }
}

#[test]
fn openssl_reads_what_a_device_certificate_says() {
    let (site, folder) = (Site::new(1), tempfile::tempdir().unwrap());
    let device = site.device();
    let issued = site.ca.issue_device(&request(), device, now(), &site.rng).unwrap();
    write(folder.path(), "device.pem", &issued.der);

    let (read, text) = openssl(folder.path(), &["x509", "-in", "device.pem", "-noout", "-text"]);

    assert!(read, "{text}");
    let uri = device_uri(site.id, device);
    for expected in [
        "Version: 3 (0x2)",
        "Signature Algorithm: ecdsa-with-SHA256",
        "ASN1 OID: prime256v1",
        "Not Before: Mar  1 08:55:00 2026 GMT",
        "Not After : Mar 31 09:00:00 2026 GMT",
        &format!("Subject: O = Sekisho, CN = Sekisho device {device}"),
        &format!("X509v3 Subject Alternative Name: \n                URI:{uri}\n"),
        "X509v3 Key Usage: critical\n                Digital Signature\n",
        "X509v3 Extended Key Usage: \n                TLS Web Client Authentication\n",
        "X509v3 Basic Constraints: critical\n                CA:FALSE",
        "X509v3 Authority Key Identifier",
        "X509v3 Subject Key Identifier",
    ] {
        assert!(text.contains(expected), "{expected} is missing:\n{text}");
    }
}

#[test]
fn openssl_reads_the_limits_of_the_authorities() {
    let (site, folder) = (Site::new(1), tempfile::tempdir().unwrap());
    write(folder.path(), "root.pem", &site.new.root);
    write(folder.path(), "issuing.pem", &site.new.issuing.certificate);
    let short = &site.id.to_string()[28..];
    for (file, name, limit, end) in [
        ("root.pem", format!("Sekisho site {short} root"), "CA:TRUE, pathlen:1", "2036"),
        ("issuing.pem", format!("Sekisho site {short} issuing "), "CA:TRUE, pathlen:0", "2027"),
    ] {
        let (_, text) = openssl(folder.path(), &["x509", "-in", file, "-noout", "-text"]);
        assert!(text.contains(&format!("Subject: O = Sekisho, CN = {name}")), "{text}");
        assert!(text.contains(&format!("critical\n                {limit}")), "{text}");
        assert!(text.contains("critical\n                Certificate Sign, CRL Sign"), "{text}");
        let not_after = text.lines().find(|line| line.contains("Not After")).unwrap();
        assert!(not_after.contains(end), "{not_after}");
    }
}

#[test]
fn a_request_made_by_openssl_is_understood() {
    let (site, folder) = (Site::new(1), tempfile::tempdir().unwrap());
    let folder = folder.path();
    for (curve, accepted) in [("P-256", true), ("P-384", false)] {
        let curve = format!("ec_paramgen_curve:{curve}");
        let (made, text) = openssl(
            folder,
            &[
                "req",
                "-new",
                "-nodes",
                "-newkey",
                "ec",
                "-pkeyopt",
                &curve,
                "-keyout",
                "key.pem",
                "-subj",
                "/CN=anything",
                "-addext",
                "basicConstraints=CA:TRUE",
                "-outform",
                "DER",
                "-out",
                "request.der",
            ],
        );
        assert!(made, "{text}");
        let request = fs::read(folder.join("request.der")).unwrap();
        let issued = site.ca.issue_device(&request, site.device(), now(), &site.rng);
        assert_eq!(issued.is_ok(), accepted, "{curve}: {issued:?}");
    }
}
