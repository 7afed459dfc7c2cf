//! `sekisho audit export`, `heads`, `key`, and `verify` without a server: the
//! audit log in files.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use sekisho_model::Timestamp;
use sekisho_model::audit::AuditLine;
use sekisho_model::audit_chain::{ChainVerifier, Restored};
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_seal::audit_head::{AuditKey, SignedHead};
use sekisho_seal::witness_file::Witnessed;
use serde::{Deserialize, Serialize};

use crate::api::Api;
use crate::api::list::Query;
use crate::app::App;
use crate::error::{CliError, Result, failed};
use crate::exit::Exit;
use crate::output::text::safe;

/// How many lines are read at once.
const LINES_A_PAGE: u64 = 500;

/// The arguments of `audit export`.
#[derive(Debug, Args)]
pub(crate) struct Export {
    /// jsonl (can be verified), rfc5424 or cef
    #[arg(long, value_name = "FORMAT", default_value = "jsonl")]
    format: String,
    /// Not before this time (2026-01-31T09:00:00Z)
    #[arg(long, value_name = "TIME")]
    from: Option<Timestamp>,
    /// Before this time
    #[arg(long, value_name = "TIME")]
    to: Option<Timestamp>,
    /// A chain that a restore ended; without it, the chain that is written now
    #[arg(long, value_name = "CHAIN")]
    chain: Option<AuditChainId>,
    /// A new file; without it, standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

/// The arguments of `audit heads`.
#[derive(Debug, Args)]
pub(crate) struct Heads {
    /// A new file; without it, standard output
    #[arg(long, short = 'o', value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Files to be verified without a server.
#[derive(Debug, Args)]
pub(crate) struct Offline {
    /// Verify this export (jsonl) instead of asking the server
    #[arg(long, value_name = "FILE", requires = "key")]
    export: Option<PathBuf>,
    /// What a witness kept: signed heads, one a line
    #[arg(long, value_name = "FILE", requires = "export")]
    witness: Option<PathBuf>,
    /// A file with the audit key (or the key itself); may be given several times
    #[arg(long, value_name = "KEY", requires = "export")]
    key: Vec<String>,
    /// The export is a part of the log: it may begin and end anywhere
    #[arg(long, requires = "export")]
    partial: bool,
}

#[derive(Deserialize)]
struct Page {
    lines: Vec<String>,
    next: Option<u64>,
}

#[derive(Deserialize)]
struct HeadsPage {
    heads: Vec<SignedHead>,
    next: Option<u64>,
}

/// The keys as the server shows them.
#[derive(Deserialize)]
struct Keys {
    site: SiteId,
    items: Vec<Key>,
}

#[derive(Deserialize)]
struct Key {
    public: String,
    pem: String,
}

/// What was written.
#[derive(Serialize)]
struct Written {
    lines: u64,
    output: Option<PathBuf>,
}

/// Writes the log.
pub(crate) async fn export(app: &App, api: &mut Api, verb: &Export) -> Result<Exit> {
    let text = |at: &Option<Timestamp>| at.map(|at| at.to_string());
    let query = Query::new("/audit/export")
        .with("format", Some(&verb.format))
        .with("from", text(&verb.from).as_deref())
        .with("to", text(&verb.to).as_deref())
        .with("chain", verb.chain.map(|chain| chain.to_string()).as_deref())
        .with("limit", Some(&LINES_A_PAGE.to_string()));
    let mut after = None;
    let mut lines = 0;
    let mut out = None;
    loop {
        let path = query.clone().with("after_seq", after.as_deref()).text();
        let page: Page = api.get(&path).await?.read()?;
        // A file is begun only when the server has let us in.
        let out = match &mut out {
            Some(out) => out,
            None => out.insert(Out::open(verb.output.as_deref())?),
        };
        for line in &page.lines {
            out.line(line)?;
            lines += 1;
        }
        match page.next {
            Some(next) => {
                app.out.note(&format!("{lines} lines"));
                after = Some(next.to_string());
            }
            None => break,
        }
    }
    finish(app, out, lines, verb.output.as_ref())
}

/// Writes the signed heads.
pub(crate) async fn heads(app: &App, api: &mut Api, verb: &Heads) -> Result<Exit> {
    let query = Query::new("/audit/heads").with("limit", Some("1000"));
    let mut after = None;
    let mut lines = 0;
    let mut out = Out::open(verb.output.as_deref())?;
    loop {
        let path = query.clone().with("after_seq", after.as_deref()).text();
        let page: HeadsPage = api.get(&path).await?.read()?;
        for head in &page.heads {
            out.line(&serde_json::to_string(head).expect("a signed head becomes JSON"))?;
            lines += 1;
        }
        match page.next {
            Some(next) => after = Some(next.to_string()),
            None => break,
        }
    }
    finish(app, Some(out), lines, verb.output.as_ref())
}

/// Prints the keys of the log.
pub(crate) async fn key(app: &App, api: &mut Api, pem: bool) -> Result<Exit> {
    let body = api.get("/audit/keys").await?;
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(Exit::Ok);
    }
    let keys: Keys = body.read()?;
    app.out.note(&format!("site {}", keys.site));
    for key in keys.items {
        let text = if pem { key.pem.trim_end().to_owned() } else { key.public };
        app.out.line(&text)?;
    }
    Ok(Exit::Ok)
}

fn finish(app: &App, out: Option<Out>, lines: u64, output: Option<&PathBuf>) -> Result<Exit> {
    if let Some(out) = out {
        out.finish()?;
    }
    match output {
        Some(path) if app.out.json => {
            app.out.json(&Written { lines, output: Some(path.clone()) })?;
        }
        Some(path) => app.out.line(&format!("{lines} lines in {}", path.display()))?,
        None => app.out.note(&format!("{lines} lines")),
    }
    Ok(Exit::Ok)
}

/// Standard output or a new file that only its owner can read.
struct Out {
    to: Box<dyn Write>,
    file: Option<File>,
}

impl Out {
    fn open(path: Option<&Path>) -> Result<Self> {
        let Some(path) = path else {
            return Ok(Self { to: Box::new(std::io::stdout().lock()), file: None });
        };
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let what = format!("cannot create {}", path.display());
        let file = options.open(path).map_err(failed(what.clone()))?;
        let copy = file.try_clone().map_err(failed(what))?;
        Ok(Self { to: Box::new(std::io::BufWriter::new(copy)), file: Some(file) })
    }

    fn line(&mut self, text: &str) -> Result<()> {
        let written = self.to.write_all(text.as_bytes()).and_then(|()| self.to.write_all(b"\n"));
        written.map_err(failed("cannot write the lines"))
    }

    fn finish(mut self) -> Result<()> {
        let done = self.to.flush().and_then(|()| match &self.file {
            Some(file) => file.sync_all(),
            None => Ok(()),
        });
        done.map_err(failed("cannot write the lines"))
    }
}

/// What was found in files.
#[derive(Serialize)]
struct Verdict {
    intact: bool,
    lines: u64,
    /// The last line of each chain, and the last that a witness vouches for.
    chains: Vec<Chain>,
    /// Chains that a restore cut off.
    forgotten: Vec<Forgotten>,
    problem: Option<String>,
}

/// What was written to a chain after the backup from which the site was
/// restored.
#[derive(Serialize)]
struct Forgotten {
    chain: AuditChainId,
    kept: u64,
    signed: u64,
    taken_at: String,
}

#[derive(Serialize)]
struct Chain {
    chain: AuditChainId,
    last: u64,
    witnessed: u64,
}

impl Offline {
    /// Whether files are to be verified.
    pub(crate) fn is_wanted(&self) -> bool {
        self.export.is_some()
    }

    /// Verifies files; needs no server.
    pub(crate) fn run(&self, app: &App) -> Result<Exit> {
        let export = self.export.as_deref().expect("asked for by is_wanted");
        let keys = self.key.iter().map(|key| read_key(key)).collect::<Result<Vec<_>>>()?;
        let verdict = match self.witnessed(&keys)? {
            Ok(witnessed) => verify(export, &witnessed, self.partial)?,
            Err(problem) => Verdict {
                intact: false,
                lines: 0,
                chains: Vec::new(),
                forgotten: Vec::new(),
                problem: Some(problem),
            },
        };
        if app.out.json {
            app.out.json(&verdict)?;
        } else {
            match &verdict.problem {
                None => app.out.line("The audit log is intact.")?,
                Some(problem) => {
                    app.out.line(&format!("THE AUDIT LOG IS BROKEN: {}", safe(problem)))?;
                }
            }
            for Forgotten { chain, kept, signed, taken_at } in &verdict.forgotten {
                app.out.line(&format!(
                    "note: the site was restored to what it was at {taken_at}: lines {} to \
                     {signed} of chain {chain} are not in this export; look for an older one",
                    kept + 1
                ))?;
            }
            app.out.facts(&[("lines checked", Some(verdict.lines.to_string()))])?;
            for Chain { chain, last, witnessed } in &verdict.chains {
                app.out.facts(&[
                    ("chain", Some(chain.to_string())),
                    ("last line", Some(last.to_string())),
                    ("witnessed up to line", Some(witnessed.to_string())),
                ])?;
            }
        }
        Ok(if verdict.intact { Exit::Ok } else { Exit::Refused })
    }

    fn witnessed(&self, keys: &[AuditKey]) -> Result<Result<Witnessed, String>> {
        let Some(path) = &self.witness else { return Ok(Ok(Witnessed::default())) };
        let file = File::open(path).map_err(failed(format!("cannot read {}", path.display())))?;
        match Witnessed::read(BufReader::new(file), keys) {
            Ok(all) if all.heads == 0 => Err(CliError::Failed(format!(
                "{} holds no head that is signed with the given key ({} of other keys, {} lines \
                 that are no heads)",
                path.display(),
                all.foreign,
                all.unreadable
            ))),
            Ok(all) => Ok(Ok(all)),
            Err(bad) => Ok(Err(bad.to_string())),
        }
    }
}

/// A key, or a file that holds one.
fn read_key(text: &str) -> Result<AuditKey> {
    if let Ok(key) = text.parse() {
        return Ok(key);
    }
    let content = std::fs::read_to_string(text)
        .map_err(failed(format!("--key {text} is no audit key, and cannot be read as a file")))?;
    content.parse().map_err(|error| CliError::Usage(format!("--key {text}: {error}")))
}

fn verify(export: &Path, witnessed: &Witnessed, is_partial: bool) -> Result<Verdict> {
    let shown = export.display();
    let file = File::open(export).map_err(failed(format!("cannot read {shown}")))?;
    let mut chains: BTreeMap<AuditChainId, ChainVerifier> = BTreeMap::new();
    let mut begun: BTreeMap<AuditChainId, Restored> = BTreeMap::new();
    let mut lines = 0;
    let mut problem = None;
    'lines: for (number, text) in (1_u64..).zip(BufReader::new(file).lines()) {
        let text = text.map_err(failed(format!("cannot read {shown}")))?;
        let line = match AuditLine::from_export(&text) {
            Ok(line) => line,
            Err(bad) => {
                problem = Some(format!("{shown}, line {number}: {bad}"));
                break 'lines;
            }
        };
        let verifier = match chains.entry(line.chain) {
            std::collections::btree_map::Entry::Occupied(found) => found.into_mut(),
            std::collections::btree_map::Entry::Vacant(new) => {
                let mut verifier =
                    if is_partial { ChainVerifier::partial() } else { ChainVerifier::default() };
                if let Err(fork) = witnessed.expect(line.chain, &mut verifier) {
                    problem = Some(format!("chain {}: {fork}", line.chain));
                }
                new.insert(verifier)
            }
        };
        if let Err(broken) = verifier.next(&line) {
            problem = Some(format!("chain {}: {broken}", line.chain));
        }
        if problem.is_some() {
            break 'lines;
        }
        if line.seq == 1
            && let Some(by) = Restored::from_line(&line)
        {
            begun.insert(line.chain, by);
        }
        lines += 1;
    }
    let mut restored = BTreeMap::new();
    let mut found = Vec::new();
    let mut forgotten = Vec::new();
    // Newest first: a chain that began with a restore tells of the one before.
    for (chain, verifier) in chains.iter().rev() {
        let (chain, last) = (*chain, verifier.seq());
        let end = verifier.clone().end();
        let witnessed = end.as_ref().map_or(0, |intact| intact.vouched);
        match (end, restored.get(&chain)) {
            (Ok(intact), _) if intact.vouched > 0 => {
                restored.extend(begun.get(&chain).map(|by| (by.former_chain, *by)));
            }
            (Ok(_), _) => {}
            (Err(broken), by) => match by.and_then(|by| Some((by, by.explains(&broken)?))) {
                Some((by, signed)) => forgotten.push(Forgotten {
                    chain,
                    kept: by.former_seq,
                    signed,
                    taken_at: by.taken_at.to_string(),
                }),
                None => {
                    problem.get_or_insert_with(|| format!("chain {chain}: {broken}"));
                }
            },
        }
        found.push(Chain { chain, last, witnessed });
    }
    found.reverse();
    for (chain, newest) in witnessed.chains() {
        if !chains.contains_key(&chain) && !is_partial {
            let hint = match restored.get(&chain) {
                Some(_) => format!(
                    ". A restore ended it: add it to this file with `audit export --chain {chain}`"
                ),
                None => String::new(),
            };
            problem.get_or_insert_with(|| {
                format!("chain {chain} is missing; the witness saw its line {}{hint}", newest.seq)
            });
        }
    }
    Ok(Verdict { intact: problem.is_none(), lines, chains: found, forgotten, problem })
}
