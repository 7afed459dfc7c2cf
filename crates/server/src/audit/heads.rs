//! Signing where the audit log ends.

use sekisho_model::audit::LineHash;
use sekisho_model::event::{Actor, Origin};
use sekisho_model::id::{RequestId, SiteId};
use sekisho_seal::audit_head::{AuditHead, SignedHead};
use sekisho_store::{
    Access as _, Blob, Hash, OperationContext, StoreError, StoredHead, Unique, WitnessedHead,
};

use super::own_chain;
use crate::app::{App, SharedApp};
use crate::shutdown::Shutdown;

/// Signs the end of the chain at intervals and after so many lines, when there
/// is something new.
pub(super) async fn run(app: SharedApp, shutdown: Shutdown) {
    let mut appended = app.store.appended();
    let interval = app.config.audit.head_interval;
    let every = app.config.audit.head_lines;
    loop {
        let signed = match sign(&app).await {
            Ok(seq) => seq,
            Err(error) => {
                tracing::warn!(%error, "the head of the audit log is not signed; trying again");
                u64::MAX - every
            }
        };
        let many = async {
            if appended.wait_for(|newest| *newest >= signed + every).await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = many => {}
            () = tokio::time::sleep(interval) => {}
            () = shutdown.soft() => return,
        }
    }
}

/// Signs the end of the chain unless it is signed already; returns its line.
///
/// # Errors
/// When the database fails.
pub async fn sign(app: &App) -> Result<u64, StoreError> {
    let id = own_chain(app).await?;
    let store = app.store.read();
    let Some(chain) = store.audit().chain(id).await? else { return Ok(0) };
    let newest = store.audit_heads().newest(id).await?;
    if newest.is_some_and(|head| head.seq >= chain.head_seq) || chain.head_seq == 0 {
        return Ok(chain.head_seq);
    }
    let now = app.clock.now();
    let head = AuditHead {
        site: app.keys.site(),
        chain: id,
        seq: chain.head_seq,
        hash: LineHash(chain.head_hash.0),
        at: now,
    };
    let signed = head.sign(app.keys.audit_key());
    let context = OperationContext {
        actor: Actor::System,
        origin: Origin { request: RequestId::at(now, app.rng.as_ref()), address: None },
        now,
    };
    let work = app.store.begin(&context).await?;
    let heads = work.audit_heads();
    let kept = heads.insert(StoredHead {
        chain: id,
        seq: head.seq,
        hash: chain.head_hash,
        at: now,
        kid: Blob(signed.key.to_vec()),
        signature: Blob(signed.signature.to_vec()),
    });
    let kept = kept.await;
    match kept {
        Ok(()) => {
            work.commit_unaudited("a head tells of the log; a line about it would need the next")
                .await
                .map(drop)?;
        }
        // Another process of this site was faster.
        Err(StoreError::Conflict { what: Unique::Key }) => work.rollback().await?,
        Err(error) => return Err(error),
    }
    app.audit.note_signed(head.seq);
    Ok(head.seq)
}

/// A stored head as it is sent. `None` when its bytes are damaged; the
/// verification of the log names it.
pub(super) fn signed_head(site: SiteId, row: &StoredHead) -> Option<SignedHead> {
    let head =
        AuditHead { site, chain: row.chain, seq: row.seq, hash: LineHash(row.hash.0), at: row.at };
    assembled(head, &row.kid, &row.signature)
}

/// A head of another site as it was received.
pub(super) fn foreign_head(row: &WitnessedHead) -> Option<SignedHead> {
    let head = AuditHead {
        site: row.site,
        chain: row.chain,
        seq: row.seq,
        hash: LineHash(row.hash.0),
        at: row.at,
    };
    assembled(head, &row.kid, &row.signature)
}

fn assembled(head: AuditHead, kid: &Blob, signature: &Blob) -> Option<SignedHead> {
    let key = kid.0.as_slice().try_into().ok()?;
    let signature = signature.0.as_slice().try_into().ok()?;
    Some(SignedHead { head, key, signature })
}

/// The row of a head of another site.
pub(super) fn foreign_row(
    signed: &SignedHead,
    received_at: sekisho_model::Timestamp,
) -> WitnessedHead {
    let AuditHead { site, chain, seq, hash, at } = signed.head;
    WitnessedHead {
        site,
        chain,
        seq,
        hash: Hash(hash.0),
        at,
        kid: Blob(signed.key.to_vec()),
        signature: Blob(signed.signature.to_vec()),
        received_at,
    }
}
