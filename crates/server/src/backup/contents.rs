//! What is inside a backup: records, each a tag, a length and its bytes.

use anyhow::{Context as _, bail, ensure};
use sekisho_model::Secret;
use sekisho_store::copy::{self, Row, Shape, TableSum};
use sekisho_vault::KeyRing;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::file::{Reader, Writer};

/// Rows handed out at a time.
const BATCH: usize = 200;

/// Longest record, in bytes.
const MAX_RECORD_BYTES: usize = 64 * 1024 * 1024;

/// The kinds of records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tag {
    Manifest = 1,
    DataKeys = 2,
    Table = 3,
    Row = 4,
    TableEnd = 5,
    End = 6,
}

/// What the rows are rows of.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Manifest {
    /// The migrations of the database, oldest first, with their checksums.
    migrations: Vec<(String, String)>,
    /// The tables, each with its columns.
    tables: Vec<(String, Vec<String>)>,
}

impl Manifest {
    /// Of this program's newest schema.
    pub(super) fn current() -> Self {
        let migrations = copy::migrations();
        Self {
            migrations: migrations.into_iter().map(|(id, sum)| (id.to_owned(), sum)).collect(),
            tables: tables(&copy::shapes(None)),
        }
    }

    /// The tables as this program knows them at that schema.
    fn shapes(&self) -> anyhow::Result<Vec<Shape>> {
        let known = copy::migrations();
        for (place, (id, checksum)) in self.migrations.iter().enumerate() {
            match known.get(place) {
                Some((ours, sum)) if ours == id && sum == checksum => {}
                Some((ours, _)) if ours == id => {
                    bail!("migration {id} of the backup is not the one this version knows")
                }
                Some(_) | None => bail!(
                    "the backup is from a newer version of Sekisho (its database has {id}); \
                     restore it with that version"
                ),
            }
        }
        let (newest, _) = self.migrations.last().context("the backup names no schema")?;
        let shapes = copy::shapes(Some(newest));
        ensure!(tables(&shapes) == self.tables, "the backup has other tables than its schema");
        Ok(shapes)
    }

    /// The newest migration.
    pub(super) fn newest(&self) -> Option<&str> {
        self.migrations.last().map(|(id, _)| id.as_str())
    }
}

fn tables(shapes: &[Shape]) -> Vec<(String, Vec<String>)> {
    shapes
        .iter()
        .map(|shape| (shape.name().to_owned(), shape.columns().map(str::to_owned).collect()))
        .collect()
}

/// Writes records.
pub(super) struct RecordWriter<'a> {
    to: &'a mut Writer,
    rows: u64,
}

impl<'a> RecordWriter<'a> {
    pub(super) fn begin(
        to: &'a mut Writer,
        manifest: &Manifest,
        ring: &KeyRing,
    ) -> anyhow::Result<Self> {
        let mut writer = Self { to, rows: 0 };
        writer.record(Tag::Manifest, &serde_json::to_vec(manifest)?)?;
        writer.record(Tag::DataKeys, ring.export().expose())?;
        Ok(writer)
    }

    pub(super) fn table(&mut self, shape: &Shape) -> anyhow::Result<()> {
        self.record(Tag::Table, shape.name().as_bytes())
    }

    pub(super) fn row(&mut self, encoded: &[u8]) -> anyhow::Result<()> {
        self.rows += 1;
        self.record(Tag::Row, encoded)
    }

    pub(super) fn table_end(&mut self, sum: &TableSum) -> anyhow::Result<()> {
        self.record(Tag::TableEnd, &end_of_table(sum))
    }

    /// How many rows there were.
    pub(super) fn end(mut self) -> anyhow::Result<u64> {
        let rows = self.rows;
        self.record(Tag::End, &rows.to_be_bytes())?;
        Ok(rows)
    }

    fn record(&mut self, tag: Tag, payload: &[u8]) -> anyhow::Result<()> {
        ensure!(payload.len() <= MAX_RECORD_BYTES, "a row is too long for a backup");
        let length = u32::try_from(payload.len()).context("a record is too long")?;
        self.to.write(&[tag as u8])?;
        self.to.write(&length.to_be_bytes())?;
        self.to.write(payload)
    }
}

fn end_of_table(sum: &TableSum) -> Vec<u8> {
    let mut payload = sum.rows.to_be_bytes().to_vec();
    payload.extend_from_slice(&sum.bytes());
    payload
}

/// The rows of an open backup, in the order of its tables. Everything the
/// backup says about itself (sums, ends) is checked on the way.
pub(super) struct Contents {
    reader: Reader,
    manifest: Manifest,
    shapes: Vec<Shape>,
    /// The vault's data keys.
    pub(super) ring: KeyRing,
    table: usize,
    inside: bool,
    /// The end of the table was read and proved, but not yet handed out.
    ending: bool,
    sum: TableSum,
    rows: u64,
}

/// The next part of a backup.
pub(super) enum Part {
    /// Rows of a table, in the order of its key.
    Rows(usize, Vec<Row>),
    /// The end of a table; its sum was right.
    TableEnd(usize, TableSum),
}

impl Contents {
    pub(super) fn open(mut reader: Reader) -> anyhow::Result<Self> {
        let manifest = record(&mut reader, Tag::Manifest)?;
        let manifest: Manifest =
            serde_json::from_slice(&manifest).context("the manifest of the backup")?;
        let shapes = manifest.shapes()?;
        let keys = record(&mut reader, Tag::DataKeys)?;
        let ring = KeyRing::import(&Secret::new(keys.to_vec())).context("the vault's keys")?;
        let (table, inside, ending, sum, rows) = (0, false, false, TableSum::default(), 0);
        Ok(Self { reader, manifest, shapes, ring, table, inside, ending, sum, rows })
    }

    /// The tables, in order.
    pub(super) fn shapes(&self) -> &[Shape] {
        &self.shapes
    }

    /// The newest migration of the database that is in it.
    pub(super) fn schema(&self) -> Option<&str> {
        self.manifest.newest()
    }

    /// `None` after the last row of the last table, once the end is proved.
    pub(super) fn next(&mut self) -> anyhow::Result<Option<Part>> {
        if self.ending {
            return Ok(Some(self.end_table()));
        }
        if self.table == self.shapes.len() {
            let end = record(&mut self.reader, Tag::End)?;
            ensure!(*end == self.rows.to_be_bytes(), "the backup has another number of rows");
            ensure!(!self.reader.read(&mut [0])?, "something follows the end of the backup");
            return Ok(None);
        }
        let shape = &self.shapes[self.table];
        if !self.inside {
            let name = record(&mut self.reader, Tag::Table)?;
            ensure!(*name == shape.name().as_bytes(), "the tables of the backup are out of order");
            (self.inside, self.sum) = (true, TableSum::default());
        }
        let mut rows = Vec::new();
        while rows.len() < BATCH {
            let (tag, payload) = any_record(&mut self.reader)?;
            if tag == Tag::TableEnd as u8 {
                let right = *payload == end_of_table(&self.sum);
                ensure!(right, "table {} of the backup is not what was read", shape.name());
                if rows.is_empty() {
                    return Ok(Some(self.end_table()));
                }
                self.ending = true;
                return Ok(Some(Part::Rows(self.table, rows)));
            }
            ensure!(tag == Tag::Row as u8, "the backup holds a record of an unknown kind");
            let row = Row::decode(&payload).with_context(|| format!("table {}", shape.name()))?;
            shape.check(&row).with_context(|| format!("table {}", shape.name()))?;
            self.sum.add(&payload);
            self.rows += 1;
            rows.push(row);
        }
        Ok(Some(Part::Rows(self.table, rows)))
    }

    fn end_table(&mut self) -> Part {
        let ended = Part::TableEnd(self.table, self.sum);
        self.table += 1;
        (self.inside, self.ending) = (false, false);
        ended
    }
}

fn record(reader: &mut Reader, expected: Tag) -> anyhow::Result<Zeroizing<Vec<u8>>> {
    let (tag, payload) = any_record(reader)?;
    ensure!(tag == expected as u8, "the backup lacks its {expected:?}");
    Ok(payload)
}

fn any_record(reader: &mut Reader) -> anyhow::Result<(u8, Zeroizing<Vec<u8>>)> {
    let mut head = [0; 5];
    ensure!(reader.read(&mut head)?, "the backup ends too early");
    let [tag, length @ ..] = head;
    let length = usize::try_from(u32::from_be_bytes(length)).context("a record's length")?;
    ensure!(length <= MAX_RECORD_BYTES, "a record of the backup is too long");
    let mut payload = Zeroizing::new(vec![0; length]);
    ensure!(length == 0 || reader.read(&mut payload)?, "the backup ends in a record");
    Ok((tag, payload))
}
