//! PostgreSQL: one server, or several of which one takes writes.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use sea_orm::DatabaseConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool, PgPoolOptions};
use sqlx::{Connection as _, Row as _};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::connect::{InvalidStoreUrl, StoreConfig, without_reaper};
use crate::error::StoreError;

/// How long a server may take to say whether it takes writes.
const PROBE: Duration = Duration::from_secs(2);

/// How often the server in use is asked.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often all are asked while none takes writes.
const SEARCH_EVERY: Duration = Duration::from_millis(250);

/// A connection is made anew after this time, so that what a server remembers
/// of it does not grow for ever.
const CONNECTION_LIFE: Duration = Duration::from_secs(30 * 60);

/// The servers of one database: a primary and its standbys. At any time at most
/// one of them should take writes.
#[derive(Clone)]
pub struct PostgresServers(Vec<PgConnectOptions>);

impl PostgresServers {
    /// The servers, at least one.
    pub fn all(&self) -> &[PgConnectOptions] {
        &self.0
    }

    /// Reads `postgres://user:password@host:port,host:port/database?option=…`.
    pub(crate) fn parse(text: &str) -> Result<Self, InvalidStoreUrl> {
        // The parser's own messages may quote the password.
        let malformed = || InvalidStoreUrl::new("the PostgreSQL address is malformed");
        let (scheme, rest) = text.split_once("://").ok_or_else(malformed)?;
        let (authority, tail) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
        let (user, hosts) = match authority.rsplit_once('@') {
            Some((user, hosts)) => (format!("{user}@"), hosts),
            None => (String::new(), authority),
        };
        let (path, query) = tail.split_once('?').unwrap_or((tail, ""));
        let mut options = Vec::new();
        for option in query.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                // Always so: nothing else would do.
                Some(("target_session_attrs", "read-write" | "primary")) => {}
                Some(("target_session_attrs", _)) => {
                    return Err(InvalidStoreUrl::new(
                        "target_session_attrs must be read-write: the server writes",
                    ));
                }
                Some(("host" | "hostaddr" | "port", _)) if hosts.contains(',') => {
                    return Err(InvalidStoreUrl::new(
                        "several servers are written as host:port,host:port before the slash",
                    ));
                }
                Some(_) | None => options.push(option),
            }
        }
        let query =
            if options.is_empty() { String::new() } else { format!("?{}", options.join("&")) };
        let servers: Result<Vec<PgConnectOptions>, _> = hosts
            .split(',')
            .map(|host| format!("{scheme}://{user}{host}{path}{query}").parse())
            .collect();
        let servers = servers.map_err(|_| malformed())?;
        let is_named = |server: &PgConnectOptions| !server.get_host().is_empty();
        let nameless = !servers.iter().all(is_named) || hosts.split(',').any(str::is_empty);
        if servers.len() > 1 && nameless {
            return Err(malformed());
        }
        Ok(Self(servers))
    }

    /// With the settings that each connection begins with. No statement waits
    /// for ever, and a server that vanished in the middle of a transaction
    /// does not keep its locks (INV-7).
    fn with_limits(&self, patience: Duration) -> Vec<PgConnectOptions> {
        let limited = |server: &PgConnectOptions| {
            server.clone().application_name("sekisho").options([
                ("statement_timeout", "30s".to_owned()),
                ("lock_timeout", format!("{}ms", patience.as_millis())),
                ("idle_in_transaction_session_timeout", "60s".to_owned()),
            ])
        };
        self.0.iter().map(limited).collect()
    }
}

impl fmt::Display for PostgresServers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = &self.0[0];
        let hosts: Vec<String> = self.0.iter().map(address).collect();
        let database = first.get_database().unwrap_or_default();
        write!(f, "postgres://{}@{}/{database}", first.get_username(), hosts.join(","))
    }
}

fn address(server: &PgConnectOptions) -> String {
    format!("{}:{}", server.get_host(), server.get_port())
}

/// Keeps the pool at the server that takes writes; ends with the last clone.
#[derive(Clone, Debug)]
pub(crate) struct Watch {
    _task: Arc<JoinSet<()>>,
}

/// Connects to the server that takes writes. With several servers, the pool
/// follows when another one is promoted.
pub(crate) async fn connect(
    servers: &PostgresServers,
    config: &StoreConfig,
) -> Result<(DatabaseConnection, Watch), StoreError> {
    let servers = servers.with_limits(config.patience);
    let (at, connection) = find_primary(&servers, 0).await?;
    let pool = pool_options(config).connect_with(servers[at].clone()).await?;
    let mut task = JoinSet::new();
    if servers.len() > 1 {
        let needs_durable = !config.allow_unsafe_durability;
        task.spawn(watch(servers, at, connection, pool.clone(), needs_durable));
    }
    Ok((DatabaseConnection::from(pool), Watch { _task: Arc::new(task) }))
}

fn pool_options(config: &StoreConfig) -> PgPoolOptions {
    without_reaper(PgPoolOptions::new())
        .max_connections(config.max_connections.max(1))
        .acquire_timeout(config.patience)
        // Instead of the pool's own ping: a server that answers may have
        // become a standby.
        .test_before_acquire(false)
        .before_acquire(|connection, meta| {
            Box::pin(async move {
                Ok(meta.age < CONNECTION_LIFE && in_time(takes_writes(connection)).await?)
            })
        })
        .after_connect(|connection, _| {
            Box::pin(async move {
                if in_time(takes_writes(connection)).await? {
                    return Ok(());
                }
                Err(sqlx::Error::Protocol("the PostgreSQL server takes no writes".to_owned()))
            })
        })
        // The pool pings a connection that comes back, without a limit: one
        // to a server that is cut off would keep its place for a quarter of
        // an hour.
        .after_release(|connection, _| {
            Box::pin(async move { Ok(in_time(connection.ping()).await.is_ok()) })
        })
}

async fn in_time<T>(
    question: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    timeout(PROBE, question).await.unwrap_or_else(|_| {
        let text = format!("the PostgreSQL server did not answer within {} s", PROBE.as_secs());
        Err(sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, text)))
    })
}

async fn takes_writes(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let question = "SELECT NOT pg_is_in_recovery() AND \
                    current_setting('default_transaction_read_only') = 'off'";
    sqlx::query(question).fetch_one(connection).await?.try_get(0)
}

async fn is_durable(connection: &mut PgConnection) -> Result<bool, sqlx::Error> {
    let question = "SELECT current_setting('fsync') = 'on' AND \
                    current_setting('synchronous_commit') <> 'off'";
    sqlx::query(question).fetch_one(connection).await?.try_get(0)
}

/// Which of the histories that a database has had this one is, as the name of
/// the file it writes to begins: each promotion begins a later one. Empty where
/// the system does not say.
async fn timeline(connection: &mut PgConnection) -> Result<String, sqlx::Error> {
    let question = "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)";
    match sqlx::query(question).fetch_one(connection).await {
        Ok(row) => row.try_get(0),
        Err(sqlx::Error::Database(_)) => Ok(String::new()),
        Err(error) => Err(error),
    }
}

/// The server that takes writes. Of several, which only happens when a former
/// primary came back, the one that was promoted last; of equals the first,
/// beginning with `first`. All are asked at once.
///
/// # Errors
/// What each of them said instead.
async fn find_primary(
    servers: &[PgConnectOptions],
    first: usize,
) -> Result<(usize, PgConnection), StoreError> {
    let mut asked = JoinSet::new();
    for (at, server) in servers.iter().cloned().enumerate() {
        asked.spawn(async move {
            let answer = in_time(async {
                let mut connection = PgConnection::connect_with(&server).await?;
                if !takes_writes(&mut connection).await? {
                    return Ok(None);
                }
                let timeline = timeline(&mut connection).await?;
                Ok(Some((timeline, connection)))
            });
            (at, answer.await)
        });
    }
    let mut answers = asked.join_all().await;
    answers.sort_by_key(|(at, _)| (at + servers.len() - first) % servers.len());
    let (mut primaries, mut problems) = (Vec::new(), Vec::new());
    for (at, answer) in answers {
        match answer {
            Ok(Some((timeline, connection))) => primaries.push((timeline, at, connection)),
            Ok(None) => problems.push(format!("{} takes no writes", address(&servers[at]))),
            Err(error) if servers.len() == 1 => return Err(error.into()),
            Err(error) => problems.push(format!("{}: {error}", address(&servers[at]))),
        }
    }
    // Stable: equals stay in their order.
    primaries.sort_by(|(a, ..), (b, ..)| b.cmp(a));
    let mut primaries = primaries.into_iter();
    let Some((newest, at, connection)) = primaries.next() else {
        return Err(StoreError::unavailable(problems.join("; ")));
    };
    for (timeline, former, _) in primaries {
        tracing::warn!(
            used = address(&servers[at]),
            timeline = newest,
            other = address(&servers[former]),
            other_timeline = timeline,
            "two database servers take writes; the other is not used: stop it, it looks like a \
             former primary"
        );
    }
    Ok((at, connection))
}

/// Asks the server in use, and looks for another when it takes no writes.
async fn watch(
    servers: Vec<PgConnectOptions>,
    mut at: usize,
    mut connection: PgConnection,
    pool: PgPool,
    needs_durable: bool,
) {
    while !pool.is_closed() {
        sleep(LOOK_EVERY).await;
        if in_time(takes_writes(&mut connection)).await.unwrap_or(false) {
            continue;
        }
        tracing::warn!(server = address(&servers[at]), "the database server takes no writes now");
        let found = loop {
            match find_primary(&servers, at).await {
                Ok(mut found) => match in_time(is_durable(&mut found.1)).await {
                    Ok(durable) if durable || !needs_durable => break found,
                    Ok(_) => tracing::warn!(
                        server = address(&servers[found.0]),
                        "not used: its fsync or synchronous_commit is off"
                    ),
                    Err(error) => tracing::debug!(%error, "no database server takes writes"),
                },
                Err(error) => tracing::debug!(%error, "no database server takes writes"),
            }
            if pool.is_closed() {
                return;
            }
            sleep(SEARCH_EVERY).await;
        };
        (at, connection) = found;
        pool.set_connect_options(servers[at].clone());
        tracing::warn!(server = address(&servers[at]), "working with this database server");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> String {
        let read = PostgresServers::parse(text);
        read.map_or_else(|error| error.to_string(), |servers| servers.to_string())
    }

    #[test]
    fn several_servers_share_everything_but_their_address() {
        let two = "postgres://ann:p,w@db-1:5433,[2001:db8::1]/vault?sslmode=verify-full";
        let servers = PostgresServers::parse(two).expect("valid");
        assert_eq!(servers.all().len(), 2);
        assert_eq!(servers.all()[0].get_port(), 5433);
        assert_eq!(servers.all()[1].get_port(), 5432);
        assert!(servers.all().iter().all(|one| one.get_database() == Some("vault")));
        assert_eq!(servers.to_string(), "postgres://ann@db-1:5433,[2001:db8::1]:5432/vault");
        // As libpq has it.
        let libpq = "postgres://ann@a,b/x?target_session_attrs=read-write";
        assert_eq!(parsed(libpq), "postgres://ann@a:5432,b:5432/x");
    }

    #[test]
    fn addresses_that_name_no_primary_are_refused_without_their_password() {
        for (text, part) in [
            ("postgres://ann:hunter2@a,b/x?target_session_attrs=any", "must be read-write"),
            ("postgres://ann:hunter2@a,b/x?host=/run/pg", "before the slash"),
            ("postgres://ann:hunter2@a,,b/x", "malformed"),
            ("postgres://ann:hunter2@a,b:port/x", "malformed"),
        ] {
            let said = parsed(text);
            assert!(said.contains(part) && !said.contains("hunter2"), "{text}: {said}");
        }
    }

    #[test]
    fn no_task_of_the_pool_looks_for_idle_connections() {
        let config = StoreConfig::new("postgres://a/b".parse().expect("valid"));
        let options = pool_options(&config);
        assert_eq!((options.get_idle_timeout(), options.get_max_lifetime()), (None, None));
    }
}
