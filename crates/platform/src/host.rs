//! What a host says about itself. Claims, never proof of identity.

use crate::PlatformError;

/// Facts about this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostFacts {
    /// The kernel's host name.
    pub hostname: String,
    /// `PRETTY_NAME` of os-release, such as `Debian GNU/Linux 12 (bookworm)`.
    pub os: String,
    /// Kernel release, such as `6.1.0-25-amd64`.
    pub kernel: String,
    /// Machine architecture as the kernel names it, such as `x86_64`.
    pub architecture: String,
    /// SHA-256 of the machine id with a salt of this product, in lower-case
    /// hexadecimal: the id itself is confidential (machine-id(5)). `None`
    /// when the host has no machine id.
    pub machine: Option<String>,
    /// The kernel's id of this boot, a UUID; changes at every start.
    pub boot_id: String,
}

/// Asks the system.
///
/// # Errors
/// When the kernel's own files cannot be read, or on other systems.
pub fn facts() -> Result<HostFacts, PlatformError> {
    crate::system::host_facts()
}

/// How long this machine runs, sleep included: a clock that nobody can set. It
/// begins anew with each start of the machine.
///
/// # Errors
/// [`PlatformError::Unsupported`] on systems other than Linux.
pub fn since_boot() -> Result<std::time::Duration, PlatformError> {
    crate::system::since_boot()
}
