//! Which share counts where several reach somebody.
//!
//! The most specific one, even when it is weaker: one of an account before one
//! of its resource before one of a resource group, and of groups inside each
//! other the inner one; of these, one with the person before one with a user
//! group. Where two are equally specific, the stronger level counts.

use std::cmp::Reverse;

use sekisho_model::Timestamp;
use sekisho_model::id::ShareId;
use sekisho_model::share::{Level, Principal, Shareable};

/// A share that reaches somebody on an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// The share.
    pub share: ShareId,
    /// What was shared: the object itself, or what it is in.
    pub on: Shareable,
    /// How many groups lie between a shared group and the object: 0 when the
    /// object stands in it directly, and for what is no group.
    pub depth: u16,
    /// With whom: the person, or a group they are in.
    pub with: Principal,
    /// How far it goes.
    pub level: Level,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
}

impl Held {
    /// Whether it holds at an instant.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    /// How far it goes for this kind of object: an account is shared to
    /// *modify* at most.
    pub fn level(&self) -> Level {
        match self.on {
            Shareable::Account(_) => self.level.min(Level::Modify),
            Shareable::Resource(_) | Shareable::ResourceGroup(_) => self.level,
        }
    }

    /// Sorts the one that counts first.
    fn rank(&self) -> impl Ord + use<> {
        let object = match self.on {
            Shareable::Account(_) => (0, 0),
            Shareable::Resource(_) => (1, 0),
            Shareable::ResourceGroup(_) => (2, self.depth),
        };
        let person = match self.with {
            Principal::User(_) => 0,
            Principal::UserGroup(_) => 1,
        };
        (object, person, Reverse(self.level()), self.share)
    }
}

/// The shares that hold at an instant, the one that counts first.
pub fn in_order(held: &[Held], now: Timestamp) -> Vec<Held> {
    let mut live: Vec<Held> = held.iter().filter(|share| share.is_live(now)).copied().collect();
    live.sort_by_key(Held::rank);
    live
}

/// The share that counts at an instant.
pub fn prevailing(held: &[Held], now: Timestamp) -> Option<Held> {
    held.iter().filter(|share| share.is_live(now)).min_by_key(|share| share.rank()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use sekisho_model::id::{Id, Kind};

    const NOW: Timestamp = Timestamp::from_millis(1_000);

    fn id<K: Kind>(number: u8) -> Id<K> {
        Id::from_uuid(uuid::Uuid::from_bytes([number; 16]))
    }

    fn held(on: u8, depth: u16, person: bool, level: Level, ends: Option<i64>, number: u8) -> Held {
        Held {
            share: id(number),
            on: match on {
                0 => Shareable::Account(id(1)),
                1 => Shareable::Resource(id(1)),
                _ => Shareable::ResourceGroup(id(1)),
            },
            depth: if on == 2 { depth } else { 0 },
            with: if person { Principal::User(id(1)) } else { Principal::UserGroup(id(1)) },
            level,
            expires_at: ends.map(Timestamp::from_millis),
        }
    }

    fn held_far(level: Level) -> Held {
        held(2, 9, false, level, None, 0)
    }

    fn any_held() -> impl Strategy<Value = Held> {
        let level = prop::sample::select(Level::ALL);
        let ends = prop::option::of(prop::sample::select(vec![999_i64, 1_000, 1_001]));
        (0..3_u8, 0..3_u16, any::<bool>(), level, ends, any::<u8>()).prop_map(
            |(on, depth, person, level, ends, number)| held(on, depth, person, level, ends, number),
        )
    }

    /// The rule as it is written down, step by step.
    fn by_the_book(held: &[Held]) -> Option<Level> {
        let mut left: Vec<&Held> =
            held.iter().filter(|one| one.expires_at.is_none_or(|end| end > NOW)).collect();
        let kinds: [fn(&Shareable) -> bool; 3] = [
            |on| matches!(on, Shareable::Account(_)),
            |on| matches!(on, Shareable::Resource(_)),
            |on| matches!(on, Shareable::ResourceGroup(_)),
        ];
        let kind = kinds.iter().find(|is| left.iter().any(|one| is(&one.on)))?;
        left.retain(|one| kind(&one.on));
        let inner = left.iter().map(|one| one.depth).min()?;
        left.retain(|one| one.depth == inner);
        if left.iter().any(|one| matches!(one.with, Principal::User(_))) {
            left.retain(|one| matches!(one.with, Principal::User(_)));
        }
        left.iter().map(|one| one.level()).max()
    }

    proptest! {
        #[test]
        fn the_most_specific_share_counts_as_written_down(
            held in prop::collection::vec(any_held(), 0..8)
        ) {
            let level = prevailing(&held, NOW).map(|one| one.level());
            prop_assert_eq!(level, by_the_book(&held));
        }

        #[test]
        fn the_order_in_which_shares_were_found_does_not_matter(
            held in prop::collection::vec(any_held(), 0..8).prop_shuffle()
        ) {
            let first = prevailing(&held, NOW);
            let mut turned = held.clone();
            turned.reverse();
            let level = |one: Option<Held>| one.map(|one| one.level());
            prop_assert_eq!(level(first), level(prevailing(&turned, NOW)));
            prop_assert_eq!(level(first), level(in_order(&held, NOW).first().copied()));
        }

        #[test]
        fn a_share_that_has_ended_is_as_if_it_were_not_there(
            held in prop::collection::vec(any_held(), 0..8),
            ended in any_held(),
        ) {
            let mut more = held.clone();
            more.push(Held { expires_at: Some(NOW), ..ended });
            prop_assert_eq!(prevailing(&held, NOW), prevailing(&more, NOW));
        }

        #[test]
        fn a_less_specific_share_changes_nothing(
            held in prop::collection::vec(any_held(), 1..8),
            level in prop::sample::select(Level::ALL),
        ) {
            // Nothing is less specific than a far group shared with a user group.
            let far = held_far(level);
            let before = prevailing(&held, NOW);
            prop_assume!(before.is_some());
            let mut more = held;
            more.push(far);
            prop_assert_eq!(before, prevailing(&more, NOW));
        }
    }

    /// Account before resource before group, person before user group: each
    /// row loses against every one above it, even when that one is weaker.
    #[test]
    fn the_precedence_table() {
        let rows: Vec<(u8, u16, bool)> = vec![
            (0, 0, true),
            (0, 0, false),
            (1, 0, true),
            (1, 0, false),
            (2, 0, true),
            (2, 0, false),
            (2, 1, true),
            (2, 1, false),
        ];
        for (at, specific) in rows.iter().enumerate() {
            for general in &rows[at + 1..] {
                let weak = held(specific.0, specific.1, specific.2, Level::View, None, 9);
                let strong = held(general.0, general.1, general.2, Level::Full, None, 1);
                let counts = prevailing(&[strong, weak], NOW).expect("both hold");
                assert_eq!(counts, weak, "{specific:?} before {general:?}");
            }
        }
    }

    #[test]
    fn an_account_is_shared_to_modify_at_most() {
        assert_eq!(held(0, 0, true, Level::Full, None, 1).level(), Level::Modify);
        assert_eq!(held(1, 0, true, Level::Full, None, 1).level(), Level::Full);
    }
}
