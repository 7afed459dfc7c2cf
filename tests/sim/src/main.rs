//! Runs many cases: what `cargo xtask prove never-lost` starts.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line tool for people: its output is its purpose"
)]

mod evil_gateway;

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use clap::Parser;
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_sim::{Broken, DatabaseKind, Simulator, Teeth};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Fault schedules against the real server and agent code.
#[derive(Parser)]
struct Args {
    /// Where the server keeps its data.
    #[arg(long, value_enum, default_value_t = DatabaseKind::Memory)]
    database: DatabaseKind,
    /// How many cases.
    #[arg(long, default_value_t = 1_000)]
    cases: u64,
    /// The seed of the first case; the others follow.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Threads, each with a site of its own. Default: one for each processor.
    #[arg(long)]
    threads: Option<usize>,
    /// Stops after so many cases that found something.
    #[arg(long, default_value_t = 10)]
    stop_after: u64,
    /// Shows what happens in the one case of the seed.
    #[arg(long)]
    replay: bool,
    /// Cases with an evil gateway between agents and server instead; always in
    /// memory.
    #[arg(long, conflicts_with = "database")]
    evil_gateway: bool,
    /// Writes the figures to a file.
    #[arg(long, value_name = "FILE")]
    json: Option<std::path::PathBuf>,
}

#[derive(Default)]
struct Tally {
    begun: AtomicU64,
    done: AtomicU64,
    faults: AtomicU64,
    lost: AtomicU64,
    applied_twice: AtomicU64,
    other: AtomicU64,
    stop: AtomicBool,
    /// Seeds that found something, with what they found.
    found: Mutex<Vec<(u64, Broken)>>,
}

fn main() -> std::process::ExitCode {
    let args = Args::parse();
    // What a case throws is caught and counted; its words are in the report.
    std::panic::set_hook(Box::new(|_| {}));
    if args.evil_gateway {
        return evil_gateway::run(&args);
    }
    if args.replay {
        return replay(&args);
    }
    let tally = Tally::default();
    let started = SystemClock.elapsed();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let threads = args.threads.unwrap_or(processors).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(|| work(&args, &tally))).collect();
        while !workers.iter().all(|worker| worker.is_finished()) {
            std::thread::sleep(Duration::from_millis(500));
            progress(&args, &tally, started);
        }
    });
    close(&args, &tally, started)
}

fn work(args: &Args, tally: &Tally) {
    let mut simulator = Simulator::new(args.database, Teeth::None);
    while !tally.stop.load(Ordering::Relaxed) {
        let number = tally.begun.fetch_add(1, Ordering::Relaxed);
        if number >= args.cases {
            break;
        }
        let seed = args.seed.wrapping_add(number);
        let ended = simulator.case(seed, false);
        tally.faults.fetch_add(ended.faults, Ordering::Relaxed);
        tally.done.fetch_add(1, Ordering::Relaxed);
        let Some(broken) = ended.broken else { continue };
        let count = match &broken {
            Broken::Lost(_) => &tally.lost,
            Broken::AppliedTwice(_) => &tally.applied_twice,
            Broken::Wrong(_) | Broken::Leaked(_) | Broken::Other(_) => &tally.other,
        };
        count.fetch_add(1, Ordering::Relaxed);
        eprintln!("seed {seed}: {broken}");
        let mut found = tally.found.lock().expect("no holder panics");
        found.push((seed, broken));
        if found.len() as u64 >= args.stop_after {
            tally.stop.store(true, Ordering::Relaxed);
        }
    }
}

/// A line every ten seconds.
fn progress(args: &Args, tally: &Tally, started: Duration) {
    static LAST: AtomicU64 = AtomicU64::new(0);
    let took = SystemClock.elapsed().saturating_sub(started);
    if took.as_secs() < LAST.load(Ordering::Relaxed) + 10 {
        return;
    }
    LAST.store(took.as_secs(), Ordering::Relaxed);
    let done = tally.done.load(Ordering::Relaxed);
    let rate = done as f64 / took.as_secs_f64();
    let left = args.cases.saturating_sub(done) as f64 / rate.max(0.001);
    eprintln!(
        "{done} of {} cases, {rate:.0} cases/s, {} faults, {} found, {:.0} min left",
        args.cases,
        tally.faults.load(Ordering::Relaxed),
        tally.found.lock().expect("no holder panics").len(),
        left / 60.0,
    );
}

fn close(args: &Args, tally: &Tally, started: Duration) -> std::process::ExitCode {
    let took = SystemClock.elapsed().saturating_sub(started).as_secs_f64();
    let read = |count: &AtomicU64| count.load(Ordering::Relaxed);
    let done = read(&tally.done);
    let figures = serde_json::json!({
        "database": args.database.to_string(),
        "cases": done,
        "faults": read(&tally.faults),
        "lost": read(&tally.lost),
        "applied_twice": read(&tally.applied_twice),
        "other": read(&tally.other),
        "seed": args.seed,
        "seconds": (took * 10.0).round() / 10.0,
    });
    if let Some(file) = &args.json
        && let Err(error) = std::fs::write(file, format!("{figures:#}\n"))
    {
        eprintln!("error: cannot write {}: {error}", file.display());
        return std::process::ExitCode::FAILURE;
    }
    let found = tally.found.lock().expect("no holder panics");
    if let Some((seed, broken)) = found.first() {
        println!("seed {seed}: {broken}");
        let mut simulator = Simulator::new(args.database, Teeth::None);
        for line in simulator.case(*seed, true).trace {
            println!("  {line}");
        }
        println!("replay it: {}", replay_command(args, *seed));
    }
    println!(
        "never lost on {}: {done} cases, {} faults, {} lost, {} applied twice, {} other; \
         seeds from {}; {took:.0} s, {:.2} ms a case",
        args.database,
        read(&tally.faults),
        read(&tally.lost),
        read(&tally.applied_twice),
        read(&tally.other),
        args.seed,
        took * 1000.0 / done.max(1) as f64,
    );
    if found.is_empty() && done == args.cases {
        std::process::ExitCode::SUCCESS
    } else {
        std::process::ExitCode::FAILURE
    }
}

fn replay(args: &Args) -> std::process::ExitCode {
    let mut simulator = Simulator::new(args.database, Teeth::None);
    let ended = simulator.case(args.seed, true);
    for line in &ended.trace {
        println!("{line}");
    }
    match ended.broken {
        None => {
            println!("seed {}: nothing lost, {} faults", args.seed, ended.faults);
            std::process::ExitCode::SUCCESS
        }
        Some(broken) => {
            println!("seed {}: {broken}", args.seed);
            std::process::ExitCode::FAILURE
        }
    }
}

fn replay_command(args: &Args, seed: u64) -> String {
    format!("cargo xtask prove never-lost --database {} --seed {seed} --replay", args.database)
}
