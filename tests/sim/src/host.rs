//! A host: accounts with passwords, a file cache, a hand on the power switch,
//! and a count of who changed what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sekisho_model::account::{AccountSource, DiscoveredAccount, PasswordField, VerifyResult};
use sekisho_model::id::OrderId;
use sekisho_model::name::AccountName;
use sekisho_model::order::RefusalClass;
use sekisho_model::rng::uniform;
use sekisho_model::{Rng, Secret};
use sekisho_platform::PlatformError;
use sekisho_platform::accounts::{
    AccountBackend, AccountFilter, Check, SetPasswordError, Verification,
};

/// How an agent ends in the middle of something. Unwinds through it: nothing
/// after this point happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// The power of the host goes out.
    Power,
    /// The process is killed; the host, with what it did not sync, lives on.
    Process,
}

impl Cut {
    pub(crate) fn now(self) -> ! {
        std::panic::resume_unwind(Box::new(self));
    }
}

/// Where an agent ends while a password is set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CutAt {
    /// Just before it is set.
    BeforeApply,
    /// Just after it was set, not synced.
    AfterApply,
    /// Just after it was synced.
    AfterSync,
}

/// The password of an account, as the host has it.
#[derive(Clone, Debug)]
pub(crate) struct Password {
    pub(crate) value: Secret,
    /// Somebody set it without Sekisho.
    pub(crate) by_hand: bool,
    /// The host went back to it behind the agent's back.
    pub(crate) reverted: bool,
}

#[derive(Clone, Debug)]
struct Entry {
    now: Password,
    durable: Password,
}

#[derive(Clone, Debug, Default)]
struct State {
    entries: BTreeMap<AccountName, Entry>,
    /// A sync says that it was done, and was not.
    lies: bool,
    /// How often each order changed a password, as long as the agent's memory
    /// goes back.
    applied: BTreeMap<OrderId, u32>,
    order: Option<OrderId>,
    /// Every value that was set, and for which order.
    set: Vec<Set>,
    cut: Option<(CutAt, Cut)>,
    refuse: Vec<(RefusalClass, bool)>,
    fail_sync: bool,
    blind: u32,
    /// The agent has seen a change of the account files and not told it yet.
    files_changed: bool,
    faults: u64,
}

/// A value that was set.
#[derive(Clone, Debug)]
pub(crate) struct Set {
    pub(crate) name: AccountName,
    pub(crate) value: Secret,
    pub(crate) order: Option<OrderId>,
}

/// A host. Clones are the same host.
#[derive(Clone, Debug, Default)]
pub(crate) struct Host(Arc<Mutex<State>>);

/// The accounts of a host at an instant.
#[derive(Clone, Debug)]
pub(crate) struct HostSnapshot {
    entries: BTreeMap<AccountName, Entry>,
    applied: BTreeMap<OrderId, u32>,
}

impl Host {
    /// A host with accounts whose passwords are those; whether the server was
    /// told is said by the flag.
    pub(crate) fn new(accounts: &BTreeMap<AccountName, Password>) -> Self {
        let entries = accounts.iter().map(|(name, password)| {
            let (now, durable) = (password.clone(), password.clone());
            (name.clone(), Entry { now, durable })
        });
        let state = State { entries: entries.collect(), ..State::default() };
        Self(Arc::new(Mutex::new(state)))
    }

    /// The password that works.
    pub(crate) fn password(&self, name: &AccountName) -> Password {
        self.state().entries[name].now.clone()
    }

    /// Somebody changes a password without Sekisho.
    pub(crate) fn set_by_hand(&self, name: &AccountName, value: Secret) {
        let password = Password { value, by_hand: true, reverted: false };
        let entry = Entry { now: password.clone(), durable: password };
        let mut state = self.state();
        state.entries.insert(name.clone(), entry);
        state.files_changed = true;
    }

    /// Something changes the account files.
    pub(crate) fn change_files(&self) {
        self.state().files_changed = true;
    }

    /// Whether there is a change that the server has not been told.
    pub(crate) fn files_changed(&self) -> bool {
        self.state().files_changed
    }

    /// The server was told.
    pub(crate) fn change_was_told(&self) {
        self.state().files_changed = false;
    }

    /// The order that is carried out from now on.
    pub(crate) fn begin(&self, order: OrderId) {
        self.state().order = Some(order);
    }

    /// The orders that changed a password more than once.
    pub(crate) fn applied_twice(&self) -> Vec<OrderId> {
        let state = self.state();
        state.applied.iter().filter(|(_, times)| **times > 1).map(|(order, _)| *order).collect()
    }

    /// Every value that was set.
    pub(crate) fn set(&self) -> Vec<Set> {
        self.state().set.clone()
    }

    /// Nobody at the server knows its passwords any more: it has another owner.
    pub(crate) fn become_unknown(&self) {
        for entry in self.state().entries.values_mut() {
            (entry.now.by_hand, entry.durable.by_hand) = (true, true);
        }
    }

    /// The names of its accounts.
    pub(crate) fn names(&self) -> Vec<AccountName> {
        self.state().entries.keys().cloned().collect()
    }

    /// The agent ends at the next change.
    pub(crate) fn cut_at(&self, at: CutAt, cut: Cut) {
        self.state().cut = Some((at, cut));
    }

    /// From now on a sync says that it was done, and was not.
    pub(crate) fn lie(&self) {
        self.state().lies = true;
    }

    /// The next change is refused; *unknown* may have happened all the same.
    pub(crate) fn refuse_next(&self, class: RefusalClass, happens: bool) {
        self.state().refuse.push((class, happens));
    }

    /// The next sync is refused.
    pub(crate) fn fail_next_sync(&self) {
        self.state().fail_sync = true;
    }

    /// The next checks cannot be made.
    pub(crate) fn blind_for(&self, checks: u32) {
        self.state().blind = checks;
    }

    /// Nothing that was planned happens any more.
    pub(crate) fn heal(&self) {
        let mut state = self.state();
        state.cut = None;
        state.refuse.clear();
        state.fail_sync = false;
        state.blind = 0;
    }

    /// Faults that happened since this was asked.
    pub(crate) fn take_faults(&self) -> u64 {
        std::mem::take(&mut self.state().faults)
    }

    /// The power went out: each change that was not synced is there or not.
    pub(crate) fn lose_unsynced(&self, rng: &dyn Rng) {
        for entry in self.state().entries.values_mut() {
            if entry.now.value != entry.durable.value && uniform(rng, 2) == 0 {
                entry.now = entry.durable.clone();
            }
            entry.durable = entry.now.clone();
        }
    }

    /// Its accounts as they are.
    pub(crate) fn snapshot(&self) -> HostSnapshot {
        let state = self.state();
        HostSnapshot { entries: state.entries.clone(), applied: state.applied.clone() }
    }

    /// Its accounts are put back.
    pub(crate) fn restore(&self, snapshot: &HostSnapshot) {
        let mut state = self.state();
        for (name, old) in &snapshot.entries {
            // What had gone back before is still what it was before.
            let back = state
                .entries
                .get(name)
                .is_none_or(|entry| entry.now.value != old.now.value || entry.now.reverted);
            let mut entry = old.clone();
            entry.now.reverted |= back;
            entry.durable.reverted |= back;
            state.entries.insert(name.clone(), entry);
        }
        state.applied = snapshot.applied.clone();
    }

    /// Only the agent's memory is put back: what it did since, it may do again.
    pub(crate) fn forget_applied(&self, snapshot: &HostSnapshot) {
        self.state().applied = snapshot.applied.clone();
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // A power cut unwinds through nothing that holds this, but a failing
        // case must not hide what came before.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn cut_if(&self, at: CutAt) {
        let mut state = self.state();
        if let Some((_, cut)) = state.cut.take_if(|(planned, _)| *planned == at) {
            state.faults += 1;
            drop(state);
            cut.now();
        }
    }

    fn apply(&self, name: &AccountName, new: &Secret) {
        let mut state = self.state();
        let set = Set { name: name.clone(), value: new.clone(), order: state.order };
        state.set.push(set);
        if let Some(order) = state.order {
            *state.applied.entry(order).or_default() += 1;
        }
        if let Some(entry) = state.entries.get_mut(name) {
            entry.now = Password { value: new.clone(), by_hand: false, reverted: false };
        }
    }
}

impl AccountBackend for Host {
    fn discover(&self, _filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError> {
        let account = |(uid, name): (usize, &AccountName)| DiscoveredAccount {
            name: name.clone(),
            native_id: (1000 + uid).to_string(),
            source: AccountSource::Local,
            password: PasswordField::Set,
            scheme: Some("yescrypt".to_owned()),
            account_expired: false,
            password_expired: false,
            no_login: false,
            last_change_day: None,
            comment: String::new(),
        };
        Ok(self.state().entries.keys().enumerate().map(account).collect())
    }

    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError> {
        self.cut_if(CutAt::BeforeApply);
        let refused = {
            let mut state = self.state();
            (!state.refuse.is_empty()).then(|| state.refuse.remove(0))
        };
        if let Some((class, happens)) = refused {
            self.state().faults += 1;
            if happens && class == RefusalClass::Unknown {
                self.apply(name, new);
            }
            return Err(SetPasswordError { class, detail: format!("refused: {class}") });
        }
        self.apply(name, new);
        self.cut_if(CutAt::AfterApply);
        Ok(())
    }

    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification {
        let mut state = self.state();
        if state.blind > 0 {
            state.blind -= 1;
            state.faults += 1;
            return Verification { result: VerifyResult::Unknown, detail: "no answer".to_owned() };
        }
        let result = match state.entries.get(name) {
            Some(entry) if entry.now.value == *candidate => VerifyResult::InSync,
            Some(_) => VerifyResult::OutOfSync,
            None => VerifyResult::Unknown,
        };
        Verification { result, detail: String::new() }
    }

    fn sync(&self) -> Result<(), PlatformError> {
        {
            let mut state = self.state();
            if std::mem::take(&mut state.fail_sync) {
                state.faults += 1;
                return Err(PlatformError::Io {
                    action: "sync the account files".to_owned(),
                    source: std::io::Error::from_raw_os_error(5),
                });
            }
            if !state.lies {
                for entry in state.entries.values_mut() {
                    entry.durable = entry.now.clone();
                }
            }
        }
        self.cut_if(CutAt::AfterSync);
        Ok(())
    }

    fn last_change_day(&self, _name: &AccountName) -> Option<i64> {
        None
    }

    fn readiness(&self) -> Vec<Check> {
        Vec::new()
    }
}
