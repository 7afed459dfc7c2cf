//! Looks at every row of a site as its server would: does each secret open,
//! is each audit chain whole, do the trust bundles follow each other?

use std::collections::BTreeMap;

use anyhow::{Context as _, bail, ensure};
use sekisho_model::Timestamp;
use sekisho_model::audit::{AuditLine, LineHash};
use sekisho_model::audit_chain::ChainVerifier;
use sekisho_model::id::{AuditChainId, SiteId};
use sekisho_seal::bundle::Trust;
use sekisho_store::SiteKeyKind;
use sekisho_store::copy::{Row, Shape, Value};
use sekisho_vault::{KeyRing, Place, Sealed};
use sekisho_wire::bundle::SiteAnchor;
use serde::Serialize;
use serde_bytes::ByteBuf;
use uuid::Uuid;

/// Where sealed values stand: table and column. Their rows have an `id`.
const SEALED: [(&str, &str); 6] = [
    ("secret_versions", "sealed"),
    ("site_keys", "sealed_private"),
    ("enrolment_keys", "sealed_secret"),
    ("totp_factors", "sealed_secret"),
    ("server_certificates", "sealed_key"),
    ("device_sessions", "sealed_keys"),
];

/// What was looked at, and found right.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Inspected {
    /// Rows.
    pub rows: u64,
    /// Sealed values that were opened: passwords and keys.
    pub secrets: u64,
    /// Lines of the audit log, each following the one before.
    pub audit_lines: u64,
    /// Trust bundles, each signed and following the one before.
    pub bundles: u64,
}

/// Takes rows in the order of a copy: tables after those they refer to, rows
/// by their key.
pub(super) struct Inspector<'a> {
    ring: &'a KeyRing,
    heads: BTreeMap<[u8; 16], (u64, LineHash)>,
    chain: Option<([u8; 16], ChainVerifier)>,
    pub(super) site: Option<SiteId>,
    pub(super) node_chain: Option<AuditChainId>,
    root: Option<[u8; 32]>,
    bundles: Vec<ByteBuf>,
    found: Inspected,
}

impl<'a> Inspector<'a> {
    pub(super) const fn new(ring: &'a KeyRing) -> Self {
        Self {
            ring,
            heads: BTreeMap::new(),
            chain: None,
            site: None,
            node_chain: None,
            root: None,
            bundles: Vec::new(),
            found: Inspected { rows: 0, secrets: 0, audit_lines: 0, bundles: 0 },
        }
    }

    /// Takes the next row.
    ///
    /// # Errors
    /// Says what is wrong with it; never shows a secret.
    pub(super) fn take(&mut self, shape: &Shape, row: &Row) -> anyhow::Result<()> {
        self.found.rows += 1;
        let row = Columns { shape, row };
        for (table, column) in SEALED {
            if table == shape.name() {
                self.open(row, table, column)?;
            }
        }
        match shape.name() {
            "audit_chains" => {
                let head = (row.count("head_seq")?, LineHash(row.hash("head_hash")?));
                self.heads.insert(row.uuid("id")?, head);
            }
            "audit_lines" => self.line(row)?,
            "site" => {
                self.site = Some(SiteId::from_uuid(Uuid::from_bytes(row.uuid("id")?)));
                let chain = Uuid::from_bytes(row.uuid("node_chain")?);
                self.node_chain = Some(AuditChainId::from_uuid(chain));
            }
            "site_keys" if row.text("kind")? == SiteKeyKind::SiteRoot.as_str() => {
                self.root = Some(row.hash("public")?);
            }
            "bundles" => self.bundles.push(ByteBuf::from(row.blob("bytes")?.to_vec())),
            _ => {}
        }
        Ok(())
    }

    /// The end of all rows.
    ///
    /// # Errors
    /// When a chain is cut off, or the bundles cannot be believed.
    pub(super) fn finish(mut self) -> anyhow::Result<Inspected> {
        self.end_chain()?;
        for (chain, head) in &self.heads {
            let empty = ChainVerifier::default().finish(*head);
            empty.with_context(|| format!("audit chain {}", Uuid::from_bytes(*chain)))?;
        }
        let site = self.site.context("it holds no site")?;
        let root_key = self.root.context("it holds no site root key")?;
        Trust::from_chain(&SiteAnchor { site, root_key }, &self.bundles)
            .context("the chain of trust bundles")?;
        self.found.bundles = self.bundles.len() as u64;
        Ok(self.found)
    }

    fn open(&mut self, row: Columns<'_>, table: &str, column: &str) -> anyhow::Result<()> {
        let Some(sealed) = row.blob_if_any(column)? else { return Ok(()) };
        let id = row.uuid("id")?;
        let place = Place { table, row: &id, field: column };
        self.ring.open(place, &Sealed::from_bytes(sealed.to_vec()))?;
        self.found.secrets += 1;
        Ok(())
    }

    fn line(&mut self, row: Columns<'_>) -> anyhow::Result<()> {
        let chain = row.uuid("chain")?;
        if self.chain.as_ref().is_none_or(|(current, _)| *current != chain) {
            self.end_chain()?;
            self.chain = Some((chain, ChainVerifier::default()));
        }
        let line = AuditLine {
            chain: AuditChainId::from_uuid(Uuid::from_bytes(chain)),
            seq: row.count("seq")?,
            at: Timestamp::from_millis(row.int("at")?),
            code: u16::try_from(row.int("code")?).context("the code of an audit line")?,
            actor: row.text("actor")?.to_owned(),
            origin: row.text("origin")?.to_owned(),
            event: row.text("event")?.to_owned(),
            previous: LineHash(row.hash("previous")?),
            hash: LineHash(row.hash("hash")?),
        };
        if let Some((_, verifier)) = &mut self.chain {
            verifier.next(&line).with_context(|| format!("audit chain {}", line.chain))?;
        }
        self.found.audit_lines += 1;
        Ok(())
    }

    fn end_chain(&mut self) -> anyhow::Result<()> {
        if let Some((chain, verifier)) = self.chain.take() {
            let head = self.heads.remove(&chain).context("an audit chain without a head")?;
            let ended = verifier.finish(head);
            ended.with_context(|| format!("audit chain {}", Uuid::from_bytes(chain)))?;
        }
        Ok(())
    }
}

/// A row whose values have names.
#[derive(Clone, Copy)]
struct Columns<'a> {
    shape: &'a Shape,
    row: &'a Row,
}

impl<'a> Columns<'a> {
    fn get(self, column: &str) -> anyhow::Result<&'a Value> {
        let place = self.shape.position(column).and_then(|place| self.row.0.get(place));
        place.with_context(|| format!("table {} has no column {column}", self.shape.name()))
    }

    fn int(self, column: &str) -> anyhow::Result<i64> {
        match self.get(column)? {
            Value::Int(number) => Ok(*number),
            _ => bail!("table {}: {column} is no number", self.shape.name()),
        }
    }

    fn count(self, column: &str) -> anyhow::Result<u64> {
        u64::try_from(self.int(column)?).with_context(|| format!("{column} is negative"))
    }

    fn uuid(self, column: &str) -> anyhow::Result<[u8; 16]> {
        match self.get(column)? {
            Value::Uuid(bytes) => Ok(*bytes),
            _ => bail!("table {}: {column} is no id", self.shape.name()),
        }
    }

    fn text(self, column: &str) -> anyhow::Result<&'a str> {
        match self.get(column)? {
            Value::Text(text) => Ok(text),
            _ => bail!("table {}: {column} is no text", self.shape.name()),
        }
    }

    fn blob(self, column: &str) -> anyhow::Result<&'a [u8]> {
        self.blob_if_any(column)?
            .with_context(|| format!("table {}: {column} is missing", self.shape.name()))
    }

    fn blob_if_any(self, column: &str) -> anyhow::Result<Option<&'a [u8]>> {
        match self.get(column)? {
            Value::Blob(bytes) => Ok(Some(bytes)),
            Value::Null => Ok(None),
            _ => bail!("table {}: {column} is not binary", self.shape.name()),
        }
    }

    fn hash(self, column: &str) -> anyhow::Result<[u8; 32]> {
        let bytes = self.blob(column)?;
        ensure!(bytes.len() == 32, "table {}: {column} has not 32 bytes", self.shape.name());
        Ok(bytes.try_into()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sekisho_store::copy::shapes;

    /// What is sealed by the vault is in a column named so. A new one must be
    /// looked at, or a drill would say more than it knows.
    #[test]
    fn every_sealed_column_is_opened() {
        let mut unknown = Vec::new();
        for shape in shapes(None) {
            for column in shape.columns().filter(|column| column.starts_with("sealed")) {
                // Escrows are sealed to the recovery key, not by the vault.
                if !SEALED.contains(&(shape.name(), column)) && shape.name() != "escrows" {
                    unknown.push(format!("{}.{column}", shape.name()));
                }
            }
        }
        assert!(unknown.is_empty(), "add to SEALED: {unknown:?}");
        for (table, column) in SEALED {
            let found = shapes(None).into_iter().find(|shape| shape.name() == table);
            assert!(found.is_some_and(|shape| shape.position(column).is_some()), "{table}");
        }
    }
}
