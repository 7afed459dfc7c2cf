//! Facts about the machine.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::path::Path;
use std::time::Duration;

use sha2::{Digest, Sha256};

use crate::PlatformError;
use crate::host::HostFacts;

const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];
const MACHINE_ID: [&str; 2] = ["/etc/machine-id", "/var/lib/dbus/machine-id"];
const BOOT_ID: &str = "/proc/sys/kernel/random/boot_id";

pub(crate) fn host_facts() -> Result<HostFacts, PlatformError> {
    let name = rustix::system::uname();
    let text = |field: &CStr| field.to_string_lossy().into_owned();
    let boot_id = fs::read_to_string(BOOT_ID)
        .map_err(|error| PlatformError::io("read", Path::new(BOOT_ID), error))?;
    let os = first_of(&OS_RELEASE)?.as_deref().and_then(pretty_name);
    Ok(HostFacts {
        hostname: text(name.nodename()),
        os: os.unwrap_or_else(|| text(name.sysname())),
        kernel: text(name.release()),
        architecture: text(name.machine()),
        machine: first_of(&MACHINE_ID)?.as_deref().and_then(hashed_machine_id),
        boot_id: boot_id.trim().to_owned(),
    })
}

pub(crate) fn since_boot() -> Result<Duration, PlatformError> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    Ok(Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0)))
}

/// The first file that exists.
fn first_of(paths: &[&str]) -> Result<Option<String>, PlatformError> {
    for path in paths {
        match fs::read(path) {
            Ok(bytes) => return Ok(Some(String::from_utf8_lossy(&bytes).into_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(PlatformError::io("read", Path::new(path), error)),
        }
    }
    Ok(None)
}

/// `PRETTY_NAME` of an os-release(5) file, unquoted, without control
/// characters, at most 200 characters.
fn pretty_name(os_release: &str) -> Option<String> {
    let value = os_release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
    let value = value.trim().trim_matches(['"', '\'']);
    let clean: String = value.chars().filter(|c| !c.is_control()).take(200).collect();
    (!clean.is_empty()).then_some(clean)
}

/// machine-id(5) asks programs to publish a keyed hash, never the id. A fresh
/// image says `uninitialized`: that is no identity.
fn hashed_machine_id(text: &str) -> Option<String> {
    let id = text.trim();
    if id.len() != 32 || !id.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut digest = Sha256::new();
    digest.update(b"sekisho machine id 1\0");
    digest.update(id.to_ascii_lowercase().as_bytes());
    Some(data_encoding::HEXLOWER.encode(&digest.finalize()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_the_system_is_unquoted() {
        let text = "ID=debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(pretty_name(text).as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(pretty_name("PRETTY_NAME=''\n"), None);
        assert_eq!(pretty_name(""), None);
    }

    #[test]
    fn the_machine_id_is_never_given_away() {
        let id = "0123456789abcdef0123456789abcdef";
        let hashed = hashed_machine_id(&format!("{id}\n")).unwrap();
        assert_eq!(hashed.len(), 64);
        assert!(!hashed.contains(id));
        assert_ne!(hashed, data_encoding::HEXLOWER.encode(&Sha256::digest(id)));
        assert_eq!(hashed_machine_id("uninitialized\n"), None);
        assert_eq!(hashed_machine_id(""), None);
    }

    #[test]
    fn this_machine_answers() {
        let facts = host_facts().unwrap();
        assert!(!facts.kernel.is_empty() && !facts.os.is_empty());
        assert_eq!(facts.boot_id.len(), 36);
    }

    #[test]
    fn the_time_since_the_start_only_rises() {
        let (first, second) = (since_boot().unwrap(), since_boot().unwrap());
        assert!(Duration::ZERO < first && first <= second);
    }
}
