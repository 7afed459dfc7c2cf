//! `sekisho audit`.

use clap::{Args, Subcommand};
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::audit_chain::ChainVerifier;
use sekisho_model::id::AuditChainId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::api::list::{Paging, Query};
use crate::api::shapes::as_line;
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::nouns::audit_files;
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::{Time, safe};

/// How many lines are read at once.
const LINES_A_PAGE: u64 = 200;

/// The verbs of `audit`.
#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// List audit events, newest first
    #[command(after_help = "\
Examples:
  sekisho audit list --code 400
  sekisho audit list --from 2026-01-31T00:00:00Z --all --json")]
    List(List),
    /// Prove that no line was changed or removed
    #[command(after_help = "\
Examples:
  sekisho audit verify --json
  sekisho audit verify --export log.jsonl --witness heads.jsonl --key audit.key

Reads every line and computes the chain of hashes here, without believing the
server, then compares with what the server computed. With --export no server is
needed: the lines are those of `audit export`, the heads those of a witness.
Exit code 1: broken.")]
    Verify(audit_files::Offline),
    /// Write the log, or a part of it, for another system
    #[command(after_help = "\
Examples:
  sekisho audit export --output log.jsonl
  sekisho audit export --format cef --from 2026-01-01T00:00:00Z --to 2026-02-01T00:00:00Z

The export is itself recorded.")]
    Export(audit_files::Export),
    /// Write the signed heads, as a witness keeps them
    #[command(after_help = "Example:\n  sekisho audit heads --output heads.jsonl")]
    Heads(audit_files::Heads),
    /// Show the key that heads are checked with; keep a copy elsewhere
    #[command(after_help = "Examples:\n  sekisho audit key > audit.key\n  sekisho audit key --pem")]
    Key {
        /// As PEM, for other tools
        #[arg(long)]
        pem: bool,
    },
}

/// The arguments of `audit list`.
#[derive(Debug, Args)]
pub(crate) struct List {
    /// Only events of this number
    #[arg(long, value_name = "NUMBER")]
    code: Option<u16>,
    /// Not before this time (2026-01-31T09:00:00Z)
    #[arg(long, value_name = "TIME")]
    from: Option<sekisho_model::Timestamp>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    to: Option<sekisho_model::Timestamp>,
    /// Only events that hold this text
    #[arg(long, short = 's', value_name = "TEXT")]
    search: Option<String>,
    #[command(flatten)]
    paging: Paging,
}

/// An event as the list shows it.
#[derive(Debug, Deserialize)]
struct Item {
    seq: u64,
    at: Time,
    code: u16,
    name: Option<String>,
    actor: Value,
    event: Value,
}

/// Raw lines and the end of their chain.
#[derive(Debug, Deserialize)]
struct Lines {
    #[serde(alias = "lines")]
    items: Vec<RawLine>,
    head: Head,
}

/// The end of a chain, as the server keeps it apart from the lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Head {
    chain: AuditChainId,
    seq: u64,
    hash: LineHash,
}

/// An [`AuditLine`] whose time may be text, as everywhere in the API. The parts
/// that are hashed come as the very text that was hashed: an object could not
/// be written again with the same bytes.
#[derive(Debug, Deserialize)]
struct RawLine {
    chain: AuditChainId,
    seq: u64,
    at: Time,
    code: u16,
    actor: String,
    origin: String,
    event: String,
    previous: LineHash,
    hash: LineHash,
}

impl From<RawLine> for AuditLine {
    fn from(raw: RawLine) -> Self {
        Self {
            chain: raw.chain,
            seq: raw.seq,
            at: raw.at.0,
            code: raw.code,
            actor: raw.actor,
            origin: raw.origin,
            event: raw.event,
            previous: raw.previous,
            hash: raw.hash,
        }
    }
}

/// What the server found.
#[derive(Debug, Deserialize)]
struct ServerVerdict {
    intact: bool,
    head: Head,
    problem: Option<String>,
}

/// What was found here.
#[derive(Debug, Serialize)]
struct Verdict {
    intact: bool,
    lines: u64,
    head: Head,
    problem: Option<String>,
}

pub(crate) async fn run(app: &App, verb: Audit) -> Result<Exit> {
    if let Audit::Verify(offline) = &verb
        && offline.is_wanted()
    {
        return offline.run(app);
    }
    let mut api = app.api()?;
    match verb {
        Audit::List(verb) => list(app, &mut api, &verb).await,
        Audit::Export(verb) => audit_files::export(app, &mut api, &verb).await,
        Audit::Heads(verb) => audit_files::heads(app, &mut api, &verb).await,
        Audit::Key { pem } => audit_files::key(app, &mut api, pem).await,
        Audit::Verify(_) => {
            let verdict = verify(app, &mut api).await?;
            report(app, &verdict)
        }
    }
}

async fn list(app: &App, api: &mut Api, verb: &List) -> Result<Exit> {
    let text = |at: &Option<sekisho_model::Timestamp>| at.map(|at| at.to_string());
    let query = Query::new("/audit")
        .with("code", verb.code.map(|code| code.to_string()).as_deref())
        .with("from", text(&verb.from).as_deref())
        .with("to", text(&verb.to).as_deref())
        .with("q", verb.search.as_deref());
    api.list(query, &verb.paging).await?.print(&app.out, |items: Vec<Item>| {
        let mut table = Table::new(&["LINE", "TIME", "CODE", "EVENT", "BY", "DETAILS"]);
        for item in items {
            table.row([
                item.seq.to_string(),
                app.out.time(item.at),
                item.code.to_string(),
                item.name.unwrap_or_default(),
                who(&item.actor),
                as_line(&details(item.event)),
            ]);
        }
        table
    })?;
    Ok(Exit::Ok)
}

/// Actors and events come as objects, or as the text that was hashed.
fn opened(value: Value) -> Value {
    match value {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    }
}

fn who(actor: &Value) -> String {
    let actor = opened(actor.clone());
    let part = |key: &str| actor.get(key).and_then(Value::as_str);
    match (part("name"), part("kind"), part("id")) {
        (Some(name), _, _) => name.to_owned(),
        (None, Some(kind), Some(id)) => format!("{kind} {id}"),
        (None, Some(kind), None) => kind.to_owned(),
        (None, None, _) => as_line(&actor),
    }
}

/// Fields of events that are instants, which are kept in milliseconds.
const INSTANTS: [&str; 5] = ["due_at", "next_try_at", "since", "taken_at", "until"];

/// The fields of an event without its tag, which has a column of its own.
fn details(event: Value) -> Value {
    let mut event = opened(event);
    if let Value::Object(fields) = &mut event {
        fields.remove("event");
        for name in INSTANTS {
            if let Some(value) = fields.get_mut(name)
                && let Some(millis) = value.as_i64()
            {
                *value = sekisho_model::Timestamp::from_millis(millis).to_string().into();
            }
        }
    }
    event
}

/// Reads the whole chain and checks it against the server's head.
async fn verify(app: &App, api: &mut Api) -> Result<Verdict> {
    // The server's own check comes first: its head is a point that the lines
    // read afterwards must reach and hold.
    let body: Body = api.post("/audit/verify", &Nothing {}).await?;
    let server: ServerVerdict = body.read()?;
    let goal = server.head.clone();
    let mut verifier = Some(ChainVerifier::default());
    let mut lines = 0;
    let mut problem = if server.intact {
        None
    } else {
        Some(format!("the server says: {}", server.problem.as_deref().unwrap_or("broken")))
    };
    'pages: while lines < goal.seq {
        let path = format!("/audit/lines?after_seq={lines}&limit={LINES_A_PAGE}");
        let page: Lines = api.get(&path).await?.read()?;
        if page.head.chain != goal.chain || page.head.seq < goal.seq {
            problem.get_or_insert_with(|| {
                format!("the head went back from line {} to {}", goal.seq, page.head.seq)
            });
            break;
        }
        if page.items.is_empty() {
            break;
        }
        for raw in page.items {
            let line = AuditLine::from(raw);
            if line.chain != goal.chain {
                return Err(CliError::Failed("the server mixed lines of two chains".into()));
            }
            if let Some(Err(broken)) = verifier.as_mut().map(|verifier| verifier.next(&line)) {
                problem.get_or_insert_with(|| broken.to_string());
                verifier = None;
                break 'pages;
            }
            lines = line.seq;
            if lines == goal.seq {
                break;
            }
        }
        if lines < goal.seq && lines % 10_000 < LINES_A_PAGE {
            app.out.note(&format!("{lines} of {} lines", goal.seq));
        }
    }
    if let Some(verifier) = verifier
        && let Err(broken) = verifier.finish((goal.seq, goal.hash))
    {
        problem.get_or_insert_with(|| broken.to_string());
    }
    Ok(Verdict { intact: problem.is_none(), lines, head: goal, problem })
}

fn report(app: &App, verdict: &Verdict) -> Result<Exit> {
    if app.out.json {
        app.out.json(verdict)?;
    } else {
        match &verdict.problem {
            None => app.out.line("The audit log is intact.")?,
            Some(problem) => {
                app.out.line(&format!("THE AUDIT LOG IS BROKEN: {}", safe(problem)))?;
            }
        }
        app.out.facts(&[
            ("lines checked", Some(verdict.lines.to_string())),
            ("chain", Some(verdict.head.chain.to_string())),
            ("head", Some(format!("line {}, {}", verdict.head.seq, verdict.head.hash))),
        ])?;
    }
    Ok(if verdict.intact { Exit::Ok } else { Exit::Refused })
}
