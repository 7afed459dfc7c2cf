//! The same promises on SQLite and on PostgreSQL.
//!
//! Every test runs on both, each on a database of its own. PostgreSQL is a
//! throw-away cluster that this binary starts and that ends with it; without
//! PostgreSQL's programs the tests fail and say what to install.

mod access;
mod agents;
mod audit;
mod connecting;
mod copying;
mod databases;
mod devices;
mod failover;
mod first_run;
mod gateways;
mod lists;
mod mail;
mod orders;
mod overviews;
mod people;
mod rotation;
mod sample;
mod schema;
mod sealed_values;
mod sign_in;
mod sorting;
mod trouble;
mod units_of_work;
mod upgrade;
