//! What the demo has seen, for people and programs.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde::Serialize;

use super::Way;

/// The booleans say what was seen to work; false also means not reached.
#[derive(Debug, Default, Serialize)]
pub(super) struct Report {
    /// The agent enrolled with a one-time key and is approved.
    pub(super) enrolled: bool,
    /// Every account of the scratch system was discovered.
    pub(super) discovered: bool,
    /// From giving the reset to its commit, as the command line saw it.
    pub(super) reset_ms: Option<u64>,
    /// The revealed password logs in over SSH.
    pub(super) ssh_new_ok: bool,
    /// The former password, which had logged in before, is refused.
    pub(super) ssh_old_refused: bool,
    /// A verify found the password in sync.
    pub(super) verified: bool,
    /// The chain of the audit log is intact.
    pub(super) audit_ok: bool,
    /// The server's own record says that the device came through the gateway.
    pub(super) via_gateway: bool,
    /// The firewall refused connections from the DMZ to the server that are made
    /// from the LAN.
    pub(super) dmz_to_lan_blocked: bool,
}

impl Report {
    /// The names of what was not seen, in a demo whose agent goes this way.
    pub(super) fn missing(&self, way: Way) -> Vec<&'static str> {
        let direct = way == Way::Direct;
        [
            ("enrolled", self.enrolled),
            ("discovered", self.discovered),
            ("reset_ms", self.reset_ms.is_some()),
            ("ssh_new_ok", self.ssh_new_ok),
            ("ssh_old_refused", self.ssh_old_refused),
            ("verified", self.verified),
            ("audit_ok", self.audit_ok),
            ("via_gateway", self.via_gateway || direct),
            ("dmz_to_lan_blocked", self.dmz_to_lan_blocked || direct),
        ]
        .into_iter()
        .filter(|(_, seen)| !seen)
        .map(|(name, _)| name)
        .collect()
    }

    /// Writes it as one JSON object; the file belongs to who called sudo.
    pub(super) fn write(&self, file: &Path) -> Result<()> {
        let text = serde_json::to_string(self)? + "\n";
        fs::write(file, text).with_context(|| format!("writing {}", file.display()))?;
        let id = |name: &str| std::env::var(name).ok()?.parse::<u32>().ok();
        if let (Some(user), Some(group)) = (id("SUDO_UID"), id("SUDO_GID")) {
            std::os::unix::fs::chown(file, Some(user), Some(group))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_a_contract() {
        let report = Report {
            enrolled: true,
            discovered: true,
            reset_ms: Some(17),
            ssh_new_ok: true,
            ssh_old_refused: true,
            verified: true,
            audit_ok: true,
            via_gateway: true,
            dmz_to_lan_blocked: true,
        };
        assert_eq!(report.missing(Way::Gateway), [""; 0]);
        let folder = tempfile::tempdir().expect("scratch folder");
        let file = folder.path().join("out.json");
        report.write(&file).expect("written");
        assert_eq!(
            fs::read_to_string(&file).expect("readable"),
            "{\"enrolled\":true,\"discovered\":true,\"reset_ms\":17,\"ssh_new_ok\":true,\
             \"ssh_old_refused\":true,\"verified\":true,\"audit_ok\":true,\
             \"via_gateway\":true,\"dmz_to_lan_blocked\":true}\n"
        );
    }

    #[test]
    fn what_was_not_seen_is_named() {
        let report = Report { enrolled: true, ..Report::default() };
        assert_eq!(report.missing(Way::Gateway).first(), Some(&"discovered"));
        assert_eq!(report.missing(Way::Gateway).len(), 8);
        assert_eq!(report.missing(Way::Direct).len(), 6, "there is no gateway to see");
    }
}
