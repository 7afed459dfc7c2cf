//! Databases of every schema that was ever kept are upgraded, and everything
//! in them is read back.
//!
//! `tests/fixtures/schema-N.*.sql` is a database of schema N, with a row in
//! every table, as the program of that time wrote it. To keep the next one,
//! right after its migration has landed: `WRITE_FIXTURE=N cargo nextest run -p
//! sekisho-store upgrade`, then add N to [`KEPT`]. A fixture is never written
//! again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use sekisho_model::device::KeyUse;
use sekisho_model::id::PasswordPolicyId;
use sekisho_model::password::PasswordRules;
use sekisho_model::rotation::{Age, Ageing};
use sekisho_model::user::{ProofMethod, Role, TokenScope};
use sekisho_store::{
    Access, AccountFilter, AccountRotation, ApiToken, AuditFilter, Blob, Bundle, DefaultView,
    Delivery, DeviceCertificate, DeviceFilter, Escrow, Hash, IdempotencyKey, Kek, LoginSession,
    NextKek, NextWrapping, Only, OrderFilter, Page, PasswordPolicy, ResourceFilter, ResourceGroup,
    ResourceUpkeep, SiteKey, SiteKeyKind, StoreUrl, StoredHead, WitnessedHead, WitnessedSite,
};

use crate::databases::{CLUSTER, Engine, World, block_on, execute_at, programs, texts_at};
use crate::sample::Sample;

/// The schemas that were kept.
const KEPT: [u32; 3] = [1, 2, 3];

fn fixture(schema: u32, engine: Engine) -> PathBuf {
    let of = match engine {
        Engine::Sqlite => "sqlite",
        Engine::Postgres => "postgres",
    };
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    folder.join(format!("schema-{schema}.{of}.sql"))
}

#[test]
fn every_kept_schema_is_upgraded_with_everything_in_it() {
    block_on(async {
        for schema in KEPT {
            for engine in [Engine::Sqlite, Engine::Postgres] {
                upgrade(schema, engine).await;
            }
        }
    });
}

async fn upgrade(schema: u32, engine: Engine) {
    let what = fixture(schema, engine).display().to_string();
    let sql = std::fs::read_to_string(fixture(schema, engine))
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let text = match engine {
        Engine::Sqlite => format!("sqlite:{}", folder.path().join("store.db").display()),
        Engine::Postgres => CLUSTER.new_database().await,
    };
    let url: StoreUrl = text.parse().expect("valid");
    execute_at(&url, &sql).await;
    let tables = tables(&url).await;
    let before = rows(&url, &tables).await;
    for (table, _) in &tables {
        let has_rows = before.iter().any(|row| row.starts_with(&format!("{table}|")));
        assert!(has_rows, "{what}: {table} is empty");
    }

    let world = World::at(&text, folder).await;

    let after = rows(&url, &tables).await;
    let lost: Vec<_> = before.difference(&after).collect();
    assert!(lost.is_empty(), "{what}: {lost:#?}");
    read_everything(&world).await;
    // It is used from here on.
    let work = world.begin().await;
    work.users().insert(world.user("newcomer")).await.expect("inserts");
    world.commit(work).await;
}

/// Every table with its columns.
async fn tables(url: &StoreUrl) -> Vec<(String, Vec<String>)> {
    let query = match url {
        StoreUrl::Sqlite(_) => {
            "SELECT m.name || ' ' || c.name FROM sqlite_master m, pragma_table_info(m.name) c \
             WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%'"
        }
        StoreUrl::Postgres(_) => {
            "SELECT table_name || ' ' || column_name FROM information_schema.columns \
             WHERE table_schema = 'public'"
        }
    };
    let mut tables: Vec<(String, Vec<String>)> = Vec::new();
    for line in texts_at(url, query).await {
        let (table, column) = line.split_once(' ').expect("two words");
        match tables.last_mut() {
            Some((last, columns)) if last == table => columns.push(column.to_owned()),
            _ => tables.push((table.to_owned(), vec![column.to_owned()])),
        }
    }
    tables
}

/// Every row of these columns, as text.
async fn rows(url: &StoreUrl, tables: &[(String, Vec<String>)]) -> BTreeSet<String> {
    let mut rows = BTreeSet::new();
    for (table, columns) in tables {
        let columns: Vec<String> = columns
            .iter()
            .map(|column| match url {
                StoreUrl::Sqlite(_) => format!("quote(\"{column}\")"),
                StoreUrl::Postgres(_) => format!("quote_nullable(\"{column}\"::text)"),
            })
            .collect();
        let query =
            format!("SELECT '{table}|' || {} FROM \"{table}\"", columns.join(" || ',' || "));
        rows.extend(texts_at(url, &query).await);
    }
    rows
}

/// Through the repositories: every stored value is one that this program knows.
async fn read_everything(world: &World) {
    let reader = world.store.read();
    let page = Page::first(50);
    let site = reader.site().find().await.expect("reads").expect("a site");
    assert!(site.recovery_reason.is_none());
    assert!(reader.site().kek().await.expect("reads").is_some());
    assert!(!reader.vault_keys().list().await.expect("reads").is_empty());
    assert!(!reader.site_keys().list().await.expect("reads").is_empty());
    assert!(reader.bundles().newest().await.expect("reads").is_some());
    let user = reader.users().list(&page).await.expect("reads").items.remove(0);
    assert!(!reader.login_sessions().of_user(user.id).await.expect("reads").is_empty());
    assert!(reader.api_tokens().find_by_token(Hash([4; 32])).await.expect("reads").is_some());
    assert!(reader.sign_in_attempts().find("ann", "192.0.2.7").await.expect("reads").is_some());
    assert!(reader.password_policies().find_default().await.expect("reads").is_some());
    let resources = reader.resources().list(&ResourceFilter::default(), &page).await;
    assert!(!resources.expect("reads").items.is_empty());
    let accounts = reader.accounts().search(&AccountFilter::default(), &page).await;
    let account = accounts.expect("reads").items.remove(0);
    assert!(!reader.secret_versions().newest(account.id, 5).await.expect("reads").is_empty());
    let orders = reader.orders().list(&OrderFilter::default(), &page).await.expect("reads");
    let mut deliveries = 0;
    for order in &orders.items {
        deliveries += reader.orders().deliveries(order.id).await.expect("reads").len();
    }
    assert!(orders.items.len() == 2 && deliveries == 1);
    let devices = reader.devices().list(&DeviceFilter::default(), &page).await.expect("reads");
    let device = &devices.items[0];
    assert!(!reader.device_sessions().newest(device.id, 5).await.expect("reads").is_empty());
    assert!(!reader.device_certificates().newest(device.id, 5).await.expect("reads").is_empty());
    assert!(!reader.enrolment_keys().list(None, &page).await.expect("reads").items.is_empty());
    assert!(!reader.escrows().open(5).await.expect("reads").is_empty());
    assert!(reader.idempotency_keys().find("user:1", "k").await.expect("reads").is_some());
    assert!(!reader.outbox().pending(5).await.expect("reads").is_empty());
    assert!(
        !reader.audit().list(&AuditFilter::default(), &page).await.expect("reads").items.is_empty()
    );
    for chain in reader.audit().chains().await.expect("reads") {
        reader.audit().verify(&chain).await.expect("reads").expect("the audit log is whole");
    }
}

/// Writes a fixture of the schema of today; see the top of the file.
#[test]
fn the_next_schema_can_be_kept() {
    block_on(async {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let world = World::new(engine).await;
            fill(&world).await;
            read_everything(&world).await;
            let tables = tables(&world.config.url).await;
            let rows = rows(&world.config.url, &tables).await;
            for (table, _) in &tables {
                let has_rows = rows.iter().any(|row| row.starts_with(&format!("{table}|")));
                assert!(has_rows, "`fill` leaves {table} empty");
            }
            let text = dump(&world).await;
            assert!(text.contains("CREATE TABLE") && text.contains("INSERT INTO"));
            if let Some(schema) = std::env::var_os("WRITE_FIXTURE") {
                let schema = schema.to_str().and_then(|text| text.parse().ok());
                let path = fixture(schema.expect("the number of the schema"), engine);
                assert!(!path.exists(), "{} is kept already", path.display());
                std::fs::write(&path, text).expect("the fixtures can be written");
            }
        }
    });
}

/// A row in every table.
async fn fill(world: &World) {
    let sample = world.with_sample().await;
    let mut work = world.begin().await;
    let kek = Kek {
        only: Only,
        provider: "file".to_owned(),
        params: serde_json::json!({"key": "file"}),
        check: Blob(vec![1]),
        changed_at: world.now(),
    };
    work.site().put_kek(kek).await.expect("writes");
    let site_key = SiteKey {
        id: world.id(),
        kind: SiteKeyKind::Order,
        public: Blob(vec![1; 32]),
        sealed_private: Some(Blob(vec![2; 60])),
        vault_key_version: Some(1),
        certificate: None,
        created_at: world.now(),
        expires_at: Some(world.in_an_hour()),
        retired_at: None,
    };
    work.site_keys().insert(site_key).await.expect("inserts");
    let bundle = Bundle {
        version: 1,
        bytes: Blob(vec![5; 40]),
        hash: Hash([5; 32]),
        created_at: world.now(),
    };
    work.bundles().insert(bundle).await.expect("inserts");
    let session = LoginSession {
        id: world.id(),
        user: sample.user,
        token_hash: Hash([3; 32]),
        created_at: world.now(),
        last_seen_at: world.now(),
        expires_at: world.in_an_hour(),
        address: Some("192.0.2.7".to_owned()),
        client: Some("Firefox on Linux".to_owned()),
        methods: Some(vec![ProofMethod::Password]),
        proved_at: Some(world.now()),
    };
    work.login_sessions().insert(session).await.expect("inserts");
    let token = ApiToken {
        id: world.id(),
        user: sample.user,
        name: "ci".parse().expect("valid"),
        token_hash: Hash([4; 32]),
        scopes: vec![TokenScope::Read, TokenScope::Reveal],
        created_at: world.now(),
        expires_at: world.in_an_hour(),
        last_used_at: None,
        revoked_at: None,
    };
    work.api_tokens().insert(token).await.expect("inserts");
    let window = std::time::Duration::from_secs(900);
    let counters = work.sign_in_attempts();
    counters.fail("ann", "192.0.2.7", world.now(), window).await.expect("counts");
    let policy = PasswordPolicy {
        id: world.id(),
        name: "strong".parse().expect("valid"),
        rules: PasswordRules::default(),
        is_default: true,
        created_at: world.now(),
        version: 1,
    };
    let policy_id = policy.id;
    work.password_policies().insert(policy).await.expect("inserts");
    let idempotency = IdempotencyKey {
        actor: "user:1".to_owned(),
        key: "k".to_owned(),
        route: "POST /api/v1/accounts/{id}/reset".to_owned(),
        request_hash: Hash([1; 32]),
        status: Some(201),
        body: Some(Blob(b"{}".to_vec())),
        created_at: world.now(),
    };
    work.idempotency_keys().claim(idempotency).await.expect("claims");
    work.enqueue("mail", serde_json::json!({"to": "ann"}));
    fill_devices(world, sample, &work).await;
    fill_rotation(world, sample, policy_id, &work).await;
    fill_keys_to_come(world, &work).await;
    fill_heads(world, sample, &work).await;
    crate::access::fill(world, sample, &work).await;
    crate::agents::fill(world, sample, &work).await;
    crate::mail::fill(world, sample, &work).await;
    fill_sign_in(world, sample, &work).await;
    crate::first_run::fill(world, sample, &work).await;
    crate::gateways::fill(world, sample, &work).await;
    work.record(sekisho_model::event::Event::ServerStarted { version: "0.1.0".to_owned() });
    let _ = work.commit().await.expect("commits");
}

async fn fill_sign_in(world: &World, sample: Sample, work: &sekisho_store::UnitOfWork) {
    let factor = world.totp(sample.user);
    work.totp_factors().start(factor.clone()).await.expect("inserts");
    assert_eq!(work.totp_factors().confirm(sample.user, factor.id, 7).await, Ok(true));
    let codes = [world.recovery_code(sample.user, 1)];
    work.recovery_codes().replace(sample.user, codes).await.expect("inserts");
    work.identities().insert(world.identity(sample.user, "1")).await.expect("inserts");
    work.passkeys().insert(world.passkey(sample.user, 1)).await.expect("inserts");
    work.pending_sign_ins().insert(world.pending(sample.user, 1)).await.expect("inserts");
    work.sign_in_rules().set_second_factor(Role::Administrator.into(), true).await.expect("writes");
    work.preferences().put(world.preferences(sample.user)).await.expect("writes");
    let view = world.view(sample.user, "mine", Some(Role::PasswordAuditor));
    work.saved_views().insert(view.clone()).await.expect("inserts");
    let first = DefaultView { user: sample.user, page: view.page, view: view.id };
    work.saved_views().put_default(first).await.expect("writes");
}

async fn fill_devices(world: &World, sample: Sample, work: &sekisho_store::UnitOfWork) {
    let session = world.session(sample.device);
    work.device_sessions().insert(session.clone()).await.expect("inserts");
    let certificate = DeviceCertificate {
        serial: "01".to_owned(),
        device: sample.device,
        der: Blob(vec![0x30]),
        not_before: world.now(),
        not_after: world.in_an_hour(),
        issued_at: world.now(),
        superseded_at: None,
    };
    work.device_certificates().insert(certificate).await.expect("inserts");
    let key = world.enrolment_key(sample, KeyUse::Once);
    let key_id = key.id;
    work.enrolment_keys().insert(key).await.expect("inserts");
    work.enrolment_keys().remember_request(key_id, Hash([5; 32])).await.expect("inserts");
    let escrow = Escrow {
        device: sample.device,
        version: world.id(),
        account: sample.account,
        seq: 7,
        sealed: Blob(vec![1, 2, 3]),
        reported_at: world.now(),
        imported_at: None,
    };
    work.escrows().report(escrow).await.expect("inserts");
    let candidate = world.secret(sample.account, 1);
    let order = world.reset(sample, candidate.id);
    work.secret_versions().insert(candidate).await.expect("inserts");
    work.orders().insert(order.clone()).await.expect("inserts");
    work.orders().insert(world.discover(sample)).await.expect("inserts");
    let delivery = Delivery {
        order: order.id,
        seq: 1,
        session: session.id,
        signed_hash: Hash([6; 32]),
        delivered_at: world.now(),
    };
    assert!(work.orders().deliver(delivery).await.expect("delivers"));
}

async fn fill_rotation(
    world: &World,
    sample: Sample,
    policy: PasswordPolicyId,
    work: &sekisho_store::UnitOfWork,
) {
    let month = Some(Age::of_days(30).expect("in bounds"));
    let ageing = Ageing { max_age: month, ..Ageing::default() };
    work.rotation().put_policy(policy, ageing).await.expect("writes");
    let said = AccountRotation {
        max_age: Some(Age::Off),
        paused_until: Some(world.in_an_hour()),
        pause_reason: Some("moving house".to_owned()),
        ..AccountRotation::silent(sample.account)
    };
    work.rotation().put_account(said).await.expect("writes");
    let group = ResourceGroup {
        id: world.id(),
        name: "web".parse().expect("valid"),
        description: "all of it".to_owned(),
        owner: sample.user,
        max_age: month,
        criteria: None,
        created_at: world.now(),
        version: 1,
    };
    let id = group.id;
    work.resource_groups().insert(group).await.expect("inserts");
    let joined = work.resource_groups().join(id, sample.resource).await;
    assert!(joined.expect("joins"));
    let seen =
        ResourceUpkeep { asked_at: Some(world.now()), ..ResourceUpkeep::never(sample.resource) };
    work.upkeep().put(seen).await.expect("writes");
}

async fn fill_keys_to_come(world: &World, work: &sekisho_store::UnitOfWork) {
    let kek = NextKek {
        only: Only,
        provider: "passphrase".to_owned(),
        params: serde_json::json!({"salt": "00"}),
        created_at: world.now(),
    };
    work.site().insert_next_kek(kek).await.expect("inserts");
    let wrapping = NextWrapping { version: 1, wrapped: Blob(vec![8; 48]) };
    work.vault_keys().insert_next(wrapping).await.expect("inserts");
}

async fn fill_heads(world: &World, sample: Sample, work: &sekisho_store::UnitOfWork) {
    let site = work.site().find().await.expect("reads").expect("a site");
    let (chain, heads) = (site.node_chain, work.audit_heads());
    let stored = StoredHead {
        chain,
        seq: 1,
        hash: Hash([1; 32]),
        at: world.now(),
        kid: Blob(vec![2; 8]),
        signature: Blob(vec![3; 64]),
    };
    heads.insert(stored).await.expect("kept");
    heads.move_cursor("witness.file", chain, 1).await.expect("moved");
    let site = WitnessedSite {
        id: world.id(),
        name: "east".parse().expect("valid"),
        public: Blob(vec![4; 32]),
        added_by: sample.user,
        added_at: world.now(),
        removed_at: None,
    };
    let id = site.id;
    heads.put_witnessed_site(site).await.expect("added");
    let foreign = WitnessedHead {
        site: id,
        chain,
        seq: 1,
        hash: Hash([1; 32]),
        at: world.now(),
        kid: Blob(vec![2; 8]),
        signature: Blob(vec![3; 64]),
        received_at: world.now(),
    };
    heads.keep_witnessed(foreign).await.expect("kept");
}

/// The whole database as SQL.
async fn dump(world: &World) -> String {
    match &world.config.url {
        StoreUrl::Sqlite(_) => {
            let url = &world.config.url;
            let mut text = String::from("PRAGMA foreign_keys = OFF;\n");
            let order = "SELECT printf('%06d', rowid) || sql || ';' FROM sqlite_master \
                         WHERE sql IS NOT NULL";
            for statement in texts_at(url, order).await {
                text.push_str(&statement[6..]);
                text.push('\n');
            }
            for (table, columns) in tables(url).await {
                let names: Vec<String> = columns.iter().map(|name| format!("\"{name}\"")).collect();
                let values: Vec<String> =
                    columns.iter().map(|name| format!("quote(\"{name}\")")).collect();
                let query = format!(
                    "SELECT 'INSERT INTO \"{table}\" ({}) VALUES (' || {} || ');' FROM \"{table}\"",
                    names.join(", "),
                    values.join(" || ', ' || ")
                );
                for row in texts_at(url, &query).await {
                    text.push_str(&row);
                    text.push('\n');
                }
            }
            text
        }
        StoreUrl::Postgres(servers) => {
            let server = &servers.all()[0];
            let folder = server.get_socket().expect("the cluster's socket");
            let output = Command::new(programs().join("pg_dump"))
                .args(["--inserts", "--no-owner", "--no-privileges", "--no-comments", "-U"])
                .arg(server.get_username())
                .arg("-h")
                .arg(folder)
                .arg(server.get_database().expect("has a name"))
                .output()
                .expect("pg_dump runs");
            assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
            let text = String::from_utf8(output.stdout).expect("text");
            // Without comments, settings of the session and psql's own words.
            let kept = text.lines().filter(|line| {
                !(line.is_empty()
                    || line.starts_with("--")
                    || line.starts_with("SET ")
                    || line.starts_with("SELECT pg_catalog")
                    || line.starts_with('\\'))
            });
            kept.map(|line| format!("{line}\n")).collect()
        }
    }
}
