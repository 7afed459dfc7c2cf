//! `sekisho groups`: resources that share a rule.

use clap::{Args, Subcommand};
use sekisho_model::criteria::{Criteria, Matching, Rule};
use sekisho_model::id::Kind;
use sekisho_model::rotation::Age;
use sekisho_model::word::UnknownWord;
use serde::Serialize;

use crate::api::access::Preview;
use crate::api::list::{Paging, Query};
use crate::api::shapes::{Group, Named, Reference, Resource};
use crate::api::{Api, Body};
use crate::app::App;
use crate::error::{CliError, Result};
use crate::exit::Exit;
use crate::find::find;
use crate::nouns::rotation::{OwnAge, age};
use crate::nouns::values::Nothing;
use crate::output::table::Table;
use crate::output::text::safe;
use crate::prompt;

/// The verbs of `groups`.
#[derive(Debug, Subcommand)]
pub(crate) enum Groups {
    /// List resource groups
    #[command(after_help = "Example:\n  sekisho groups list")]
    List {
        #[command(flatten)]
        paging: Paging,
    },
    /// Show a resource group and what is in it
    #[command(after_help = "Example:\n  sekisho groups show web-servers")]
    Show {
        /// Id or name
        group: String,
    },
    /// Create a resource group
    #[command(after_help = "Example:\n  sekisho groups create web-servers --max-age 30")]
    Create(Create),
    /// Change a resource group
    #[command(after_help = "\
Examples:
  sekisho groups edit web-servers --max-age 14
  sekisho groups edit web-servers --max-age inherit --name web")]
    Edit(Edit),
    /// Show what criteria match of what you own
    #[command(after_help = "\
Example:
  sekisho groups preview --rule 'name begins_with web' --rule 'platform equals linux'")]
    Preview {
        #[command(flatten)]
        criteria: Rules,
    },
    /// Put a group into another one
    #[command(after_help = "Example:\n  sekisho groups nest all-servers web-servers")]
    Nest {
        /// Id or name of the outer group
        outer: String,
        /// Id or name of the group to put into it
        inner: String,
    },
    /// Take a group out of another one
    #[command(after_help = "Example:\n  sekisho groups unnest all-servers web-servers")]
    Unnest {
        /// Id or name of the outer group
        outer: String,
        /// Id or name of the group to take out of it
        inner: String,
    },
    /// Put a resource into a group
    #[command(after_help = "Example:\n  sekisho groups add web-servers web-1")]
    Add {
        /// Id or name of the group
        group: String,
        /// Id or name of the resource
        resource: String,
    },
    /// Take a resource out of a group
    #[command(after_help = "Example:\n  sekisho groups remove web-servers web-1")]
    Remove {
        /// Id or name of the group
        group: String,
        /// Id or name of the resource
        resource: String,
    },
    /// Delete a resource group; its resources stay
    #[command(after_help = "Example:\n  sekisho groups delete web-servers --yes")]
    Delete {
        /// Id or name
        group: String,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
}

/// The arguments of `groups create`.
#[derive(Debug, Args)]
pub(crate) struct Create {
    /// What people call it
    name: String,
    /// What it is for
    #[arg(long, value_name = "TEXT", default_value = "")]
    description: String,
    /// Days after which passwords on its resources are reset, or off
    #[arg(long, value_name = "DAYS|off")]
    max_age: Option<Age>,
    #[command(flatten)]
    criteria: Rules,
}

/// What a group takes in by itself.
#[derive(Debug, Args)]
pub(crate) struct Rules {
    /// Take in by itself what matches: FIELD OPERATOR TEXT, like 'name
    /// contains web'; may be given several times
    #[arg(long = "rule", value_name = "RULE", value_parser = rule)]
    rules: Vec<Rule>,
    /// Whether all or any of the rules must be true
    #[arg(long = "match", value_name = "all|any", default_value_t = Matching::All)]
    matching: Matching,
}

impl Rules {
    fn read(&self) -> Result<Option<Criteria>> {
        if self.rules.is_empty() {
            return Ok(None);
        }
        Criteria::new(self.matching, self.rules.clone())
            .map(Some)
            .map_err(|error| CliError::Usage(error.to_string()))
    }
}

/// `name contains web 1`: the rest is compared.
fn rule(text: &str) -> std::result::Result<Rule, String> {
    let mut words = text.trim().splitn(3, ' ');
    let (Some(field), Some(operator), Some(rest)) = (words.next(), words.next(), words.next())
    else {
        return Err(format!("'{text}' is no rule; write it like 'name contains web'"));
    };
    let field = field.parse().map_err(|error: UnknownWord| error.to_string())?;
    let operator = operator.parse().map_err(|error: UnknownWord| error.to_string())?;
    Ok(Rule { field, operator, text: rest.trim().to_owned() })
}

/// The arguments of `groups edit`.
#[derive(Debug, Args)]
pub(crate) struct Edit {
    /// Id or name
    group: String,
    /// Another name
    #[arg(long)]
    name: Option<String>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Days after which passwords on its resources are reset, off, or inherit
    #[arg(long, value_name = "DAYS|off|inherit")]
    max_age: Option<OwnAge>,
    #[command(flatten)]
    criteria: Rules,
    /// Take in nothing by itself any more
    #[arg(long, conflicts_with = "rules")]
    no_rules: bool,
}

#[derive(Serialize)]
struct NewGroup<'a> {
    name: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<Age>,
    #[serde(skip_serializing_if = "Option::is_none")]
    criteria: Option<Criteria>,
}

#[derive(Serialize)]
struct PreviewRequest {
    criteria: Criteria,
}

#[derive(Serialize)]
struct GroupChange<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_age_days: Option<Option<Age>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    criteria: Option<Option<Criteria>>,
}

pub(crate) async fn run(app: &App, verb: Groups) -> Result<Exit> {
    let mut api = app.api()?;
    let api = &mut api;
    match verb {
        Groups::List { paging } => list(app, api, &paging).await?,
        Groups::Show { group } => show(app, api, &group).await?,
        Groups::Create(verb) => {
            let request = NewGroup {
                name: &verb.name,
                description: &verb.description,
                max_age_days: verb.max_age,
                criteria: verb.criteria.read()?,
            };
            let body = api.post("/resource-groups", &request).await?;
            said(app, &body, "was created")?;
        }
        Groups::Edit(verb) => {
            let criteria = match verb.criteria.read()? {
                Some(criteria) => Some(Some(criteria)),
                None => verb.no_rules.then_some(None),
            };
            let nothing = verb.name.is_none() && verb.description.is_none();
            if nothing && verb.max_age.is_none() && criteria.is_none() {
                let detail = "nothing to change; give --name, --description, --max-age, --rule or --no-rules";
                return Err(CliError::Usage(detail.to_owned()));
            }
            let id = find::<Group>(api, &verb.group).await?;
            let request = GroupChange {
                name: verb.name.as_deref(),
                description: verb.description.as_deref(),
                max_age_days: verb.max_age.map(|age| age.0),
                criteria,
            };
            let body = api.patch(&format!("/resource-groups/{id}"), &request).await?;
            said(app, &body, "was changed")?;
        }
        Groups::Preview { criteria } => preview(app, api, &criteria).await?,
        Groups::Nest { outer, inner } => {
            let nest = nest(api, &outer, &inner).await?;
            api.put(&nest, &Nothing {}).await?;
            app.out.note("Nested.");
        }
        Groups::Unnest { outer, inner } => {
            let nest = nest(api, &outer, &inner).await?;
            api.delete(&nest).await?;
            app.out.note("Taken out.");
        }
        Groups::Add { group, resource } => {
            let member = member(api, &group, &resource).await?;
            api.put(&member, &Nothing {}).await?;
            app.out.note("Added.");
        }
        Groups::Remove { group, resource } => {
            let member = member(api, &group, &resource).await?;
            api.delete(&member).await?;
            app.out.note("Removed.");
        }
        Groups::Delete { group, yes } => {
            let id = find::<Group>(api, &group).await?;
            prompt::agreed(yes, &format!("Delete the resource group {}?", safe(&group)))?;
            api.delete_current(&format!("/resource-groups/{id}")).await?;
            app.out.note("Deleted.");
        }
    }
    Ok(Exit::Ok)
}

async fn member(api: &mut Api, group: &str, resource: &str) -> Result<String> {
    let group = find::<Group>(api, group).await?;
    let resource = find::<Resource>(api, resource).await?;
    Ok(format!("/resource-groups/{group}/resources/{resource}"))
}

async fn nest(api: &mut Api, outer: &str, inner: &str) -> Result<String> {
    let outer = find::<Group>(api, outer).await?;
    let inner = find::<Group>(api, inner).await?;
    Ok(format!("/resource-groups/{outer}/groups/{inner}"))
}

async fn preview(app: &App, api: &mut Api, rules: &Rules) -> Result<()> {
    let criteria =
        rules.read()?.ok_or_else(|| CliError::Usage("give at least one --rule".to_owned()))?;
    let body = api.post("/resource-groups/preview", &PreviewRequest { criteria }).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let found: Preview = body.read()?;
    let mut table = Table::new(&["NAME", "DNS NAME", "PLATFORM"]);
    for item in found.items {
        table.row([item.name, item.dns_name.unwrap_or_default(), item.platform]);
    }
    app.out.table(table)?;
    let more = if found.capped { " or more" } else { "" };
    app.out.note(&format!("{}{more} of your resources match", found.count));
    Ok(())
}

/// Criteria in one line.
fn shown(criteria: &Criteria) -> String {
    let rules: Vec<String> = criteria
        .rules()
        .iter()
        .map(|rule| format!("{} {} '{}'", rule.field, rule.operator, rule.text))
        .collect();
    rules.join(match criteria.matching() {
        Matching::All => " and ",
        Matching::Any => " or ",
    })
}

async fn list(app: &App, api: &mut Api, paging: &Paging) -> Result<()> {
    let list = api.list(Query::new("/resource-groups"), paging).await?;
    list.print(&app.out, |items: Vec<Group>| {
        let mut table = Table::new(&["NAME", "MAXIMUM AGE", "RESOURCES", "DESCRIPTION", "ID"]);
        for item in items {
            table.row([
                item.name,
                age(item.max_age_days).unwrap_or_default(),
                item.resources.to_string(),
                item.description,
                item.id.to_string(),
            ]);
        }
        table
    })
}

async fn show(app: &App, api: &mut Api, group: &str) -> Result<()> {
    let id = find::<Group>(api, group).await?;
    let body = api.get(&format!("/resource-groups/{id}")).await?;
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Group = body.read()?;
    let text = id.to_string();
    let query = Query::new("/resources").with("group", Some(text.as_str()));
    let inside: Vec<Resource> = api.list(query, &Paging::everything()).await?.items()?;
    let names: Vec<String> = inside.into_iter().map(|resource| resource.name).collect();
    app.out.facts(&[
        ("name", Some(item.name)),
        ("id", Some(text)),
        ("description", Some(item.description).filter(|text| !text.is_empty())),
        ("owner", item.owner.as_ref().map(Reference::shown)),
        ("maximum age", age(item.max_age_days)),
        ("takes in", item.criteria.as_ref().map(shown)),
        ("inside it", names_of(&item.inner)),
        ("stands in", names_of(&item.outer)),
        ("resources", Some(names.join(", ")).filter(|names| !names.is_empty())),
    ])
}

fn names_of<K: Kind>(groups: &[Named<K>]) -> Option<String> {
    let names: Vec<&str> = groups.iter().map(|group| group.name.as_str()).collect();
    Some(names.join(", ")).filter(|names| !names.is_empty())
}

fn said(app: &App, body: &Body, what: &str) -> Result<()> {
    if app.out.json {
        return app.out.raw_json(&body.json);
    }
    let item: Group = body.read()?;
    app.out.line(&item.id.to_string())?;
    app.out.note(&format!("The resource group {} {what}.", safe(&item.name)));
    Ok(())
}
