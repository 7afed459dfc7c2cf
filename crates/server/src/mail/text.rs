//! What mail says, in both languages. Plain text, names and times, never a
//! secret: an account is named, its password nowhere.

use std::fmt::Write as _;

use sekisho_model::Timestamp;
use sekisho_model::user::Language;

use crate::notifications::Kind;

/// A mail: its subject and its text.
pub type Text = (String, String);

/// One task that ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// How.
    pub kind: Kind,
    /// The account.
    pub account: String,
    /// Its resource.
    pub resource: String,
    /// When, as text.
    pub at: String,
}

/// What an operator sends to see whether mail goes out.
pub fn test(language: Language, server: &str) -> Text {
    match language {
        Language::Ja => (
            "Sekisho: テストメール".to_owned(),
            format!(
                "このメールは Sekisho サーバー {server} から送信したテストです。\n\n\
                 受信できていれば、メールの設定は正しく動作しています。\n"
            ),
        ),
        Language::En => (
            "Sekisho: test mail".to_owned(),
            format!(
                "This is a test from the Sekisho server {server}.\n\n\
                 If you can read it, mail works.\n"
            ),
        ),
    }
}

/// What became of tasks that somebody asked for. `more` tasks ended besides
/// those that are listed.
pub fn tasks(language: Language, ended: &[Ended], more: u64, link: &str) -> Text {
    let failed = ended.iter().filter(|one| one.kind.is_failure()).count();
    let count = ended.len() as u64 + more;
    let mut body = String::new();
    let subject = match (language, ended) {
        (_, [one]) if more == 0 => {
            format!("Sekisho: {}: {} / {}", kind(language, one.kind), one.resource, one.account)
        }
        (Language::Ja, _) if failed > 0 => {
            format!("Sekisho: タスク {count} 件が完了(失敗 {failed} 件)")
        }
        (Language::Ja, _) => format!("Sekisho: タスク {count} 件が完了"),
        (Language::En, _) if failed > 0 => {
            format!("Sekisho: {count} tasks ended, {failed} failed")
        }
        (Language::En, _) => format!("Sekisho: {count} tasks ended"),
    };
    body.push_str(match language {
        Language::Ja => "依頼したタスクの結果をお知らせします。\n\n",
        Language::En => "What became of the tasks you asked for:\n\n",
    });
    for one in ended {
        let Ended { kind: how, account, resource, at } = one;
        let how = kind(language, *how);
        writeln!(body, "- {at}  {how}: {resource} / {account}").expect("a string takes all text");
    }
    if more > 0 {
        let line = match language {
            Language::Ja => format!("- ほか {more} 件"),
            Language::En => format!("- and {more} more"),
        };
        writeln!(body, "{line}").expect("a string takes all text");
    }
    body.push_str(&match language {
        Language::Ja => format!(
            "\n詳細: {link}\n\nこの通知は、コンソールの通知の設定でいつでも停止できます。\n"
        ),
        Language::En => format!(
            "\nMore: {link}\n\nYou can switch this mail off in the console, under Notifications.\n"
        ),
    });
    (subject, body)
}

/// How a task ended.
const fn kind(language: Language, kind: Kind) -> &'static str {
    match (language, kind) {
        (Language::Ja, Kind::ResetDone) => "リセット完了",
        (Language::Ja, Kind::ResetFailed) => "リセット失敗",
        (Language::Ja, Kind::VerifyDone) => "検証で一致",
        (Language::Ja, Kind::VerifyFailed) => "検証で一致せず",
        (Language::En, Kind::ResetDone) => "reset done",
        (Language::En, Kind::ResetFailed) => "reset failed",
        (Language::En, Kind::VerifyDone) => "the password works",
        (Language::En, Kind::VerifyFailed) => "the password was not confirmed",
    }
}

/// An uploaded certificate that ends, or has ended.
#[derive(Clone, Debug)]
pub struct Ending<'a> {
    /// The names it is for.
    pub names: &'a [String],
    /// Its last instant.
    pub end: Timestamp,
    /// Whether that is past.
    pub is_over: bool,
    /// Where another one is chosen.
    pub link: &'a str,
}

/// The mail to those who may change the server's certificate.
pub fn certificate(language: Language, ending: &Ending<'_>) -> Text {
    let Ending { names, end, is_over, link } = ending;
    let (names, end) = (names.join(", "), minute(*end));
    match (language, is_over) {
        (Language::Ja, false) => (
            format!("Sekisho: サーバー証明書の期限は {end} です"),
            format!(
                "アップロードされたサーバー証明書の有効期限が近づいています。\n\n名前: {names}\n\
                 有効期限: {end}\n\n期限を過ぎると、サイトの認証局の証明書に戻り、ブラウザーに警告が\
                 表示されることがあります。\n\n新しい証明書: {link}\n"
            ),
        ),
        (Language::Ja, true) => (
            format!("Sekisho: サーバー証明書の期限が切れました（{end}）"),
            format!(
                "アップロードされたサーバー証明書の有効期限が切れました。\n\n名前: {names}\n\
                 有効期限: {end}\n\nいまはサイトの認証局の証明書を使っています。ブラウザーに警告が\
                 表示されることがあります。\n\n新しい証明書: {link}\n"
            ),
        ),
        (Language::En, false) => (
            format!("Sekisho: the server's certificate ends {end}"),
            format!(
                "The certificate that was uploaded for the server ends soon.\n\nNames: {names}\n\
                 Valid until: {end}\n\nAfterwards the site's own certificate takes its place, and \
                 browsers may warn.\n\nA new one: {link}\n"
            ),
        ),
        (Language::En, true) => (
            format!("Sekisho: the server's certificate has expired ({end})"),
            format!(
                "The certificate that was uploaded for the server has expired.\n\nNames: {names}\n\
                 Valid until: {end}\n\nThe site's own certificate has taken its place, and browsers \
                 may warn.\n\nA new one: {link}\n"
            ),
        ),
    }
}

/// To the minute, in UTC and said so: nobody has told us where they are.
pub(super) fn minute(at: Timestamp) -> String {
    let text = at.to_string();
    match (text.get(..10), text.get(11..16)) {
        (Some(day), Some(time)) => format!("{day} {time} UTC"),
        _ => text,
    }
}

/// A report that is sent again and again.
#[derive(Clone, Debug)]
pub struct Report<'a> {
    /// What its owner calls the schedule.
    pub name: &'a str,
    /// The title of the report.
    pub title: &'a str,
    /// When it was made, as text.
    pub as_of: &'a str,
    /// How many rows are attached.
    pub rows: u64,
    /// Whether the report has more rows than a mail takes.
    pub is_cut: bool,
    /// Where the console shows it.
    pub link: &'a str,
}

/// The mail that carries a report.
pub fn report(language: Language, report: &Report<'_>) -> Text {
    let Report { name, title, as_of, rows, is_cut, link } = report;
    match language {
        Language::Ja => {
            let cut = if *is_cut {
                "\n添付は先頭の部分だけです。全体はコンソールから CSV で取得できます。\n"
            } else {
                ""
            };
            (
                format!("Sekisho レポート: {name}"),
                format!(
                    "{title}\n\n時点: {as_of}\n行数: {rows}\n{cut}\nコンソール: {link}\n\n\
                     このメールは、ご自身が登録した定期送信です。停止はコンソールの「レポート」から行えます。\n"
                ),
            )
        }
        Language::En => {
            let cut = if *is_cut {
                "\nOnly the first part is attached. The console gives the whole as CSV.\n"
            } else {
                ""
            };
            (
                format!("Sekisho report: {name}"),
                format!(
                    "{title}\n\nAs of: {as_of}\nRows: {rows}\n{cut}\nConsole: {link}\n\n\
                     You have scheduled this mail yourself; stop it in the console, under Reports.\n"
                ),
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(kind: Kind) -> Ended {
        Ended {
            kind,
            account: "root".to_owned(),
            resource: "web".to_owned(),
            at: "2026-05-01 18:00 JST".to_owned(),
        }
    }

    #[test]
    fn one_task_is_in_the_subject_and_many_are_counted() {
        let (subject, body) =
            tasks(Language::Ja, &[ended(Kind::ResetFailed)], 0, "https://v/notifications");
        assert_eq!(subject, "Sekisho: リセット失敗: web / root");
        assert!(body.contains("- 2026-05-01 18:00 JST  リセット失敗: web / root\n"), "{body}");
        let two = [ended(Kind::ResetDone), ended(Kind::VerifyFailed)];
        let (subject, body) = tasks(Language::En, &two, 3, "https://v/notifications");
        assert_eq!(subject, "Sekisho: 5 tasks ended, 1 failed");
        assert!(body.contains("- and 3 more\n"), "{body}");
        let done = [ended(Kind::ResetDone), ended(Kind::ResetDone)];
        assert_eq!(tasks(Language::En, &done, 0, "").0, "Sekisho: 2 tasks ended");
    }
}
