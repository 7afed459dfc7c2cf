//! Runs many cases with an evil gateway: what `cargo xtask prove evil-gateway`
//! starts.

use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_sim::{Broken, Deeds, EvilEnded, EvilSimulator, EvilTeeth, with_room};

use crate::Args;

#[derive(Default)]
struct Tally {
    begun: AtomicU64,
    done: AtomicU64,
    stop: AtomicBool,
    deeds: Mutex<Deeds>,
    /// Seeds that found something, with what they found.
    found: Mutex<Vec<(u64, Broken)>>,
}

pub(super) fn run(args: &Args) -> ExitCode {
    if args.replay {
        return replay(args.seed);
    }
    let tally = Tally::default();
    let started = SystemClock.elapsed();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(processors).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            (0..threads).map(|_| scope.spawn(|| with_room(|| work(args, &tally)))).collect();
        let mut said = started;
        while !workers.iter().all(|worker| worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(500));
            if SystemClock.elapsed() > said + Duration::from_secs(10) {
                said = SystemClock.elapsed();
                let found = tally.found.lock().expect("no holder panics").len();
                let done = tally.done.load(Ordering::Relaxed);
                eprintln!("{done} of {} cases, {found} found", args.cases);
            }
        }
    });
    close(args, &tally, SystemClock.elapsed().saturating_sub(started).as_secs_f64())
}

fn work(args: &Args, tally: &Tally) {
    let mut simulator = EvilSimulator::new(EvilTeeth::None);
    while !tally.stop.load(Ordering::Relaxed) {
        let number = tally.begun.fetch_add(1, Ordering::Relaxed);
        if number >= args.cases {
            break;
        }
        let seed = args.seed.wrapping_add(number);
        let ended = simulator.case(seed, false);
        tally.deeds.lock().expect("no holder panics").add(ended.deeds);
        tally.done.fetch_add(1, Ordering::Relaxed);
        let Some(broken) = ended.broken else { continue };
        eprintln!("seed {seed}: {broken}");
        let mut found = tally.found.lock().expect("no holder panics");
        found.push((seed, broken));
        if found.len() as u64 >= args.stop_after {
            tally.stop.store(true, Ordering::Relaxed);
        }
    }
}

fn close(args: &Args, tally: &Tally, took_s: f64) -> ExitCode {
    let found = tally.found.lock().expect("no holder panics");
    let count = |is: fn(&Broken) -> bool| found.iter().filter(|(_, broken)| is(broken)).count();
    let wrong = count(|broken| matches!(broken, Broken::Wrong(_) | Broken::AppliedTwice(_)));
    let seen = count(|broken| matches!(broken, Broken::Leaked(_)));
    let lost = count(|broken| matches!(broken, Broken::Lost(_)));
    let other = count(|broken| matches!(broken, Broken::Other(_)));
    let done = tally.done.load(Ordering::Relaxed);
    let deeds = *tally.deeds.lock().expect("no holder panics");
    let figures = serde_json::json!({
        "cases": done,
        "wrong_actions": wrong,
        "secrets_seen": seen,
        "lost": lost,
        "other": other,
        "deeds": deeds.done,
        "noticed_by_server": deeds.noticed_by_server,
        "noticed_by_agents": deeds.noticed_by_agents,
        "alarms": deeds.alarms,
        "seed": args.seed,
        "seconds": (took_s * 10.0).round() / 10.0,
    });
    if let Some(file) = &args.json
        && let Err(error) = std::fs::write(file, format!("{figures:#}\n"))
    {
        eprintln!("error: cannot write {}: {error}", file.display());
        return ExitCode::FAILURE;
    }
    if let Some((seed, broken)) = found.first() {
        println!("seed {seed}: {broken}");
        for line in traced(*seed).trace {
            println!("  {line}");
        }
        println!("replay it: cargo xtask prove evil-gateway --seed {seed} --replay");
    }
    println!(
        "evil gateway: {done} cases, {} deeds, {wrong} wrong actions, {seen} secrets seen, \
         {lost} lost, {other} other; noticed: {} by the server, {} by agents, {} alarms; \
         seeds from {}; {took_s:.0} s",
        deeds.done, deeds.noticed_by_server, deeds.noticed_by_agents, deeds.alarms, args.seed,
    );
    if found.is_empty() && done == args.cases { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn traced(seed: u64) -> EvilEnded {
    with_room(|| EvilSimulator::new(EvilTeeth::None).case(seed, true))
}

fn replay(seed: u64) -> ExitCode {
    let ended = traced(seed);
    for line in &ended.trace {
        println!("{line}");
    }
    match ended.broken {
        None => {
            println!("seed {seed}: nothing wrong, {} deeds", ended.deeds.done);
            ExitCode::SUCCESS
        }
        Some(broken) => {
            println!("seed {seed}: {broken}");
            ExitCode::FAILURE
        }
    }
}
