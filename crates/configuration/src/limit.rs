//! `limit = [{ per = "client", rate = "100/1m", burst = 20 }]` of an `[[api]]` or of a route: how many calls get through.

use protocol::limit::{Limit, LimitedBy, Rate};

use super::{
    document::Item,
    reader::{Located, Table},
};

const EXAMPLE: &str = "limit = [{ per = \"client\", rate = \"100/1m\" }]";

/// Reads the limits of an API, or those of a route.
pub(super) fn read(table: &mut Table<'_, '_>, is_of_route: bool) -> Vec<Limit> {
    let mut limits = Vec::new();
    for mut entry in table.tables("limit", EXAMPLE) {
        entry.name = "a limit";
        let per = per(&mut entry, is_of_route);
        let rate = entry
            .required_text("rate", "100/1m")
            .and_then(|text| rate(&entry, &text));
        let burst = burst(&mut entry);
        entry.finish();
        if let (Some(per), Some(rate)) = (per, rate) {
            limits.push(Limit { per, rate, burst });
        }
    }
    limits
}

fn per(entry: &mut Table<'_, '_>, is_of_route: bool) -> Option<LimitedBy> {
    let text = entry.required_text("per", "client")?;
    let known = LimitedBy::ALL.iter().find(|(name, _)| *name == text.value);
    let Some((_, per)) = known.copied() else {
        let problem = format!("per cannot be {:?}", text.value);
        entry
            .report
            .error(&text.span, problem, "use client, user, key, route or api");
        return None;
    };
    if is_of_route && per == LimitedBy::Api {
        let problem = "a limit of one route cannot count all calls of the API";
        entry.report.error(
            &text.span,
            problem,
            "use per = \"route\", or put it beside the routes, into [[api]]",
        );
        return None;
    }
    Some(per)
}

fn rate(entry: &Table<'_, '_>, text: &Located<String>) -> Option<Rate> {
    match text.value.parse::<Rate>() {
        Ok(rate) => Some(rate),
        Err(error) => {
            let problem = format!("{:?} is no rate", text.value);
            entry.report.error(&text.span, problem, error.to_string());
            None
        }
    }
}

fn burst(entry: &mut Table<'_, '_>) -> Option<u32> {
    let written = entry.entry("burst")?;
    let burst = match written.node.item {
        Item::Integer(calls) if Limit::is_burst(calls) => u32::try_from(calls).ok(),
        _ => None,
    };
    if burst.is_none() {
        let remedy = "write a number of calls from 1 to 1000000, or remove it";
        entry
            .report
            .error(&written.node.span, "burst is no number of calls", remedy);
    }
    burst
}
