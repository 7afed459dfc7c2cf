//! What happens in a case: drawn from its seed before it begins.

use std::ops::Range;
use std::time::Duration;

use sekisho_model::Rng;
use sekisho_model::order::RefusalClass;
use sekisho_model::rng::uniform;
use sekisho_platform::disk::Fault as DiskFault;
use sekisho_wire::route::RouteName;

use crate::disk::DiskEvent;
use crate::host::{Cut, CutAt};
use crate::network::{NetworkFault, ROUTES};
use crate::site::AccountAt;

/// One thing that happens. Hosts and accounts are numbers of the site's.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    /// Somebody asks for a reset.
    Reset(usize),
    /// Somebody asks for a check.
    Verify(usize),
    /// Somebody asks for a discovery.
    Discover(usize),
    /// Somebody withdraws the newest order of an account.
    Cancel(usize),
    /// The agent of a host does what there is to do.
    Work(usize),
    /// The server's own round.
    Sweep,
    /// Time passes.
    Wait(Duration),
    /// The server dies after so many more steps of its database.
    KillServer(u32),
    /// A server is started if there is none.
    StartServer,
    /// The agent's process is killed.
    KillAgent(usize),
    /// A host loses its power; whether a random part of what was not synced
    /// survives.
    PowerOff(usize, bool),
    /// Something happens at the nth operation of the agent's disk.
    Disk(usize, u32, DiskEvent),
    /// A host loses its power, or its agent is killed, while a password is set.
    CutAtChange(usize, CutAt, Cut),
    /// The host refuses the next change.
    Refuse(usize, RefusalClass, bool),
    /// The host cannot promise the next change.
    FailSync(usize),
    /// The host cannot check passwords for a while.
    Blind(usize, u32),
    /// Something happens to the next call of a route.
    Network(usize, RouteName, NetworkFault),
    /// An old request arrives once more.
    Replay(usize, u32),
    /// A request that was held back arrives.
    DeliverLate(usize),
    /// Somebody changes a password without Sekisho.
    ByHand(usize),
    /// The agent sees that its account files have changed.
    AccountsChanged(usize),
    /// The agent's session ends.
    EndSession(usize),
    /// Somebody sets a host's clock, by so many seconds.
    SetClock(usize, i64),
    /// A snapshot of a host.
    Snapshot(usize),
    /// The whole host is put back to its snapshot.
    RestoreHost(usize),
    /// Only the agent's folder is put back to its snapshot.
    RestoreDisk(usize),
    /// A backup of the server.
    Backup,
    /// The server is put back to its backup.
    RestoreServer,
}

impl Step {
    /// The host it is about, if it is about one; `accounts` says on which host
    /// each account is.
    pub(crate) fn host(&self, accounts: &[AccountAt]) -> Option<usize> {
        match *self {
            Self::Reset(account)
            | Self::Verify(account)
            | Self::Cancel(account)
            | Self::ByHand(account) => Some(accounts[account].host),
            Self::Discover(host)
            | Self::Work(host)
            | Self::KillAgent(host)
            | Self::PowerOff(host, _)
            | Self::Disk(host, ..)
            | Self::CutAtChange(host, ..)
            | Self::Refuse(host, ..)
            | Self::FailSync(host)
            | Self::Blind(host, _)
            | Self::Network(host, ..)
            | Self::Replay(host, _)
            | Self::DeliverLate(host)
            | Self::AccountsChanged(host)
            | Self::EndSession(host)
            | Self::SetClock(host, _)
            | Self::Snapshot(host)
            | Self::RestoreHost(host)
            | Self::RestoreDisk(host) => Some(host),
            Self::Sweep
            | Self::Wait(_)
            | Self::KillServer(_)
            | Self::StartServer
            | Self::Backup
            | Self::RestoreServer => None,
        }
    }

    /// Whether it only says what will happen, or passes time: nothing that was
    /// true before it can be untrue after it.
    pub(crate) const fn only_plans(&self) -> bool {
        matches!(
            self,
            Self::Wait(_)
                | Self::KillServer(_)
                | Self::KillAgent(_)
                | Self::Disk(..)
                | Self::CutAtChange(..)
                | Self::Refuse(..)
                | Self::FailSync(_)
                | Self::Blind(..)
                | Self::Network(..)
                | Self::AccountsChanged(_)
                | Self::EndSession(_)
                | Self::SetClock(..)
                | Self::Snapshot(_)
        )
    }
}

/// What may be put back in a case. Never the server's database and an agent's
/// folder: who loses both copies of a value has lost it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Disaster {
    None,
    Server,
    Host,
    Disk,
}

/// Faults, each as the numbers that [`Draw::step`] draws it by.
const FAULTS: [Range<usize>; 13] = [
    70..85,
    85..96,
    96..102,
    102..119,
    122..124,
    124..126,
    126..132,
    132..133,
    133..134,
    134..140,
    140..144,
    144..146,
    146..152,
];

/// Draws the steps of a case. `accounts` says on which host each one is.
pub(crate) fn draw(rng: &dyn Rng, accounts: &[usize]) -> Vec<Step> {
    let draw = Draw { rng, accounts };
    draw.schedule()
}

struct Draw<'a> {
    rng: &'a dyn Rng,
    accounts: &'a [usize],
}

impl Draw<'_> {
    fn below(&self, bound: usize) -> usize {
        uniform(self.rng, u32::try_from(bound).expect("small")) as usize
    }

    fn one<T: Copy>(&self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn one_in(&self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// Small numbers are likelier.
    fn few(&self, bound: usize) -> u32 {
        let limit = 1 + self.below(bound);
        u32::try_from(self.below(limit)).expect("small")
    }

    /// Half of the cases know every fault, the others only two, and old copies:
    /// what takes the same two faults in one order is rare among all of them.
    fn schedule(&self) -> Vec<Step> {
        let focus = self.below(self.accounts.len());
        let narrow = self.one_in(2);
        let faults = if narrow { vec![self.fault(), self.fault()] } else { Vec::from(FAULTS) };
        let disaster = match self.below(20) {
            0 | 1 => Disaster::Server,
            2 | 3 => Disaster::Host,
            4 => Disaster::Disk,
            5..=9 if narrow => Disaster::Server,
            10..=12 if narrow => Disaster::Disk,
            _ => Disaster::None,
        };
        let mut steps = Vec::new();
        if !self.one_in(4) {
            steps.push(Step::Reset(focus));
        }
        for _ in 0..3 + self.below(8) {
            steps.push(self.step(focus, &faults));
        }
        let host = self.accounts[focus];
        let (before, after) = match disaster {
            Disaster::None => return steps,
            Disaster::Server => (Step::Backup, Step::RestoreServer),
            Disaster::Host => (Step::Snapshot(host), Step::RestoreHost(host)),
            Disaster::Disk => (Step::Snapshot(host), Step::RestoreDisk(host)),
        };
        let from = self.below(steps.len());
        let to = from + 1 + self.below(steps.len() - from);
        steps.insert(from, before);
        steps.insert(to, after);
        if self.one_in(2) {
            // Something was asked for and done in between.
            steps.insert(from + 1, Step::Reset(focus));
            steps.insert(from + 2, Step::Work(host));
        }
        steps
    }

    fn fault(&self) -> Range<usize> {
        FAULTS[self.below(FAULTS.len())].clone()
    }

    /// A step; of the faults only those.
    fn step(&self, focus: usize, faults: &[Range<usize>]) -> Step {
        let account = if self.one_in(5) { self.below(self.accounts.len()) } else { focus };
        let host = self.accounts[account];
        let drawn = self.below(152);
        let is_fault = FAULTS.iter().any(|fault| fault.contains(&drawn));
        let known = !is_fault || faults.iter().any(|fault| fault.contains(&drawn));
        let drawn = if known {
            drawn
        } else {
            let fault = &faults[self.below(faults.len())];
            fault.start + self.below(fault.len())
        };
        match drawn {
            0..=19 => Step::Reset(account),
            20..=51 => Step::Work(host),
            52..=54 => Step::Verify(account),
            55 => Step::Discover(host),
            56..=57 => Step::Cancel(account),
            58..=61 => Step::Sweep,
            62..=69 => Step::Wait(self.wait()),
            70..=84 => Step::Network(host, self.route(), self.network()),
            85..=95 => Step::Disk(host, self.few(60), self.disk()),
            96..=101 => Step::CutAtChange(
                host,
                self.one(&[CutAt::BeforeApply, CutAt::AfterApply, CutAt::AfterSync]),
                self.one(&[Cut::Power, Cut::Power, Cut::Process]),
            ),
            102..=118 => Step::KillServer(self.few(80)),
            119..=121 => Step::StartServer,
            122..=123 => Step::KillAgent(host),
            124..=125 => Step::PowerOff(host, self.one_in(2)),
            126..=131 => Step::Refuse(host, self.class(), self.one_in(2)),
            132 => Step::FailSync(host),
            133 => Step::Blind(host, 1 + self.few(4)),
            134..=139 => Step::Replay(host, self.few(12)),
            140..=143 => Step::DeliverLate(host),
            144..=145 => Step::ByHand(account),
            146..=148 => Step::EndSession(host),
            149..=150 => Step::AccountsChanged(host),
            _ => Step::SetClock(host, self.one(&[-86_400, -3_600, 120, 86_400, 3_650 * 86_400])),
        }
    }

    fn wait(&self) -> Duration {
        let seconds = [2, 61, 301, 660, 3_700, 7 * 3_600, 25 * 3_600, 8 * 86_400];
        Duration::from_secs(self.one(&seconds))
    }

    fn route(&self) -> RouteName {
        // Fetch and receipt are what it is about.
        if self.one_in(3) { self.one(&ROUTES) } else { self.one(&ROUTES[..2]) }
    }

    fn network(&self) -> NetworkFault {
        use NetworkFault as Fault;
        self.one(&[
            Fault::LoseRequest,
            Fault::LoseAnswer,
            Fault::LoseAnswer,
            Fault::TwiceFirst,
            Fault::TwiceSecond,
            Fault::Delay,
            Fault::OlderAnswer,
            Fault::BrokenRequest,
            Fault::BrokenAnswer,
        ])
    }

    fn disk(&self) -> DiskEvent {
        self.one(&[
            DiskEvent::CutBefore,
            DiskEvent::CutAfter,
            DiskEvent::CutAfter,
            DiskEvent::Fail(DiskFault::NoSpace),
            DiskEvent::Fail(DiskFault::Io),
            DiskEvent::Broken,
        ])
    }

    fn class(&self) -> RefusalClass {
        self.one(&[
            RefusalClass::Policy,
            RefusalClass::Transient,
            RefusalClass::Transient,
            RefusalClass::Unknown,
            RefusalClass::Unknown,
            RefusalClass::Permanent,
        ])
    }
}
