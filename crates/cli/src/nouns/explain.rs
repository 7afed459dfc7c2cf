//! `sekisho explain`: why somebody may or may not.

use clap::Args;

use crate::api::access::Explained;
use crate::api::list::Query;
use crate::app::App;
use crate::error::Result;
use crate::exit::Exit;
use crate::find;
use crate::nouns::object::Object;
use crate::output::table::Table;

/// The help of `explain`.
pub(crate) const EXAMPLE: &str = "\
Examples:
  sekisho explain --resource web-1
  sekisho explain --account web-1/root --user bob --action reveal_password

Ends with 1 when --action is given and is not allowed.";

/// The arguments of `explain`.
#[derive(Debug, Args)]
pub(crate) struct Explain {
    #[command(flatten)]
    object: Object,
    /// Id or name of the user; you, if not given
    #[arg(long, value_name = "USER")]
    user: Option<String>,
    /// The word of an action, like reveal_password; all, if not given
    #[arg(long, value_name = "ACTION")]
    action: Option<String>,
}

pub(crate) async fn run(app: &App, verb: Explain) -> Result<Exit> {
    let mut api = app.api()?;
    let path = verb.object.path(&mut api).await?;
    let user = match &verb.user {
        Some(user) => Some(find::user(&mut api, user).await?.to_string()),
        None => None,
    };
    let query = Query::new(format!("{path}/explain"))
        .with("user", user.as_deref())
        .with("action", verb.action.as_deref());
    let body = api.get(&query.text()).await?;
    let told: Explained = body.read()?;
    let refused = verb.action.is_some() && told.decisions.iter().any(|one| !one.allowed);
    let exit = if refused { Exit::Refused } else { Exit::Ok };
    if app.out.json {
        app.out.raw_json(&body.json)?;
        return Ok(exit);
    }
    if verb.action.is_some() {
        for one in &told.decisions {
            app.out.line(&crate::output::text::safe(&one.sentence))?;
        }
    } else {
        let mut table = Table::new(&["ACTION", "MAY", "WHY"]);
        for one in told.decisions {
            let may = if one.allowed { "yes" } else { "no" };
            table.row([one.action, may.to_owned(), one.sentence]);
        }
        app.out.table(table)?;
    }
    let mut shares = Table::new(&["COUNTS", "SHARED", "WITH", "LEVEL"]);
    if told.shares.is_empty() {
        return Ok(exit);
    }
    for share in told.shares {
        let counts = if share.counts { "yes" } else { "" };
        shares.row([counts.to_owned(), share.on.path(), share.with.name, share.level]);
    }
    app.out.line("")?;
    app.out.table(shares)?;
    Ok(exit)
}
