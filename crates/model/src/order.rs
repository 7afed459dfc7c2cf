//! Orders: what the server asks an agent to do.

use crate::word::words;

words! {
    /// What an order does.
    Operation ("operation") {
        /// Set a new password and check that it works.
        Reset = "reset",
        /// Check whether known values work. Changes nothing.
        Verify = "verify",
        /// List the accounts of the host. Changes nothing.
        Discover = "discover",
    }
}

words! {
    /// The state of an order (`protocol.md`, Reset of a password).
    OrderState ("order state") {
        /// Stored with its candidate; its device may not receive orders yet.
        Staged = "staged",
        /// Waits for its device to fetch it.
        Queued = "queued",
        /// Handed to a valid fetch. From here a time-out proves nothing (RST-7).
        Delivered = "delivered",
        /// Delivered, and the outcome is not known.
        Indeterminate = "indeterminate",
        /// A verify order looks which value works.
        Reconciling = "reconciling",
        /// Done, with evidence.
        Committed = "committed",
        /// Positive evidence that nothing was changed.
        NotApplied = "not_applied",
        /// Neither value works: somebody else changed the password.
        OutOfSync = "out_of_sync",
        /// Withdrawn before delivery.
        Cancelled = "cancelled",
        /// Not fetched in time; never delivered.
        Expired = "expired",
    }
}

impl OrderState {
    /// Whether nothing more can happen to the order.
    pub const fn is_terminal(self) -> bool {
        match self {
            Self::Staged
            | Self::Queued
            | Self::Delivered
            | Self::Indeterminate
            | Self::Reconciling => false,
            Self::Committed
            | Self::NotApplied
            | Self::OutOfSync
            | Self::Cancelled
            | Self::Expired => true,
        }
    }

    /// The states in which something can still happen.
    pub fn open() -> impl Iterator<Item = Self> {
        Self::ALL.iter().copied().filter(|state| !state.is_terminal())
    }

    /// Whether the order may have reached its device.
    pub const fn was_delivered(self) -> bool {
        match self {
            Self::Staged | Self::Queued | Self::Cancelled | Self::Expired => false,
            Self::Delivered
            | Self::Indeterminate
            | Self::Reconciling
            | Self::Committed
            | Self::NotApplied
            | Self::OutOfSync => true,
        }
    }
}

words! {
    /// Why a host did not accept a change; decides what is tried next.
    RefusalClass ("refusal class") {
        /// The value breaks a rule of the host: try a new candidate (≤ 3).
        Policy = "policy",
        /// Something passing (a lock file, no space): the same candidate.
        Transient = "transient",
        /// It is not known whether the change happened: verify first.
        Unknown = "unknown",
        /// It can never work here (no such account, not local, no rights).
        Permanent = "permanent",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_round_trip_and_strangers_are_named() {
        for state in OrderState::ALL {
            assert_eq!(state.as_str().parse::<OrderState>().as_ref(), Ok(state));
        }
        let error = "done".parse::<OrderState>().expect_err("no such state").to_string();
        assert!(error.starts_with("'done' is no order state; expected one of: staged,"), "{error}");
    }
}
