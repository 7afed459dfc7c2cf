//! What is refused, however it is presented.

mod support;

use proptest::prelude::*;
use rcgen::{
    BasicConstraints, CertificateParams, CustomExtension, ExtendedKeyUsagePurpose, IsCa,
    KeyUsagePurpose, SanType,
};
use sekisho_model::id::{DeviceId, SiteId};
use sekisho_pki::{
    CertificateProblem, DeviceCertificate, KeyPair, PublicKey, SiteTrust, SubjectName, Usage,
    device_uri, pem, verify_chain,
};
use support::{DAY, Site, forge, now, request};

/// What a genuine certificate is made of, to be spoilt in one respect.
fn params(site: SiteId, device: DeviceId) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.not_before = rcgen::date_time_ymd(2026, 2, 1);
    params.not_after = rcgen::date_time_ymd(2026, 4, 1);
    params.subject_alt_names = vec![uri(&device_uri(site, device))];
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

fn uri(text: &str) -> SanType {
    SanType::URI(text.try_into().expect("ASCII"))
}

fn key() -> rcgen::KeyPair {
    rcgen::KeyPair::generate().expect("a key")
}

#[test]
fn the_unspoilt_forgery_is_accepted() {
    let site = Site::new(1);
    let leaf = site.forge(&params(site.id, site.device()), &key());
    assert!(site.ca.verify_device(&leaf, &[], now()).is_ok(), "else this file tests nothing");
}

#[test]
fn another_authority_is_refused_even_under_the_same_names() {
    let site = Site::new(1);
    let namesake = Site::new(1);
    assert_eq!(namesake.id, site.id);
    let leaf = namesake.leaf(site.device());
    let (issuing, root) = (&namesake.new.issuing.certificate, &namesake.new.root);
    for shown in [&[][..], &[issuing.as_slice()], &[issuing, root], &[root, issuing]] {
        assert_eq!(
            site.ca.verify_device(&leaf, shown, now()).unwrap_err(),
            CertificateProblem::UnknownAuthority
        );
        // Nor is it accepted as expired.
        assert!(site.ca.verify_device(&leaf, shown, now().plus(31 * DAY)).is_err());
    }
}

#[test]
fn a_self_signed_leaf_is_refused_with_the_genuine_authorities_appended() {
    let site = Site::new(1);
    let leaf = params(site.id, site.device()).self_signed(&key()).unwrap().der().to_vec();
    // One that takes over the issuer's name, too.
    let mut named = params(site.id, site.device());
    let genuine =
        rcgen::Issuer::from_ca_cert_der(&site.new.issuing.certificate.as_slice().into(), key())
            .unwrap();
    named.use_authority_key_identifier_extension = true;
    let impostor = named.signed_by(&key(), &genuine).unwrap().der().to_vec();
    let (issuing, root) = (&site.new.issuing.certificate, &site.new.root);
    for bad in [&leaf, &impostor] {
        for shown in [&[][..], &[issuing.as_slice(), root], &[bad.as_slice(), issuing, root]] {
            assert_eq!(
                site.ca.verify_device(bad, shown, now()).unwrap_err(),
                CertificateProblem::UnknownAuthority
            );
        }
    }
}

#[test]
fn a_device_cannot_issue() {
    let site = Site::new(1);
    let device_key = KeyPair::generate().unwrap();
    let secret = device_key.to_pkcs8().unwrap();
    let rcgen_key = rcgen::KeyPair::try_from(secret.expose()).unwrap();
    let request = support::request_of(&rcgen_key);
    let device = site.ca.issue_device(&request, site.device(), now(), &site.rng).unwrap().der;

    let leaf = forge(&params(site.id, site.device()), &key(), &device, &secret);

    let shown = [device.as_slice(), &site.new.issuing.certificate];
    assert!(site.ca.verify_device(&leaf, &shown, now()).is_err());
}

#[test]
fn nothing_below_the_issuing_authority_may_issue() {
    let site = Site::new(1);
    let sub_key = key();
    let mut sub = params(site.id, site.device());
    sub.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    sub.key_usages = vec![KeyUsagePurpose::KeyCertSign];
    let sub_der = site.forge(&sub, &sub_key);
    let sub_secret = sekisho_model::Secret::new(sub_key.serialize_der());

    let leaf = forge(&params(site.id, site.device()), &key(), &sub_der, &sub_secret);

    let refused = site.ca.verify_device(&leaf, &[&sub_der], now()).unwrap_err();
    assert!(matches!(refused, CertificateProblem::Chain(_)), "{refused}");
    // Nor is the authority itself a device.
    assert!(site.ca.verify_device(&sub_der, &[], now()).is_err());
    assert!(site.ca.verify_device(&site.new.issuing.certificate, &[], now()).is_err());
    assert!(site.ca.verify_device(&site.new.root, &[], now()).is_err());
}

#[test]
fn a_certificate_of_another_form_is_refused_although_the_site_signed_it() {
    let site = Site::new(1);
    let device = site.device();
    let good = params(site.id, device);
    let spoil = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = good.clone();
        change(&mut params);
        let leaf = site.forge(&params, &key());
        site.ca.verify_device(&leaf, &[], now()).unwrap_err()
    };
    let not_a_device = |problem| CertificateProblem::NotADevice(problem);

    assert_eq!(spoil(&|p| p.subject_alt_names.clear()), not_a_device("it has no name"));
    assert_eq!(
        spoil(&|p| p.subject_alt_names.push(uri(&device_uri(site.id, device)))),
        not_a_device("it has not exactly one name")
    );
    assert_eq!(
        spoil(&|p| p
            .subject_alt_names
            .push(SanType::DnsName("sekisho.example".try_into().expect("ASCII")))),
        not_a_device("it has not exactly one name")
    );
    assert_eq!(
        spoil(&|p| p.subject_alt_names =
            vec![SanType::DnsName("sekisho.example".try_into().expect("ASCII"))]),
        not_a_device("its name is not a URI")
    );
    assert_eq!(
        spoil(&|p| p.subject_alt_names = vec![uri("spiffe://example.jp/device/1")]),
        not_a_device("its URI is not that of a device")
    );
    let other = Site::new(2).id;
    assert_eq!(
        spoil(&|p| p.subject_alt_names = vec![uri(&device_uri(other, device))]),
        CertificateProblem::OtherSite(other)
    );
    for usages in [
        vec![],
        vec![ExtendedKeyUsagePurpose::ServerAuth],
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth],
        vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::Any],
    ] {
        assert_eq!(
            spoil(&|p| p.extended_key_usages = usages.clone()),
            CertificateProblem::WrongUsage
        );
    }
    for usages in
        [vec![], vec![KeyUsagePurpose::DigitalSignature, KeyUsagePurpose::KeyEncipherment]]
    {
        assert_eq!(spoil(&|p| p.key_usages = usages.clone()), CertificateProblem::WrongUsage);
    }
    let critical = || {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        extension
    };
    assert!(matches!(
        spoil(&|p| p.custom_extensions = vec![critical()]),
        CertificateProblem::Chain(_)
    ));
    assert!(matches!(
        spoil(&|p| p.not_before = rcgen::date_time_ymd(2026, 3, 2)),
        CertificateProblem::NotYetValid { .. }
    ));

    let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
    assert_eq!(
        site.ca.verify_device(&site.forge(&good, &p384), &[], now()).unwrap_err(),
        not_a_device("its key is not a P-256 key")
    );
}

#[test]
fn a_leaf_does_not_outlive_its_authority() {
    let site = Site::new(1);
    let mut params = params(site.id, site.device());
    params.not_after = rcgen::date_time_ymd(2030, 1, 1);
    let leaf = site.forge(&params, &key());
    let at = |days| site.ca.verify_device(&leaf, &[], now().plus(days * DAY));
    assert!(at(360).is_ok());
    let refused = at(400).unwrap_err();
    assert!(matches!(refused, CertificateProblem::AuthorityExpired { .. }), "{refused}");
}

#[test]
fn an_authority_with_limits_of_its_own_is_none_of_the_site() {
    let site = Site::new(1);
    let root_key = rcgen::KeyPair::try_from(site.new.root_key.expose()).expect("a key");
    let root = rcgen::Issuer::from_ca_cert_der(&site.new.root.as_slice().into(), root_key)
        .expect("a certificate");
    let believed = |change: &dyn Fn(&mut CertificateParams)| {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign];
        change(&mut params);
        let issuing = params.signed_by(&key(), &root).expect("signed").der().to_vec();
        SiteTrust::new(site.id, &site.new.root, &[issuing]).is_ok()
    };
    assert!(believed(&|_| {}));
    assert!(!believed(&|p| p.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth]));
    assert!(!believed(&|p| {
        let mut extension = CustomExtension::from_oid_content(&[1, 2, 3, 4], vec![5, 0]);
        extension.set_criticality(true);
        p.custom_extensions = vec![extension];
    }));
}

#[test]
fn servers_and_devices_are_not_interchangeable() {
    let site = Site::new(1);
    let names = [SubjectName::Dns("sekisho.example".parse().unwrap())];
    let key = KeyPair::generate().unwrap();
    let server = site.ca.issue_server(&names, key.public_key(), now(), &site.rng).unwrap().der;
    let device = site.leaf(site.device());

    assert_eq!(
        site.ca.verify_device(&server, &[], now()).unwrap_err(),
        CertificateProblem::WrongUsage
    );
    let issuing = [site.new.issuing.certificate.as_slice()];
    assert_eq!(
        verify_chain(&device, &issuing, &site.new.root, Usage::Server, now()).unwrap_err(),
        CertificateProblem::WrongUsage
    );
}

#[test]
fn what_follows_a_certificate_is_refused() {
    let site = Site::new(1);
    let mut leaf = site.leaf(site.device());
    leaf.push(0);
    assert_eq!(
        site.ca.verify_device(&leaf, &[], now()).unwrap_err(),
        CertificateProblem::Unreadable
    );
}

/// Every bit of a certificate and of a request counts.
#[test]
fn one_flipped_bit_is_noticed() {
    let site = Site::new(1);
    let leaf = site.leaf(site.device());
    let request = request();
    for bit in 0..8 {
        for at in 0..leaf.len() {
            let mut bad = leaf.clone();
            bad[at] ^= 1 << bit;
            assert!(site.ca.verify_device(&bad, &[], now()).is_err(), "byte {at}, bit {bit}");
        }
        for at in 0..request.len() {
            let mut bad = request.clone();
            bad[at] ^= 1 << bit;
            let issued = site.ca.issue_device(&bad, site.device(), now(), &site.rng);
            assert!(issued.is_err(), "byte {at}, bit {bit}");
        }
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        thread_local!(static SITE: Site = Site::new(1));
        SITE.with(|site| {
            assert!(DeviceCertificate::parse(&bytes).is_err());
            assert!(PublicKey::from_spki(&bytes).is_err());
            assert!(SiteTrust::new(site.id, &bytes, &[]).is_err());
            assert!(site.ca.verify_device(&bytes, &[&bytes], now()).is_err());
            assert!(site.ca.issue_device(&bytes, site.device(), now(), &site.rng).is_err());
            assert!(pem::read_certificates(&String::from_utf8_lossy(&bytes)).is_err());
        });
    }

    /// Bytes that begin well reach further into the parsers.
    #[test]
    fn damaged_certificates_never_panic(
        edits in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut: prop::sample::Index,
    ) {
        thread_local!(static GENUINE: (Site, Vec<u8>, Vec<u8>) = {
            let site = Site::new(1);
            let leaf = site.leaf(site.device());
            (site, leaf, request())
        });
        GENUINE.with(|(site, leaf, request)| {
            for genuine in [leaf, request] {
                let mut bad = genuine.clone();
                for (at, value) in &edits {
                    let at = at.index(bad.len());
                    bad[at] = *value;
                }
                if cut.index(4) == 0 {
                    bad.truncate(cut.index(bad.len()));
                }
                let same = bad == *genuine;
                let _ = DeviceCertificate::parse(&bad);
                assert!(same || site.ca.verify_device(&bad, &[], now()).is_err());
                assert!(
                    same || site.ca.issue_device(&bad, site.device(), now(), &site.rng).is_err()
                );
                let _ = site.ca.verify_device(leaf, &[&bad], now());
            }
        });
    }
}
