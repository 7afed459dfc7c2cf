//! The rounds, and what comes out of them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use sekisho_gatewaykit::Site;
use serde_json::{Map, Value, json};
use xtask::bench::{Aim, GatewayArgs, Machine, Report, median, percentile};

use crate::agents::Agents;
use crate::load::{self, CONNECTIONS};
use crate::peer::{Peer, Running};
use crate::{gateway, nginx, relay, say, tls};

/// Files that a process needs beside its connections.
const OTHER_FILES: usize = 400;

/// By their names in ALPN.
const VERSIONS: [&str; 2] = ["http/1.1", "h2"];

/// Waits held at once, where the machine allows it.
const MANY: usize = 10_000;

/// Who is measured, in the order of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Sekisho,
    Nginx,
    Relay,
    /// nginx told to give no tickets, as the gateway gives none: for handshakes only.
    NginxWithoutTickets,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Sekisho, Self::Nginx, Self::Relay, Self::NginxWithoutTickets];

    /// How many of them do everything; they come first.
    const WHOLE: usize = 3;

    const fn name(self) -> &'static str {
        match self {
            Self::Sekisho => "sekisho",
            Self::Nginx => "nginx",
            Self::Relay => "raw-relay",
            Self::NginxWithoutTickets => "nginx-without-tickets",
        }
    }
}

/// What was measured of one of them, a value per round.
#[derive(Default)]
struct Figures {
    h1: Over,
    h2: Over,
    handshakes: Handshakes,
    held: usize,
}

/// Requests over one version of HTTP.
#[derive(Default)]
struct Over {
    rps: Vec<f64>,
    cpu_s_per_100k: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
    /// What one held wait takes: measured once.
    rss_per_wait_bytes: f64,
}

/// Full handshakes, with a request after each.
#[derive(Default)]
struct Handshakes {
    per_s: Vec<f64>,
    cpu_s_per_1k: Vec<f64>,
    p50_ms: Vec<f64>,
    p99_ms: Vec<f64>,
}

impl Handshakes {
    fn take(&mut self, mut measured: load::Handshakes) {
        self.per_s.push(measured.per_s);
        self.cpu_s_per_1k.push(measured.cpu_s_per_1k);
        self.p50_ms.push(percentile(&mut measured.latencies_ms, 0.5));
        self.p99_ms.push(percentile(&mut measured.latencies_ms, 0.99));
    }
}

impl Figures {
    fn over(&mut self, alpn: &str) -> &mut Over {
        if alpn == "h2" { &mut self.h2 } else { &mut self.h1 }
    }
}

impl Over {
    fn take(&mut self, mut measured: load::Requests) {
        self.rps.push(measured.per_s);
        self.cpu_s_per_100k.push(measured.cpu_s_per_100k);
        self.p50_ms.push(percentile(&mut measured.latencies_ms, 0.5));
        self.p99_ms.push(percentile(&mut measured.latencies_ms, 0.99));
    }
}

/// Where everything runs.
struct Stage {
    programs: PathBuf,
    folder: tempfile::TempDir,
    site: Arc<Site>,
    calls: bool,
    upstream: u16,
    _upstream: Running,
    started: usize,
}

impl Stage {
    fn new(programs: &Path, calls: bool) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("sekisho-bench-").tempdir()?;
        let site = Arc::new(Site::new());
        tls::write(&site, folder.path())?;
        let path = folder.path().to_str().context("a folder without letters")?.to_owned();
        let log = folder.path().join("echo.log");
        let (running, upstream) = Running::double(&["echo", &path], &log)?;
        let programs = programs.to_owned();
        Ok(Self { programs, folder, site, calls, upstream, _upstream: running, started: 0 })
    }

    /// A fresh one.
    fn start(&mut self, kind: Kind) -> Result<Peer> {
        self.started += 1;
        let certificates = self.folder.path();
        let folder = certificates.join(format!("{}-{}", kind.name(), self.started));
        fs::create_dir(&folder)?;
        let started = match kind {
            Kind::Sekisho => {
                let program = self.programs.join("sekisho-gateway");
                gateway::start(&program, &folder, &self.site, self.calls)
            }
            Kind::Nginx => nginx::start(&folder, certificates, self.upstream, true),
            Kind::NginxWithoutTickets => nginx::start(&folder, certificates, self.upstream, false),
            Kind::Relay => relay::start(&folder, certificates, self.upstream),
        };
        started.with_context(|| format!("{} cannot be started", kind.name()))
    }
}

pub(crate) fn run(programs: &Path, args: &GatewayArgs) -> Result<()> {
    let quick = args.common.quick;
    let machine = Machine::look(&std::env::temp_dir())?;
    let mut report = Report::new("gateway", machine, quick);
    let version = said(Command::new(programs.join("sekisho-gateway")).arg("--version"))?;
    report.version("sekisho", version.trim_start_matches("sekisho-gateway "));
    let nginx = said(Command::new(nginx::PROGRAM).arg("-V"))?;
    let nginx = nginx.lines().take(2).collect::<Vec<_>>().join(", ");
    report.version("nginx", nginx.trim_start_matches("nginx version: nginx/"));

    let files = usize::try_from(sekisho_platform::process::open_files()?)?;
    let wanted = if quick { args.parked.min(300) } else { args.parked };
    let room = files.saturating_sub(OTHER_FILES);
    // The relay holds two files for each wait, in one process; nginx two workers'.
    let held = |kind| wanted.min(if kind == Kind::Relay { room / 2 } else { room });
    let mut stage = Stage::new(programs, !args.without_calls)?;
    say(&format!("issuing certificates for {wanted} devices"));
    let agents = Arc::new(Agents::new(&stage.site, wanted.max(CONNECTIONS))?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut figures = Kind::ALL.map(|_| Figures::default());

    let rounds = if quick { 1 } else { args.rounds };
    let length = Duration::from_secs(if quick { 1 } else { args.seconds });
    let handshakes = if quick { 200 } else { 2000 };
    let peers = Kind::ALL.map(|kind| stage.start(kind));
    let peers = peers.into_iter().collect::<Result<Vec<_>>>()?;
    for round in 0..rounds {
        let order = |of: usize| (0..of).map(move |place| (place + round) % of);
        for alpn in VERSIONS {
            for place in order(Kind::WHOLE) {
                let taken = load::requests(&peers[place], &agents, alpn, length);
                let taken = runtime.block_on(taken).with_context(|| name(place))?;
                say(&format!(
                    "round {} of {rounds}, {alpn}, {}: {:.0}/s, {:.3} CPU-s per 100,000",
                    round + 1,
                    name(place),
                    taken.per_s,
                    taken.cpu_s_per_100k
                ));
                figures[place].over(alpn).take(taken);
            }
        }
        for place in order(Kind::ALL.len()) {
            let taken = load::handshakes(&peers[place], &agents, "http/1.1", handshakes);
            let taken = runtime.block_on(taken).with_context(|| name(place))?;
            say(&format!(
                "round {} of {rounds}, handshakes, {}: {:.0}/s, {:.3} CPU-s per 1,000",
                round + 1,
                name(place),
                taken.per_s,
                taken.cpu_s_per_1k
            ));
            figures[place].handshakes.take(taken);
        }
    }
    drop(peers);
    for (place, kind) in Kind::ALL.into_iter().enumerate().take(Kind::WHOLE) {
        let count = held(kind);
        figures[place].held = count;
        for alpn in VERSIONS {
            let peer = stage.start(kind)?;
            say(&format!("{}: {count} waits held at once, {alpn}", kind.name()));
            let taken = runtime.block_on(load::waits(&peer, &agents, alpn, count));
            let taken = taken.with_context(|| name(place))?;
            figures[place].over(alpn).rss_per_wait_bytes = taken;
        }
    }
    table(&mut report, &figures);
    remarks(&mut report, &figures, args, length, files);
    report.finish(args.common.json.as_deref())
}

fn name(place: usize) -> &'static str {
    Kind::ALL[place].name()
}

fn table(report: &mut Report, figures: &[Figures; 4]) {
    let mut rows = Vec::new();
    for (place, of) in figures.iter().enumerate() {
        let name = name(place);
        let mut row = Map::new();
        row.insert("name".to_owned(), json!(name));
        let mut line = |key: &str, label: &str, value: f64, unit: &'static str| {
            row.insert(key.to_owned(), json!(value));
            report.line(&format!("{name}: {label}"), value, unit, None);
        };
        let label = "CPU per 1,000 full handshakes";
        line("cpu_s_per_1k_handshakes", label, median(&of.handshakes.cpu_s_per_1k), "s");
        line("handshakes_per_s", "full handshakes", median(&of.handshakes.per_s), "/s");
        let label = "a new connection's first answer takes, median";
        line("handshake_p50_ms", label, median(&of.handshakes.p50_ms), "ms");
        let label = "99th percentile, new connections";
        line("handshake_p99_ms", label, median(&of.handshakes.p99_ms), "ms");
        if place >= Kind::WHOLE {
            rows.push(Value::Object(row));
            continue;
        }
        line("h1_rps", "requests over HTTP/1.1", median(&of.h1.rps), "/s");
        line("h2_rps", "requests over HTTP/2", median(&of.h2.rps), "/s");
        let cpu = |over: &Over| median(&over.cpu_s_per_100k);
        line("h1_cpu_s_per_100k", "CPU per 100,000 requests, HTTP/1.1", cpu(&of.h1), "s");
        line("h2_cpu_s_per_100k", "CPU per 100,000 requests, HTTP/2", cpu(&of.h2), "s");
        line("p50_ms", "a request takes, HTTP/1.1, median", median(&of.h1.p50_ms), "ms");
        line("p99_ms", "99th percentile", median(&of.h1.p99_ms), "ms");
        line("h2_p50_ms", "a request takes, HTTP/2, median", median(&of.h2.p50_ms), "ms");
        line("h2_p99_ms", "99th percentile, HTTP/2", median(&of.h2.p99_ms), "ms");
        let label = "memory (RSS) per held wait, HTTP/1.1";
        line("rss_per_idle_conn_bytes", label, of.h1.rss_per_wait_bytes, "B");
        let label = "memory (RSS) per held wait, HTTP/2";
        line("h2_rss_per_idle_conn_bytes", label, of.h2.rss_per_wait_bytes, "B");
        line("held", "waits held for each", of.held as f64, "");
        rows.push(Value::Object(row));
    }
    report.put("rows", Value::Array(rows));

    let [sekisho, nginx, relay, without_tickets] = figures;
    let mut ratios = Map::new();
    let mut ratio = |key: &str, label: &str, value: f64, aim: Option<Aim>| {
        ratios.insert(key.to_owned(), json!(value));
        report.line(label, value, "×", aim);
    };
    let h1 = |of: &Figures| of.h1.cpu_s_per_100k.clone();
    let h2 = |of: &Figures| of.h2.cpu_s_per_100k.clone();
    let shaken = |of: &Figures| of.handshakes.cpu_s_per_1k.clone();
    let most = |most: f64| Some(Aim::AtMost(most));
    let of = |of: &dyn Fn(&Figures) -> Vec<f64>, to: &Figures| same_round(&of(sekisho), &of(to));
    ratio("h1_cpu_to_nginx", "CPU per request, HTTP/1.1, to nginx", of(&h1, nginx), most(0.8));
    ratio("h2_cpu_to_nginx", "CPU per request, HTTP/2, to nginx", of(&h2, nginx), most(0.8));
    ratio("h1_cpu_to_relay", "CPU per request, HTTP/1.1, to the relay", of(&h1, relay), most(1.5));
    ratio("h2_cpu_to_relay", "CPU per request, HTTP/2, to the relay", of(&h2, relay), most(1.5));
    let label = "CPU per full handshake, to nginx";
    ratio("handshake_cpu_to_nginx", label, of(&shaken, nginx), most(0.3));
    let label = "the same to nginx without tickets";
    ratio("handshake_cpu_to_nginx_without_tickets", label, of(&shaken, without_tickets), None);
    ratio("handshake_cpu_to_relay", "the same to the relay", of(&shaken, relay), None);
    let rss = |of: &Over, to: &Over| of.rss_per_wait_bytes / to.rss_per_wait_bytes.max(1.0);
    let (h1, h2) = (rss(&sekisho.h1, &nginx.h1), rss(&sekisho.h2, &nginx.h2));
    ratio("rss_to_nginx", "memory per held wait, HTTP/1.1, to nginx", h1, most(0.5));
    ratio("h2_rss_to_nginx", "memory per held wait, HTTP/2, to nginx", h2, most(0.5));
    let p99 = |of: &Figures| of.h1.p99_ms.clone();
    ratio("p99_to_nginx", "99th percentile, HTTP/1.1, to nginx", of(&p99, nginx), most(1.0));
    let p99 = |of: &Figures| of.h2.p99_ms.clone();
    ratio("h2_p99_to_nginx", "99th percentile, HTTP/2, to nginx", of(&p99, nginx), most(1.0));
    report.put("ratios", Value::Object(ratios));
}

/// The median of the ratios of rounds: the machine may drift between them.
fn same_round(of: &[f64], to: &[f64]) -> f64 {
    let ratios: Vec<f64> = of.iter().zip(to).map(|(of, to)| of / to.max(1e-9)).collect();
    median(&ratios)
}

fn remarks(
    report: &mut Report,
    figures: &[Figures; 4],
    args: &GatewayArgs,
    length: Duration,
    files: usize,
) {
    report.remark(format!(
        "medians of {} rounds of {} s, {CONNECTIONS} kept connections and one request at a time on each; \
         the peers take turns and the first of a round is another each time; ratios are medians of the ratios \
         within a round",
        figures[0].h1.rps.len(),
        length.as_secs()
    ));
    if args.without_calls {
        report.remark("the server dialled no connections for calls: every call went over HTTP/2");
    }
    report.remark(
        "a request is a POST of 300 bytes that comes back; TLS 1.3 with AES-128-GCM and X25519 and P-256 \
         certificates from both sides on both legs; agents, proxy and the server behind it share the cores; \
         CPU is user and system time of the proxy's processes",
    );
    report.remark(
        "a handshake is a full one with a client certificate, and one request over HTTP/1.1 after it, 32 at \
         a time; agents shake hands on the same cores, so handshakes per second say less than CPU. Debian's nginx \
         carries OpenSSL 3.0, whose handshakes are slow by themselves: that flatters this row. nginx gives \
         tickets unless it is told not to, which is a part of its handshake; the gateway gives none, because a \
         resumed session would skip the check of the certificate",
    );
    report.remark(
        "the gateway's limits and route table are on, with numbers that are computed and never reached; nginx \
         has an allow-list, a limit per certificate and one for all, and sends the subject's name on where \
         the gateway sends the certificate",
    );
    report.remark(
        "a held wait is a connection of its own with a client certificate, in a fresh process for each version \
         of HTTP; memory is by how much the process grew, divided by the waits",
    );
    for (place, of) in figures.iter().enumerate() {
        if place < Kind::WHOLE && of.held < MANY {
            report.remark(format!(
                "{}: {} waits were held and not 10,000; a process may open {files} files here",
                name(place),
                of.held
            ));
        }
    }
}

/// What a program prints about itself, wherever it does.
fn said(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{command:?} cannot be started"))?;
    ensure!(output.status.success(), "{command:?} failed: {}", output.status);
    let all = [output.stdout, output.stderr].concat();
    Ok(String::from_utf8_lossy(&all).trim().to_owned())
}
