//! `sekisho policies`: rules for generated passwords.

use clap::{Args, Subcommand};
use sekisho_model::password::PasswordRules;
use serde::Serialize;

use crate::api::list::{Paging, Query};
use crate::api::shapes::Policy;
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::rotation;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `policies`.
#[derive(Debug, Subcommand)]
pub(crate) enum Policies {
    /// List password policies
    #[command(after_help = "Example:\n  sekisho policies list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show one password policy
    #[command(after_help = "Example:\n  sekisho policies show strong")]
    Show {
        /// Id or name
        policy: String,
    },
    /// Create a password policy
    #[command(after_help = "\
Examples:
  sekisho policies create strong --length 32
  sekisho policies create typeable --length 24 --symbol none --excluded 0O1lI")]
    Create(Create),
    /// Set how old the passwords of a policy may get, and how they are checked
    #[command(after_help = rotation::POLICY_EXAMPLE)]
    SetRotation(rotation::OfPolicy),
    /// Delete a password policy that nothing uses
    #[command(after_help = "Example:\n  sekisho policies delete strong --yes")]
    Delete {
        /// Id or name
        policy: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// How many characters of a class there must be at least; `None`: none may
/// occur.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Minimum(Option<u16>);

impl std::str::FromStr for Minimum {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "none" => Ok(Self(None)),
            number => number
                .parse()
                .map(|number| Self(Some(number)))
                .map_err(|_| format!("'{text}' is neither a number nor none")),
        }
    }
}

/// The arguments of `policies create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What people call it
    name: String,
    /// Length of the passwords, in characters
    #[arg(long, value_name = "N", default_value_t = 20)]
    length: u16,
    /// At least so many lower-case letters, or none
    #[arg(long, value_name = "N|none", default_value = "1")]
    lower: Minimum,
    /// At least so many upper-case letters, or none
    #[arg(long, value_name = "N|none", default_value = "1")]
    upper: Minimum,
    /// At least so many digits, or none
    #[arg(long, value_name = "N|none", default_value = "1")]
    digit: Minimum,
    /// At least so many symbols, or none
    #[arg(long, value_name = "N|none", default_value = "1")]
    symbol: Minimum,
    /// Characters that must not occur
    #[arg(long, value_name = "CHARACTERS", default_value = "0O1lI|")]
    excluded: String,
    /// The first character may also be no letter
    #[arg(long)]
    any_start: bool,
    /// So many former passwords may not come again
    #[arg(long, value_name = "N", default_value_t = 24)]
    history: u16,
}

#[derive(Serialize)]
struct NewPolicy<'a> {
    name: &'a str,
    rules: PasswordRules,
}

pub(crate) async fn run(app: &App, verb: Policies) -> Result<Exit> {
    let mut api = app.api()?;
    match verb {
        Policies::List { paging } => {
            let list = api.list(Query::new("/password-policies"), &paging).await?;
            list.print(&app.out, |items: Vec<Policy>| {
                let mut table = Table::new(&["NAME", "LENGTH", "HISTORY", "RULES", "ID"]);
                for item in items {
                    table.row([
                        item.name,
                        item.rules.length.to_string(),
                        item.rules.history.to_string(),
                        sentence(&item.rules),
                        item.id.to_string(),
                    ]);
                }
                table
            })?;
        }
        Policies::Show { policy } => {
            let id = find::<Policy>(&mut api, &policy).await?;
            let body = api.get(&format!("/password-policies/{id}")).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let item: Policy = body.read()?;
                let mut facts = vec![
                    ("name", Some(item.name)),
                    ("id", Some(item.id.to_string())),
                    ("length", Some(item.rules.length.to_string())),
                    ("rules", Some(sentence(&item.rules))),
                    ("history", Some(item.rules.history.to_string())),
                ];
                if let Some(said) = item.rotation {
                    facts.extend(rotation::policy_facts(&said));
                }
                app.out.facts(&facts)?;
            }
        }
        Policies::Create(verb) => {
            let request = NewPolicy { name: &verb.name, rules: rules(&verb) };
            let body = api.post("/password-policies", &request).await?;
            if app.out.json {
                app.out.raw_json(&body.json)?;
            } else {
                let item: Policy = body.read()?;
                app.out.line(&item.id.to_string())?;
                app.out.note(&format!("The policy {} was created.", safe(&item.name)));
            }
        }
        Policies::SetRotation(verb) => rotation::of_policy(app, &mut api, &verb).await?,
        Policies::Delete { policy, yes } => {
            let id = find::<Policy>(&mut api, &policy).await?;
            prompt::agreed(yes, &format!("Delete the password policy {}?", safe(&policy)))?;
            api.delete_current(&format!("/password-policies/{id}")).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

fn rules(verb: &Create) -> PasswordRules {
    PasswordRules {
        length: verb.length,
        lower: verb.lower.0,
        upper: verb.upper.0,
        digit: verb.digit.0,
        symbol: verb.symbol.0,
        excluded: verb.excluded.clone(),
        starts_with_letter: !verb.any_start,
        history: verb.history,
    }
}

/// `lower ≥ 1, upper ≥ 1, no symbol, without 0O1, begins with a letter`.
fn sentence(rules: &PasswordRules) -> String {
    let class = |name: &str, minimum: Option<u16>| match minimum {
        Some(minimum) => format!("{name} ≥ {minimum}"),
        None => format!("no {name}"),
    };
    let mut parts = vec![
        class("lower", rules.lower),
        class("upper", rules.upper),
        class("digit", rules.digit),
        class("symbol", rules.symbol),
    ];
    if !rules.excluded.is_empty() {
        parts.push(format!("without {}", rules.excluded));
    }
    if rules.starts_with_letter {
        parts.push("begins with a letter".to_owned());
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_class_is_counted_or_left_out() {
        assert_eq!("none".parse(), Ok(Minimum(None)));
        assert_eq!("0".parse(), Ok(Minimum(Some(0))));
        assert!("-1".parse::<Minimum>().is_err());
        let rules = PasswordRules { symbol: None, ..PasswordRules::default() };
        assert_eq!(
            sentence(&rules),
            "lower ≥ 1, upper ≥ 1, digit ≥ 1, no symbol, without 0O1lI|, begins with a letter"
        );
    }
}
