//! Changes: all of them together with their audit events, or none.

use std::collections::BTreeSet;
use std::sync::{Arc, OnceLock, RwLock};

use sea_orm::{
    DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions,
    TransactionTrait,
};
use sekisho_model::audit::LineHash;
use sekisho_model::event::{Actor, Event, Origin};
use sekisho_model::id::{AuditChainId, DeviceId};
use sekisho_model::{Rng, Timestamp};

use tokio::sync::watch;

use crate::access::{Access, Store, sealed::Connected};
use crate::audit_gate::AuditGate;
use crate::error::StoreError;
use crate::fence::{AuditHead, Fence};
use crate::link::{Link, Transaction};
use crate::outbox::OutboxEntry;
use crate::{audit, outbox};

/// Who does something, on whose request, and when. Sampled once by the
/// caller, so that everything in one unit of work has one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperationContext {
    /// Who does it.
    pub actor: Actor,
    /// The request it belongs to.
    pub origin: Origin,
    /// The time it happens.
    pub now: Timestamp,
}

/// A transaction that ends with its audit events (INV-4).
///
/// Dropping it, also by cancelling the future that holds it, rolls back.
#[must_use = "a unit of work that is not committed rolls back"]
#[derive(Debug)]
pub struct UnitOfWork {
    tx: Transaction,
    context: OperationContext,
    chain: Arc<OnceLock<AuditChainId>>,
    fence: Arc<Fence>,
    past_fence: bool,
    hooks: CommitHooks,
    rng: ArcRng,
    events: Vec<(Actor, Event)>,
    entries: Vec<(String, serde_json::Value)>,
    wakes: BTreeSet<DeviceId>,
}

/// What a commit has done.
#[must_use = "devices wait for their wake-up"]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Committed {
    /// The devices to wake, each once.
    pub wakes: Vec<DeviceId>,
    /// The new head of this node's audit chain, if events were recorded.
    pub head: Option<(u64, LineHash)>,
}

/// What every commit of one store shares.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommitHooks {
    /// May refuse.
    pub(crate) gate: AuditGate,
    /// The newest line.
    pub(crate) appended: watch::Sender<u64>,
    /// Is told what was recorded.
    pub(crate) observer: Observer,
}

/// What is told after a commit, if anybody wants to be told.
#[derive(Clone, Default)]
pub(crate) struct Observer(Arc<RwLock<Option<Arc<Observe>>>>);

type Observe = dyn Fn(&[(Actor, Event)]) + Send + Sync;

impl Observer {
    pub(crate) fn set(&self, observe: impl Fn(&[(Actor, Event)]) + Send + Sync + 'static) {
        *self.0.write().expect("no holder panics") = Some(Arc::new(observe));
    }

    fn tell(&self, events: &[(Actor, Event)]) {
        let observe = self.0.read().expect("no holder panics").clone();
        if let Some(observe) = observe {
            observe(events);
        }
    }
}

impl std::fmt::Debug for Observer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Observer")
    }
}

#[derive(Clone)]
pub(crate) struct ArcRng(pub(crate) Arc<dyn Rng>);

impl std::fmt::Debug for ArcRng {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rng")
    }
}

impl UnitOfWork {
    pub(crate) async fn begin(
        store: &Store,
        context: OperationContext,
        past_fence: bool,
    ) -> Result<Self, StoreError> {
        let limit = store.reader.limit;
        // The pool and SQLite's lock have their own, shorter patience.
        let tx = tokio::time::timeout(limit * 2, begin(&store.writer)).await.map_err(|_| {
            StoreError::unavailable("the database did not begin a transaction in time")
        })??;
        Ok(Self {
            tx: Transaction::new(tx, limit),
            context,
            chain: store.chain.clone(),
            fence: store.fence.clone(),
            past_fence,
            hooks: store.hooks.clone(),
            rng: store.rng.clone(),
            events: Vec::new(),
            entries: Vec::new(),
            wakes: BTreeSet::new(),
        })
    }

    /// Who does this, and when.
    pub fn context(&self) -> &OperationContext {
        &self.context
    }

    /// The time of this unit of work.
    pub fn now(&self) -> Timestamp {
        self.context.now
    }

    /// Adds an audit event of the context's actor.
    pub fn record(&mut self, event: Event) {
        self.record_as(self.context.actor, event);
    }

    /// Adds an audit event of somebody else: a person who has just proved who
    /// they are, or the server itself in a device's request.
    pub fn record_as(&mut self, actor: Actor, event: Event) {
        self.events.push((actor, event));
    }

    /// Wakes a device once this is committed.
    pub fn wake(&mut self, device: DeviceId) {
        self.wakes.insert(device);
    }

    /// Leaves something to be done after the commit, at least once.
    pub fn enqueue(&mut self, kind: impl Into<String>, payload: serde_json::Value) {
        self.entries.push((kind.into(), payload));
    }

    /// Appends the events to this node's audit chain, writes the outbox and
    /// commits.
    ///
    /// # Errors
    /// [`StoreError::Unaudited`] when no event was recorded. After any error
    /// nothing is stored, except after [`StoreError::Undecided`].
    pub async fn commit(self) -> Result<Committed, StoreError> {
        if self.events.is_empty() {
            return Err(StoreError::Unaudited);
        }
        self.finish().await
    }

    /// Whether an event was recorded: then [`commit`](Self::commit) is due.
    pub fn has_events(&self) -> bool {
        !self.events.is_empty()
    }

    /// Commits bookkeeping that is not worth an audit event (last seen, MAC
    /// counters, purges). The reason is for the reader of the code.
    ///
    /// # Errors
    /// As [`commit`](Self::commit); events that were recorded are appended.
    pub async fn commit_unaudited(self, reason: &'static str) -> Result<Committed, StoreError> {
        tracing::trace!(reason, "commit without an audit event");
        self.finish().await
    }

    /// Gives up, and waits until the database has done so. Dropping does the
    /// same without waiting.
    ///
    /// # Errors
    /// When the database cannot be reached; it rolls back nevertheless.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.tx.rollback().await?)
    }

    async fn finish(self) -> Result<Committed, StoreError> {
        if self.tx.has_failed() {
            return Err(StoreError::Spent);
        }
        self.hooks.gate.admit(&self.events)?;
        let db = self.db();
        let now = self.context.now;
        for (kind, payload) in &self.entries {
            let (kind, payload) = (kind.clone(), payload.clone());
            let entry = OutboxEntry::new(kind, payload, now, self.rng.0.as_ref());
            outbox::insert(&db, entry).await?;
        }
        // The head of the chain is locked last and released by the commit
        // that follows, so that nobody waits long and no deadlock is possible.
        let mut head = None;
        let mut chain = None;
        if !self.events.is_empty() {
            let id = match self.chain.get() {
                Some(id) => *id,
                None => audit::node_chain(&db).await?,
            };
            let fence = (!self.past_fence).then_some(self.fence.as_ref());
            let appended = audit::append(&db, id, fence, &self.context, &self.events).await;
            head = Some(appended.map_err(StoreError::not_recorded)?);
            chain = Some(id);
        }
        self.tx.commit().await?;
        if let (Some(chain), Some((seq, hash))) = (chain, head) {
            let head = AuditHead { chain, seq, hash };
            if self.past_fence {
                self.fence.accept(head)
            } else {
                self.fence.advance(head)
            }
            // Only now is it certain that the site row exists.
            let _ = self.chain.set(chain);
        }
        if let Some((seq, _)) = head {
            // Commits may finish in another order than they were numbered.
            self.hooks.appended.send_if_modified(|newest| {
                let is_newer = seq > *newest;
                *newest = (*newest).max(seq);
                is_newer
            });
        }
        if !self.events.is_empty() {
            self.hooks.observer.tell(&self.events);
        }
        Ok(Committed { wakes: self.wakes.into_iter().collect(), head })
    }
}

/// On SQLite the write lock is taken at once: a transaction that starts as a
/// reader could not become a writer after somebody else has written.
pub(crate) async fn begin(db: &DatabaseConnection) -> Result<DatabaseTransaction, StoreError> {
    let options = TransactionOptions {
        sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
        ..TransactionOptions::default()
    };
    Ok(db.begin_with_options(options).await?)
}

impl Connected for UnitOfWork {
    fn db(&self) -> Link<'_> {
        Link::Transaction(&self.tx)
    }
}

impl Access for UnitOfWork {}
