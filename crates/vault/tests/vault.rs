//! The vault as its users see it.

use proptest::prelude::*;
use sekisho_model::rng::SeededRng;
use sekisho_model::{Rng, Secret};
use sekisho_vault::{
    Kek, KekSource, KeyRing, MAX_VALUE_BYTES, Place, Sealed, VaultError, WrappedKey,
    create_kek_file,
};

const ROW: [u8; 16] = [7; 16];
const PLACE: Place<'static> = Place { table: "secret_version", row: &ROW, field: "value" };

fn kek(seed: u64) -> Kek {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("kek");
    create_kek_file(&path, &SeededRng::new(seed)).expect("created");
    Kek::create(&KekSource::File(path), &SeededRng::new(seed)).expect("readable").0
}

fn ring(seed: u64) -> KeyRing {
    KeyRing::create(&kek(seed), &SeededRng::new(seed)).expect("wraps").0
}

#[test]
fn a_value_survives_a_restart() {
    let rng = SeededRng::new(1);
    let (before, wrapped) = KeyRing::create(&kek(1), &rng).unwrap();
    let sealed = before.seal(PLACE, &Secret::from("pa55"), &rng).unwrap().into_bytes();
    drop(before);

    let after = KeyRing::unlock(&kek(1), &[wrapped]).unwrap();
    let opened = after.open(PLACE, &Sealed::from_bytes(sealed)).unwrap();
    assert_eq!(opened, Secret::from("pa55"));
}

#[test]
fn a_value_opens_only_at_its_place() {
    let (ring, rng) = (ring(1), SeededRng::new(1));
    let sealed = ring.seal(PLACE, &Secret::from("pa55"), &rng).unwrap();
    let other_row = [8; 16];
    for elsewhere in [
        Place { table: "secret", ..PLACE },
        Place { row: &other_row, ..PLACE },
        Place { row: &ROW[..15], ..PLACE },
        Place { field: "note", ..PLACE },
        // The same letters, divided differently.
        Place { table: "secret_versionvalue", field: "", ..PLACE },
    ] {
        let error = ring.open(elsewhere, &sealed).unwrap_err();
        assert_eq!(error, VaultError::Tampered { place: elsewhere.to_string() });
    }
}

#[test]
fn sealing_twice_gives_different_bytes_without_the_clear_value() {
    let (ring, rng) = (ring(1), SeededRng::new(1));
    let canary = Secret::from("canary-canary-canary");
    let first = ring.seal(PLACE, &canary, &rng).unwrap();
    let second = ring.seal(PLACE, &canary, &rng).unwrap();
    assert_ne!(first, second);
    assert!(!first.as_bytes().windows(6).any(|w| w == b"canary"));
}

#[test]
fn rotation_keeps_older_values_readable() {
    let (kek, rng) = (kek(1), SeededRng::new(1));
    let (mut ring, first) = KeyRing::create(&kek, &rng).unwrap();
    let old = ring.seal(PLACE, &Secret::from("old"), &rng).unwrap();

    let rotation = ring.rotate(&kek, &rng).unwrap();
    let second = rotation.wrapped().clone();
    assert_eq!(ring.active_version(), 1, "prepared is not in use");
    ring.commit(rotation).unwrap();
    let new = ring.seal(PLACE, &Secret::from("new"), &rng).unwrap();

    assert_eq!((old.key_version(), new.key_version()), (Some(1), Some(2)));
    let ring = KeyRing::unlock(&kek, &[second, first.clone()]).unwrap();
    assert_eq!(ring.active_version(), 2);
    assert_eq!(ring.versions().collect::<Vec<_>>(), [1, 2]);
    assert_eq!(ring.open(PLACE, &old).unwrap(), Secret::from("old"));
    assert_eq!(ring.open(PLACE, &new).unwrap(), Secret::from("new"));

    let without = KeyRing::unlock(&kek, &[first]).unwrap();
    assert_eq!(
        without.open(PLACE, &new).unwrap_err(),
        VaultError::UnknownKeyVersion { version: 2, place: PLACE.to_string() }
    );
}

#[test]
fn of_two_prepared_rotations_one_is_refused() {
    let (kek, rng) = (kek(1), SeededRng::new(1));
    let (mut ring, _) = KeyRing::create(&kek, &rng).unwrap();
    let (a, b) = (ring.rotate(&kek, &rng).unwrap(), ring.rotate(&kek, &rng).unwrap());
    ring.commit(a).unwrap();
    assert_eq!(ring.commit(b).unwrap_err(), VaultError::StaleRotation { version: 2 });
}

#[test]
fn a_new_kek_opens_the_rewrapped_keys_and_the_old_one_does_not() {
    let (old, new, rng) = (kek(1), kek(2), SeededRng::new(1));
    let (mut ring, _) = KeyRing::create(&old, &rng).unwrap();
    let sealed = ring.seal(PLACE, &Secret::from("pa55"), &rng).unwrap();
    let rotation = ring.rotate(&old, &rng).unwrap();
    ring.commit(rotation).unwrap();
    let wrapped = ring.wrap_all(&new, &rng).unwrap();

    let reopened = KeyRing::unlock(&new, &wrapped).unwrap();
    assert_eq!(reopened.open(PLACE, &sealed).unwrap(), Secret::from("pa55"));
    assert_eq!(KeyRing::unlock(&old, &wrapped).unwrap_err(), VaultError::WrongKey);
}

#[test]
fn an_exported_ring_opens_what_it_sealed_under_another_kek() {
    let (old, new, rng) = (kek(1), kek(2), SeededRng::new(1));
    let (mut ring, _) = KeyRing::create(&old, &rng).unwrap();
    let first = ring.seal(PLACE, &Secret::from("first"), &rng).unwrap();
    let rotation = ring.rotate(&old, &rng).unwrap();
    ring.commit(rotation).unwrap();
    let second = ring.seal(PLACE, &Secret::from("second"), &rng).unwrap();

    let wrapped = KeyRing::import(&ring.export()).unwrap().wrap_all(&new, &rng).unwrap();
    let restored = KeyRing::unlock(&new, &wrapped).unwrap();
    assert_eq!(restored.active_version(), 2);
    assert_eq!(restored.open(PLACE, &first).unwrap(), Secret::from("first"));
    assert_eq!(restored.open(PLACE, &second).unwrap(), Secret::from("second"));
}

#[test]
fn an_export_that_is_not_whole_is_refused() {
    let exported = ring(1).export();
    let whole = exported.expose();
    for cut in 0..whole.len() {
        let error = KeyRing::import(&Secret::new(whole[..cut].to_vec())).unwrap_err();
        assert_eq!(error, VaultError::DamagedExport, "{cut} bytes");
    }
    let twice = [whole, &whole[1..]].concat();
    let error = KeyRing::import(&Secret::new(twice)).unwrap_err();
    assert_eq!(error, VaultError::DuplicateKeyVersion { version: 1 });
    let newer = [&[2], &whole[1..]].concat();
    let error = KeyRing::import(&Secret::new(newer)).unwrap_err();
    assert!(matches!(error, VaultError::UnknownFormat { found: 2, .. }), "{error}");
}

#[test]
fn damaged_keys_are_told_from_a_wrong_kek() {
    let (kek, rng) = (kek(1), SeededRng::new(1));
    let (mut ring, first) = KeyRing::create(&kek, &rng).unwrap();
    let rotation = ring.rotate(&kek, &rng).unwrap();
    let second = rotation.wrapped().clone();
    ring.commit(rotation).unwrap();

    let mut damaged = second.clone();
    *damaged.bytes.last_mut().unwrap() ^= 1;
    // A key under another key's number would make a rotation undone.
    let renumbered = WrappedKey { version: 3, ..second };
    for (bad, version) in [(damaged, 2), (renumbered, 3)] {
        let error = KeyRing::unlock(&kek, &[first.clone(), bad]).unwrap_err();
        assert_eq!(error, VaultError::TamperedKey { version });
    }
    assert_eq!(KeyRing::unlock(&kek, &[]).unwrap_err(), VaultError::NoDataKey);
    assert_eq!(
        KeyRing::unlock(&kek, &[first.clone(), first]).unwrap_err(),
        VaultError::DuplicateKeyVersion { version: 1 }
    );
}

#[test]
fn another_vaults_value_does_not_open() {
    let rng = SeededRng::new(9);
    let foreign = ring(1).seal(PLACE, &Secret::from("pa55"), &rng).unwrap();
    assert!(matches!(ring(2).open(PLACE, &foreign), Err(VaultError::Tampered { .. })));
}

#[test]
fn too_long_a_value_is_refused_with_the_limit() {
    let (ring, rng) = (ring(1), SeededRng::new(1));
    let value = vec![0; MAX_VALUE_BYTES + 1];
    let error = ring.seal_bytes(PLACE, &value, &rng).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a value of 1048577 bytes is too long to seal; at most 1048576 are allowed"
    );
    let longest = ring.seal_bytes(PLACE, &value[1..], &rng).unwrap();
    assert_eq!(ring.open(PLACE, &longest).unwrap().len(), MAX_VALUE_BYTES);
}

#[test]
fn nothing_secret_is_printed() {
    let (kek, rng) = (kek(1), SeededRng::new(1));
    let (ring, wrapped) = KeyRing::create(&kek, &rng).unwrap();
    let sealed = ring.seal(PLACE, &Secret::from("pa55"), &rng).unwrap();
    let rotation = ring.rotate(&kek, &rng).unwrap();
    assert_eq!(
        format!("{kek:?} {ring:?} {wrapped:?} {sealed:?} {rotation:?}"),
        "Kek(…) KeyRing { versions: [1], .. } WrappedKey(version 1, 65 bytes) \
         Sealed(37 bytes) Rotation(WrappedKey(version 2, 65 bytes))"
    );
}

/// Keys are kept in `Secret`, which wipes itself; this holds the type to it.
#[test]
fn secrets_wipe_themselves() {
    fn wiped_on_drop<T: zeroize::ZeroizeOnDrop>() {}
    wiped_on_drop::<Secret>();
    assert!(std::mem::needs_drop::<KeyRing>() && std::mem::needs_drop::<Kek>());
}

/// A generator that always gives the same bytes: the worst case for nonces.
struct StuckRng;

impl Rng for StuckRng {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0x42);
    }
}

/// AES-GCM would give away the difference of the values here.
#[test]
fn a_repeated_nonce_tells_only_whether_values_are_equal() {
    let ring = ring(1);
    let seal = |text: &[u8]| ring.seal_bytes(PLACE, text, &StuckRng).unwrap().into_bytes();
    let (a, b) = (seal(b"aaaaaaaaaaaaaaaa"), seal(b"aaaaaaaaaaaaaaab"));
    assert_eq!(a[..17], b[..17], "same header and nonce");
    let equal_bytes = a[17..33].iter().zip(&b[17..33]).filter(|(x, y)| x == y).count();
    assert!(equal_bytes < 8, "the key streams are independent");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn what_is_sealed_opens(value in proptest::collection::vec(any::<u8>(), 0..300), seed: u64) {
        let ring = ring(1);
        let sealed = ring.seal_bytes(PLACE, &value, &SeededRng::new(seed)).unwrap();
        let opened = ring.open(PLACE, &sealed).unwrap();
        prop_assert_eq!(opened.expose(), value.as_slice());
    }

    #[test]
    fn a_flipped_bit_anywhere_is_refused(
        value in proptest::collection::vec(any::<u8>(), 0..64),
        at: prop::sample::Index,
        bit in 0u8..8,
    ) {
        let ring = ring(1);
        let mut bytes =
            ring.seal_bytes(PLACE, &value, &SeededRng::new(1)).unwrap().into_bytes();
        let at = at.index(bytes.len());
        bytes[at] ^= 1 << bit;
        prop_assert!(ring.open(PLACE, &Sealed::from_bytes(bytes)).is_err());
    }

    #[test]
    fn a_shortened_or_lengthened_value_is_refused(cut: prop::sample::Index, extra: u8) {
        let ring = ring(1);
        let bytes = ring.seal_bytes(PLACE, b"pa55", &SeededRng::new(1)).unwrap().into_bytes();
        let short = bytes[..cut.index(bytes.len())].to_vec();
        prop_assert!(ring.open(PLACE, &Sealed::from_bytes(short)).is_err());
        let mut long = bytes;
        long.push(extra);
        prop_assert!(ring.open(PLACE, &Sealed::from_bytes(long)).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..128)) {
        let ring = ring(1);
        let wrapped = WrappedKey { version: 1, bytes: bytes.clone() };
        prop_assert!(KeyRing::unlock(&kek(1), &[wrapped]).is_err());
        let sealed = Sealed::from_bytes(bytes);
        let _ = sealed.key_version();
        prop_assert!(ring.open(PLACE, &sealed).is_err());
    }
}
