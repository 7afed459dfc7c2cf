//! A host with accounts, and a hand on its power switch.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use sekisho_model::Secret;
use sekisho_model::account::{AccountSource, DiscoveredAccount, PasswordField, VerifyResult};
use sekisho_model::name::AccountName;
use sekisho_model::order::RefusalClass;
use sekisho_platform::PlatformError;
use sekisho_platform::accounts::{
    AccountBackend, AccountFilter, Check, SetPasswordError, Verification,
};

/// Where the power goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Crash {
    /// Just before the password would be set.
    BeforeApply,
    /// Just after it was set.
    AfterApply,
}

#[derive(Debug, Default)]
struct State {
    passwords: BTreeMap<AccountName, Secret>,
    /// What is there after a power cut.
    synced: BTreeMap<AccountName, Secret>,
    syncs_fail: bool,
    changes: u32,
    crash: Option<Crash>,
    refuse: Vec<RefusalClass>,
}

/// A host with accounts. Clones are the same host.
#[derive(Clone, Debug, Default)]
pub struct Host(Arc<Mutex<State>>);

impl Host {
    /// A host with these accounts and passwords.
    pub fn with(accounts: &[(&str, &str)]) -> Self {
        let host = Self::default();
        for (name, password) in accounts {
            host.set_by_hand(name, password);
        }
        host
    }

    /// The password that works.
    pub fn password(&self, name: &str) -> Secret {
        let state = self.0.lock().expect("not poisoned by a crash");
        state.passwords[&name.parse::<AccountName>().expect("a name")].clone()
    }

    /// Somebody changes a password without Sekisho.
    pub fn set_by_hand(&self, name: &str, password: &str) {
        let name = name.parse().expect("a name");
        let mut state = self.0.lock().expect("not poisoned by a crash");
        state.passwords.insert(name, Secret::from(password));
        state.synced = state.passwords.clone();
    }

    /// The power goes out: what was not synced is gone.
    pub fn lose_power(&self) {
        let mut state = self.0.lock().expect("not poisoned by a crash");
        state.passwords = state.synced.clone();
    }

    /// Whether the host can promise that a change outlives a power cut.
    pub fn set_syncs_fail(&self, fail: bool) {
        self.0.lock().expect("not poisoned by a crash").syncs_fail = fail;
    }

    /// How often a password was set through the agent.
    pub fn changes(&self) -> u32 {
        self.0.lock().expect("not poisoned by a crash").changes
    }

    /// The power goes out at the next change.
    pub fn crash_at(&self, crash: Crash) {
        self.0.lock().expect("not poisoned by a crash").crash = Some(crash);
    }

    /// The next changes are refused, in this order.
    pub fn refuse(&self, classes: &[RefusalClass]) {
        self.0.lock().expect("not poisoned by a crash").refuse = classes.to_vec();
    }

    /// A copy as of now, as a snapshot of a virtual machine is.
    pub fn snapshot(&self) -> Self {
        let state = self.0.lock().expect("not poisoned by a crash");
        let (passwords, synced) = (state.passwords.clone(), state.passwords.clone());
        let copy = State { passwords, synced, ..State::default() };
        Self(Arc::new(Mutex::new(copy)))
    }

    fn crash_if(&self, at: Crash) {
        let mut state = self.0.lock().expect("not poisoned by a crash");
        if state.crash == Some(at) {
            state.crash = None;
            drop(state);
            // Unwinds through the engine like a power cut: nothing after this
            // point happens. The testkit catches it.
            std::panic::resume_unwind(Box::new(at));
        }
    }
}

impl AccountBackend for Host {
    fn discover(&self, _filter: &AccountFilter) -> Result<Vec<DiscoveredAccount>, PlatformError> {
        let state = self.0.lock().expect("not poisoned by a crash");
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
        Ok(state.passwords.keys().enumerate().map(account).collect())
    }

    fn set_password(&self, name: &AccountName, new: &Secret) -> Result<(), SetPasswordError> {
        self.crash_if(Crash::BeforeApply);
        {
            let mut state = self.0.lock().expect("not poisoned by a crash");
            if !state.refuse.is_empty() {
                let class = state.refuse.remove(0);
                return Err(SetPasswordError { class, detail: format!("refused: {class}") });
            }
            state.passwords.insert(name.clone(), new.clone());
            state.changes += 1;
        }
        self.crash_if(Crash::AfterApply);
        Ok(())
    }

    fn verify(&self, name: &AccountName, candidate: &Secret) -> Verification {
        let state = self.0.lock().expect("not poisoned by a crash");
        let result = match state.passwords.get(name) {
            Some(password) if password == candidate => VerifyResult::InSync,
            Some(_) => VerifyResult::OutOfSync,
            None => VerifyResult::Unknown,
        };
        Verification { result, detail: String::new() }
    }

    fn sync(&self) -> Result<(), PlatformError> {
        let mut state = self.0.lock().expect("not poisoned by a crash");
        if state.syncs_fail {
            return Err(PlatformError::Io {
                action: "sync the account files".to_owned(),
                source: std::io::Error::from_raw_os_error(5),
            });
        }
        state.synced = state.passwords.clone();
        Ok(())
    }

    fn last_change_day(&self, _name: &AccountName) -> Option<i64> {
        None
    }

    fn readiness(&self) -> Vec<Check> {
        Vec::new()
    }
}
