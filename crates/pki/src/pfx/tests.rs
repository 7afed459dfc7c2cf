//! Files that OpenSSL wrote (`openssl pkcs12 -export`, version 3.0), and files
//! that nobody should write.

use super::*;

const PASSWORD: &str = "correct-horse";

macro_rules! file {
    ($name:literal) => {
        &include_bytes!(concat!("../../tests/fixtures/pfx/", $name, ".pfx"))[..]
    };
}

fn opened(file: &[u8], password: &str) -> Result<PfxContent, PfxProblem> {
    read_pfx(file, &Secret::from(password))
}

fn refused(file: &[u8], password: &str) -> PfxProblem {
    opened(file, password).expect_err("refused")
}

fn subjects(content: &PfxContent) -> Vec<String> {
    content.chain.iter().map(|der| read(der).expect("read").subject().to_string()).collect()
}

/// An element of DER.
fn tlv(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let body = parts.concat();
    let length = u32::try_from(body.len()).expect("small").to_be_bytes();
    [&[tag, 0x84], &length[..], &body].concat()
}

fn oid(prefix: &[u8], last: u8) -> Vec<u8> {
    tlv(6, &[prefix, &[last]])
}

/// A file without a check value, of parts.
fn pfx(parts: &[Vec<u8>]) -> Vec<u8> {
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let safe = tlv(0x30, &parts);
    tlv(0x30, &[&tlv(2, &[&[3]]), &clear(&safe)])
}

/// A part that is not encrypted.
fn clear(content: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&tlv(6, &[PKCS7_DATA]), &tlv(0xa0, &[&tlv(4, &[content])])])
}

fn bag(kind: u8, value: &[u8]) -> Vec<u8> {
    tlv(0x30, &[&oid(BAGS, kind), &tlv(0xa0, &[value])])
}

fn certificate_bag(der: &[u8]) -> Vec<u8> {
    let value = tlv(0xa0, &[&tlv(4, &[der])]);
    bag(CERTIFICATE_BAG, &tlv(0x30, &[&tlv(6, &[X509]), &value]))
}

fn bags(bags: &[Vec<u8>]) -> Vec<u8> {
    let bags: Vec<&[u8]> = bags.iter().map(Vec::as_slice).collect();
    clear(&tlv(0x30, &bags))
}

/// A key that asks for so many rounds of 3DES with SHA-1.
fn shrouded(rounds: u32) -> Vec<u8> {
    let rounds = [&[0][..], &rounds.to_be_bytes()].concat();
    let parameters = tlv(0x30, &[&tlv(4, &[&[7; 8]]), &tlv(2, &[&rounds])]);
    let scheme = [&BAGS[..8], &[1]].concat();
    let algorithm = tlv(0x30, &[&oid(&scheme, 3), &parameters]);
    bag(SHROUDED_KEY_BAG, &tlv(0x30, &[&algorithm, &tlv(4, &[&[1; 16]])]))
}

#[test]
fn what_openssl_writes_is_read_and_put_in_order() {
    let expected = ["CN=vault.example.jp", "CN=Corporate issuing", "CN=Corporate root"];
    for (file, password) in [
        (file!("modern"), PASSWORD),
        (file!("legacy"), PASSWORD),
        (file!("triple-des"), PASSWORD),
        (file!("sha512"), PASSWORD),
        (file!("no-mac"), PASSWORD),
        (file!("quick"), PASSWORD),
        (file!("kana"), "パスワード"),
        (file!("empty"), ""),
    ] {
        let content = opened(file, password).expect("opened");
        assert_eq!(subjects(&content), expected);
        let leaf = read(&content.chain[0]).expect("read");
        let public = public_half(&content.key).expect("a key");
        assert_eq!(*leaf.public_key().subject_public_key.data, *public);
    }
    assert_eq!(opened(file!("elsewhere"), PASSWORD).expect("opened").chain.len(), 1);
}

#[test]
fn a_wrong_password_is_named_whatever_protects_the_file() {
    for file in [file!("modern"), file!("legacy"), file!("sha512"), file!("no-mac"), file!("empty")]
    {
        assert_eq!(refused(file, "Correct-horse"), PfxProblem::WrongPassword);
    }
    assert_eq!(refused(file!("modern"), ""), PfxProblem::WrongPassword);
}

#[test]
fn each_fault_has_its_name() {
    assert_eq!(refused(file!("no-key"), PASSWORD), PfxProblem::NoKey);
    assert_eq!(refused(file!("no-cert"), PASSWORD), PfxProblem::NoCertificate(0));
    assert_eq!(refused(file!("rc4"), PASSWORD), PfxProblem::Unsupported("the cipher RC4"));
    assert_eq!(refused(b"-----BEGIN CERTIFICATE-----", PASSWORD), PfxProblem::Unreadable);
    let long = vec![0x30; MAX_PFX_BYTES + 1];
    assert_eq!(refused(&long, PASSWORD), PfxProblem::TooLarge { found: long.len() });

    let [ours, theirs] =
        [file!("modern"), file!("elsewhere")].map(|file| opened(file, PASSWORD).expect("opened"));
    let key = |content: &PfxContent| bag(KEY_BAG, content.key.expose());
    let certificates: Vec<_> = ours.chain.iter().map(|der| certificate_bag(der)).collect();
    let with = |first: &[Vec<u8>]| pfx(&[bags(&[first, &certificates].concat())]);
    assert_eq!(refused(&with(&[key(&ours), key(&theirs)]), ""), PfxProblem::SeveralKeys(2));
    assert_eq!(refused(&with(&[key(&theirs)]), ""), PfxProblem::NoCertificate(3));
    assert_eq!(refused(&with(&[bag(KEY_BAG, &[0x30, 0])]), ""), PfxProblem::UnreadableKey);
    // The same key twice is one.
    let twice = opened(&with(&[key(&ours), key(&ours)]), "").expect("opened");
    assert_eq!((twice.chain, twice.key), (ours.chain, ours.key));
}

#[test]
fn a_file_that_asks_for_too_much_work_is_refused_before_it_is_done() {
    assert_eq!(refused(file!("slow"), PASSWORD), PfxProblem::TooMuchWork);
    // One part alone may be dear, or all together; the scheme needs three results.
    let dear = pfx(&[bags(&[shrouded(u32::MAX)])]);
    assert_eq!(refused(&dear, ""), PfxProblem::TooMuchWork);
    let cheap = pfx(&[bags(&[shrouded(1)])]);
    assert_eq!(refused(&cheap, ""), PfxProblem::WrongPassword);
    let many = pfx(&[bags(&vec![bag(CERTIFICATE_BAG, &[]); 65])]);
    assert_ne!(refused(&many, ""), PfxProblem::NoKey, "a part is malformed");
    let many = pfx(&[bags(&vec![bag(9, &[]); 65])]);
    assert_eq!(refused(&many, ""), PfxProblem::TooMuchWork);
    let some = pfx(&[bags(&vec![bag(9, &[]); 60])]);
    assert_eq!(refused(&some, ""), PfxProblem::NoKey);
}

#[test]
fn a_cut_or_changed_file_is_refused() {
    let whole = file!("quick");
    for length in 0..whole.len() {
        assert!(opened(&whole[..length], PASSWORD).is_err(), "{length} bytes");
    }
    for place in (0..whole.len()).step_by(7) {
        let mut changed = whole.to_vec();
        changed[place] ^= 0x10;
        if let Ok(content) = opened(&changed, PASSWORD) {
            // A length written otherwise; nothing that it holds can differ.
            assert_eq!(subjects(&content).len(), 3, "byte {place}");
        }
    }
}
