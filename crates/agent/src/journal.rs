//! The journal of orders and the escrows.
//!
//! One file per order, replaced whole at each step and synced with its folder:
//! `received → started → done → reported`. What is `started` after a restart
//! is never run again: nobody knows whether it took effect.

use std::collections::BTreeMap;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::id::{AccountId, OrderId, SecretVersionId};
use sekisho_model::order::Operation;
use sekisho_seal::escrow::SealedEscrow;
use serde::{Deserialize, Serialize};

use crate::state::{State, StateError};

const JOURNAL: &str = "journal";
const ESCROW: &str = "escrow";

/// The folders of the agent's memory that hold it.
pub(crate) const FOLDERS: [&str; 2] = [JOURNAL, ESCROW];

/// Reported orders are remembered so long, so that a late copy is recognised;
/// the last reset of each account for ever.
const KEEP_REPORTED: Duration = Duration::from_secs(7 * 24 * 3600);

/// Escrows that are neither the newest of their account nor of the version it
/// holds are kept so long.
const KEEP_ESCROW: Duration = Duration::from_secs(30 * 24 * 3600);

/// How far an order has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Accepted; nothing was done.
    Received,
    /// The host may have been changed.
    Started,
    /// There is a signed receipt.
    Done,
    /// The server has the receipt.
    Reported,
}

/// What the journal says about an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The order.
    pub order: OrderId,
    /// The seq of its newest delivery.
    pub seq: u64,
    /// SHA-256 of the signed order of that delivery.
    #[serde(with = "serde_bytes")]
    pub order_hash: [u8; 32],
    /// What it does.
    pub operation: Operation,
    /// The account it is about.
    pub account: Option<AccountId>,
    /// How far it has come.
    pub step: Step,
    /// When it was accepted, by the device's clock.
    pub started: Timestamp,
    /// When it was last changed, by the server's clock as far as known.
    pub changed: Timestamp,
    /// The signed receipt, from `done` on.
    pub receipt: Option<serde_bytes::ByteBuf>,
}

/// The journal and the escrows.
pub struct Journal {
    state: State,
    entries: BTreeMap<OrderId, Entry>,
}

impl Journal {
    /// Reads the journal.
    ///
    /// # Errors
    /// When the disk fails or an entry is damaged.
    pub fn open(state: State) -> Result<Self, StateError> {
        state.make_dir(JOURNAL)?;
        state.make_dir(ESCROW)?;
        let mut entries = BTreeMap::new();
        for name in state.list(JOURNAL)? {
            let entry: Option<Entry> = state.find(&format!("{JOURNAL}/{name}"))?;
            if let Some(entry) = entry {
                entries.insert(entry.order, entry);
            }
        }
        Ok(Self { state, entries })
    }

    /// What is known of an order.
    pub fn entry(&self, order: OrderId) -> Option<&Entry> {
        self.entries.get(&order)
    }

    /// Everything in the journal.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    /// The entry with the highest seq.
    pub fn newest(&self) -> Option<&Entry> {
        self.entries.values().max_by_key(|entry| entry.seq)
    }

    /// Writes an entry; durable on return. Only then is it believed.
    ///
    /// # Errors
    /// When the disk fails; then the old entry still counts.
    pub fn put(&mut self, entry: Entry) -> Result<(), StateError> {
        self.state.put(&format!("{JOURNAL}/{}", entry.order), &entry)?;
        self.entries.insert(entry.order, entry);
        Ok(())
    }

    /// Receipts that the server does not have yet, in the order in which the
    /// orders were carried out.
    pub fn unreported(&self) -> Vec<(OrderId, Vec<u8>)> {
        let mut done: Vec<&Entry> =
            self.entries.values().filter(|entry| entry.step == Step::Done).collect();
        done.sort_by_key(|entry| entry.seq);
        done.into_iter()
            .filter_map(|entry| Some((entry.order, entry.receipt.as_ref()?.to_vec())))
            .collect()
    }

    /// Keeps an escrow; durable on return.
    ///
    /// # Errors
    /// When the disk fails: then nothing may be started.
    pub fn put_escrow(&self, escrow: &SealedEscrow) -> Result<(), StateError> {
        self.state.put(&format!("{ESCROW}/{}", escrow.version), escrow)
    }

    /// All escrows.
    ///
    /// # Errors
    /// When the disk fails or one is damaged.
    pub fn escrows(&self) -> Result<Vec<SealedEscrow>, StateError> {
        let mut escrows = Vec::new();
        for name in self.state.list(ESCROW)? {
            escrows.extend(self.state.find::<SealedEscrow>(&format!("{ESCROW}/{name}"))?);
        }
        Ok(escrows)
    }

    /// Forgets what need not be remembered: orders reported a week ago, but for
    /// the last reset of each account, and escrows of a month ago that are
    /// neither the newest of their account nor of the version it holds. The
    /// caller has stored the highest seq.
    ///
    /// # Errors
    /// When the disk fails; what was not forgotten is still known.
    pub fn tidy(
        &mut self,
        now: Timestamp,
        held: &BTreeMap<AccountId, SecretVersionId>,
    ) -> Result<(), StateError> {
        let resets = self.entries.values().filter(|entry| entry.operation == Operation::Reset);
        let last = newest(resets.map(|entry| (entry.account, entry.seq)));
        let old: Vec<OrderId> = self
            .entries
            .values()
            .filter(|entry| entry.step == Step::Reported)
            .filter(|entry| now.since(entry.changed) > KEEP_REPORTED)
            // A server that was put back to a moment between the delivery and
            // the receipt gives its open reset again, however late.
            .filter(|entry| last.get(&entry.account) != Some(&entry.seq))
            .map(|entry| entry.order)
            .collect();
        for order in old {
            self.state.remove(&format!("{JOURNAL}/{order}"))?;
            self.entries.remove(&order);
        }
        let escrows = self.escrows()?;
        let last = newest(escrows.iter().map(|escrow| (escrow.account, escrow.seq)));
        for escrow in escrows {
            let is_newest = last.get(&escrow.account) == Some(&escrow.seq);
            let is_open =
                self.entries.get(&escrow.order).is_some_and(|entry| entry.step < Step::Reported);
            // The newest may never have been applied, and the clock may be wrong.
            let is_held = held.get(&escrow.account) == Some(&escrow.version);
            if !is_newest && !is_open && !is_held && now.since(escrow.at) > KEEP_ESCROW {
                self.state.remove(&format!("{ESCROW}/{}", escrow.version))?;
            }
        }
        Ok(())
    }
}

/// The highest seq of each account.
fn newest<K: Ord>(of: impl Iterator<Item = (K, u64)>) -> BTreeMap<K, u64> {
    let mut newest = BTreeMap::new();
    for (account, seq) in of {
        let highest = newest.entry(account).or_default();
        *highest = seq.max(*highest);
    }
    newest
}
