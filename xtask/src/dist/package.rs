//! What a package is, whatever its format.

/// The processor a package is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Arch {
    /// x86-64.
    Amd64,
    /// 64-bit Arm.
    Arm64,
}

impl Arch {
    /// The processor of this machine, if there are packages for it.
    pub fn here() -> Option<Self> {
        match std::env::consts::ARCH {
            "x86_64" => Some(Self::Amd64),
            "aarch64" => Some(Self::Arm64),
            _ => None,
        }
    }

    /// As Debian names it, and as our file names do.
    pub fn debian(self) -> &'static str {
        match self {
            Self::Amd64 => "amd64",
            Self::Arm64 => "arm64",
        }
    }

    /// As RPM names it.
    pub fn rpm(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64",
            Self::Arm64 => "aarch64",
        }
    }

    /// As rustc names it.
    pub fn target(self) -> &'static str {
        match self {
            Self::Amd64 => "x86_64-unknown-linux-gnu",
            Self::Arm64 => "aarch64-unknown-linux-gnu",
        }
    }
}

/// The form of a package.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For Debian and its kin.
    Deb,
    /// For Fedora, RHEL, SUSE and their kin.
    Rpm,
    /// For everything else.
    Tarball,
}

impl Format {
    /// Every one of them.
    pub const ALL: [Self; 3] = [Self::Deb, Self::Rpm, Self::Tarball];
}

/// A file in a package.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// Where it is installed, without the first slash.
    pub(super) path: String,
    pub(super) content: Vec<u8>,
    /// 0o755 or 0o644.
    pub(super) mode: u32,
    /// Whether an upgrade keeps what an administrator changed in it.
    pub(super) is_settings: bool,
}

/// What the package manager runs, by the name it has for it.
pub(super) type Scripts = &'static [(&'static str, &'static str)];

/// A package.
#[derive(Clone, Debug)]
pub(super) struct Package {
    pub(super) name: &'static str,
    pub(super) version: String,
    pub(super) arch: Arch,
    pub(super) summary: &'static str,
    /// Lines of at most 78 columns.
    pub(super) description: &'static str,
    pub(super) section: &'static str,
    /// The newest symbol version of glibc that the program asks for, like
    /// `2.34`.
    pub(super) glibc: Option<String>,
    /// Further packages, as Debian names them.
    pub(super) deb_depends: &'static [&'static str],
    pub(super) deb_scripts: Scripts,
    /// Further packages, as the RPM world names them.
    pub(super) rpm_requires: &'static [&'static str],
    pub(super) rpm_scripts: Scripts,
    /// Sorted by path.
    pub(super) entries: Vec<Entry>,
    /// The time of everything in it, seconds since 1970.
    pub(super) time_s: u64,
}

/// Who answers for the packages.
pub(super) const MAINTAINER: &str = "The Sekisho authors <packages@sekisho.invalid>";
