//! When a password is to be changed and checked: computed, never stored.

use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::account::{AccountSource, Presence};
use sekisho_model::id::{AccountId, PasswordPolicyId, ResourceGroupId};
use sekisho_model::rotation::{Age, AgeSource, Ageing, RotationHold, RotationState};
use sekisho_store::{Account, AccountRotation, ResourceGroup};

const DAY: Duration = Duration::from_secs(24 * 3600);

/// After one check that found the password wrong the next one comes soon: two
/// in a row are an alert, and nobody should wait a week for it.
const LOOK_AGAIN: Duration = Duration::from_secs(3600);

/// What is known of one account.
#[derive(Clone, Debug)]
pub(super) struct Situation<'a> {
    pub(super) account: &'a Account,
    /// Since when its current value is current; `None`: no value is known.
    pub(super) since: Option<Timestamp>,
    /// What is said and was seen of it.
    pub(super) own: &'a AccountRotation,
    /// What its policy says, and which policy that is.
    pub(super) policy: Ageing,
    pub(super) policy_id: Option<PasswordPolicyId>,
    /// The groups its resource is in.
    pub(super) groups: &'a [ResourceGroup],
    /// Why no agent would do it now.
    pub(super) agent: Option<RotationHold>,
    /// Whether a reset of it is not finished.
    pub(super) open_reset: bool,
}

/// Which level's age holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rule {
    /// The age; `None`: no level says one.
    pub(super) max_age: Option<Age>,
    /// The level.
    pub(super) source: AgeSource,
    /// The group, if it is a group's.
    pub(super) group: Option<ResourceGroupId>,
    /// The policy, if it is a policy's.
    pub(super) policy: Option<PasswordPolicyId>,
}

/// What is to happen with one account, and when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plan {
    /// Which level's age holds.
    pub(super) rule: Rule,
    /// When it is to be reset.
    pub(super) due_at: Option<Timestamp>,
    /// When that is announced.
    pub(super) announce_at: Option<Timestamp>,
    /// How far it is.
    pub(super) state: RotationState,
    /// What stands in the way.
    pub(super) held_by: Option<RotationHold>,
    /// It is due because it was found out of sync, not because of its age.
    pub(super) heals: bool,
    /// When its password is to be checked.
    pub(super) check_at: Option<Timestamp>,
}

impl Plan {
    /// Whether a reset is to be given now.
    pub(super) fn resets_now(&self) -> bool {
        self.state == RotationState::Due
    }
}

/// Which level's age holds: the account's, else the shortest of its groups',
/// else its policy's.
fn rule(at: &Situation<'_>) -> Rule {
    let of = |max_age, source| Rule { max_age, source, group: None, policy: None };
    if let Some(own) = at.own.max_age {
        return of(Some(own), AgeSource::Account);
    }
    let ages = at.groups.iter().filter_map(|group| Some((group.max_age?, group.id)));
    let shortest =
        ages.reduce(|best, next| if best.0.shorter(next.0) == best.0 { best } else { next });
    if let Some((age, group)) = shortest {
        return Rule { group: Some(group), ..of(Some(age), AgeSource::Group) };
    }
    match at.policy.max_age {
        Some(age) => Rule { policy: at.policy_id, ..of(Some(age), AgeSource::Policy) },
        None => of(None, AgeSource::None),
    }
}

/// The plan of an account as things stand at `now`.
pub(super) fn plan(at: &Situation<'_>, now: Timestamp) -> Plan {
    let rule = rule(at);
    let age = rule.max_age.and_then(Age::days).map(|days| DAY * u32::from(days.get()));
    let heals = at.policy.auto_heal && at.own.out_of_sync_told && at.since.is_some();
    let due_by_age = age.and_then(|age| due(at, age));
    let due_at = if heals { due_by_age.or(Some(now)).map(|due| due.min(now)) } else { due_by_age };
    // Half of the age at most: a password that lives a day is not announced
    // three days before.
    let notice = age.map(|age| (DAY * u32::from(at.policy.notice_days)).min(age / 2));
    let announce_at = due_at
        .zip(notice)
        .filter(|(_, notice)| !notice.is_zero() && at.since.is_some() && !heals)
        .map(|(due, notice)| due.minus(notice));
    let is_due = due_at.is_some_and(|due| due <= now);
    let held_by = if age.is_none() && !heals { None } else { hold(at, is_due, now) };
    let state = match (due_at, held_by) {
        (_, Some(_)) => RotationState::Held,
        (None, None) => RotationState::Off,
        (Some(_), None) if is_due => RotationState::Due,
        (Some(_), None) if announce_at.is_some_and(|at| at <= now) => RotationState::DueSoon,
        (Some(_), None) => RotationState::Scheduled,
    };
    Plan { rule, due_at, announce_at, state, held_by, heals, check_at: check_at(at) }
}

/// A maximum is a maximum: the reset falls into the last tenth of the age,
/// spread so that accounts that were set together are not reset together.
fn due(at: &Situation<'_>, age: Duration) -> Option<Timestamp> {
    match (at.since, at.account.current_version) {
        (Some(since), Some(version)) => {
            let tenth = age / 10;
            let early = spread(tenth, *version.as_bytes());
            Some(since.plus(age - tenth).plus(early))
        }
        // Nobody knows it: at once, within a day of its discovery.
        (_, _) if at.policy.reset_unknown => {
            Some(at.account.created_at.plus(spread(DAY, *at.account.id.as_bytes())))
        }
        (_, _) => None,
    }
}

fn hold(at: &Situation<'_>, is_due: bool, now: Timestamp) -> Option<RotationHold> {
    match (at.account.presence, at.account.source) {
        (Presence::Gone, _) => return Some(RotationHold::Gone),
        (Presence::Present, AccountSource::Directory) => return Some(RotationHold::Directory),
        (Presence::Present, AccountSource::Local) => {}
    }
    if at.since.is_none() && !at.policy.reset_unknown {
        return Some(RotationHold::UnknownPassword);
    }
    let lasting = at.agent.filter(|hold| *hold != RotationHold::AgentAway);
    if lasting.is_some() {
        return lasting;
    }
    if at.own.paused_until.is_some_and(|until| now < until) {
        return Some(RotationHold::Paused);
    }
    // What passes matters once the time has come.
    if !is_due {
        None
    } else if at.open_reset {
        Some(RotationHold::InProgress)
    } else if at.own.retry_at.is_some_and(|retry| now < retry) {
        Some(RotationHold::RetryLater)
    } else {
        at.agent
    }
}

/// Seven days after the newest check, or what the policy says, ± a tenth.
fn check_at(at: &Situation<'_>) -> Option<Timestamp> {
    let every = DAY * u32::from(at.policy.verify_every.days()?.get());
    let can = at.account.presence == Presence::Present
        && at.account.source == AccountSource::Local
        && matches!(at.agent, None | Some(RotationHold::AgentAway));
    let since = at.since.filter(|_| can)?;
    let last = at.account.last_verified_at.unwrap_or(since);
    if at.own.out_of_sync_seen == 1 {
        return Some(last.plus(LOOK_AGAIN));
    }
    let tenth = every / 10;
    Some(last.plus(every - tenth).plus(spread(tenth * 2, seed(at.account.id, last))))
}

fn seed(account: AccountId, at: Timestamp) -> [u8; 16] {
    let mut seed = *account.as_bytes();
    for (byte, other) in seed[8..].iter_mut().zip(at.as_millis().to_be_bytes()) {
        *byte ^= other;
    }
    seed
}

/// A part of `span` that is the same each time for the same seed, and evenly
/// spread over seeds (the finaliser of splitmix64).
pub(crate) fn spread(span: Duration, seed: [u8; 16]) -> Duration {
    let (high, low) = seed.split_at(8);
    let half = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("eight bytes"));
    let mut mixed = half(high).rotate_left(17) ^ half(low);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^= mixed >> 31;
    let ms = (u128::from(mixed) * span.as_millis()) >> 64;
    Duration::from_millis(u64::try_from(ms).expect("not more than the span"))
}

/// So long after a failure that ended all tries the next one comes: a day,
/// and up to an hour more.
pub(super) fn tomorrow(failed: Timestamp, account: AccountId) -> Timestamp {
    failed.plus(DAY).plus(spread(Duration::from_secs(3600), seed(account, failed)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_model::id::SecretVersionId;
    use sekisho_model::rng::SeededRng;

    const HOUR: Duration = Duration::from_secs(3600);

    fn now() -> Timestamp {
        "2026-05-01T09:00:00Z".parse().expect("a time")
    }

    fn days(days: u64) -> Age {
        Age::of_days(days).expect("in bounds")
    }

    struct World {
        account: Account,
        own: AccountRotation,
        policy: Ageing,
        groups: Vec<ResourceGroup>,
        since: Option<Timestamp>,
        agent: Option<RotationHold>,
        open_reset: bool,
    }

    fn world(seed: u64) -> World {
        let rng = SeededRng::new(seed);
        let id = AccountId::at(now(), &rng);
        let account = Account {
            id,
            resource: sekisho_model::id::ResourceId::at(now(), &rng),
            name: "root".parse().expect("a name"),
            native_id: None,
            presence: Presence::Present,
            source: AccountSource::Local,
            facts: None,
            policy: None,
            current_version: Some(SecretVersionId::at(now(), &rng)),
            last_verify_result: None,
            last_verified_at: None,
            created_at: now(),
            version: 1,
        };
        let policy = Ageing { max_age: Some(days(30)), ..Ageing::default() };
        World {
            account,
            own: AccountRotation::silent(id),
            policy,
            groups: Vec::new(),
            since: Some(now()),
            agent: None,
            open_reset: false,
        }
    }

    impl World {
        fn unknown(mut self) -> Self {
            self.account.current_version = None;
            self.since = None;
            self
        }

        fn group(mut self, name: &str, max_age: Option<Age>) -> Self {
            let rng = SeededRng::new(self.groups.len() as u64 + 100);
            self.groups.push(ResourceGroup {
                id: ResourceGroupId::at(now(), &rng),
                name: name.parse().expect("a label"),
                description: String::new(),
                owner: sekisho_model::id::UserId::at(now(), &rng),
                max_age,
                criteria: None,
                created_at: now(),
                version: 1,
            });
            self
        }

        fn at(&self, time: Timestamp) -> Plan {
            let situation = Situation {
                account: &self.account,
                since: self.since,
                own: &self.own,
                policy: self.policy,
                policy_id: None,
                groups: &self.groups,
                agent: self.agent,
                open_reset: self.open_reset,
            };
            plan(&situation, time)
        }

        /// The plan when its time has surely come.
        fn overdue(&self) -> Plan {
            self.at(now().plus(DAY * 40))
        }
    }

    #[test]
    fn the_most_specific_age_wins_and_of_groups_the_shortest() {
        let rule = |world: &World| {
            let Rule { max_age, source, .. } = world.at(now()).rule;
            (max_age, source)
        };
        let mut world = world(1);
        assert_eq!(rule(&world), (Some(days(30)), AgeSource::Policy));
        world = world.group("silent", None);
        assert_eq!(rule(&world), (Some(days(30)), AgeSource::Policy), "a group may say nothing");
        world = world.group("off", Some(Age::Off));
        assert_eq!(rule(&world), (Some(Age::Off), AgeSource::Group));
        assert_eq!(world.overdue().state, RotationState::Off);
        world = world.group("long", Some(days(90))).group("short", Some(days(60)));
        assert_eq!(rule(&world), (Some(days(60)), AgeSource::Group));
        assert_eq!(world.at(now()).rule.group, Some(world.groups[3].id));
        world.own.max_age = Some(days(365));
        assert_eq!(rule(&world), (Some(days(365)), AgeSource::Account), "even when longer");
        world.own.max_age = Some(Age::Off);
        assert_eq!(world.overdue().state, RotationState::Off);
        world.own.max_age = None;
        world.groups.clear();
        world.policy.max_age = None;
        let plan = world.overdue();
        assert_eq!((plan.rule.source, plan.state), (AgeSource::None, RotationState::Off));
        assert_eq!((plan.due_at, plan.held_by), (None, None));
    }

    #[test]
    fn a_maximum_is_never_exceeded_and_resets_are_spread() {
        let due: Vec<Timestamp> =
            (0..2_000).map(|seed| world(seed).at(now()).due_at.expect("an age holds")).collect();
        let (first, last) = (now().plus(DAY * 27), now().plus(DAY * 30));
        assert!(due.iter().all(|at| (first..=last).contains(at)));
        // Three days in slots of six hours: none holds more than twice its part.
        let mut slots = [0; 12];
        for at in &due {
            let slot = at.since(first).as_secs() / (6 * 3600);
            slots[usize::try_from(slot).expect("small").min(11)] += 1;
        }
        assert!(slots.iter().all(|n| (80..=333).contains(n)), "{slots:?}");
        let again = world(7);
        assert_eq!(again.at(now()).due_at, again.at(now().plus(HOUR)).due_at, "it does not move");
    }

    #[test]
    fn it_is_announced_before_but_not_longer_than_half_its_life() {
        let mut world = world(3);
        let plan = world.at(now());
        let due = plan.due_at.expect("due");
        assert_eq!(plan.announce_at, Some(due.minus(DAY * 3)));
        assert_eq!(plan.state, RotationState::Scheduled);
        assert_eq!(world.at(due.minus(DAY * 3)).state, RotationState::DueSoon);
        assert_eq!(world.at(due).state, RotationState::Due);
        world.policy.max_age = Some(days(1));
        let plan = world.at(now());
        assert_eq!(plan.announce_at, plan.due_at.map(|due| due.minus(DAY / 2)));
        world.policy.notice_days = 0;
        assert_eq!(world.at(now()).announce_at, None);
        world.policy.notice_days = u16::MAX;
        assert!(world.at(now()).announce_at.is_some_and(|at| at > now().minus(DAY)));
    }

    #[test]
    fn an_unknown_password_is_reset_only_where_the_policy_says_so() {
        let mut world = world(4).unknown();
        let plan = world.overdue();
        assert_eq!(plan.held_by, Some(RotationHold::UnknownPassword));
        assert_eq!((plan.state, plan.due_at), (RotationState::Held, None));
        world.policy.reset_unknown = true;
        let plan = world.at(now().plus(DAY));
        assert_eq!((plan.state, plan.held_by), (RotationState::Due, None));
        assert!(plan.due_at.is_some_and(|due| due <= now().plus(DAY)));
        assert_eq!(plan.announce_at, None, "nobody uses it");
        world.own.max_age = Some(Age::Off);
        assert_eq!(world.overdue().state, RotationState::Off);
    }

    #[test]
    fn what_stands_in_the_way_is_named() {
        let held = |change: fn(&mut World), expected: RotationHold| {
            let mut world = world(5);
            change(&mut world);
            let plan = world.overdue();
            assert_eq!((plan.state, plan.held_by), (RotationState::Held, Some(expected)));
        };
        held(|world| world.account.presence = Presence::Gone, RotationHold::Gone);
        held(|world| world.account.source = AccountSource::Directory, RotationHold::Directory);
        held(|world| world.agent = Some(RotationHold::NoAgent), RotationHold::NoAgent);
        held(|world| world.agent = Some(RotationHold::AgentAway), RotationHold::AgentAway);
        held(|world| world.open_reset = true, RotationHold::InProgress);
        let later = now().plus(DAY * 41);
        assert!(world(5).overdue().resets_now());
        let mut world = world(5);
        world.own.paused_until = Some(later);
        assert_eq!(world.overdue().held_by, Some(RotationHold::Paused));
        assert!(world.at(later).resets_now(), "a pause ends by itself");
        world.own.paused_until = None;
        world.own.retry_at = Some(later);
        assert_eq!(world.overdue().held_by, Some(RotationHold::RetryLater));
        assert!(world.at(later).resets_now());
        // Before its time only what lasts counts.
        world.agent = Some(RotationHold::AgentAway);
        assert_eq!(world.at(now()).held_by, None);
        world.agent = Some(RotationHold::NoAgent);
        assert_eq!(world.at(now()).held_by, Some(RotationHold::NoAgent));
    }

    #[test]
    fn checks_come_every_week_and_soon_after_a_bad_one() {
        let mut world = world(6);
        let (first, last) = (DAY * 63 / 10, DAY * 77 / 10);
        let range = now().plus(first)..=now().plus(last);
        let at = world.at(now()).check_at.expect("a check");
        assert!(range.contains(&at), "{at}");
        world.account.last_verified_at = Some(now().plus(HOUR));
        assert_ne!(world.at(now()).check_at, Some(at));
        world.own.out_of_sync_seen = 1;
        assert_eq!(world.at(now()).check_at, Some(now().plus(HOUR * 2)));
        world.own.out_of_sync_seen = 2;
        assert!(world.at(now()).check_at.is_some_and(|at| at > now().plus(DAY * 6)));
        world.policy.max_age = None;
        assert!(world.at(now()).check_at.is_some(), "also without a maximum age");
        world.policy.verify_every = Age::Off;
        assert_eq!(world.at(now()).check_at, None);
        assert_eq!(self::world(6).unknown().at(now()).check_at, None, "nothing to check");
    }

    #[test]
    fn healing_needs_an_alert_and_a_policy_that_says_so() {
        let mut world = world(8);
        world.policy.max_age = None;
        world.own.out_of_sync_told = true;
        assert_eq!(world.at(now()).state, RotationState::Off);
        world.policy.auto_heal = true;
        let plan = world.at(now());
        assert!(plan.heals && plan.resets_now(), "{plan:?}");
        world.own.paused_until = Some(now().plus(HOUR));
        assert_eq!(world.at(now()).held_by, Some(RotationHold::Paused), "somebody uses it");
    }
}
