//! The program from outside, against a stand-in for the server.

#![allow(missing_docs, unreachable_pub, reason = "a test program has no readers outside")]

mod access;
mod audit;
mod audit_files;
mod fake;
mod orders;
mod person;
mod proxy;
mod reading;
mod reports;
mod rotation;
mod secrets;
mod signing_in;
