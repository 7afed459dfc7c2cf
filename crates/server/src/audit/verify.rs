//! `POST /audit/verify`: prove that no line was changed or removed.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use axum::extract::State;
use sekisho_model::audit_chain::{ChainVerifier, Restored};
use sekisho_model::event::Event;
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_policy::{Facts, action};
use sekisho_seal::audit_head::AuditKey;
use sekisho_seal::witness_file::Witnessed;
use sekisho_store::{Access as _, Reader, SiteKeyKind};
use serde::Serialize;

use super::{HeadView, own_chain, signed_head};
use crate::app::{App, SharedApp};
use crate::config::Target;
use crate::http::{Authenticated, Json, Problem, Time};

/// So many stored heads are read at once.
const HEADS: u64 = 1_000;

/// What a verification found.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Verdict {
    /// Whether every chain is as it was written.
    pub intact: bool,
    /// How many lines were checked.
    pub lines: u64,
    /// Where this server's own chain ended.
    pub head: HeadView,
    /// The last line of that chain that a signed head vouches for.
    pub signed: u64,
    /// The last line of that chain that a witness vouches for; nothing if no
    /// witness was asked.
    pub witnessed: Option<u64>,
    /// Chains that end earlier than a witness saw them, because the site was
    /// restored from a backup.
    pub forgotten: Vec<Forgotten>,
    /// The first thing that is wrong.
    pub problem: Option<String>,
}

/// A chain that a restore cut off. That it did so stands in the chain after
/// it, in a line that a signed head vouches for. The lines that are missing
/// are where they were exported to.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub struct Forgotten {
    /// The chain.
    #[schema(value_type = String)]
    pub chain: AuditChainId,
    /// Its last line in the backup.
    pub kept: u64,
    /// The newest line of it that was signed.
    pub signed: u64,
    /// When the backup was taken.
    pub taken_at: Time,
}

/// With what the database is compared.
#[derive(Debug, Default)]
pub struct Evidence {
    /// The keys that count; those of the database if there are none. Whoever
    /// rewrites a database can put a key of theirs into it.
    pub keys: Vec<AuditKey>,
    /// What a witness kept; `Err` says what is wrong with it.
    pub witnessed: Option<Result<Witnessed, String>>,
}

impl Evidence {
    /// Reads a file that a witness kept.
    pub fn read(path: &Path, keys: &[AuditKey]) -> Result<Witnessed, String> {
        let shown = path.display();
        let file = File::open(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
        let read = Witnessed::read(BufReader::new(file), keys);
        read.map_err(|error| format!("{shown}: {error}"))
    }
}

/// Verifies every chain of the audit log: against itself, its recorded head,
/// the signed heads, and the file of the witness if this server has one.
#[utoipa::path(
    post, path = "/audit/verify", tag = "audit",
    responses(
        (status = 200, description = "What was found", body = Verdict),
        (status = 403, description = "Only administrators and auditors verify the audit log"),
    ),
)]
pub(super) async fn verify_audit(
    State(app): State<SharedApp>,
    caller: Authenticated,
) -> Result<Json<Verdict>, Problem> {
    caller.decide(action::VerifyAudit, Facts::nothing())?.into_row();
    let verdict = verify(&app).await?;
    let mut work = app.store.begin(&caller.context()).await?;
    work.record(Event::AuditVerified { lines: verdict.lines, intact: verdict.intact });
    work.commit().await.map(drop)?;
    Ok(Json(verdict))
}

/// Verifies every chain with what this server has at hand.
///
/// # Errors
/// When the database fails; a broken chain is a verdict.
pub async fn verify(app: &App) -> Result<Verdict, Problem> {
    let keys = app.keys.audit_keys().to_vec();
    let file = app.config.audit.witnesses.iter().find_map(|(_, target)| match target {
        Target::File(path) => Some(path.clone()),
        Target::Syslog { .. } | Target::Server { .. } => None,
    });
    let mut evidence = Evidence { keys, witnessed: None };
    if let Some(path) = file.filter(|path| path.exists()) {
        let keys = evidence.keys.clone();
        let read = tokio::task::spawn_blocking(move || Evidence::read(&path, &keys)).await;
        evidence.witnessed = Some(read.map_err(Problem::internal)?);
    }
    let own = own_chain(app).await?;
    verify_store(app.store.read(), app.keys.site(), own, evidence).await
}

/// Verifies every chain of a database, in batches.
///
/// # Errors
/// When the database fails; a broken chain is a verdict.
pub async fn verify_store(
    reader: &Reader,
    site: SiteId,
    own: AuditChainId,
    mut evidence: Evidence,
) -> Result<Verdict, Problem> {
    if evidence.keys.is_empty() {
        evidence.keys = stored_keys(reader).await?;
    }
    let audit = reader.audit();
    let own = audit.chain(own).await?.ok_or(Problem::NotFound { what: "chain" })?;
    let mut verdict = Verdict {
        intact: true,
        lines: 0,
        head: HeadView::from(&own),
        signed: 0,
        witnessed: None,
        forgotten: Vec::new(),
        problem: None,
    };
    let mut restored = BTreeMap::new();
    let mut broken = |problem: String| {
        verdict.intact = false;
        verdict.problem.get_or_insert(problem);
    };
    let witnessed = match evidence.witnessed {
        Some(Ok(witnessed)) => Some(witnessed),
        Some(Err(problem)) => {
            broken(problem);
            None
        }
        None => None,
    };
    let chains = audit.chains().await?;
    for (chain, newest) in witnessed.iter().flat_map(Witnessed::chains) {
        if !chains.iter().any(|known| known.id == chain) {
            let line = newest.seq;
            broken(format!("chain {chain} is missing; the witness saw its line {line}"));
        }
    }
    // Newest first: a chain that began with a restore tells of the one before.
    for chain in chains.into_iter().rev() {
        // The head that is reported is the one that was verified.
        let chain = if chain.id == own.id { &own } else { &chain };
        let mut verifier = ChainVerifier::default();
        let mut wrong = None;
        let stored = match stored_heads(reader, site, chain.id, &evidence.keys).await? {
            Ok(stored) => stored,
            Err(problem) => {
                wrong.get_or_insert(problem);
                Witnessed::default()
            }
        };
        for known in [Some(&stored), witnessed.as_ref()].into_iter().flatten() {
            if let Err(fork) = known.expect(chain.id, &mut verifier) {
                wrong.get_or_insert(fork.to_string());
            }
        }
        let found = audit.verify_with(chain, verifier).await?;
        match found {
            Ok(intact) => {
                verdict.lines += intact.seq;
                let first = audit.after(chain.id, 0, 1).await?;
                let begun = first.first().filter(|first| first.seq <= intact.vouched);
                if let Some(by) = begun.and_then(Restored::from_line) {
                    restored.insert(by.former_chain, by);
                }
                if chain.id == own.id {
                    verdict.signed = intact.vouched;
                    verdict.witnessed = witnessed.as_ref().map(|all| {
                        let newest = all.chains().find(|(chain, _)| *chain == own.id);
                        newest.map_or(0, |(_, place)| place.seq)
                    });
                }
            }
            Err(broken) => {
                let by = restored.get(&chain.id);
                match by.and_then(|by| Some((by, by.explains(&broken)?))) {
                    Some((by, signed)) => {
                        verdict.lines += by.former_seq;
                        verdict.forgotten.push(Forgotten {
                            chain: chain.id,
                            kept: by.former_seq,
                            signed,
                            taken_at: Time(by.taken_at),
                        });
                    }
                    // What is wrong with a line says more than that heads differ.
                    None => wrong = Some(broken.to_string()),
                }
            }
        }
        if let Some(problem) = wrong {
            verdict.intact = false;
            verdict.problem.get_or_insert(format!("chain {}: {problem}", chain.id));
        }
    }
    Ok(verdict)
}

/// The public halves of every audit key the site has had.
async fn stored_keys(reader: &Reader) -> Result<Vec<AuditKey>, Problem> {
    let keys = reader.site_keys().list().await?;
    let audit = keys.into_iter().filter(|key| key.kind == SiteKeyKind::Audit);
    Ok(audit.filter_map(|key| key.public.0.try_into().ok().map(AuditKey)).collect())
}

/// The signed heads beside the lines, or what is wrong with them.
async fn stored_heads(
    reader: &Reader,
    site: SiteId,
    chain: AuditChainId,
    keys: &[AuditKey],
) -> Result<Result<Witnessed, String>, Problem> {
    let mut all = Witnessed::default();
    let mut after = 0;
    loop {
        let rows = reader.audit_heads().after(chain, after, HEADS).await?;
        let Some(last) = rows.last() else { return Ok(Ok(all)) };
        after = last.seq;
        for row in &rows {
            let is_good = signed_head(site, row)
                .is_some_and(|head| all.add(&head, keys, 0).is_ok() && all.foreign == 0);
            if !is_good {
                return Ok(Err(format!(
                    "the signature of the stored head of line {} is wrong: the head was changed, \
                     or signed with another key",
                    row.seq
                )));
            }
        }
    }
}
