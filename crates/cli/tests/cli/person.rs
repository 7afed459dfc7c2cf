//! Somebody at a command line: a configuration folder and the program.

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use crate::fake::{Fake, Reply, ok};

/// The token that a login gives.
pub const TOKEN: &str = "sekisho_pat_canary-token";
/// The password that is signed in with.
pub const PASSWORD: &str = "canary-password";
/// The id of the token.
pub const TOKEN_ID: &str = "0193e4a0-7c1b-7000-8000-0000000000aa";

/// Somebody at a command line.
pub struct Person {
    folder: tempfile::TempDir,
    url: String,
    ca_file: PathBuf,
}

/// What the program did.
pub struct Done {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Done {
    /// Checks the exit code; shows everything when it is another one.
    #[track_caller]
    pub fn ends_with(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\nstdout: {}\nstderr: {}", self.stdout, self.stderr);
        self
    }

    /// Checks that standard error holds a text.
    #[track_caller]
    pub fn says(self, part: &str) -> Self {
        assert!(self.stderr.contains(part), "'{part}' is not in: {}", self.stderr);
        self
    }
}

impl Person {
    /// Somebody who has never seen the server.
    pub fn new(fake: &Fake) -> Self {
        let folder = tempfile::tempdir().expect("folder");
        let ca_file = folder.path().join("given-ca.pem");
        std::fs::write(&ca_file, &fake.ca_pem).expect("written");
        Self { folder, url: fake.url.clone(), ca_file }
    }

    /// Somebody who has signed in.
    pub fn signed_in(fake: &Fake) -> Self {
        let person = Self::new(fake);
        expect_login(fake);
        person.login().ends_with(0);
        person
    }

    /// The configuration folder.
    pub fn config(&self) -> PathBuf {
        self.folder.path().join("config")
    }

    /// Signs in, naming the server and the authority.
    pub fn login(&self) -> Done {
        let ca_file = self.ca_file.to_string_lossy().into_owned();
        self.run_with(
            &[
                "--server",
                &self.url,
                "--ca-file",
                &ca_file,
                "login",
                "--user",
                "alice",
                "--password-file",
                "-",
            ],
            &format!("{PASSWORD}\n"),
        )
    }

    /// Runs the program with the words of a line; `'` keeps words together.
    pub fn run(&self, line: &str) -> Done {
        self.run_with(&words(line), "")
    }

    /// Runs the program with standard input.
    pub fn run_with(&self, args: &[&str], stdin: &str) -> Done {
        self.start(&[], args, stdin)
    }

    /// Runs the program with variables in its environment.
    pub fn run_in(&self, variables: &[(&str, &str)], args: &[&str]) -> Done {
        self.start(variables, args, "")
    }

    fn start(&self, variables: &[(&str, &str)], args: &[&str], stdin: &str) -> Done {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sekisho"))
            .args(args)
            .env_clear()
            .env("SEKISHO_CONFIG_DIR", self.config())
            .envs(variables.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("started");
        let mut input = child.stdin.take().expect("piped");
        // A program that does not read its input closes it.
        let _ = input.write_all(stdin.as_bytes());
        drop(input);
        let Output { status, stdout, stderr } = child.wait_with_output().expect("ended");
        Done {
            code: status.code().expect("an exit code"),
            stdout: String::from_utf8(stdout).expect("UTF-8"),
            stderr: String::from_utf8(stderr).expect("UTF-8"),
        }
    }
}

/// The answers that a login needs.
pub fn expect_login(fake: &Fake) {
    let cookie = "__Host-sekisho=canary-session; Path=/; Secure; HttpOnly; SameSite=Strict";
    fake.on(
        "POST /session",
        [Reply::Json(
            200,
            vec![("set-cookie", cookie.to_owned())],
            r#"{"user":{},"expires_at":"2099-01-01T00:00:00.000Z"}"#.to_owned(),
        )],
    );
    fake.on("POST /tokens", [token(TOKEN_ID, TOKEN)]);
    fake.on("DELETE /session", [Reply::Json(204, Vec::new(), String::new())]);
}

/// A new API token.
pub fn token(id: &str, token: &str) -> Reply {
    ok(&format!(
        r#"{{"id":"{id}","name":"x","scopes":["read"],"expires_at":"2099-01-01T00:00:00.000Z","token":"{token}"}}"#
    ))
}

fn words(line: &str) -> Vec<&str> {
    let mut words = Vec::new();
    for (index, part) in line.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part);
        } else {
            words.extend(part.split_whitespace());
        }
    }
    words
}
