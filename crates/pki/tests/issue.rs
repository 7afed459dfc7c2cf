//! What the authority issues, and that it is accepted in its time.

mod support;

use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, DnType, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, PublicKeyData, SanType,
};
use sekisho_model::Timestamp;
use sekisho_pki::{
    CertificateProblem, Chain, DeviceCertificate, KeyPair, PkiError, SiteCa, SiteTrust,
    SubjectName, Usage, verify_chain,
};
use support::{DAY, Site, now, request, request_of};

#[test]
fn a_device_gets_a_certificate_that_names_it() {
    let site = Site::new(1);
    let (device, key) = (site.device(), rcgen::KeyPair::generate().unwrap());
    let issued = site.ca.issue_device(&request_of(&key), device, now(), &site.rng).unwrap();

    assert_eq!(issued.not_before, now().minus(Duration::from_mins(5)));
    assert_eq!(issued.not_after, now().plus(30 * DAY));
    assert_eq!(issued.chain, std::slice::from_ref(&site.new.issuing.certificate));
    assert_eq!(issued.serial.len(), 32);

    let identity = site.ca.verify_device(&issued.der, &[], now()).unwrap();
    assert_eq!((identity.device, identity.site), (device, site.id));
    assert_eq!(identity.spki, key.subject_public_key_info());
    assert_eq!(identity.serial, issued.serial);
    assert_eq!((identity.not_before, identity.not_after), (issued.not_before, issued.not_after));
    assert!(!identity.expired);
}

#[test]
fn serial_numbers_do_not_repeat() {
    let site = Site::new(1);
    let serial =
        || site.ca.issue_device(&request(), site.device(), now(), &site.rng).unwrap().serial;
    assert_ne!(serial(), serial());
}

#[test]
fn only_the_key_of_a_request_counts() {
    let site = Site::new(1);
    let (device, key) = (site.device(), rcgen::KeyPair::generate().unwrap());
    let mut greedy = CertificateParams::default();
    greedy.distinguished_name.push(DnType::CommonName, "root");
    greedy.subject_alt_names = vec![
        SanType::DnsName("sekisho.example".try_into().unwrap()),
        SanType::URI(sekisho_pki::device_uri(site.id, site.device()).try_into().unwrap()),
    ];
    greedy.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    greedy.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    greedy.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
    greedy.custom_extensions = vec![CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0])];
    let request = greedy.serialize_request(&key).unwrap();

    let issued = site.ca.issue_device(request.der(), device, now(), &site.rng).unwrap();

    let certificate = DeviceCertificate::parse(&issued.der).unwrap();
    assert_eq!(certificate.device, device);
    let plain = site.ca.issue_device(&request_of(&key), device, now(), &site.rng).unwrap();
    assert!(issued.der.len().abs_diff(plain.der.len()) <= 2, "nothing was added");
}

#[test]
fn other_kinds_of_keys_are_refused() {
    let site = Site::new(1);
    for algorithm in [
        &rcgen::PKCS_ECDSA_P384_SHA384,
        &rcgen::PKCS_ECDSA_P521_SHA512,
        &rcgen::PKCS_ED25519,
        &rcgen::PKCS_RSA_SHA256,
    ] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let refused = site.ca.issue_device(&request_of(&key), site.device(), now(), &site.rng);
        assert_eq!(refused.unwrap_err(), PkiError::KeyType);
    }
}

#[test]
fn a_request_must_be_signed_by_its_key() {
    let site = Site::new(1);
    let (mine, victim) = (rcgen::KeyPair::generate().unwrap(), rcgen::KeyPair::generate().unwrap());
    let mut request = request_of(&mine);
    let (from, to) = (mine.subject_public_key_info(), victim.subject_public_key_info());
    let at = request.windows(from.len()).position(|window| window == from).unwrap();
    request[at..at + to.len()].copy_from_slice(&to);

    let refused = site.ca.issue_device(&request, site.device(), now(), &site.rng);

    assert_eq!(refused.unwrap_err(), PkiError::RequestSignature);
}

#[test]
fn an_expired_certificate_is_told_from_a_foreign_one() {
    let site = Site::new(1);
    let device = site.device();
    let leaf = site.leaf(device);
    let expired_at = |at| site.ca.verify_device(&leaf, &[], at).map(|found| found.expired);

    let end = now().plus(30 * DAY);
    assert_eq!(expired_at(end), Ok(false));
    assert_eq!(expired_at(end.plus(Duration::from_secs(1))), Ok(true));
    // By then the issuing authority has expired, too.
    assert_eq!(expired_at(now().plus(400 * DAY)), Ok(true));
    assert_eq!(site.ca.verify_device(&leaf, &[], now().plus(400 * DAY)).unwrap().device, device);
    assert_eq!(
        verify_chain(
            &leaf,
            &[&site.new.issuing.certificate],
            &site.new.root,
            Usage::Client,
            now().plus(31 * DAY)
        ),
        Ok(Chain::Expired { since: end })
    );
}

#[test]
fn a_clock_that_is_far_off_is_named() {
    let site = Site::new(1);
    let leaf = site.leaf(site.device());
    let verify = |at| site.ca.verify_device(&leaf, &[], at).map(|found| found.expired);
    let issue = |at| {
        let issued = site.ca.issue_device(&request(), site.device(), at, &site.rng);
        issued.map(|issued| issued.not_after)
    };

    let from = now().minus(Duration::from_mins(5));
    assert_eq!(verify(from), Ok(false));
    for early in [from.minus(Duration::from_secs(1)), now().minus(3653 * DAY), Timestamp::EPOCH] {
        assert_eq!(verify(early), Err(CertificateProblem::NotYetValid { from }));
        assert!(matches!(issue(early), Err(PkiError::AuthorityNotValid { .. })));
    }
    let since = now().plus(3652 * DAY);
    let late = now().plus(3653 * DAY);
    assert_eq!(verify(late), Err(CertificateProblem::AuthorityExpired { since }));
    assert!(matches!(issue(late), Err(PkiError::AuthorityNotValid { .. })));
    for absurd in [Timestamp::from_millis(i64::MIN), Timestamp::from_millis(i64::MAX)] {
        assert!(verify(absurd).is_err());
        assert!(issue(absurd).is_err());
        let refused = SiteCa::create(site.id, absurd, &site.rng);
        assert!(matches!(refused, Err(PkiError::Clock(_))));
    }
}

#[test]
fn a_server_certificate_is_for_its_names() {
    let site = Site::new(1);
    let key = KeyPair::generate().unwrap();
    let names = [
        SubjectName::Dns("sekisho.example.jp".parse().unwrap()),
        SubjectName::Ip("192.0.2.7".parse().unwrap()),
        SubjectName::Ip("2001:db8::7".parse().unwrap()),
    ];
    let issued = site.ca.issue_server(&names, key.public_key(), now(), &site.rng).unwrap();

    let chain: Vec<_> = issued.chain.iter().map(Vec::as_slice).collect();
    let verified = verify_chain(&issued.der, &chain, site.ca.trust().root(), Usage::Server, now());
    assert_eq!(verified, Ok(Chain::Valid));
    let der = issued.der.as_slice().into();
    let leaf = webpki::EndEntityCert::try_from(&der).unwrap();
    for (name, valid) in [
        ("sekisho.example.jp", true),
        ("192.0.2.7", true),
        ("2001:db8::7", true),
        ("example.jp", false),
        ("192.0.2.8", false),
    ] {
        let name = rustls_pki_types::ServerName::try_from(name).unwrap();
        assert_eq!(leaf.verify_is_valid_for_subject_name(&name).is_ok(), valid, "{name:?}");
    }
}

#[test]
fn a_server_certificate_needs_a_name() {
    let site = Site::new(1);
    let key = KeyPair::generate().unwrap();
    let refused = site.ca.issue_server(&[], key.public_key(), now(), &site.rng);
    assert_eq!(refused.unwrap_err(), PkiError::NoNames);
}

#[test]
fn a_new_issuing_authority_takes_over_and_the_old_leaves_stay_valid() {
    let site = Site::new(1);
    let old = site.leaf(site.device());
    let later = now().plus(20 * DAY);
    let next = SiteCa::renew_issuing(site.id, &site.new.root, &site.new.root_key, later, &site.rng)
        .unwrap();
    let issuing = [next.certificate.clone(), site.new.issuing.certificate.clone()];
    let trust = SiteTrust::new(site.id, &site.new.root, &issuing).unwrap();
    let ca = SiteCa::load(trust, &next.key).unwrap();

    let new = ca.issue_device(&request(), site.device(), later, &site.rng).unwrap();

    assert!(ca.verify_device(&old, &[], later).is_ok());
    assert!(ca.verify_device(&new.der, &[], later).is_ok());
    // A server restored from a backup does not know the new authority; the
    // device shows it.
    assert_eq!(
        site.ca.verify_device(&new.der, &[], later).unwrap_err(),
        CertificateProblem::UnknownAuthority
    );
    assert!(site.ca.verify_device(&new.der, &[&next.certificate], later).is_ok());
}

#[test]
fn a_successor_is_due_60_days_before_the_end() {
    let site = Site::new(1);
    let trust = site.ca.trust();
    assert!(!trust.issuing_renewal_due(now().plus(304 * DAY)));
    assert!(trust.issuing_renewal_due(now().plus(305 * DAY)));
    assert!(trust.issuing_renewal_due(now().plus(999 * DAY)));
}

#[test]
fn a_leaf_does_not_outlive_its_issuer() {
    let site = Site::new(1);
    let end = now().plus(365 * DAY);
    let late = end.minus(3 * DAY);
    let issued = site.ca.issue_device(&request(), site.device(), late, &site.rng).unwrap();
    assert_eq!(issued.not_after, end);
}

#[test]
fn a_site_that_lives_past_2050_uses_the_other_form_of_time() {
    let start: Timestamp = "2049-12-20T00:00:00Z".parse().unwrap();
    let site = Site::at(1, start);
    let issued = site.ca.issue_device(&request(), site.device(), start, &site.rng).unwrap();
    assert_eq!(issued.not_after, start.plus(30 * DAY));
    let identity = site.ca.verify_device(&issued.der, &[], start.plus(20 * DAY)).unwrap();
    assert_eq!(identity.not_after, issued.not_after);
}

#[test]
fn what_the_store_gives_back_is_checked() {
    let (site, other) = (Site::new(1), Site::new(2));
    let trust = |root: &[u8], issuing: &[u8]| SiteTrust::new(site.id, root, &[issuing.to_vec()]);
    let problem = |result: Result<SiteTrust, PkiError>| match result {
        Err(PkiError::Authority { which, problem }) => (which, problem),
        other => panic!("expected a refusal of the authority, got {other:?}"),
    };
    let unsigned = "was not signed by the root of the site";
    let (root, issuing) = (&site.new.root, &site.new.issuing.certificate);

    assert_eq!(problem(trust(root, &other.new.issuing.certificate)), ("issuing", unsigned));
    assert_eq!(problem(trust(issuing, issuing)), ("root", unsigned));
    let leaf = site.leaf(site.device());
    assert_eq!(problem(trust(root, &leaf)), ("issuing", "is not one of an authority"));
    assert_eq!(problem(trust(&root[1..], issuing)), ("root", "cannot be read"));
    assert_eq!(problem(SiteTrust::new(site.id, root, &[])), ("issuing", "is missing"));

    let refused = SiteCa::load(trust(root, issuing).unwrap(), &other.new.issuing.key);
    assert_eq!(
        refused.unwrap_err().to_string(),
        "the issuing certificate of the site does not belong to the private key; \
         restore it from a backup"
    );
}

#[test]
fn keys_are_not_printed() {
    let site = Site::new(1);
    let printed = format!("{:?} {:?}", site.new, site.ca);
    assert!(printed.contains("root_key: Secret(…)") && printed.contains("key: Secret(…)"));
    assert!(printed.contains("SiteCa { site: site:"), "{printed}");
}
