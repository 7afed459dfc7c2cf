//! The audit log: append-only hash chains, one per server node (INV-4).

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder,
    QuerySelect,
};
use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::audit_chain::{BrokenChain, ChainVerifier, Intact};
use sekisho_model::event::{Actor, Event};
use sekisho_model::id::AuditChainId;

use crate::access::Access;
use crate::error::StoreError;
use crate::fence::{AuditHead, Check, Fence};
use crate::page::{Cursor, InvalidCursor, Page, Paged, contains, counted};
use crate::site::Site;
use crate::stored::{Hash, Record, Stored, affected, all, insert, one, record};
use crate::unit_of_work::OperationContext;

record! {
    /// A chain and where it ends.
    pub struct AuditChain in chain_row "audit_chains" {
        /// Its id.
        [primary_key] id: AuditChainId,
        /// The seq of its last line; 0 when it has none.
        head_seq: u64,
        /// The hash of its last line.
        head_hash: Hash,
        /// When it was begun.
        created_at: Timestamp,
    }
}

record! {
    struct Line in row "audit_lines" {
        [primary_key] chain: AuditChainId,
        [primary_key] seq: u64,
        at: Timestamp,
        code: u16,
        actor: String,
        origin: String,
        event: String,
        previous: Hash,
        hash: Hash,
    }
}

/// Which lines are wanted; `None` and an empty list mean any.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditFilter {
    /// With one of these event numbers.
    pub codes: Vec<u16>,
    /// At this instant or after.
    pub from: Option<Timestamp>,
    /// Before this instant.
    pub to: Option<Timestamp>,
    /// By an actor whose JSON contains this text: an id, `system`, … .
    pub actor: Option<String>,
    /// Whose event's JSON contains this text: the id of a resource, … .
    pub event: Option<String>,
    /// Whose event names these objects: a field of the event, and the id in
    /// it.
    pub about: Vec<(&'static str, String)>,
}

/// What the audit log can be sorted by.
pub const AUDIT_SORTS: &[&str] = &["at"];

/// The audit log.
pub struct AuditLog<'a, A> {
    pub(crate) at: &'a A,
}

/// How many lines a verification holds in memory.
const BATCH: u64 = 500;

impl<A: Access> AuditLog<'_, A> {
    /// Every chain; at most 1,000.
    pub async fn chains(&self) -> Result<Vec<AuditChain>, StoreError> {
        let oldest_first = chain_row::Entity::find().order_by(chain_row::Column::Id, Order::Asc);
        all(&self.at.db(), oldest_first, 1_000).await
    }

    /// One chain with its head.
    pub async fn chain(&self, id: AuditChainId) -> Result<Option<AuditChain>, StoreError> {
        one(&self.at.db(), chain_row::Entity::find_by_id(id.uuid())).await
    }

    /// Lines of all chains, newest first unless the page says otherwise.
    ///
    /// # Errors
    /// A cursor of another list is [`StoreError::InvalidCursor`].
    pub async fn list(
        &self,
        filter: &AuditFilter,
        page: &Page,
    ) -> Result<Paged<AuditLine>, StoreError> {
        use row::Column as C;
        let ascending = page.sort.is_some_and(|sort| !sort.descending);
        let mut select = row::Entity::find().filter(filter.condition());
        let count = counted(&self.at.db(), &select, page).await?;
        if let Some(after) = &page.after {
            select = select.filter(beyond(after, ascending)?);
        }
        let order = || if ascending { Order::Asc } else { Order::Desc };
        let select =
            select.order_by(C::At, order()).order_by(C::Chain, order()).order_by(C::Seq, order());
        let mut lines = all::<Line>(&self.at.db(), select, page.size() as u64 + 1).await?;
        let more = lines.len() > page.size();
        lines.truncate(page.size());
        let next = lines.last().filter(|_| more).map(|line| Cursor {
            id: line.chain.uuid(),
            text: format!("{}.{}", line.at.as_millis(), line.seq),
        });
        Ok(Paged { items: lines.into_iter().map(AuditLine::from).collect(), next, count })
    }

    /// The lines of one chain after a seq, in order; at most `limit`. For
    /// exports and verification in batches.
    pub async fn after(
        &self,
        chain: AuditChainId,
        seq: u64,
        limit: u64,
    ) -> Result<Vec<AuditLine>, StoreError> {
        let select = row::Entity::find()
            .filter(row::Column::Chain.eq(chain.uuid()))
            .filter(row::Column::Seq.gt(seq.into_raw()))
            .order_by(row::Column::Seq, Order::Asc);
        let lines = all::<Line>(&self.at.db(), select, limit).await?;
        Ok(lines.into_iter().map(AuditLine::from).collect())
    }

    /// Verifies one chain up to the head it was read with, in bounded memory,
    /// and returns the number of lines or what is wrong.
    ///
    /// # Errors
    /// When the database fails; a broken chain is the inner result.
    pub async fn verify(&self, chain: &AuditChain) -> Result<Result<u64, BrokenChain>, StoreError> {
        let found = self.verify_with(chain, ChainVerifier::default()).await?;
        Ok(found.map(|intact| intact.seq))
    }

    /// [`verify`](Self::verify) with a verifier that knows heads which were
    /// signed.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub async fn verify_with(
        &self,
        chain: &AuditChain,
        mut verifier: ChainVerifier,
    ) -> Result<Result<Intact, BrokenChain>, StoreError> {
        let mut seq = 0;
        'chain: loop {
            let lines = self.after(chain.id, seq, BATCH).await?;
            let is_last = (lines.len() as u64) < BATCH;
            for line in lines {
                // Lines appended since the head was read.
                if line.seq > chain.head_seq {
                    break 'chain;
                }
                if let Err(broken) = verifier.next(&line) {
                    return Ok(Err(broken));
                }
                seq = line.seq;
            }
            if is_last {
                break;
            }
        }
        Ok(verifier.finish((chain.head_seq, LineHash(chain.head_hash.0))))
    }
}

/// Creates an empty chain.
pub(crate) async fn create_chain(
    tx: &impl ConnectionTrait,
    id: AuditChainId,
    now: Timestamp,
) -> Result<(), StoreError> {
    let head_hash = Hash(LineHash::START.0);
    insert(tx, AuditChain { id, head_seq: 0, head_hash, created_at: now }).await
}

/// The chain this node appends to.
pub(crate) async fn node_chain(tx: &impl ConnectionTrait) -> Result<AuditChainId, StoreError> {
    let site: Option<Site> = one(tx, <Site as Record>::Entity::find()).await?;
    let site = site.ok_or_else(|| {
        StoreError::internal("the site is not initialised, so there is no audit chain")
    })?;
    Ok(site.node_chain)
}

/// Appends events to a chain, whose head stays locked until the transaction
/// ends, and returns the new head. Behind the fence nothing is appended.
pub(crate) async fn append(
    tx: &impl ConnectionTrait,
    chain: AuditChainId,
    fence: Option<&Fence>,
    context: &OperationContext,
    events: &[(Actor, Event)],
) -> Result<(u64, LineHash), StoreError> {
    use chain_row::Column as C;
    let known = fence.and_then(Fence::known);
    let locked = chain_row::Entity::find_by_id(chain.uuid()).lock_exclusive();
    let found: Option<AuditChain> = one(tx, locked).await?;
    let found =
        found.ok_or_else(|| StoreError::internal(format_args!("{chain:?} does not exist")))?;
    let mut head = (found.head_seq, LineHash(found.head_hash.0));
    if let Some(fence) = fence
        && let Check::Find(line) =
            fence.check(known, AuditHead { chain, seq: head.0, hash: head.1 })?
        && !is_in_chain(tx, line).await?
    {
        return Err(fence.fail(line, head.0));
    }
    for (actor, event) in events {
        let place = (head.0 + 1, head.1);
        let line = AuditLine::new(chain, place, context.now, actor, &context.origin, event);
        head = (line.seq, line.hash);
        insert(tx, Line::from(line)).await?;
    }
    let update = chain_row::Entity::update_many()
        .col_expr(C::HeadSeq, Expr::value(head.0.into_raw()))
        .col_expr(C::HeadHash, Expr::value(head.1.0.to_vec()))
        .filter(C::Id.eq(chain.uuid()));
    affected(tx, update).await?;
    Ok(head)
}

/// Whether this very line is in its chain.
pub(crate) async fn is_in_chain(
    db: &impl ConnectionTrait,
    line: AuditHead,
) -> Result<bool, StoreError> {
    let at = row::Entity::find()
        .filter(row::Column::Chain.eq(line.chain.uuid()))
        .filter(row::Column::Seq.eq(line.seq.into_raw()));
    let found: Option<Line> = one(db, at).await?;
    Ok(found.is_some_and(|found| found.hash.0 == line.hash.0))
}

impl AuditFilter {
    fn condition(&self) -> Condition {
        use row::Column as C;
        let codes = self.codes.iter().map(|code| i64::from(*code));
        let all = Condition::all()
            .add_option((!self.codes.is_empty()).then(|| C::Code.is_in(codes)))
            .add_option(self.from.map(|from| C::At.gte(from.as_millis())))
            .add_option(self.to.map(|to| C::At.lt(to.as_millis())))
            .add_option(self.actor.as_ref().map(|text| contains(C::Actor, text)))
            .add_option(self.event.as_ref().map(|text| contains(C::Event, text)));
        // The event is stored as the text that was hashed: no spaces.
        self.about.iter().fold(all, |all, (field, id)| {
            all.add(contains(C::Event, &format!(r#""{field}":"{id}""#)))
        })
    }
}

/// Lines are listed by (at, chain, seq).
fn beyond(after: &Cursor, ascending: bool) -> Result<Condition, InvalidCursor> {
    use row::Column as C;
    let (at, seq) = after.text.split_once('.').ok_or(InvalidCursor)?;
    let at: i64 = at.parse().map_err(|_| InvalidCursor)?;
    let seq: i64 = seq.parse().map_err(|_| InvalidCursor)?;
    let further = |column: C, value: sea_orm::Value| {
        if ascending { column.gt(value) } else { column.lt(value) }
    };
    let in_chain = C::Chain.eq(after.id).and(further(C::Seq, seq.into()));
    let at_once = C::At.eq(at).and(further(C::Chain, after.id.into()).or(in_chain));
    Ok(Condition::any().add(further(C::At, at.into())).add(at_once))
}

impl From<Line> for AuditLine {
    fn from(line: Line) -> Self {
        Self {
            chain: line.chain,
            seq: line.seq,
            at: line.at,
            code: line.code,
            actor: line.actor,
            origin: line.origin,
            event: line.event,
            previous: LineHash(line.previous.0),
            hash: LineHash(line.hash.0),
        }
    }
}

impl From<AuditLine> for Line {
    fn from(line: AuditLine) -> Self {
        Self {
            chain: line.chain,
            seq: line.seq,
            at: line.at,
            code: line.code,
            actor: line.actor,
            origin: line.origin,
            event: line.event,
            previous: Hash(line.previous.0),
            hash: Hash(line.hash.0),
        }
    }
}
