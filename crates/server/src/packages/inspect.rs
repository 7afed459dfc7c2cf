//! What a file is, read from the file itself: its name says nothing.
//!
//! A Debian package (deb(5)) is an `ar` archive whose control file names
//! package, version and architecture; an RPM has them in its header; in our
//! tarball the folder has the version and the program the processor (ELF).

mod rpm;

use std::io::Read;

use flate2::read::GzDecoder;
use sekisho_model::device::Platform;

/// The package that is ours.
const NAME: &str = "sekisho-agent";

/// Longest control file of a Debian package, in bytes.
const MAX_CONTROL_BYTES: u64 = 1024 * 1024;

/// A tarball is looked into so far, unpacked, in bytes.
const MAX_TARBALL_BYTES: u64 = 1024 * 1024 * 1024;

/// The form of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Debian, Ubuntu and their kin.
    Deb,
    /// For Fedora, RHEL, SUSE and their kin.
    Rpm,
    /// For every other Linux.
    Tarball,
}

impl Format {
    /// The word for it, and the end of its files' names.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Deb => "deb",
            Self::Rpm => "rpm",
            Self::Tarball => "tar.gz",
        }
    }
}

/// A package of the agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// Its form.
    pub format: Format,
    /// For what kind of agent.
    pub platform: Platform,
    /// `amd64` or `arm64`.
    pub architecture: &'static str,
    /// The version of the agent in it.
    pub version: String,
}

impl Found {
    /// What its file is called when somebody downloads it.
    pub fn file_name(&self) -> String {
        format!("{NAME}_{}_{}.{}", self.version, self.architecture, self.format.as_str())
    }
}

/// Why a file is no package of ours.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    /// It is something else altogether.
    #[error("this is no deb, rpm or tar.gz; give a package of {NAME}")]
    NoPackage,
    /// It is a package of something else.
    #[error("this is a package of '{0}', not of {NAME}")]
    Other(String),
    /// It is damaged, or made by somebody else.
    #[error("this {format} cannot be read: {problem}")]
    Damaged {
        /// Its form.
        format: &'static str,
        /// What is wrong.
        problem: String,
    },
    /// It is for another processor.
    #[error("this package is for the processor '{0}'; amd64 and arm64 are served")]
    Architecture(String),
    /// Its version could not stand in a file name.
    #[error("the version '{0}' of this package has other characters than a-z, 0-9 and . + ~ -")]
    Version(String),
}

/// Reads what a file is.
///
/// # Errors
/// Says what it is instead.
pub fn inspect(bytes: &[u8]) -> Result<Found, NotOurs> {
    let (format, said) = if bytes.starts_with(AR_MAGIC) {
        (Format::Deb, deb(bytes)?)
    } else if bytes.starts_with(&[0xed, 0xab, 0xee, 0xdb]) {
        (Format::Rpm, rpm::read(bytes).map_err(|problem| damaged(Format::Rpm, problem))?)
    } else if bytes.starts_with(&[0x1f, 0x8b]) {
        (Format::Tarball, tarball(bytes)?)
    } else {
        return Err(NotOurs::NoPackage);
    };
    let Said { name, version, architecture } = said;
    if name != NAME {
        return Err(NotOurs::Other(shown(&name)));
    }
    let architecture = match architecture.as_str() {
        "amd64" | "x86_64" => "amd64",
        "arm64" | "aarch64" => "arm64",
        other => return Err(NotOurs::Architecture(shown(other))),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '+' | '~' | '-');
    let begins = version.starts_with(|c: char| c.is_ascii_alphanumeric());
    if !begins || version.len() > 64 || !version.chars().all(plain) {
        return Err(NotOurs::Version(shown(&version)));
    }
    Ok(Found { format, platform: Platform::Linux, architecture, version })
}

/// What a package says of itself.
struct Said {
    name: String,
    version: String,
    architecture: String,
}

fn shown(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(64).collect()
}

fn damaged(format: Format, problem: impl std::fmt::Display) -> NotOurs {
    NotOurs::Damaged { format: format.as_str(), problem: problem.to_string() }
}

const AR_MAGIC: &[u8] = b"!<arch>\n";

/// The header of a member of an `ar` archive, in bytes.
const AR_HEADER: usize = 60;

fn deb(bytes: &[u8]) -> Result<Said, NotOurs> {
    let fail = |problem: &str| damaged(Format::Deb, problem);
    let mut rest = &bytes[AR_MAGIC.len()..];
    while !rest.is_empty() {
        let (header, after) =
            rest.split_at_checked(AR_HEADER).ok_or_else(|| fail("it ends in a header"))?;
        let text = |from: usize, to: usize| std::str::from_utf8(&header[from..to]).map(str::trim);
        let name = text(0, 16).map_err(|_| fail("a name is no text"))?.trim_end_matches('/');
        let length: usize = text(48, 58)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| fail("a length is no number"))?;
        let (content, next) =
            after.split_at_checked(length).ok_or_else(|| fail("it ends in a member"))?;
        if name == "control.tar.gz" {
            return control(content);
        }
        // Members begin at even bytes.
        rest = next.get(length % 2..).unwrap_or_default();
    }
    Err(fail("it has no control.tar.gz"))
}

fn control(content: &[u8]) -> Result<Said, NotOurs> {
    let fail = |error: std::io::Error| damaged(Format::Deb, error);
    let unpacked = GzDecoder::new(content).take(MAX_CONTROL_BYTES);
    let mut archive = tar::Archive::new(unpacked);
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let path = entry.path().map_err(fail)?.into_owned();
        if path.file_name().is_none_or(|name| name != "control") {
            continue;
        }
        let mut text = String::new();
        entry.read_to_string(&mut text).map_err(fail)?;
        let field = |name: &str| {
            let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.map(|value| value.trim().to_owned()).unwrap_or_default()
        };
        return Ok(Said {
            name: field("Package"),
            version: field("Version"),
            architecture: field("Architecture"),
        });
    }
    Err(damaged(Format::Deb, "its control.tar.gz has no control file"))
}

fn tarball(bytes: &[u8]) -> Result<Said, NotOurs> {
    let fail = |error: std::io::Error| damaged(Format::Tarball, error);
    let mut archive = tar::Archive::new(GzDecoder::new(bytes).take(MAX_TARBALL_BYTES));
    let mut top = None;
    for entry in archive.entries().map_err(fail)? {
        let mut entry = entry.map_err(fail)?;
        let path = entry.path().map_err(fail)?.to_string_lossy().into_owned();
        let path = path.trim_start_matches("./");
        let (folder, below) = path.split_once('/').unwrap_or((path, ""));
        top.get_or_insert_with(|| folder.to_owned());
        if below != "usr/bin/sekisho-agent" {
            continue;
        }
        let Some(version) = folder.strip_prefix(NAME).and_then(|rest| rest.strip_prefix('-'))
        else {
            return Err(NotOurs::Other(shown(folder)));
        };
        let mut head = [0; 20];
        entry.read_exact(&mut head).map_err(fail)?;
        return Ok(Said {
            name: NAME.to_owned(),
            version: version.to_owned(),
            architecture: processor(&head)
                .ok_or_else(|| damaged(Format::Tarball, "its sekisho-agent is no program"))?,
        });
    }
    match top {
        Some(folder) if !folder.is_empty() => Err(NotOurs::Other(shown(&folder))),
        Some(_) | None => Err(damaged(Format::Tarball, "it is empty")),
    }
}

/// The processor that an ELF program is for (elf(5), `e_machine`).
fn processor(head: &[u8; 20]) -> Option<String> {
    let is_little = head[5] == 1;
    if !head.starts_with(b"\x7fELF") || !is_little {
        return None;
    }
    let machine = u16::from_le_bytes([head[18], head[19]]);
    Some(match machine {
        62 => "amd64".to_owned(),
        183 => "arm64".to_owned(),
        other => format!("ELF machine {other}"),
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
        let mut tar = tar::Builder::new(Vec::new());
        for (path, content) in files {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o755);
            header.set_size(content.len() as u64);
            tar.append_data(&mut header, path, *content).expect("packed");
        }
        let tar = tar.into_inner().expect("packed");
        let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        gz.write_all(&tar).expect("packed");
        gz.finish().expect("packed")
    }

    fn ar(members: &[(&str, &[u8])]) -> Vec<u8> {
        let mut ar = AR_MAGIC.to_vec();
        for (name, content) in members {
            let length = content.len();
            ar.extend(
                format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{length:<10}`\n", 0, 0, 0, 0).bytes(),
            );
            ar.extend_from_slice(content);
            ar.extend((length % 2 == 1).then_some(b'\n'));
        }
        ar
    }

    fn debian(control: &str) -> Vec<u8> {
        let control = tar(&[("control", control.as_bytes())]);
        ar(&[("debian-binary", b"2.0\n"), ("control.tar.gz", &control), ("data.tar.gz", b"x")])
    }

    fn elf(machine: u16) -> Vec<u8> {
        let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
        elf.resize(18, 0);
        elf.extend(machine.to_le_bytes());
        elf.resize(200, 0);
        elf
    }

    #[test]
    fn a_debian_package_says_what_it_is() {
        let text = "Package: sekisho-agent\nVersion: 0.3.0~rc1\nArchitecture: arm64\n";
        let found = inspect(&debian(text)).expect("ours");
        assert_eq!((found.format, found.architecture), (Format::Deb, "arm64"));
        assert_eq!(found.file_name(), "sekisho-agent_0.3.0~rc1_arm64.deb");
    }

    fn red_hat() -> Vec<u8> {
        let mut builder = ::rpm::PackageBuilder::new(NAME, "0.3.0", "MIT", "x86_64", "the agent");
        builder.using_config(::rpm::BuildConfig::v4());
        let mut bytes = Vec::new();
        builder.build().expect("built").write(&mut bytes).expect("written");
        bytes
    }

    /// Files come from elsewhere: whatever was done to one, it is read or
    /// refused, and nothing worse.
    #[test]
    fn a_changed_package_is_read_or_refused() {
        let control = "Package: sekisho-agent\nVersion: 1\nArchitecture: amd64\n";
        let program = elf(62);
        let files: [(&str, &[u8]); 1] = [("sekisho-agent-1/usr/bin/sekisho-agent", &program)];
        for whole in [debian(control), red_hat(), tar(&files)] {
            assert!(inspect(&whole).is_ok());
            for at in (0..whole.len()).step_by(11) {
                let _ = inspect(&whole[..at]);
                let mut changed = whole.clone();
                changed[at] ^= 0xff;
                let _ = inspect(&changed);
            }
        }
    }

    #[test]
    fn an_rpm_says_what_it_is() {
        let found = inspect(&red_hat()).expect("ours");
        assert_eq!(found.file_name(), "sekisho-agent_0.3.0_amd64.rpm");
    }

    #[test]
    fn a_tarball_says_what_it_is_by_its_folder_and_its_program() {
        let program = elf(62);
        let files: [(&str, &[u8]); 2] = [
            ("sekisho-agent-0.3.0/usr/bin/sekisho-agent", &program),
            ("sekisho-agent-0.3.0/etc/sekisho/agent.toml", b""),
        ];
        let found = inspect(&tar(&files)).expect("ours");
        assert_eq!(found.file_name(), "sekisho-agent_0.3.0_amd64.tar.gz");
    }

    #[test]
    fn what_is_not_ours_is_said() {
        let deb = |name: &str, version: &str, arch: &str| {
            debian(&format!("Package: {name}\nVersion: {version}\nArchitecture: {arch}\n"))
        };
        let cases: [(Vec<u8>, &str); 9] = [
            (b"#!/bin/sh".to_vec(), "no deb, rpm or tar.gz"),
            (deb("bash", "5", "amd64"), "a package of 'bash', not of sekisho-agent"),
            (deb("sekisho-server", "1", "amd64"), "a package of 'sekisho-server'"),
            (deb(NAME, "1", "riscv64"), "for the processor 'riscv64'"),
            (deb(NAME, "../../etc/passwd", "amd64"), "the version '../../etc/passwd'"),
            (ar(&[("debian-binary", b"2.0\n")]), "no control.tar.gz"),
            (deb(NAME, "1", "amd64")[..90].to_vec(), "cannot be read"),
            (tar(&[("coreutils-9/usr/bin/ls", b"x")]), "a package of 'coreutils-9'"),
            (
                tar(&[("sekisho-agent-1/usr/bin/sekisho-agent", b"#!/bin/sh\nexec true\n...")]),
                "its sekisho-agent is no program",
            ),
        ];
        for (bytes, part) in cases {
            let error = inspect(&bytes).expect_err(part).to_string();
            assert!(error.contains(part), "{error}");
        }
        let mut rpm = vec![0xed, 0xab, 0xee, 0xdb];
        rpm.resize(4000, 7);
        assert!(inspect(&rpm).expect_err("damaged").to_string().starts_with("this rpm cannot"));
    }
}
