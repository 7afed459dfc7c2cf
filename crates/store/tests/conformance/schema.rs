//! One schema: what stands in SQLite and in PostgreSQL after all migrations is
//! the same, and it is what is written in `tests/fixtures/schema.txt`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use crate::databases::{Engine, World, block_on};

/// What a database says of its tables, as text in one form for both: table by
/// table, the columns in their order, then keys and indexes by name.
async fn introspect(world: &World, engine: Engine) -> String {
    let queries = match engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let mut tables: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (kind, query) in queries {
        // `table|what sorts|the line`
        for found in world.texts(query).await {
            let mut parts = found.splitn(3, '|');
            let (table, _, line) = (parts.next(), parts.next(), parts.next());
            let (Some(table), Some(line)) = (table, line) else { panic!("{found}") };
            let lines = tables.entry(table.to_owned()).or_default();
            lines.push(format!("{kind} {}", in_one_form(line)));
        }
    }
    let mut text = String::new();
    for (table, lines) in tables {
        let _ = writeln!(text, "{table}");
        for line in lines {
            let _ = writeln!(text, "  {line}");
        }
    }
    text
}

/// Types by what they hold, conditions without the casts, quotes and brackets
/// that PostgreSQL adds.
fn in_one_form(line: &str) -> String {
    let words = [
        ("uuid_text", "uuid"),
        ("::bigint", ""),
        ("bigint", "integer"),
        ("bytea", "blob"),
        ("::text[]", ""),
        ("::text", ""),
        ("= ANY", "IN"),
        ("ARRAY", ""),
        ("(", ""),
        (")", ""),
        ("[", ""),
        ("]", ""),
        ("\"", ""),
    ];
    words.iter().fold(line.to_owned(), |line, (from, to)| line.replace(from, to))
}

const SQLITE: [(&str, &str); 4] = [
    (
        "column",
        "SELECT m.name || '|' || printf('%03d', c.cid) || '|' || c.name || ' ' || lower(c.type) \
         || CASE WHEN c.\"notnull\" OR c.pk THEN '' ELSE ' null' END \
         || coalesce(' or ' || c.dflt_value, '') \
         FROM sqlite_master m, pragma_table_info(m.name) c \
         WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    ),
    (
        "key",
        "SELECT m.name || '||' || (SELECT group_concat(k.name, ', ') FROM \
         (SELECT name FROM pragma_table_info(m.name) WHERE pk > 0 ORDER BY pk) k) \
         FROM sqlite_master m WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'",
    ),
    (
        "reference",
        "SELECT m.name || '|' || f.\"from\" || '|' || f.\"from\" || ' to ' || f.\"table\" || '.' \
         || f.\"to\" || ' ' || lower(f.on_delete) \
         FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'",
    ),
    (
        "index",
        "SELECT m.name || '|' || i.name || '|' || i.name || ' on ' || \
         (SELECT group_concat(c.name, ', ') FROM \
         (SELECT name FROM pragma_index_info(i.name) ORDER BY seqno) c) \
         || CASE i.\"unique\" WHEN 1 THEN ' unique' ELSE '' END \
         || CASE i.partial WHEN 1 THEN ' where ' || \
         (SELECT substr(s.sql, instr(s.sql, ' WHERE ') + 7) FROM sqlite_master s \
         WHERE s.name = i.name) ELSE '' END \
         FROM sqlite_master m, pragma_index_list(m.name) i \
         WHERE m.type = 'table' AND i.origin <> 'pk'",
    ),
];

const POSTGRES: [(&str, &str); 4] = [
    (
        "column",
        "SELECT table_name || '|' || lpad((ordinal_position - 1)::text, 3, '0') || '|' || \
         column_name || ' ' || data_type \
         || CASE is_nullable WHEN 'NO' THEN '' ELSE ' null' END \
         || coalesce(' or ' || column_default, '') \
         FROM information_schema.columns WHERE table_schema = 'public'",
    ),
    (
        "key",
        "SELECT k.conrelid::regclass::text || '||' || (SELECT string_agg(a.attname, ', ' \
         ORDER BY u.position) FROM unnest(k.conkey) WITH ORDINALITY u(attnum, position) \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = u.attnum) \
         FROM pg_constraint k WHERE k.contype = 'p' AND k.connamespace = 'public'::regnamespace",
    ),
    (
        "reference",
        "SELECT k.conrelid::regclass::text || '|' || a.attname || '|' || a.attname || ' to ' || \
         k.confrelid::regclass::text || '.' || b.attname || \
         CASE k.confdeltype WHEN 'r' THEN ' restrict' ELSE ' ?' END \
         FROM pg_constraint k \
         JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1] \
         JOIN pg_attribute b ON b.attrelid = k.confrelid AND b.attnum = k.confkey[1] \
         WHERE k.contype = 'f'",
    ),
    (
        "index",
        "SELECT i.indrelid::regclass::text || '|' || c.relname || '|' || c.relname || ' on ' || \
         (SELECT string_agg(a.attname, ', ' ORDER BY u.position) \
         FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(attnum, position) \
         JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum) \
         || CASE WHEN i.indisunique THEN ' unique' ELSE '' END \
         || coalesce(' where ' || pg_get_expr(i.indpred, i.indrelid), '') \
         FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE NOT i.indisprimary AND c.relnamespace = 'public'::regnamespace",
    ),
];

#[test]
fn the_schema_is_the_same_on_both_and_the_one_that_is_written_down() {
    block_on(async {
        let sqlite = introspect(&World::new(Engine::Sqlite).await, Engine::Sqlite).await;
        let postgres = introspect(&World::new(Engine::Postgres).await, Engine::Postgres).await;
        assert_same("SQLite and PostgreSQL", &sqlite, &postgres);

        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/schema.txt");
        // Only by this variable, only by hand, after a migration was added.
        if std::env::var_os("WRITE_SCHEMA").is_some() {
            std::fs::write(&path, &sqlite).expect("the fixtures can be written");
        }
        let written = std::fs::read_to_string(&path).unwrap_or_default();
        assert_same(
            "the schema and tests/fixtures/schema.txt (made anew with WRITE_SCHEMA=1 when a \
             migration was added)",
            &sqlite,
            &written,
        );
    });
}

/// Shows the lines that differ, not two long texts.
#[track_caller]
fn assert_same(what: &str, left: &str, right: &str) {
    let only = |one: &str, other: &str| -> Vec<String> {
        let other: Vec<&str> = other.lines().collect();
        one.lines().filter(|line| !other.contains(line)).map(str::to_owned).collect()
    };
    assert!(
        left == right,
        "{what} differ\nonly left: {:#?}\nonly right: {:#?}",
        only(left, right),
        only(right, left)
    );
}
