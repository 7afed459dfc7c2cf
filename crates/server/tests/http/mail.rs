//! Mail: from the outbox to a real mail server, and everything that can go
//! wrong on the way.

use std::sync::Arc;
use std::time::Duration;

use sekisho_model::id::MailId;
use sekisho_model::mail::{MailKind, MailState};
use sekisho_model::rng::SystemRng;
use sekisho_model::user::Role;
use sekisho_server::app::SharedApp;
use sekisho_server::config::Config;
use sekisho_server::mail::{self, Draft, Failed, Round};
use sekisho_server::run;
use sekisho_store::{Access as _, Mail};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;

use crate::harness::TestServer;
use crate::objects::count;
use crate::smtp::{self, Peer};

const GIVEN_UP: u16 = 724;

async fn server(peer: &Peer) -> TestServer {
    let settings = peer.settings();
    TestServer::start_with(|_| settings.clone()).await
}

async fn write(server: &TestServer, to: &str, subject: &str) -> MailId {
    let draft = Draft {
        user: None,
        address: to.parse().expect("an address"),
        kind: MailKind::Tasks,
        subject: subject.to_owned(),
        body: "一行目\n.\nlast line\n".to_owned(),
        attachment: Some(("a.csv".to_owned(), "a,b\r\n1,名前\r\n".to_owned())),
    };
    server.tick();
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let id = mail::queue(&work, &SystemRng, draft).await.expect("queued");
    work.commit_unaudited("a test's mail").await.map(drop).expect("commit");
    id
}

async fn found(app: &SharedApp, id: MailId) -> Mail {
    app.store.read().mails().find(id).await.expect("read").expect("it is there")
}

fn sent(sent: u64) -> Round {
    Round { sent, ..Round::default() }
}

/// What the server says when nothing goes out.
async fn refusal(server: &TestServer) -> String {
    match mail::round(&server.app).await {
        Err(Failed::Server(problem)) => problem,
        other => panic!("no mail should go: {other:?}"),
    }
}

#[tokio::test]
async fn a_mail_goes_out_over_starttls_with_a_login() {
    let mut peer = Peer::start(json!({}));
    let server = server(&peer).await;
    let id = write(&server, "ann@example.jp", "関所: リセット失敗").await;
    assert_eq!(mail::round(&server.app).await, Ok(sent(1)));
    let took = peer.mail();
    assert_eq!(took["mail"], "関所: リセット失敗");
    assert_eq!(
        (&took["to"], &took["sender"]),
        (&json!(["ann@example.jp"]), &json!("sekisho@example.jp"))
    );
    assert_eq!((&took["tls"], &took["user"]), (&json!(true), &json!(smtp::USER)));
    assert_eq!(took["text"].as_str().map(str::trim_end), Some("一行目\n.\nlast line"));
    assert_eq!(took["files"], json!([{ "name": "a.csv", "text": "a,b\n1,名前\n" }]));
    assert_eq!(took["id"], format!("<{id}@vault.example.jp>"));
    assert!(!took["heads"].to_string().contains("Bcc"), "{took}");
    let kept = found(&server.app, id).await;
    assert_eq!((kept.state, kept.body.as_str(), kept.attachment), (MailState::Sent, "", None));
    assert_eq!(mail::round(&server.app).await, Ok(sent(0)), "nothing is sent twice");
    assert!(peer.rest().is_empty());
}

#[tokio::test]
async fn tls_from_the_first_byte_works_too() {
    let mut peer = Peer::start(json!({ "tls": "implicit" }));
    let server = server(&peer).await;
    write(&server, "ann@example.jp", "x").await;
    assert_eq!(mail::round(&server.app).await, Ok(sent(1)));
    assert_eq!(peer.mail()["user"], smtp::USER);
}

#[tokio::test]
async fn a_wrong_password_is_told_and_read_anew() {
    let mut peer = Peer::start(json!({}));
    let server = server(&peer).await;
    let id = write(&server, "ann@example.jp", "x").await;
    smtp::private(&peer.file("password"), "not-the-Passw0rd");
    let problem = refusal(&server).await;
    assert!(problem.contains("does not let 'sekisho' in") && problem.contains("535"), "{problem}");
    assert!(!problem.contains("not-the-Passw0rd"));
    let kept = found(&server.app, id).await;
    assert_eq!((kept.state, kept.attempts), (MailState::Waiting, 0), "it is not the mail's fault");
    smtp::private(&peer.file("password"), &format!("{}\n", smtp::PASSWORD));
    assert_eq!(mail::round(&server.app).await, Ok(sent(1)));
    peer.mail();
}

#[tokio::test]
async fn without_starttls_nothing_is_sent_in_the_clear() {
    let peer = Peer::start(json!({ "tls": "none" }));
    let server = server(&peer).await;
    write(&server, "ann@example.jp", "x").await;
    let problem = refusal(&server).await;
    assert!(problem.contains("does not offer STARTTLS"), "{problem}");
    assert_eq!(peer.rest(), Vec::<Value>::new(), "neither a login nor a mail");
}

#[tokio::test]
async fn a_server_that_is_not_who_it_should_be_gets_nothing() {
    let peer = Peer::start(json!({}));
    let folder = tempfile::tempdir().expect("a folder");
    let (other, _) = smtp::certificate(folder.path(), "other", &["localhost"]);
    let mut settings = peer.settings();
    settings[1] = format!("mail.ca={}", other.display());
    let wrong_ca = TestServer::start_with(|_| settings.clone()).await;
    write(&wrong_ca, "ann@example.jp", "x").await;
    let problem = refusal(&wrong_ca).await;
    assert!(problem.contains("TLS with localhost"), "{problem}");

    let mut settings = peer.settings();
    settings[0] = format!("mail.server=starttls://127.0.0.2:{}", peer.port);
    let problem = match TcpListener::bind(("127.0.0.2", peer.port)).await {
        // Nobody else is there: forward, so that only the name is wrong.
        Ok(listener) => {
            let port = peer.port;
            let forward = async {
                let (mut from, _) = listener.accept().await.expect("accepted");
                let mut to =
                    tokio::net::TcpStream::connect(("127.0.0.1", port)).await.expect("there");
                let _ = tokio::io::copy_bidirectional(&mut from, &mut to).await;
            };
            let wrong_name = TestServer::start_with(|_| settings.clone()).await;
            write(&wrong_name, "ann@example.jp", "x").await;
            tokio::select! {
                problem = refusal(&wrong_name) => problem,
                () = async { forward.await; std::future::pending().await } => unreachable!(),
            }
        }
        Err(error) => panic!("127.0.0.2 is loopback on Linux: {error}"),
    };
    assert!(problem.contains("TLS with 127.0.0.2"), "{problem}");
    assert_eq!(peer.rest(), Vec::<Value>::new(), "neither a login nor a mail");
}

#[tokio::test]
async fn a_mail_that_is_refused_for_now_is_tried_again() {
    let mut peer = Peer::start(json!({ "later": ["ann@example.jp"] }));
    let server = server(&peer).await;
    let id = write(&server, "ann@example.jp", "x").await;
    assert_eq!(mail::round(&server.app).await, Ok(Round { put_off: 1, ..Round::default() }));
    let kept = found(&server.app, id).await;
    assert_eq!((kept.state, kept.attempts), (MailState::Waiting, 1));
    assert!(kept.problem.is_some_and(|problem| problem.contains("451")));
    assert_eq!(mail::round(&server.app).await, Ok(sent(0)), "not before its time");
    server.clock.advance(Duration::from_secs(60));
    assert_eq!(mail::round(&server.app).await, Ok(sent(1)));
    assert_eq!(peer.mail()["to"], json!(["ann@example.jp"]));
}

#[tokio::test]
async fn one_wrong_recipient_is_given_up_and_the_others_get_theirs() {
    let mut peer = Peer::start(json!({ "reject": ["gone@example.jp"] }));
    let server = server(&peer).await;
    let boss = server.user("boss", Role::Administrator).await;
    let weak = server.user("weak", Role::PasswordAdministrator).await;
    let gone = write(&server, "gone@example.jp", "first").await;
    write(&server, "ann@example.jp", "second").await;
    let done = mail::round(&server.app).await;
    assert_eq!(done, Ok(Round { sent: 1, given_up: 1, put_off: 0 }));
    assert_eq!(peer.mail()["mail"], "second");
    assert_eq!(count(&server, GIVEN_UP).await, 1);

    let status = boss.get("/mail/status").await.expect(200);
    assert_eq!((&status["dead"], &status["waiting"]), (&json!(1), &json!(0)));
    let dead = boss.get("/mail?state=dead").await.expect(200);
    let dead = &dead["items"][0];
    assert_eq!((&dead["id"], &dead["address"]), (&json!(gone), &json!("gone@example.jp")));
    assert!(dead["problem"].as_str().is_some_and(|problem| problem.contains("no such mailbox")));
    assert!(!dead.to_string().contains("last line"), "not its text: {dead}");
    weak.get("/mail").await.problem(403, "forbidden");

    let again = format!("/mail/{gone}/send-again");
    weak.post(&again, json!({})).await.problem(404, "not_found");
    boss.post(&again, json!({})).await.expect(204);
    let done = mail::round(&server.app).await;
    assert_eq!(
        done,
        Ok(Round { given_up: 1, ..Round::default() }),
        "it kept its text, and is tried"
    );
    boss.delete(&format!("/mail/{gone}")).await.expect(204);
    boss.delete(&format!("/mail/{gone}")).await.problem(404, "not_found");
    boss.post(&again, json!({})).await.problem(404, "not_found");
    let codes = server.event_codes().await;
    assert!(codes.contains(&725) && codes.contains(&726), "{codes:?}");
}

#[tokio::test]
async fn a_refused_sender_gives_no_mail_up() {
    let peer = Peer::start(json!({ "refuse_sender": "550 5.7.1 not yours" }));
    let server = server(&peer).await;
    let id = write(&server, "ann@example.jp", "x").await;
    let problem = refusal(&server).await;
    assert!(problem.contains("the sender is refused") && problem.contains("550"), "{problem}");
    assert_eq!(found(&server.app, id).await.state, MailState::Waiting);
}

#[tokio::test]
async fn what_nobody_took_for_three_days_is_given_up() {
    let mut peer = Peer::start(json!({}));
    let server = server(&peer).await;
    peer.stop();
    let id = write(&server, "ann@example.jp", "x").await;
    let problem = refusal(&server).await;
    assert!(problem.contains("cannot connect to localhost"), "{problem}");
    server.clock.advance(Duration::from_secs(3 * 24 * 3600));
    let done = mail::round(&server.app).await;
    assert_eq!(done, Ok(Round { given_up: 1, ..Round::default() }));
    assert_eq!(found(&server.app, id).await.state, MailState::Dead);
}

/// The same site, opened again.
async fn restarted(server: &TestServer) -> SharedApp {
    let config: Config = (*server.app.config).clone();
    run::open(config, server.clock.clone(), Arc::new(SystemRng)).await.expect("open")
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_no_mail_and_repeats_at_most_one() {
    let mut peer = Peer::start(json!({ "vanish": 1 }));
    let server = server(&peer).await;
    let ids = [
        write(&server, "ann@example.jp", "one").await,
        write(&server, "bob@example.jp", "two").await,
        write(&server, "eve@example.jp", "three").await,
    ];
    // The mail server takes the first, and the connection breaks before it says
    // so: nobody knows.
    refusal(&server).await;
    assert_eq!(peer.mail()["mail"], "one");
    for id in ids {
        assert_eq!(found(&server.app, id).await.state, MailState::Waiting);
    }
    // Another one was claimed when the server died.
    let work = server.app.store.begin(&server.context()).await.expect("begin");
    let second = work.mails().find(ids[1]).await.expect("read").expect("there");
    assert!(work.mails().claim(&second, Duration::from_secs(120)).await.expect("claimed"));
    work.commit_unaudited("a mail is being sent").await.map(drop).expect("commit");

    let app = restarted(&server).await;
    assert_eq!(mail::round(&app).await, Ok(sent(1)), "the third one was nobody's");
    server.clock.advance(Duration::from_secs(120));
    assert_eq!(mail::round(&app).await, Ok(sent(2)));
    let mut took: Vec<String> =
        (0..3).map(|_| peer.mail()["mail"].as_str().expect("a subject").to_owned()).collect();
    took.sort();
    assert_eq!(took, ["one", "three", "two"]);
    server.clock.advance(Duration::from_secs(24 * 3600));
    assert_eq!(mail::round(&app).await, Ok(sent(0)));
    assert!(peer.rest().iter().all(|told| told["mail"].is_null()), "only that one came twice");
}

/// A configuration whose mail server is a port of ours.
fn to_port(port: u16, folder: &std::path::Path) -> Config {
    let set = [
        format!("data_dir={}", folder.display()),
        format!("vault.kek_file={}", folder.join("../kek").display()),
        "public_name=vault.example.jp".to_owned(),
        format!("mail.server=starttls://127.0.0.1:{port}"),
        "mail.from=sekisho@example.jp".to_owned(),
    ];
    Config::load(None, &set, |_| None).expect("a valid configuration")
}

async fn test_mail(config: &Config) -> Failed {
    let clock = sekisho_model::clock::SystemClock;
    let to = "ann@example.jp".parse().expect("an address");
    mail::test(config, to, &clock, &SystemRng).await.expect_err("nothing was sent")
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_not_waited_for() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
    let port = listener.local_addr().expect("an address").port();
    let folder = tempfile::tempdir().expect("a folder");
    let config = to_port(port, folder.path());
    let begun = tokio::time::Instant::now();
    let failed = test_mail(&config).await;
    assert!(failed.to_string().contains("did not let us in within 20 s"), "{failed}");
    assert_eq!(begun.elapsed().as_secs(), 20);
}

#[tokio::test]
async fn words_put_in_after_starttls_end_the_connection() {
    for (script, expected) in [
        ("220 hello\r\n|250-x\r\n250 STARTTLS\r\n|220 go\r\n250 injected\r\n", "somebody may be"),
        ("220 hello\r\n|250-x\r\n250 SIZE 1\r\n", "does not offer STARTTLS"),
        ("220 hello\r\n|250-x\r\n250 STARTTLS\r\n|454 no\r\n", "did not begin TLS: 454 no"),
        ("554 go away\r\n", "did not greet: 554 go away"),
        ("HTTP/1.1 400 Bad Request\r\n", "did not greet"),
        ("220 no end", "is it a mail server?"),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bound");
        let port = listener.local_addr().expect("an address").port();
        let folder = tempfile::tempdir().expect("a folder");
        let config = to_port(port, folder.path());
        let false_server = async {
            let (mut stream, _) = listener.accept().await.expect("accepted");
            let mut parts = script.split('|').peekable();
            while let Some(part) = parts.next() {
                stream.write_all(part.as_bytes()).await.expect("written");
                if parts.peek().is_some() {
                    let _ = stream.read(&mut [0; 512]).await;
                }
            }
            stream.shutdown().await.expect("ended");
            while stream.read(&mut [0; 512]).await.is_ok_and(|read| read > 0) {}
        };
        let (failed, ()) = tokio::join!(test_mail(&config), false_server);
        assert!(failed.to_string().contains(expected), "{script:?}: {failed}");
    }
}

#[tokio::test]
async fn an_operator_sends_a_test_and_reads_the_answer() {
    let mut peer = Peer::start(json!({ "reject": ["gone@example.jp"] }));
    let server = server(&peer).await;
    let clock = sekisho_model::clock::SystemClock;
    let send = async |to: &str| {
        let to = to.parse().expect("an address");
        mail::test(&server.app.config, to, &clock, &SystemRng).await
    };
    let said = send("ann@example.jp").await.expect("sent");
    assert!(said.contains("took a mail for ann@example.jp (TLS"), "{said}");
    assert!(said.contains("signed in as 'sekisho'"), "{said}");
    assert_eq!(peer.mail()["mail"], "Sekisho: test mail");
    let refused = send("gone@example.jp").await.expect_err("refused");
    assert!(matches!(&refused, Failed::Never(said) if said.contains("550")), "{refused}");
    let none = TestServer::start().await;
    let to = "ann@example.jp".parse().expect("an address");
    let unset = mail::test(&none.app.config, to, &clock, &SystemRng).await.expect_err("unset");
    assert!(unset.to_string().contains("'mail.server'"), "{unset}");
}
