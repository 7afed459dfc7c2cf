//! What the upgrades came to.

use serde_json::{Value, json};

/// See the module.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Report {
    /// How many there should have been.
    pub(crate) planned: u32,
    /// Upgrades that were done while nothing was killed.
    pub(crate) upgrades: u32,
    /// Requests of callers, and how many failed while nothing was killed.
    pub(crate) requests: u64,
    pub(crate) failed_requests: u64,
    /// Agents that told of trouble with their connection while nothing was
    /// killed: requests of theirs that failed.
    pub(crate) agents_troubled: u64,
    /// Orders that were given, and those of which no receipt was ever committed.
    pub(crate) orders: u64,
    pub(crate) lost_orders: u64,
    /// Orders that a host began more often than once.
    pub(crate) begun_twice: u64,
    /// Agents at work.
    pub(crate) agents: usize,
    /// Things that were killed, and how often the service was there again.
    pub(crate) kills: u32,
    pub(crate) came_back: u32,
    /// The longest that took, in seconds.
    pub(crate) slowest_back_s: f64,
    /// Requests that failed around a kill: these may.
    pub(crate) failed_at_kills: u64,
    pub(crate) seed: u64,
    pub(crate) seconds: f64,
    /// The first things that went wrong, in words.
    pub(crate) wrong: Vec<String>,
}

impl Report {
    /// What was missed, one sentence each.
    pub(crate) fn missed(&self) -> Vec<String> {
        let mut missed = Vec::new();
        let mut check = |is_so: bool, sentence: String| {
            if !is_so {
                missed.push(sentence);
            }
        };
        let Self { planned, upgrades, kills, came_back, .. } = self;
        check(upgrades == planned, format!("{upgrades} of {planned} upgrades were done"));
        let failed = self.failed_requests + self.agents_troubled;
        check(failed == 0, format!("{failed} requests failed"));
        check(self.requests > 0, "nobody asked for anything".to_owned());
        check(self.orders > 0, "no order was given".to_owned());
        check(self.lost_orders == 0, format!("{} orders were lost", self.lost_orders));
        check(self.begun_twice == 0, format!("{} orders were begun twice", self.begun_twice));
        let back = format!("after {kills} kills the service came back {came_back} times");
        check(came_back == kills, back);
        missed
    }

    /// The figures.
    pub(crate) fn json(&self) -> Value {
        json!({
            "upgrades": self.upgrades,
            "failed_requests": self.failed_requests + self.agents_troubled,
            "lost_orders": self.lost_orders,
            "planned": self.planned,
            "requests": self.requests,
            "agents": self.agents,
            "agents_troubled": self.agents_troubled,
            "orders": self.orders,
            "begun_twice": self.begun_twice,
            "kills": self.kills,
            "came_back": self.came_back,
            "slowest_back_s": (self.slowest_back_s * 10.0).round() / 10.0,
            "failed_at_kills": self.failed_at_kills,
            "seed": self.seed,
            "seconds": self.seconds.round(),
            "wrong": self.wrong,
        })
    }

    /// For people.
    pub(crate) fn text(&self) -> String {
        let mut text = format!(
            "{} of {} upgrades under {} agents: {} requests, {} failed; {} agents troubled; \
             {} orders, {} lost, {} begun twice\n",
            self.upgrades,
            self.planned,
            self.agents,
            self.requests,
            self.failed_requests,
            self.agents_troubled,
            self.orders,
            self.lost_orders,
            self.begun_twice,
        );
        if self.kills > 0 {
            text += &format!(
                "{} kills: back {} times, after {:.1} s at the latest; {} requests failed around \
                 them\n",
                self.kills, self.came_back, self.slowest_back_s, self.failed_at_kills,
            );
        }
        for wrong in &self.wrong {
            text += &format!("WRONG: {wrong}\n");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn missed(change: impl FnOnce(&mut Report)) -> Vec<String> {
        let mut report = Report {
            planned: 20,
            upgrades: 20,
            requests: 1000,
            orders: 50,
            kills: 3,
            came_back: 3,
            ..Report::default()
        };
        change(&mut report);
        report.missed()
    }

    #[test]
    fn whatever_is_missed_is_named() {
        assert_eq!(missed(|_| {}), [""; 0]);
        assert_eq!(missed(|report| report.failed_at_kills = 5), [""; 0], "these may fail");
        assert!(missed(|report| report.upgrades = 19)[0].contains("19 of 20"));
        assert!(missed(|report| report.failed_requests = 1)[0].contains("1 requests failed"));
        assert!(missed(|report| report.agents_troubled = 2)[0].contains("2 requests failed"));
        assert!(missed(|report| report.lost_orders = 1)[0].contains("lost"));
        assert!(missed(|report| report.begun_twice = 1)[0].contains("twice"));
        assert!(missed(|report| report.came_back = 2)[0].contains("came back 2 times"));
        assert!(missed(|report| report.orders = 0)[0].contains("no order"));
        assert!(missed(|report| report.requests = 0)[0].contains("nobody"));
    }

    #[test]
    fn the_contract_of_the_figures_is_kept() {
        let report = Report { failed_requests: 1, agents_troubled: 2, ..Report::default() };
        let json = report.json();
        assert_eq!(json["failed_requests"], 3);
        assert_eq!((&json["upgrades"], &json["lost_orders"]), (&json!(0), &json!(0)));
    }
}
