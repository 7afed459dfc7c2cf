//! What happens in a case with an evil gateway: drawn from its seed before it
//! begins. People do what people do; agents work; the gateway does as it likes.

use std::time::Duration;

use sekisho_model::Rng;
use sekisho_model::device::KeyUse;
use sekisho_model::rng::uniform;
use sekisho_server::keys::Replaced;

use super::gateway::{ALL, Mood};
use crate::schedule::Step;

/// One thing that happens. Hosts and accounts are numbers of the site's; the last
/// host is one that nobody knows at the beginning.
#[derive(Clone, Debug)]
pub(crate) enum EvilStep {
    /// What the simulator of faults knows, too.
    Plain(Step),
    /// The gateway feels like something else.
    Feel(Mood),
    /// The gateway does so many things by itself.
    Act(u32),
    /// The new host enrols, with a key that approves in advance or not.
    Enrol { use_kind: KeyUse, pre_approved: bool },
    /// The new host moves to the owner of another key.
    Rehome,
    /// An administrator lets the new host work.
    Approve,
    /// Somebody asks for a reset on the new host.
    ResetNew,
    /// An administrator blocks a host.
    Block(usize),
    /// An administrator takes that back, and approves the host again.
    Unblock(usize),
    /// The operator replaces a key of the site.
    Rotate(Replaced),
}

/// Draws the steps of a case, and the mood the gateway begins in. `accounts` says
/// on which host each one is; `new` is the host that nobody knows.
pub(crate) fn draw(rng: &dyn Rng, accounts: &[usize], new: usize) -> (Mood, Vec<EvilStep>) {
    let draw = Draw { rng, accounts, new };
    // Narrow or wide, to the end or with a change of mind.
    let first = draw.mood();
    let focus = draw.below(accounts.len());
    let mut steps = Vec::new();
    if draw.below(3) > 0 {
        steps.push(EvilStep::Plain(Step::Reset(focus)));
    }
    for _ in 0..8 + draw.below(14) {
        steps.push(draw.step(focus));
    }
    (first, steps)
}

struct Draw<'a> {
    rng: &'a dyn Rng,
    accounts: &'a [usize],
    new: usize,
}

impl Draw<'_> {
    fn below(&self, bound: usize) -> usize {
        uniform(self.rng, u32::try_from(bound).expect("small")) as usize
    }

    fn one<T: Copy>(&self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn mood(&self) -> Mood {
        let evil = match self.below(3) {
            0 => ALL.to_vec(),
            1 => vec![self.one(&ALL)],
            _ => vec![self.one(&ALL), self.one(&ALL)],
        };
        Mood { evil, one_in: self.one(&[1, 2, 2, 3, 4, 8]) }
    }

    fn step(&self, focus: usize) -> EvilStep {
        let account = if self.below(3) == 0 { self.below(self.accounts.len()) } else { focus };
        let host = self.accounts[account];
        // The host that nobody knows is one of the hosts.
        let any = self.one(&[host, host, self.new]);
        let plain = |step| EvilStep::Plain(step);
        match self.below(100) {
            0..=13 => plain(Step::Reset(account)),
            14..=43 => plain(Step::Work(any)),
            44..=47 => plain(Step::Verify(account)),
            48..=49 => plain(Step::Discover(host)),
            50 => plain(Step::Cancel(account)),
            51..=53 => plain(Step::Sweep),
            54..=59 => plain(Step::Wait(self.wait())),
            60..=61 => plain(Step::EndSession(any)),
            62 => plain(Step::KillAgent(any)),
            63 => plain(Step::KillServer(self.one(&[5, 20, 40]))),
            64 => plain(Step::AccountsChanged(host)),
            65..=71 => EvilStep::Feel(self.mood()),
            72..=80 => EvilStep::Act(1 + uniform(self.rng, 6)),
            81..=86 => EvilStep::Enrol {
                use_kind: self.one(&[KeyUse::Once, KeyUse::Window]),
                pre_approved: self.below(2) == 0,
            },
            87..=89 => EvilStep::Approve,
            90..=91 => EvilStep::Rehome,
            92..=93 => EvilStep::ResetNew,
            94..=95 => EvilStep::Block(any),
            96..=97 => EvilStep::Unblock(any),
            98 => EvilStep::Rotate(Replaced::Receipt),
            _ => EvilStep::Rotate(Replaced::Order),
        }
    }

    fn wait(&self) -> Duration {
        let seconds = [2, 61, 301, 660, 3_700, 7 * 3_600, 25 * 3_600, 8 * 86_400, 25 * 86_400];
        Duration::from_secs(self.one(&seconds))
    }
}
