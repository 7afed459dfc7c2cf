//! The attacks of `cargo xtask prove attacks` that take moments, once each, and
//! without a clock beside them: what must not come through does not. And that
//! each judge finds something where there is something.

use sekisho_siege::{ATTACKS, Attack, Place, Settings};
use sekisho_wire::gateway::{Limits, Rate, route_lines};

fn place(limits: &Limits) -> Place {
    let settings = Settings::new(env!("CARGO_BIN_EXE_sekisho-gateway")).expect("free ports");
    Place::new(&settings, limits, route_lines()).expect("a gateway at work")
}

/// What these attacks find.
#[track_caller]
fn find_nothing(names: &[&str]) {
    let limits = Limits::default();
    let mut place = place(&limits);
    let field = place.field(&limits, 1);
    for name in names {
        let attack = Attack::named(name).expect("an attack");
        let tries = place.pass(&field, attack).expect("the gateway lives");
        assert!(tries > 0, "{name}");
    }
    let findings = place.findings();
    assert_eq!(findings.count(), 0, "{:#?}", findings.all());
}

const REQUESTS: &[&str] = &["smuggling", "paths", "fuzz", "oversize"];
const FLOODS: &[&str] = &["rapid-reset", "continuation", "settings", "ping", "window"];
const CROWDS: &[&str] = &["probing", "enrolment", "calls"];

#[test]
fn no_request_comes_through_that_should_not() {
    find_nothing(REQUESTS);
}

#[test]
fn every_flood_ends() {
    find_nothing(FLOODS);
}

#[test]
fn nobody_is_served_more_than_the_limits_allow() {
    find_nothing(CROWDS);
}

#[test]
fn all_quick_attacks_are_made_here() {
    let quick = ATTACKS.iter().filter(|attack| attack.quick).map(|attack| attack.name);
    let mut made: Vec<_> = [REQUESTS, FLOODS, CROWDS].concat();
    let mut quick: Vec<_> = quick.collect();
    made.sort_unstable();
    quick.sort_unstable();
    assert_eq!(made, quick);
}

#[test]
fn a_limit_that_is_switched_off_is_found() {
    let much = Rate::per_second(100_000, 100_000);
    let off = Limits {
        ban_after: 0,
        per_device: much,
        enrolment: much,
        enrolment_per_address: much,
        ..Limits::default()
    };
    let mut place = place(&off);
    let field = place.field(&Limits::default(), 1);
    for name in CROWDS {
        let before = place.findings().count();
        place.pass(&field, Attack::named(name).expect("an attack")).expect("the gateway lives");
        assert!(place.findings().count() > before, "{name} finds nothing");
    }
}

#[test]
fn a_gateway_with_other_routes_is_found() {
    let limits = Limits::default();
    let settings = Settings::new(env!("CARGO_BIN_EXE_sekisho-gateway")).expect("free ports");
    let mut routes = route_lines();
    routes.retain(|line| line.name != "bundle");
    // What is a device's is everybody's.
    for line in &mut routes {
        line.access = sekisho_wire::route::Access::Anyone;
    }
    let mut place = Place::new(&settings, &limits, routes).expect("a gateway at work");
    let field = place.field(&limits, 1);
    place.pass(&field, Attack::named("fuzz").expect("an attack")).expect("the gateway lives");
    let found = place.findings().all();
    let says = |part: &str| found.iter().any(|violation| violation.what.contains(part));
    assert!(says("answered with 404"), "less than there should be: {found:#?}");
    assert!(says("no certificate came with it"), "the witness: {found:#?}");
}
