//! Orders: resets of the fleet's accounts, given at a steady pace by the API,
//! and what became of them in the end.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use sekisho_model::clock::{Clock as _, SystemClock};
use sekisho_testkit::fleet::{ACCOUNT, Fleet};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::site::Site;

/// Between two orders.
const EVERY: Duration = Duration::from_millis(250);

/// After the last order, for agents that wait before they come again.
const LAST: Duration = Duration::from_secs(180);

/// Orders at work: given until this is finished.
pub(crate) struct Orders {
    given: Rc<RefCell<Vec<String>>>,
    enough: Rc<Cell<bool>>,
    giving: JoinSet<Result<()>>,
}

/// What became of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub(crate) given: u64,
    pub(crate) lost: u64,
    pub(crate) begun_twice: u64,
    pub(crate) wrong: Vec<String>,
}

impl Orders {
    /// Gives one after the other, host by host.
    pub(crate) async fn start(site: Rc<Site>, agents: usize) -> Result<Self> {
        let began = SystemClock.elapsed();
        let accounts = loop {
            let accounts = accounts(&site).await?;
            if accounts.len() == agents {
                break accounts;
            }
            if crate::since(began) > LAST {
                bail!("{} of {agents} hosts have an account", accounts.len());
            }
            tokio::time::sleep(Duration::from_secs(1)).await;
        };
        let given = Rc::<RefCell<Vec<String>>>::default();
        let mut giving = JoinSet::new();
        let (noted, enough) = (given.clone(), Rc::new(Cell::new(false)));
        let is_enough = enough.clone();
        giving.spawn_local(async move {
            let mut api = site.api().await?;
            let mut ticks = tokio::time::interval(EVERY);
            loop {
                for account in accounts.values() {
                    ticks.tick().await;
                    if is_enough.get() {
                        return Ok(());
                    }
                    let path = format!("/accounts/{account}/reset");
                    // A host whose last order is not done yet has its turn later.
                    match api.post(&path, &json!({ "reason": "prove" })).await {
                        Ok(order) => {
                            let id = order["id"].as_str().context("an id")?.to_owned();
                            noted.borrow_mut().push(id);
                        }
                        Err(error) if error.to_string().contains("409") => {}
                        Err(error) => return Err(error),
                    }
                }
            }
        });
        Ok(Self { given, enough, giving })
    }

    /// Gives no more, waits until all are done, and looks what became of each.
    pub(crate) async fn finish(mut self, site: &Site, fleet: &Fleet) -> Result<Outcome> {
        self.enough.set(true);
        while let Some(ended) = self.giving.join_next().await {
            ended??;
        }
        let given: Vec<String> = self.given.borrow().clone();
        let began = SystemClock.elapsed();
        let mut api = site.api().await?;
        let mut open = given.clone();
        let mut wrong = Vec::new();
        let mut lost = 0;
        while !open.is_empty() && crate::since(began) < LAST {
            let mut left = Vec::new();
            for id in open {
                let order = api.get(&format!("/orders/{id}")).await?;
                match order["state"].as_str().unwrap_or_default() {
                    "committed" => {}
                    "not_applied" | "out_of_sync" | "cancelled" | "expired" => {
                        lost += 1;
                        wrong.push(format!("order {id} is {}", order["state"]));
                    }
                    _ => left.push(id),
                }
            }
            open = left;
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        lost += open.len() as u64;
        wrong.extend(open.iter().map(|id| format!("order {id} was never done")));
        wrong.truncate(10);
        // Each order that was given is begun once, by its host.
        let begun = fleet.notebook().take().len() as u64;
        let given = given.len() as u64;
        Ok(Outcome { given, lost, begun_twice: begun.saturating_sub(given), wrong })
    }
}

/// The accounts of the fleet, by the name of their host.
async fn accounts(site: &Site) -> Result<BTreeMap<String, String>> {
    let mut accounts = BTreeMap::new();
    for account in site.api().await?.items("/accounts").await? {
        if account["name"] == ACCOUNT {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            accounts.insert(text(&account["resource"]["name"]), text(&account["id"]));
        }
    }
    Ok(accounts)
}
