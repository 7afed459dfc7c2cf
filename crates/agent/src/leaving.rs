//! What would be lost if this host's agent forgot everything now.
//!
//! A receipt that the server has not acknowledged is the only word about what
//! happened to a password here; an escrow whose order is not reported may be
//! the only other copy of the password itself. `remove`, and with it the
//! packages, refuse while there are such (see `docs/en/packages.md`).

use std::collections::BTreeSet;
use std::fmt;

use sekisho_model::id::{AccountId, OrderId, SecretVersionId};
use sekisho_model::order::Operation;

use crate::journal::{Journal, Step};
use crate::state::StateError;

/// Something that only this host knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The server does not know how an order ended.
    Receipt {
        /// The order.
        order: OrderId,
        /// What it does.
        operation: Operation,
        /// The account it is about.
        account: Option<AccountId>,
        /// How far it has come.
        step: Step,
    },
    /// A password that the server may not know to be in use.
    Escrow {
        /// The version of the password.
        version: SecretVersionId,
        /// Its account.
        account: AccountId,
        /// The order it came with.
        order: OrderId,
    },
}

impl fmt::Display for Loss {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Receipt { order, operation, account, step } => {
                write!(f, "the result of order {order} ({operation}")?;
                if let Some(account) = account {
                    write!(f, " of account {account}")?;
                }
                f.write_str(match step {
                    Step::Received => "): taken over, nothing done yet",
                    Step::Started => "): begun, and nobody knows whether it took effect",
                    Step::Done | Step::Reported => "): done, the server has not acknowledged it",
                })
            }
            Self::Escrow { version, account, order } => write!(
                f,
                "the escrow of password version {version} of account {account}, from order {order}"
            ),
        }
    }
}

/// What would be lost, oldest order first. Empty: the server has all of it.
///
/// # Errors
/// When the memory cannot be read: then nobody knows, and nothing may be
/// thrown away.
pub fn losses(journal: &Journal) -> Result<Vec<Loss>, StateError> {
    let open: BTreeSet<OrderId> = journal
        .entries()
        .filter(|entry| entry.step < Step::Reported)
        .map(|entry| entry.order)
        .collect();
    let receipts = journal.entries().filter(|entry| open.contains(&entry.order)).map(|entry| {
        let (order, operation) = (entry.order, entry.operation);
        Loss::Receipt { order, operation, account: entry.account, step: entry.step }
    });
    let mut losses: Vec<Loss> = receipts.collect();
    // An order that the journal no longer holds was reported long ago.
    let escrows = journal.escrows()?.into_iter().filter(|escrow| open.contains(&escrow.order));
    losses.extend(escrows.map(|escrow| Loss::Escrow {
        version: escrow.version,
        account: escrow.account,
        order: escrow.order,
    }));
    Ok(losses)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use sekisho_model::clock::{Clock as _, SystemClock};
    use sekisho_model::rng::SystemRng;
    use sekisho_platform::disk::MemoryDisk;
    use sekisho_seal::escrow::SealedEscrow;

    use super::*;
    use crate::journal::Entry;
    use crate::state::State;

    fn journal() -> Journal {
        Journal::open(State::new(Arc::new(MemoryDisk::new()))).expect("an empty journal")
    }

    fn put(journal: &mut Journal, step: Step) -> OrderId {
        let (clock, rng) = (SystemClock, SystemRng);
        let order = OrderId::new(&clock, &rng);
        let account = AccountId::new(&clock, &rng);
        let entry = Entry {
            order,
            seq: 1,
            order_hash: [0; 32],
            operation: Operation::Reset,
            account: Some(account),
            step,
            started: clock.now(),
            changed: clock.now(),
            receipt: None,
        };
        journal.put(entry).expect("a journal");
        let escrow = SealedEscrow {
            account,
            version: SecretVersionId::new(&clock, &rng),
            order,
            seq: 1,
            at: clock.now(),
            recovery_kid: [0; 8],
            enc: [0; 32],
            ciphertext: vec![1],
        };
        journal.put_escrow(&escrow).expect("a journal");
        order
    }

    #[test]
    fn what_the_server_has_is_no_loss() {
        let mut journal = journal();
        assert_eq!(losses(&journal).expect("readable"), []);
        put(&mut journal, Step::Reported);
        assert_eq!(losses(&journal).expect("readable"), []);
    }

    #[test]
    fn an_open_order_is_lost_with_its_escrow() {
        for step in [Step::Received, Step::Started, Step::Done] {
            let mut journal = journal();
            put(&mut journal, Step::Reported);
            let order = put(&mut journal, step);
            let found = losses(&journal).expect("readable");
            let text = found.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
            assert_eq!(found.len(), 2, "{step:?}: {text}");
            assert_eq!(text.matches(&order.to_string()).count(), 2, "{step:?}: {text}");
            assert!(text.contains("escrow"), "{text}");
        }
    }
}
