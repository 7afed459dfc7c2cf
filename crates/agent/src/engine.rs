//! What is done with an order, and in which order things become durable.
//!
//! The engine has no network. It takes orders whose seal and signature were
//! checked, and returns signed receipts. For a reset it keeps this order
//! (RST-1, RST-5):
//!
//! 1. the entry `received` with its seq,
//! 2. the escrow: the candidate sealed afresh to the recovery key,
//! 3. the entry `started`,
//! 4. the change, through the system's own tools; the check of the new value;
//!    the sync of the account files and their folder,
//! 5. the fence: which version this account now holds,
//! 6. the entry `done` with the signed receipt.
//!
//! Each step is durable before the next begins. A crash after 3 and before 6
//! leaves `started`, and the engine answers *unknown* for it when it starts
//! again: it never runs an order twice.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use sekisho_model::account::{DiscoveredAccount, VerifyResult};
use sekisho_model::id::{AccountId, DeviceId, OrderId, SecretVersionId, SiteId};
use sekisho_model::order::RefusalClass;
use sekisho_model::{Clock, Rng, Timestamp};
use sekisho_platform::PlatformError;
use sekisho_platform::accounts::{AccountBackend, AccountFilter, Verification};
use sekisho_seal::bundle::Trust;
use sekisho_seal::escrow::{self, Escrow, SealedEscrow};
use sekisho_seal::message;
use sekisho_seal::sign::IdentityKey;
use sekisho_wire::order::{Candidate, MAX_CANDIDATES, Order, Target, Task};
use sekisho_wire::receipt::{
    Disposition, MAX_ACCOUNTS, OrderRefusal, Outcome, Receipt, ResetResult, Tried,
};
use serde_bytes::ByteBuf;

use crate::journal::{Entry, Journal, Step};
use crate::state::{Counters, State, StateError};

/// Longest line of detail in a receipt, in characters.
const MAX_DETAIL: usize = 300;

/// The brain of the agent.
pub struct Engine {
    state: State,
    journal: Journal,
    counters: Counters,
    held: BTreeMap<AccountId, SecretVersionId>,
    /// Receipts that the disk did not take. They are reported all the same; if
    /// the agent stops first, the answer is *unknown*.
    unsaved: BTreeMap<OrderId, Vec<u8>>,
    identity: Arc<IdentityKey>,
    device: DeviceId,
    site: SiteId,
    accounts: Arc<dyn AccountBackend>,
    filter: AccountFilter,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
}

/// The newest order an agent has accepted: a server that does not know it was
/// put back to an older copy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Newest {
    /// Its seq; 0 when there was none.
    pub seq: u64,
    /// Its id, unless the server was told everything since.
    pub order: Option<OrderId>,
}

/// What the engine needs from outside.
pub struct Parts {
    /// Its memory.
    pub state: State,
    /// Its key.
    pub identity: Arc<IdentityKey>,
    /// Its id.
    pub device: DeviceId,
    /// The host's accounts.
    pub accounts: Arc<dyn AccountBackend>,
    /// Which of them are listed.
    pub filter: AccountFilter,
    /// The device's clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness for the escrow.
    pub rng: Arc<dyn Rng>,
}

impl Engine {
    /// Wakes up: reads the journal and gives every order that was started and
    /// not finished a receipt that says *unknown*.
    ///
    /// # Errors
    /// When the memory cannot be read or written.
    pub fn open(parts: Parts, trust: &Trust) -> Result<Self, StateError> {
        let journal = Journal::open(parts.state.clone())?;
        let mut counters = parts.state.counters()?;
        if let Some(entry) = journal.newest().filter(|entry| entry.seq > counters.seq) {
            (counters.seq, counters.newest) = (entry.seq, Some(entry.order));
        }
        let held = parts.state.held()?;
        let mut engine = Self {
            state: parts.state,
            journal,
            counters,
            held,
            unsaved: BTreeMap::new(),
            identity: parts.identity,
            device: parts.device,
            site: trust.anchor().site,
            accounts: parts.accounts,
            filter: parts.filter,
            clock: parts.clock,
            rng: parts.rng,
        };
        engine.answer_for_started()?;
        Ok(engine)
    }

    /// The counter for the next Hello: durable before it is returned.
    ///
    /// # Errors
    /// When it cannot be stored; then no Hello may be said.
    pub fn next_hello(&mut self) -> Result<u64, StateError> {
        let counters = Counters { hello: self.counters.hello + 1, ..self.counters };
        self.state.put_counters(&counters)?;
        self.counters = counters;
        Ok(counters.hello)
    }

    /// The newest order ever accepted.
    pub const fn newest(&self) -> Newest {
        Newest { seq: self.counters.seq, order: self.counters.newest }
    }

    /// The server, which is in recovery, was told everything this agent knows:
    /// what it has forgotten is no news any more.
    ///
    /// # Errors
    /// When the disk fails; then the server is told again.
    pub fn told_everything(&mut self) -> Result<(), StateError> {
        let counters = Counters { newest: None, ..self.counters };
        self.state.put_counters(&counters)?;
        self.counters = counters;
        Ok(())
    }

    /// Signed receipts that the server does not have yet.
    pub fn unreported(&self) -> Vec<(OrderId, Vec<u8>)> {
        let mut receipts = self.journal.unreported();
        receipts.extend(self.unsaved.iter().map(|(order, receipt)| (*order, receipt.clone())));
        receipts
    }

    /// The escrows, for a server that asks for them.
    ///
    /// # Errors
    /// When the disk fails or one is damaged.
    pub fn escrows(&self) -> Result<Vec<SealedEscrow>, StateError> {
        self.journal.escrows()
    }

    /// Settings were changed.
    pub fn set_filter(&mut self, filter: AccountFilter) {
        self.filter = filter;
    }

    /// Everything in the journal, for `status`.
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Carries an order out, or says why not. Blocks while the system's tools
    /// run. The receipt is durable when this returns, unless the disk failed
    /// after the change: then it is returned all the same, and after a restart
    /// the answer is *unknown*.
    pub fn run(&mut self, order: &Order, hash: [u8; 32], now: Timestamp, trust: &Trust) -> Vec<u8> {
        let started = self.clock.now();
        let entry = Entry {
            order: order.order,
            seq: order.seq,
            order_hash: hash,
            operation: order.task.operation(),
            account: order.task.target().map(|target| target.account),
            step: Step::Received,
            started,
            changed: now,
            receipt: None,
        };
        // A copy of an order that was answered gets the same answer, and one
        // that was begun is never begun again (RST-5).
        if let Some(receipt) = self.unsaved.get(&order.order) {
            return receipt.clone();
        }
        if let Some(known) = self.journal.entry(order.order) {
            if let Some(receipt) = known.receipt.clone() {
                return self.report_again(known.clone(), order, hash, &receipt);
            }
            if known.step >= Step::Started {
                return self.finish(known.clone(), unknown());
            }
        }
        if let Some((reason, detail)) = self.refusal(order, now) {
            let outcome = Outcome::Refused { reason, detail };
            // A conflicting seq is not written down as the highest.
            return match reason {
                OrderRefusal::SeqConflict => self.only_report(&entry, outcome),
                OrderRefusal::Expired
                | OrderRefusal::Fenced { .. }
                | OrderRefusal::OtherAccount
                | OrderRefusal::Unsupported
                | OrderRefusal::NotRecorded => self.finish(entry, outcome),
            };
        }
        if let Err(error) = self.journal.put(entry.clone()) {
            return self.only_report(&entry, not_recorded(&error));
        }
        if order.seq > self.counters.seq {
            (self.counters.seq, self.counters.newest) = (order.seq, Some(order.order));
        }
        let outcome = match &order.task {
            Task::Reset { target, candidate, .. } => {
                return self.reset(entry, order, target, candidate, now, trust);
            }
            Task::Verify { target, candidates } => self.verify(target, candidates),
            Task::Discover {} => self.discover(),
        };
        self.finish(entry, outcome)
    }

    /// The server has a receipt.
    ///
    /// # Errors
    /// When the disk fails; then the receipt is brought again.
    pub fn acked(
        &mut self,
        order: OrderId,
        disposition: Disposition,
        now: Timestamp,
    ) -> Result<(), StateError> {
        let unsaved = self.unsaved.remove(&order);
        match (disposition, self.journal.entry(order)) {
            (Disposition::Recorded, Some(entry)) if entry.step != Step::Reported => {
                let receipt = entry.receipt.clone().or(unsaved.map(ByteBuf::from));
                let entry = Entry { step: Step::Reported, changed: now, receipt, ..entry.clone() };
                self.journal.put(entry)?;
            }
            // Kept: a server that forgot the order will ask for the escrow.
            (Disposition::UnknownOrder, _) | (Disposition::Recorded, _) => {}
        }
        Ok(())
    }

    /// Forgets what need not be remembered.
    ///
    /// # Errors
    /// When the disk fails.
    pub fn tidy(&mut self, now: Timestamp) -> Result<(), StateError> {
        // The highest seq must outlive the entries it is read from.
        self.state.put_counters(&self.counters)?;
        self.journal.tidy(now, &self.held)
    }

    /// The server gives an order again that has a receipt: it does not have that
    /// receipt, or was put back to a copy that does not. What came of the order
    /// is reported for this delivery.
    fn report_again(
        &mut self,
        known: Entry,
        order: &Order,
        hash: [u8; 32],
        receipt: &[u8],
    ) -> Vec<u8> {
        let said = message::read_receipt(receipt, &self.identity.public(), self.site, self.device);
        let outcome = match said {
            // Other orders came after it and are forgotten too: what was true
            // then may not be true now. The server looks.
            _ if order.seq < self.counters.seq && order.seq != known.seq => match &order.task {
                Task::Reset { .. } => unknown(),
                Task::Verify { .. } | Task::Discover {} => {
                    let detail = format!("seq {} came after seq {}", order.seq, self.counters.seq);
                    Outcome::Refused { reason: OrderRefusal::SeqConflict, detail }
                }
            },
            Ok(said) => said.outcome,
            Err(error) => {
                tracing::error!(%error, "a stored receipt cannot be read");
                unknown()
            }
        };
        self.finish(Entry { seq: known.seq.max(order.seq), order_hash: hash, ..known }, outcome)
    }

    fn refusal(&self, order: &Order, now: Timestamp) -> Option<(OrderRefusal, String)> {
        let same = self.journal.entry(order.order);
        // `>` for a new order, `≥` for a redelivery of one that was not begun.
        let lowest = same.map_or(self.counters.seq + 1, |known| known.seq);
        if order.seq < lowest {
            let detail = format!("seq {} came after seq {}", order.seq, self.counters.seq);
            return Some((OrderRefusal::SeqConflict, detail));
        }
        if now >= order.expires {
            return Some((OrderRefusal::Expired, format!("it expired at {}", order.expires)));
        }
        if now < order.not_before {
            let detail = format!("it is not to be run before {}", order.not_before);
            return Some((OrderRefusal::Expired, detail));
        }
        if let Task::Reset { target, lineage, .. } = &order.task
            && let Some(held) = self.held.get(&target.account)
            && !lineage.contains(held)
        {
            let detail = "this agent applied a newer password than the server knows of";
            return Some((OrderRefusal::Fenced { held: *held }, detail.to_owned()));
        }
        if let Task::Verify { candidates, .. } = &order.task
            && candidates.len() > MAX_CANDIDATES
        {
            let detail = format!("it names {} values", candidates.len());
            return Some((OrderRefusal::Unsupported, detail));
        }
        if let Some(target) = order.task.target() {
            return self.other_account(target);
        }
        None
    }

    /// An account of the same name with another id is another account.
    fn other_account(&self, target: &Target) -> Option<(OrderRefusal, String)> {
        let expected = target.native_id.as_ref()?;
        let found = self.accounts.discover(&everything_local()).ok()?;
        let found = found.into_iter().find(|account| account.name == target.name)?;
        (found.native_id != *expected).then(|| {
            let detail = format!(
                "the account has the id {} on this host, the order is for {expected}",
                found.native_id
            );
            (OrderRefusal::OtherAccount, detail)
        })
    }

    fn reset(
        &mut self,
        entry: Entry,
        order: &Order,
        target: &Target,
        candidate: &Candidate,
        now: Timestamp,
        trust: &Trust,
    ) -> Vec<u8> {
        let entry = Entry { step: Step::Started, ..entry };
        let ready = self
            .keep_escrow(order, target, candidate, now, trust)
            .and_then(|()| self.journal.put(entry.clone()).map_err(|error| error.to_string()));
        if let Err(detail) = ready {
            // Nothing was started: the refusal replaces the entry if it can.
            let detail = one_line(&detail);
            let outcome = Outcome::Refused { reason: OrderRefusal::NotRecorded, detail };
            return self.finish(Entry { step: Step::Received, ..entry }, outcome);
        }
        let outcome = self.apply(target, candidate);
        self.finish(entry, outcome)
    }

    fn keep_escrow(
        &self,
        order: &Order,
        target: &Target,
        candidate: &Candidate,
        now: Timestamp,
        trust: &Trust,
    ) -> Result<(), String> {
        let key = trust.recovery_key().ok_or("the trust bundle names no recovery key")?;
        let escrow = Escrow {
            account: target.account,
            name: target.name.clone(),
            native_id: target.native_id.clone(),
            version: candidate.version,
            order: order.order,
            seq: order.seq,
            at: now,
            value: candidate.value.clone(),
        };
        let sealed =
            escrow::seal(&escrow, &key.key, trust.anchor().site, self.device, self.rng.as_ref())
                .map_err(|error| error.to_string())?;
        self.journal.put_escrow(&sealed).map_err(|error| error.to_string())
    }

    /// Sets the value, looks whether it works, makes it durable.
    fn apply(&mut self, target: &Target, candidate: &Candidate) -> Outcome {
        let value = &candidate.value.0;
        let set = self.accounts.set_password(&target.name, value);
        let (mut result, mut detail) = match set {
            Ok(()) => (ResetResult::Applied, String::new()),
            Err(error) if error.class == RefusalClass::Unknown => {
                (ResetResult::Unknown, error.detail)
            }
            Err(error) => (ResetResult::Rejected(error.class), error.detail),
        };
        let mut verified = match result {
            ResetResult::Rejected(_) => VerifyResult::Unknown,
            ResetResult::Applied | ResetResult::Unknown => {
                let check = self.accounts.verify(&target.name, value);
                if detail.is_empty() {
                    detail = check.detail;
                }
                check.result
            }
        };
        if result == ResetResult::Applied || works(verified) {
            self.hold(target.account, candidate.version);
        }
        if !matches!(result, ResetResult::Rejected(_))
            && let Err(error) = self.accounts.sync()
        {
            // What works now need not work after the next power cut.
            (result, verified) = (ResetResult::Unknown, VerifyResult::Unknown);
            detail = error.to_string();
        }
        Outcome::Reset {
            result,
            verified,
            last_change_day: self.accounts.last_change_day(&target.name),
            detail: one_line(&detail),
        }
    }

    /// Looks which values work. What is found may never have been synced: the
    /// agent can have died between setting it and making it durable.
    fn verify(&mut self, target: &Target, candidates: &[Candidate]) -> Outcome {
        let mut results = Vec::new();
        for candidate in candidates {
            let mut check = self.accounts.verify(&target.name, &candidate.value.0);
            if works(check.result)
                && let Err(error) = self.accounts.sync()
            {
                let detail = format!("it works, but may not outlive a power cut: {error}");
                check = Verification { result: VerifyResult::Unknown, detail };
            }
            results.push(Tried {
                version: candidate.version,
                result: check.result,
                detail: one_line(&check.detail),
            });
        }
        if let Some(tried) = results.iter().find(|tried| works(tried.result)) {
            self.hold(target.account, tried.version);
        }
        Outcome::Verify { results, last_change_day: self.accounts.last_change_day(&target.name) }
    }

    fn discover(&self) -> Outcome {
        match self.survey() {
            Ok((mut accounts, left_out)) => {
                let truncated = accounts.len() > MAX_ACCOUNTS || left_out.len() > MAX_ACCOUNTS;
                accounts.truncate(MAX_ACCOUNTS);
                Outcome::Discover { accounts, left_out, warnings: Vec::new(), truncated }
            }
            Err(error) => Outcome::Refused {
                reason: OrderRefusal::Unsupported,
                detail: one_line(&error.to_string()),
            },
        }
    }

    /// The accounts that pass the filter, and the ids of those that do not.
    fn survey(&self) -> Result<(Vec<DiscoveredAccount>, Vec<String>), PlatformError> {
        let accounts = self.accounts.discover(&self.filter)?;
        let listed: BTreeSet<&str> = accounts.iter().map(|a| a.native_id.as_str()).collect();
        let mut left_out: Vec<String> = self
            .accounts
            .discover(&everything_local())?
            .into_iter()
            .map(|account| account.native_id)
            .filter(|id| !listed.contains(id.as_str()))
            .collect();
        left_out.truncate(MAX_ACCOUNTS + 1);
        Ok((accounts, left_out))
    }

    /// Remembers the fence. A fence that cannot be stored is no reason to hide
    /// the outcome: the server's own compare-and-set still holds.
    fn hold(&mut self, account: AccountId, version: SecretVersionId) {
        if self.held.insert(account, version) != Some(version)
            && let Err(error) = self.state.put_held(&self.held)
        {
            tracing::error!(%error, "the fence could not be stored");
        }
    }

    /// Signs the receipt and writes it down.
    fn finish(&mut self, entry: Entry, outcome: Outcome) -> Vec<u8> {
        let receipt = self.sign(&entry, outcome);
        self.done(entry, receipt)
    }

    /// The receipt is durable, or at least reported.
    fn done(&mut self, entry: Entry, receipt: Vec<u8>) -> Vec<u8> {
        let seq = entry.seq;
        let done =
            Entry { step: Step::Done, receipt: Some(ByteBuf::from(receipt.clone())), ..entry };
        match self.journal.put(done) {
            Ok(()) => self.counters.seq = self.counters.seq.max(seq),
            Err(error) => {
                tracing::error!(%error, "the receipt could not be stored");
                self.unsaved.insert(entry.order, receipt.clone());
            }
        }
        receipt
    }

    /// A receipt that is reported and not written down: nothing was begun.
    fn only_report(&mut self, entry: &Entry, outcome: Outcome) -> Vec<u8> {
        let receipt = self.sign(entry, outcome);
        self.unsaved.insert(entry.order, receipt.clone());
        receipt
    }

    fn sign(&self, entry: &Entry, outcome: Outcome) -> Vec<u8> {
        let receipt = Receipt {
            protocol: sekisho_wire::PROTOCOL,
            order: entry.order,
            device: self.device,
            order_hash: entry.order_hash,
            seq: entry.seq,
            started: entry.started,
            finished: self.clock.now(),
            outcome,
        };
        message::sign_receipt(&receipt, &self.identity, self.site)
    }

    fn answer_for_started(&mut self) -> Result<(), StateError> {
        let started: Vec<Entry> =
            self.journal.entries().filter(|entry| entry.step == Step::Started).cloned().collect();
        for entry in started {
            let receipt = self.sign(&entry, unknown());
            self.journal.put(Entry {
                step: Step::Done,
                receipt: Some(ByteBuf::from(receipt)),
                ..entry
            })?;
        }
        Ok(())
    }
}

/// Whether a value is the account's password.
fn works(found: VerifyResult) -> bool {
    matches!(found, VerifyResult::InSync | VerifyResult::Expired)
}

/// Nobody knows what became of it: the server looks with a verify.
fn unknown() -> Outcome {
    Outcome::Reset {
        result: ResetResult::Unknown,
        verified: VerifyResult::Unknown,
        last_change_day: None,
        detail: "the agent stopped while it carried this out".to_owned(),
    }
}

/// Every account in the host's own files.
fn everything_local() -> AccountFilter {
    AccountFilter { include_disabled: true, include_directory: false, ..AccountFilter::default() }
}

fn not_recorded(error: &StateError) -> Outcome {
    Outcome::Refused { reason: OrderRefusal::NotRecorded, detail: one_line(&error.to_string()) }
}

/// One printable line of bounded length.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(MAX_DETAIL)
        .collect::<String>()
        .trim()
        .to_owned()
}
