use super::*;
use sekisho_wire::gateway::Rate;

const SECOND: Duration = Duration::from_secs(1);
const AT: Timestamp = Timestamp::from_millis(1_000_000);

fn source(n: u32) -> Source {
    Source::V4(std::net::Ipv4Addr::from_bits(n))
}

fn rules(change: impl FnOnce(&mut Limits)) -> Rules {
    let mut limits = Limits::default();
    change(&mut limits);
    Rules::new(limits, &[]).0
}

fn office() -> Office {
    Office {
        name: "osaka".to_owned(),
        networks: vec!["203.0.113.0/24".to_owned()],
        connections: 500,
        handshakes: Rate::per_second(100, 400),
        enrolment: Rate::per_second(10, 100),
    }
}

#[test]
fn one_address_gets_its_burst_of_handshakes_and_others_are_not_touched() {
    let (gate, rules, now) = (Admission::default(), rules(|_| ()), 100 * SECOND);
    let accepted = |n| (0..100).filter(|_| gate.accept(source(n), &rules, now).is_ok()).count();
    assert_eq!(accepted(1), 20);
    assert_eq!(accepted(2), 20);
    assert_eq!(gate.accept(source(1), &rules, now), Err(Reason::HandshakesOfAddress));
    assert_eq!(gate.connections(), 40, "what is refused takes no place");
}

#[test]
fn approved_devices_are_not_counted_by_their_address() {
    let (gate, rules) = (Admission::default(), rules(|limits| limits.connections_per_address = 3));
    let now = 100 * SECOND;
    for _ in 0..500 {
        assert!(gate.accept(source(1), &rules, now).is_ok());
        assert!(gate.shaken(source(1), true, &rules, now));
    }
    let stranger_stays = || {
        assert!(gate.accept(source(1), &rules, now).is_ok());
        let stays = gate.shaken(source(1), false, &rules, now);
        if !stays {
            gate.left(source(1), false);
        }
        stays
    };
    assert_eq!([(); 4].map(|()| stranger_stays()), [true, true, true, false]);
    gate.left(source(1), true);
    assert!(!stranger_stays());
    gate.left(source(1), false);
    assert!(stranger_stays());
}

#[test]
fn an_office_has_numbers_of_its_own_and_is_never_banned() {
    let (rules, problems) = Rules::new(Limits::default(), &[office()]);
    assert!(problems.is_empty());
    let (gate, now) = (Admission::default(), 100 * SECOND);
    let inside = rules.offices.source("203.0.113.9".parse().expect("an address"));
    let accepted = (0..1000).filter(|_| gate.accept(inside, &rules, now).is_ok()).count();
    assert_eq!(accepted, 400);
    for _ in 0..10_000 {
        assert!(!gate.violated(inside, Reason::NotFound, &rules, now, AT));
    }
    assert!(gate.bans(&rules, now).is_empty());
}

/// A fleet behind one address, before the gateway knows that this is an office: all
/// come back at once after a restart, and most are refused at first.
#[test]
fn nobody_is_banned_before_the_server_has_said_who_is_who() {
    let (before, (after, _)) =
        (Rules::until_configured(), Rules::new(Limits::default(), &[office()]));
    let (gate, now) = (Admission::default(), 100 * SECOND);
    let fleet = |rules: &Rules| rules.offices.source("203.0.113.9".parse().expect("an address"));
    for _ in 0..1000 {
        if let Err(reason) = gate.accept(fleet(&before), &before, now) {
            assert!(!gate.violated(fleet(&before), reason, &before, now, AT));
        }
    }
    assert!(gate.bans(&before, now).is_empty());
    assert!(gate.accept(fleet(&after), &after, now).is_ok());
    // Also where nobody said anything of that address.
    let single = Rules::default();
    assert_eq!(gate.accept(fleet(&single), &single, now), Err(Reason::HandshakesOfAddress));
    assert!(gate.accept(fleet(&single), &single, now + SECOND).is_ok());
}

#[test]
fn all_together_have_a_limit_and_so_have_handshakes_that_do_not_end() {
    let rules = rules(|limits| {
        limits.handshakes = Rate::per_second(1000, 30);
        limits.handshakes_in_flight = 25;
        limits.connections = 28;
    });
    let (gate, now) = (Admission::default(), 100 * SECOND);
    let one_each = |from: u32| (from..from + 100).map(|n| gate.accept(source(n), &rules, now));
    let results: Vec<_> = one_each(0).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 22);
    assert_eq!(results[22], Err(Reason::HandshakesInFlight));
    assert!((0..22).all(|n| gate.shaken(source(n), false, &rules, now)));
    let results: Vec<_> = one_each(1000).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 3);
    assert_eq!(results[3], Err(Reason::Connections));
    (0..22).for_each(|n| gate.left(source(n), false));
    let results: Vec<_> = one_each(2000).collect();
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 2);
    assert_eq!(results[2], Err(Reason::Handshakes));
}

#[test]
fn what_strangers_can_take_leaves_room_for_those_at_work() {
    let home = source(u32::MAX);
    let now = 100 * SECOND;
    for change in [
        |limits: &mut Limits| limits.connections = 40,
        |limits: &mut Limits| limits.handshakes_in_flight = 40,
        |limits: &mut Limits| limits.handshakes = Rate::per_second(1, 40),
    ] {
        let (gate, rules) = (Admission::default(), rules(change));
        // A device was here.
        assert!(gate.accept(home, &rules, now - 2 * SECOND).is_ok());
        assert!(gate.shaken(home, true, &rules, now - 2 * SECOND));
        gate.left(home, true);
        let crowd = (0..100).filter(|n| gate.accept(source(*n), &rules, now).is_ok()).count();
        assert_eq!(crowd, 35);
        let back = (0..100).filter(|_| gate.accept(home, &rules, now).is_ok()).count();
        assert_eq!(back, 5, "they find the places that are kept, and no more");
    }
}

#[test]
fn calls_of_the_enrolment_class_are_counted_by_address_and_together() {
    let rules = rules(|limits| limits.enrolment = Rate::per_second(1, 25));
    let (gate, now) = (Admission::default(), 100 * SECOND);
    let called = |n| (0..100).filter(|_| gate.enrol(source(n), &rules, now).is_none()).count();
    assert_eq!((called(1), called(2), called(3), called(4)), (10, 10, 5, 0));
    assert_eq!(gate.enrol(source(1), &rules, now), Some(Reason::EnrolmentOfAddress));
    assert_eq!(gate.enrol(source(5), &rules, now), Some(Reason::Enrolment));
    let begun = (0..100).filter(|_| gate.begin_enrolment(&rules)).count();
    assert_eq!(begun, 32);
    gate.enrolled();
    assert!(gate.begin_enrolment(&rules) && !gate.begin_enrolment(&rules));
}

#[test]
fn many_violations_in_a_minute_are_a_ban_that_ends_or_is_lifted() {
    let (gate, rules, now) = (Admission::default(), rules(|_| ()), 100 * SECOND);
    let violate = |n, times, now| {
        (0..times).filter(|_| gate.violated(source(n), Reason::Malformed, &rules, now, AT)).count()
    };
    assert_eq!(violate(1, 99, now), 0);
    assert_eq!(violate(1, 99, now + 61 * SECOND), 0, "another minute");
    assert_eq!(violate(1, 1, now + 62 * SECOND), 1);
    let now = now + 62 * SECOND;
    assert_eq!(gate.accept(source(1), &rules, now), Err(Reason::Banned));
    assert!(gate.accept(source(2), &rules, now).is_ok());
    let bans = gate.bans(&rules, now);
    assert_eq!((bans.len(), bans[0].address.as_str()), (1, "0.0.0.1"));
    assert_eq!(bans[0].until, AT.plus(600 * SECOND));
    let now = now + 600 * SECOND;
    assert!(gate.accept(source(1), &rules, now).is_ok(), "it ended");
    assert_eq!(violate(1, 100, now), 1);
    assert_eq!(gate.lift(&["0.0.0.1".to_owned(), "nonsense".to_owned()], &rules), 1);
    assert!(gate.accept(source(1), &rules, now).is_ok());
    // What the gateway lacks itself is held against nobody.
    for _ in 0..1000 {
        assert!(!gate.violated(source(3), Reason::NoServer, &rules, now, AT));
    }
}

#[test]
fn a_device_still_reaches_the_gateway_behind_a_banned_address() {
    let (gate, rules, now) = (Admission::default(), rules(|_| ()), 100 * SECOND);
    assert!(gate.accept(source(1), &rules, now).is_ok());
    assert!(gate.shaken(source(1), true, &rules, now));
    let banned = (0..100).any(|_| gate.violated(source(1), Reason::NotFound, &rules, now, AT));
    assert!(banned);
    let accepted = gate.accept(source(1), &rules, now);
    assert_eq!(accepted, Ok(Accepted { dry: None, devices_only: true }));
}

#[test]
fn many_devices_behind_one_address_may_come_at_once_when_one_of_them_is_known() {
    let (gate, rules, now) = (Admission::default(), rules(|_| ()), 100 * SECOND);
    let accepted = |n| (0..1000).filter(|_| gate.accept(source(n), &rules, now).is_ok()).count();
    assert!(gate.accept(source(1), &rules, now).is_ok());
    assert!(gate.shaken(source(1), true, &rules, now));
    assert_eq!((accepted(1), accepted(2)), (200, 20));
}

#[test]
fn a_dry_run_tells_and_lets_pass() {
    let (gate, rules, now) =
        (Admission::default(), rules(|limits| limits.dry_run = true), 100 * SECOND);
    let accepted: Vec<_> = (0..30).map(|_| gate.accept(source(1), &rules, now)).collect();
    assert_eq!(accepted[0], Ok(Accepted { dry: None, devices_only: false }));
    let last = Ok(Accepted { dry: Some(Reason::HandshakesOfAddress), devices_only: false });
    assert_eq!(accepted[29], last);
    for _ in 0..1000 {
        assert!(!gate.violated(source(1), Reason::NotFound, &rules, now, AT));
    }
    assert!(gate.bans(&rules, now).is_empty());
}

#[test]
fn no_table_grows_without_bound() {
    let rules = rules(|limits| {
        limits.ban_after = 1;
        limits.enrolment = Rate::per_second(1_000_000, u32::MAX);
    });
    let (gate, now) = (Admission::default(), 100 * SECOND);
    for n in 0..70_000 {
        let _ = gate.enrol(source(n), &rules, now);
    }
    for n in 0..2_000 {
        gate.violated(source(n), Reason::NotFound, &rules, now, AT);
    }
    let sizes = || {
        let tables = gate.tables.lock().expect("free");
        (tables.known.len(), tables.bans.len())
    };
    assert_eq!(sizes(), (MAX_SOURCES, MAX_BANS));
    // Nobody new gets in before somebody can be forgotten.
    assert_eq!(gate.accept(source(200_000), &rules, now), Err(Reason::ConnectionsOfAddress));
    assert!(gate.accept(source(200_000), &rules, now + 3600 * SECOND).is_ok());
    gate.sweep(now + 3600 * SECOND);
    assert_eq!(sizes(), (1, 0));
}
