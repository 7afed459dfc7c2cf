use super::*;
use sekisho_model::rng::SeededRng;
use std::collections::BTreeSet;

fn read(disk: &MemoryDisk, name: &str) -> Option<Vec<u8>> {
    disk.read(name).unwrap()
}

/// A disk with one durable file `journal` = `old`.
fn with_journal() -> MemoryDisk {
    let disk = MemoryDisk::new();
    disk.append("journal", b"old").unwrap();
    disk.sync_file("journal").unwrap();
    disk.sync_dir("").unwrap();
    disk
}

#[test]
fn bytes_that_were_not_synced_are_lost() {
    let disk = with_journal();
    disk.append("journal", b"new").unwrap();
    assert_eq!(read(&disk, "journal").unwrap(), b"oldnew");
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
}

#[test]
fn a_name_that_was_not_synced_is_lost_with_its_synced_bytes() {
    let disk = MemoryDisk::new();
    disk.append("journal", b"x").unwrap();
    disk.sync_file("journal").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal"), None);
}

#[test]
fn a_synced_name_without_synced_bytes_is_an_empty_file() {
    let disk = MemoryDisk::new();
    disk.append("journal", b"x").unwrap();
    disk.sync_dir("").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"");
}

#[test]
fn a_removed_file_comes_back_until_its_folder_is_synced() {
    let disk = with_journal();
    disk.remove("journal").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
    disk.remove("journal").unwrap();
    disk.sync_dir("").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal"), None);
}

#[test]
fn a_replaced_file_is_whole_old_or_whole_new() {
    let disk = with_journal();
    disk.write_atomic("journal", b"new").unwrap();
    assert_eq!(read(&disk, "journal").unwrap(), b"new");
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
    disk.write_atomic("journal", b"new").unwrap();
    disk.sync_dir("").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"new");
}

#[test]
fn a_truncation_is_undone_until_it_is_synced() {
    let disk = with_journal();
    disk.truncate("journal", 1).unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
    disk.truncate("journal", 1).unwrap();
    disk.sync_file("journal").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"o");
}

#[test]
fn a_folder_that_was_not_synced_takes_its_files_along() {
    let disk = MemoryDisk::new();
    disk.create_dir("escrow").unwrap();
    disk.write_atomic("escrow/a", b"x").unwrap();
    disk.sync_dir("escrow").unwrap();
    disk.crash();
    assert_eq!(disk.list("escrow").unwrap(), Vec::<String>::new());
    assert!(disk.append("escrow/a", b"x").is_err());

    disk.create_dir("escrow").unwrap();
    disk.sync_dir("").unwrap();
    disk.write_atomic("escrow/a", b"x").unwrap();
    disk.sync_dir("escrow").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "escrow/a").unwrap(), b"x");
}

#[test]
fn a_random_crash_tears_appends_at_every_place() {
    let rng = SeededRng::new(1);
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let disk = with_journal();
        disk.append("journal", b"abc").unwrap();
        disk.crash_with(&rng);
        let bytes = read(&disk, "journal").unwrap();
        assert!(bytes.starts_with(b"old"), "synced bytes are never torn: {bytes:?}");
        // What a crash left is on the disk: another crash changes nothing.
        disk.crash_with(&rng);
        assert_eq!(read(&disk, "journal").unwrap(), bytes);
        seen.insert(bytes[3..].to_vec());
    }
    let expected: [&[u8]; 7] = [b"", b"a", b"ab", b"abc", b"\0\0\0", b"a\0\0", b"ab\0"];
    assert_eq!(seen, expected.iter().map(|bytes| bytes.to_vec()).collect());
}

#[test]
fn a_random_crash_keeps_any_set_of_names_and_only_whole_contents() {
    let rng = SeededRng::new(2);
    let mut seen = BTreeSet::new();
    for _ in 0..500 {
        let disk = with_journal();
        disk.write_atomic("journal", b"new").unwrap();
        disk.write_atomic("second", b"2").unwrap();
        disk.crash_with(&rng);
        let journal = read(&disk, "journal").unwrap();
        assert!(journal == b"old" || journal == b"new");
        seen.insert((journal == b"new", read(&disk, "second").is_some()));
    }
    assert_eq!(seen.len(), 4);
}

#[test]
fn synced_state_survives_every_random_crash() {
    for seed in 0..200 {
        let disk = with_journal();
        disk.append("journal", b"!").unwrap();
        disk.sync_file("journal").unwrap();
        disk.remove("none").unwrap();
        disk.crash_with(&SeededRng::new(seed));
        assert_eq!(read(&disk, "journal").unwrap(), b"old!");
    }
}

#[test]
fn planned_faults_hit_the_named_operation_once() {
    let disk = with_journal();
    for (fault, kind) in [
        (Fault::NoSpace, io::ErrorKind::StorageFull),
        (Fault::ReadOnly, io::ErrorKind::ReadOnlyFilesystem),
    ] {
        disk.fail_at(1, fault);
        disk.read("journal").unwrap();
        assert_eq!(disk.write_atomic("journal", b"new").unwrap_err().kind(), kind);
        assert_eq!(read(&disk, "journal").unwrap(), b"old");
    }
    disk.fail_at(0, Fault::Io);
    assert_eq!(disk.read("journal").unwrap_err().raw_os_error(), Some(5));
    disk.read("journal").unwrap();
}

#[test]
fn a_full_disk_takes_a_part_of_an_append() {
    let disk = with_journal();
    disk.fail_at(0, Fault::NoSpace);
    assert!(disk.append("journal", b"abcd").is_err());
    assert_eq!(read(&disk, "journal").unwrap(), b"oldab");
    disk.fail_at(0, Fault::ReadOnly);
    assert!(disk.append("journal", b"abcd").is_err());
    assert_eq!(read(&disk, "journal").unwrap(), b"oldab");
}

#[test]
fn bytes_of_a_failed_sync_stay_lost_though_a_later_one_succeeds() {
    let disk = with_journal();
    disk.append("journal", b"abc").unwrap();
    disk.fail_at(0, Fault::Io);
    assert!(disk.sync_file("journal").is_err());
    disk.append("journal", b"d").unwrap();
    disk.sync_file("journal").unwrap();
    assert_eq!(read(&disk, "journal").unwrap(), b"oldabcd");
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old\0\0\0d");

    // Cutting the lost bytes off and writing them again repairs it.
    disk.append("journal", b"e").unwrap();
    disk.fail_at(0, Fault::Io);
    assert!(disk.sync_file("journal").is_err());
    disk.truncate("journal", 7).unwrap();
    disk.append("journal", b"e").unwrap();
    disk.sync_file("journal").unwrap();
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old\0\0\0de");
}

#[test]
fn without_power_nothing_works_until_the_crash() {
    let disk = with_journal();
    let before = disk.operations();
    disk.power_off_after(1);
    let other_handle = disk.clone();
    disk.append("journal", b"new").unwrap();
    assert!(other_handle.sync_file("journal").is_err());
    assert!(disk.read("journal").is_err());
    assert_eq!(disk.operations(), before + 3);
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
}

#[test]
fn every_crash_point_of_a_careful_writer_keeps_what_it_confirmed() {
    // The pattern of the journal: append, sync; a new file also syncs its
    // folder. Run it with a crash after every number of operations.
    let write = |disk: &MemoryDisk, confirmed: &mut Vec<u8>| -> io::Result<()> {
        for byte in 0..5 {
            disk.append("journal", &[byte])?;
            disk.sync_file("journal")?;
            if byte == 0 {
                disk.sync_dir("")?;
            }
            confirmed.push(byte);
        }
        Ok(())
    };
    let disk = MemoryDisk::new();
    write(&disk, &mut Vec::new()).unwrap();
    for point in 0..=disk.operations() {
        let (disk, mut confirmed) = (MemoryDisk::new(), Vec::new());
        disk.power_off_after(point);
        let _ = write(&disk, &mut confirmed);
        disk.crash_with(&SeededRng::new(point));
        let bytes = read(&disk, "journal").unwrap_or_default();
        assert!(bytes.starts_with(&confirmed), "crash at {point}: {bytes:?}, {confirmed:?}");
    }
}

#[test]
fn a_snapshot_is_a_disk_of_its_own_with_everything_synced() {
    let disk = with_journal();
    disk.append("journal", b"new").unwrap();
    let copy = disk.snapshot();
    disk.append("journal", b"er").unwrap();
    copy.crash();
    assert_eq!(read(&copy, "journal").unwrap(), b"oldnew");
    disk.crash();
    assert_eq!(read(&disk, "journal").unwrap(), b"old");
}
