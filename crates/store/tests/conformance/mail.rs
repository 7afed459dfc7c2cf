//! Mail that waits, whom it may be sent to, and reports on a schedule.

use std::collections::BTreeMap;
use std::time::Duration;

use sekisho_model::Timestamp;
use sekisho_model::id::UserId;
use sekisho_model::mail::{MailKind, MailState};
use sekisho_model::report::{Every, RunResult};
use sekisho_store::{
    Access, Mail, Page, ReportSchedule, StoreError, UnitOfWork, UserFilter, UserMail,
};

use crate::databases::{World, on_both};
use crate::sample::Sample;

/// A row in each table of this file.
pub(crate) async fn fill(world: &World, sample: Sample, work: &UnitOfWork) {
    let mail = Mail { attachment: Some("a,b\r\n".to_owned()), ..mail(world, Some(sample.user)) };
    work.mails().insert(mail).await.expect("inserts");
    work.user_mail().put(address(world, sample.user)).await.expect("writes");
    work.report_schedules().insert(schedule(world, sample.user)).await.expect("inserts");
}

fn mail(world: &World, user: Option<UserId>) -> Mail {
    Mail {
        id: world.id(),
        user,
        address: "ann@example.jp".parse().expect("valid"),
        kind: MailKind::Tasks,
        subject: "関所".to_owned(),
        body: "text".to_owned(),
        attachment_name: Some("a.csv".to_owned()),
        attachment: None,
        state: MailState::Waiting,
        attempts: 0,
        next_try_at: world.now(),
        created_at: world.now(),
        finished_at: None,
        problem: None,
    }
}

fn address(world: &World, user: UserId) -> UserMail {
    UserMail {
        user,
        address: Some("ann@example.jp".parse().expect("valid")),
        enabled: true,
        kinds: vec!["reset_failed".to_owned()],
        told_until: world.now(),
        changed_at: world.now(),
    }
}

fn schedule(world: &World, owner: UserId) -> ReportSchedule {
    ReportSchedule {
        id: world.id(),
        owner,
        report: "installed-agents".to_owned(),
        name: "毎週".parse().expect("valid"),
        parameters: BTreeMap::from([("active".to_owned(), "false".to_owned())]),
        every: Every::Week,
        day: Some(1),
        minute: 9 * 60,
        zone: "Asia/Tokyo".to_owned(),
        active: true,
        next_run_at: world.in_an_hour(),
        last_run_at: None,
        last_result: None,
        created_at: world.now(),
        version: 1,
    }
}

const LEASE: Duration = Duration::from_secs(300);

#[test]
fn a_mail_is_claimed_once_and_comes_back_when_nothing_is_said_of_it() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let mail = mail(&world, Some(sample.user));
        let work = world.begin().await;
        work.mails().insert(mail.clone()).await.expect("inserts");
        world.commit(work).await;
        let due = async || world.store.read().mails().due(world.now(), 10).await.expect("reads");
        assert_eq!(due().await, std::slice::from_ref(&mail));

        let work = world.begin().await;
        assert_eq!(work.mails().claim(&mail, LEASE).await, Ok(true));
        assert_eq!(work.mails().claim(&mail, LEASE).await, Ok(false), "what was read is stale");
        world.commit(work).await;
        assert_eq!(due().await, []);
        let next = world.store.read().mails().next_try_at().await.expect("reads");
        assert_eq!(next, Some(world.now().plus(LEASE)));

        world.clock.advance(LEASE);
        let again = due().await.remove(0);
        assert_eq!((again.id, again.attempts), (mail.id, 1));
    });
}

#[test]
fn what_was_sent_is_forgotten_and_what_was_given_up_is_kept() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let file = |mail: Mail| Mail { attachment: Some("secretive".to_owned()), ..mail };
        let [sent, dead] = [(); 2].map(|()| file(mail(&world, Some(sample.user))));
        let work = world.begin().await;
        for one in [&sent, &dead] {
            work.mails().insert(one.clone()).await.expect("inserts");
        }
        assert_eq!(work.mails().sent(sent.id).await, Ok(true));
        assert_eq!(work.mails().sent(sent.id).await, Ok(false));
        assert_eq!(work.mails().put_off(dead.id, world.in_an_hour(), "451").await, Ok(true));
        assert_eq!(work.mails().give_up(dead.id, "550 no such mailbox").await, Ok(true));
        world.commit(work).await;

        let reader = world.store.read();
        let found = reader.mails().find(sent.id).await.expect("reads").expect("kept");
        assert_eq!(
            (found.state, found.body.as_str(), found.attachment),
            (MailState::Sent, "", None)
        );
        let found = reader.mails().find(dead.id).await.expect("reads").expect("kept");
        assert_eq!(found.problem.as_deref(), Some("550 no such mailbox"));
        assert_eq!((found.state, found.attachment), (MailState::Dead, dead.attachment.clone()));
        assert_eq!(reader.mails().count(MailState::Dead).await, Ok(1));
        let list = reader.mails().list(Some(MailState::Dead), &Page::default()).await;
        assert_eq!(list.expect("reads").items.len(), 1);
        assert_eq!(reader.mails().next_try_at().await, Ok(None));

        let work = world.begin().await;
        assert_eq!(work.mails().send_again(sent.id).await, Ok(false), "it was sent");
        assert_eq!(work.mails().send_again(dead.id).await, Ok(true));
        assert_eq!(work.mails().discard(dead.id).await, Ok(false), "it waits again");
        assert_eq!(work.mails().give_up(dead.id, "550").await, Ok(true));
        assert_eq!(work.mails().discard(dead.id).await, Ok(true));
        let later = world.in_an_hour();
        assert_eq!(work.mails().purge(MailState::Sent, later).await, Ok(1));
        world.commit(work).await;
    });
}

#[test]
fn a_cursor_moves_once_from_where_it_was() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let bob = world.user("bob");
        let work = world.begin().await;
        work.users().insert(bob.clone()).await.expect("inserts");
        work.user_mail().put(address(&world, sample.user)).await.expect("writes");
        let off = UserMail { enabled: false, ..address(&world, bob.id) };
        work.user_mail().put(off).await.expect("writes");
        let (from, to) = (world.now(), world.in_an_hour());
        assert_eq!(work.user_mail().told_until(sample.user, from, to).await, Ok(true));
        assert_eq!(work.user_mail().told_until(sample.user, from, to).await, Ok(false));
        world.commit(work).await;
        let told = world.store.read().user_mail().told(None, 10).await.expect("reads");
        assert_eq!(told.len(), 1, "only who is told by mail");
        assert_eq!((told[0].user, told[0].told_until), (sample.user, to));
        let after = world.store.read().user_mail().told(Some(sample.user), 10).await;
        assert_eq!(after, Ok(Vec::new()));
    });
}

#[test]
fn a_schedule_runs_once_when_it_is_due() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let one = schedule(&world, sample.user);
        let due_at = one.next_run_at;
        let work = world.begin().await;
        work.report_schedules().insert(one.clone()).await.expect("inserts");
        world.commit(work).await;
        let due = async || {
            world.store.read().report_schedules().due(world.now(), 10).await.expect("reads")
        };
        assert_eq!(due().await, []);
        world.clock.advance(Duration::from_secs(3600));
        assert_eq!(due().await, std::slice::from_ref(&one));

        let next = due_at.plus(Duration::from_secs(7 * 24 * 3600));
        let work = world.begin().await;
        let ran = async |at: Timestamp| {
            work.report_schedules().ran(one.id, at, next, RunResult::Queued).await
        };
        assert_eq!(ran(due_at).await, Ok(true));
        assert_eq!(ran(due_at).await, Ok(false), "another node has run it");
        world.commit(work).await;
        assert_eq!(due().await, []);

        let reader = world.store.read();
        let found = reader.report_schedules().find(one.id).await.expect("reads").expect("there");
        assert_eq!((found.next_run_at, found.last_result), (next, Some(RunResult::Queued)));
        let work = world.begin().await;
        let paused = ReportSchedule { active: false, ..found };
        let paused = work.report_schedules().update(paused, 1).await.expect("writes");
        let stale = work.report_schedules().update(paused.clone(), 1).await;
        assert_eq!(stale, Err(StoreError::Stale { table: "report_schedules" }));
        world.commit(work).await;
        world.clock.advance(Duration::from_secs(8 * 24 * 3600));
        assert_eq!(due().await, [], "it is paused");
        assert_eq!(reader.report_schedules().count(sample.user).await, Ok(1));
        let work = world.begin().await;
        assert_eq!(work.report_schedules().delete(one.id).await, Ok(true));
        assert_eq!(work.report_schedules().delete(one.id).await, Ok(false));
        world.commit(work).await;
    });
}

#[test]
fn people_without_a_second_factor_are_found() {
    on_both(async |world| {
        let sample = world.with_sample().await;
        let (bob, eve) = (world.user("bob"), world.user("eve"));
        let factor = world.totp(bob.id);
        let work = world.begin().await;
        for user in [&bob, &eve] {
            work.users().insert(user.clone()).await.expect("inserts");
        }
        work.totp_factors().start(factor.clone()).await.expect("inserts");
        work.totp_factors().start(world.totp(eve.id)).await.expect("inserts");
        assert_eq!(work.totp_factors().confirm(bob.id, factor.id, 7).await, Ok(true));
        work.passkeys().insert(world.passkey(sample.user, 1)).await.expect("inserts");
        world.commit(work).await;
        let names = async |second_factor: bool| -> Vec<String> {
            let filter = UserFilter { second_factor: Some(second_factor), ..UserFilter::default() };
            let found = world.store.read().users().search(&filter, &Page::default()).await;
            found.expect("reads").items.into_iter().map(|user| user.name.to_string()).collect()
        };
        assert_eq!(names(true).await, ["ann", "bob"]);
        assert_eq!(names(false).await, ["eve"], "one that waits for its first code is none");
    });
}
