//! Enrolled endpoints and the keys that admit them.

use crate::word::words;

words! {
    /// Whether a device may do its work.
    DeviceState ("device state") {
        /// Enrolled; waits for an administrator.
        Pending = "pending",
        /// May receive orders.
        Approved = "approved",
        /// Refused by an administrator; keeps its row so that it stays refused.
        Blocked = "blocked",
        /// Taken out of service.
        Retired = "retired",
    }
}

words! {
    /// How the agent of a resource is, to look for resources by it.
    Served ("state of an agent") {
        /// Approved, and heard of not long ago.
        Active = "active",
        /// Approved, and silent for long.
        Inactive = "inactive",
        /// Waits for approval.
        Pending = "pending",
        /// Blocked.
        Blocked = "blocked",
        /// There is none.
        None = "none",
    }
}

words! {
    /// Why an approved device is held back without being blocked.
    Suspension ("suspension") {
        /// Two live sessions alternate with the same identity: a copied disk.
        Cloned = "cloned",
    }
}

words! {
    /// What kind of agent runs on the endpoint. Not interchangeable.
    Platform ("platform") {
        /// Linux with local account files.
        Linux = "linux",
        /// Windows, not a domain controller.
        Windows = "windows",
        /// A Windows (or Samba) domain controller.
        WindowsDomain = "windows_domain",
    }
}

words! {
    /// What can be done with an enrolment key now; derived, never stored.
    KeyState ("state of an enrolment key") {
        /// It admits devices.
        Active = "active",
        /// A one-time key that a device has used.
        Used = "used",
        /// Its time is over.
        Expired = "expired",
        /// Somebody revoked it.
        Revoked = "revoked",
    }
}

words! {
    /// How often an enrolment key may be used.
    KeyUse ("key use") {
        /// Once.
        Once = "once",
        /// Any number of times inside its window of at most 24 hours.
        Window = "window",
    }
}

words! {
    /// Why an enrolment was refused. Only told inside the PSK context: without
    /// the key's secret the answer is always *unknown key*.
    EnrolmentRefusal ("enrolment refusal") {
        /// No such key, or a wrong secret.
        UnknownKey = "unknown_key",
        /// A one-time key that another device has used.
        Used = "used",
        /// A one-time key past its expiry.
        Expired = "expired",
        /// A window key outside its window.
        WindowOver = "window_over",
        /// An administrator revoked the key.
        Revoked = "revoked",
        /// The key is for another kind of agent.
        WrongPlatform = "wrong_platform",
        /// The key was issued by another site.
        WrongSite = "wrong_site",
        /// This device is blocked.
        Blocked = "blocked",
        /// The host name belongs to a resource with another device.
        NameTaken = "name_taken",
        /// The owner named in the agent's file is not the key's owner.
        WrongOwner = "wrong_owner",
        /// The request is malformed or its signature is wrong.
        Malformed = "malformed",
        /// This agent version is too old for the server.
        TooOld = "too_old",
        /// `update` on a host that has not enrolled.
        NotEnrolled = "not_enrolled",
        /// `update` with a key of whoever owns the resource already.
        SameOwner = "same_owner",
        /// `update` while the device has orders that it has not answered.
        Busy = "busy",
    }
}

impl EnrolmentRefusal {
    /// A sentence for the person at the endpoint: what is wrong and what to do.
    pub const fn advice(self) -> &'static str {
        match self {
            Self::UnknownKey => {
                "the server does not know this key; copy it again, or ask for a new one"
            }
            Self::Used => "the key was used by another device; ask for a new one",
            Self::Expired => "the key has expired; ask for a new one",
            Self::WindowOver => "the key's time window is over; ask for a new one",
            Self::Revoked => "the key was revoked; ask for a new one",
            Self::WrongPlatform => {
                "the key is for another kind of agent; ask for one for this system"
            }
            Self::WrongSite => "the key was issued by another site; check the server address",
            Self::Blocked => "this device is blocked; an administrator can unblock it",
            Self::NameTaken => {
                "another device holds this host name; an administrator must remap the resource"
            }
            Self::WrongOwner => {
                "the owner in agent.toml is not the owner of the key; remove it or use their key"
            }
            Self::Malformed => "the server could not read the request; upgrade the agent",
            Self::TooOld => "this agent is too old for the server; install a newer one",
            Self::NotEnrolled => "the server does not know this host; enrol it first",
            Self::SameOwner => {
                "the resource belongs to the owner of this key already; there is nothing to update"
            }
            Self::Busy => {
                "the server waits for the outcome of an order on this host; let the agent run until \
                 `sekisho-agent status` shows no open receipts, then try again"
            }
        }
    }
}

/// A fingerprint as people compare it, in groups of four characters. Every program
/// and the console show it like this; what programs read has no blanks.
pub fn in_fours(fingerprint: &str) -> String {
    let mut shown = String::with_capacity(fingerprint.len() + fingerprint.len() / 4);
    for (at, character) in fingerprint.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            shown.push(' ');
        }
        shown.push(character);
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::in_fours;

    #[test]
    fn a_fingerprint_is_shown_in_groups_of_four() {
        assert_eq!(in_fours("0123456789abcdef"), "0123 4567 89ab cdef");
        assert_eq!((in_fours("01234").as_str(), in_fours("").as_str()), ("0123 4", ""));
    }
}
