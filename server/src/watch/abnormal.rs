//! Abnormal traffic: a key that spends, fails or writes five times what it did in its last week.

use domain::ids::KeyId;
use std::{collections::HashMap, time::Duration};
use store::{
    Moment, Store,
    events::NewEvent,
    time::now_us,
    usage::{Filter, GroupBy, Line},
};
use tokio_util::sync::CancellationToken;

const MINUTE_US: i64 = 60_000_000;
/// What is looked at is this long.
const RECENT_US: i64 = 10 * MINUTE_US;
/// What it is held against.
const WEEK_US: i64 = 7 * 24 * 60 * MINUTE_US;
/// So many times as much is abnormal.
const TIMES: i128 = 5;
/// A key without so many requests in its week has no habits yet.
const HABITS: i64 = 100;
/// Under this spend in ten minutes nobody wants to be woken: ten cents.
const LEAST_SPEND: i64 = 100_000_000;
/// And under so many errors, or requests.
const LEAST_ERRORS: i64 = 10;
const LEAST_REQUESTS: i64 = 20;

/// Looks every five minutes, on one node.
pub async fn watch(store: Store, stop: CancellationToken) {
    let mut looks = tokio::time::interval(Duration::from_secs(20));
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = looks.tick() => {}
        }
        let looked = tokio::select! {
            () = stop.cancelled() => return,
            looked = look(&store) => looked,
        };
        if let Err(error) = looked {
            tracing::warn!(%error, "the traffic could not be looked at");
        }
    }
}

async fn look(store: &Store) -> store::Result<()> {
    if !store.jobs().claim("abnormal", RECENT_US / 2).await? {
        return Ok(());
    }
    // The ten minutes that were told are part of the next ten: what was told is told again after that, if it lasts.
    let told = store.events().of_keys(now_us() - RECENT_US).await?;
    let now = now_us().div_euclid(MINUTE_US) * MINUTE_US;
    let mut moment = Moment::now(store.db()).await?;
    let between = |from, to| Filter { from_us: Some(from), to_us: Some(to), ..Filter::default() };
    let groups = [GroupBy::Key, GroupBy::Tenant];
    let recent = moment.summary(&between(now - RECENT_US, now), &groups).await?;
    let week = moment.summary(&between(now - RECENT_US - WEEK_US, now - RECENT_US), &groups).await?;
    drop(moment);
    let week: HashMap<KeyId, Line> = week.into_iter().filter_map(|line| Some((line.of.key?, line))).collect();
    let mut events = Vec::new();
    for line in recent {
        let Some(key) = line.of.key else { continue };
        let Some(habits) = week.get(&key) else { continue };
        for (kind, detail) in judge(&line, habits) {
            if !told.contains(&(kind.to_owned(), key)) {
                events.push(NewEvent { tenant: line.of.tenant, key: Some(key), ..NewEvent::now(kind, detail) });
            }
        }
    }
    if events.is_empty() { Ok(()) } else { store.events().add(&events).await }
}

/// What is abnormal in ten minutes beside a week.
fn judge(recent: &Line, week: &Line) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    if week.requests < HABITS {
        return found;
    }
    let parts = i128::from(WEEK_US / RECENT_US);
    let spend = (i128::from(recent.sale.0), i128::from(week.sale.0));
    if recent.sale.0 >= LEAST_SPEND && spend.0 * parts > TIMES * spend.1 {
        found.push(("spend_abnormal", format!("{} USD in 10 minutes, {} in the week before", recent.sale, week.sale)));
    }
    // a / b > TIMES * c / d, without dividing by nothing.
    let more_often =
        |a: i64, b: i64, c: i64, d: i64| i128::from(a) * i128::from(d) > TIMES * i128::from(c) * i128::from(b);
    if recent.failed >= LEAST_ERRORS && more_often(recent.failed, recent.requests, week.failed, week.requests) {
        let detail = format!(
            "{} of {} failed, {} of {} in the week before",
            recent.failed, recent.requests, week.failed, week.requests
        );
        found.push(("errors_abnormal", detail));
    }
    let input = |line: &Line| line.input + line.cache_read + line.cache_write;
    let (own, usual) = ((recent.output, input(recent)), (week.output, input(week)));
    let enough = recent.requests >= LEAST_REQUESTS && own.1 > 0 && usual.1 > 0 && usual.0 > 0;
    if enough && (more_often(own.0, own.1, usual.0, usual.1) || more_often(own.1, own.0.max(1), usual.1, usual.0)) {
        let detail = format!("{} tokens out for {} in, {} for {} in the week before", own.0, own.1, usual.0, usual.1);
        found.push(("token_ratio_abnormal", detail));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::money::NanoUsd;

    fn line(requests: i64, failed: i64, input: i64, output: i64, cents: i64) -> Line {
        Line { requests, failed, input, output, sale: NanoUsd(cents * 10_000_000), ..Line::default() }
    }

    fn kinds(recent: &Line, week: &Line) -> Vec<&'static str> {
        judge(recent, week).into_iter().map(|(kind, _)| kind).collect()
    }

    #[test]
    fn five_times_the_weeks_habit_is_abnormal_and_less_is_not() {
        // A week of 1 008 times ten minutes at one cent each.
        let week = line(10_080, 100, 1_000_000, 100_000, 1_008);
        assert_eq!(kinds(&line(10, 0, 1_000, 100, 10), &week), ["spend_abnormal"]);
        assert_eq!(kinds(&line(10, 0, 1_000, 100, 5), &week), [""; 0]);
        assert_eq!(kinds(&line(200, 12, 20_000, 2_000, 1), &week), ["errors_abnormal"]);
        assert_eq!(kinds(&line(2_000, 12, 20_000, 2_000, 1), &week), [""; 0]);
        assert_eq!(kinds(&line(20, 0, 1_000, 600, 1), &week), ["token_ratio_abnormal"]);
        assert_eq!(kinds(&line(20, 0, 60_000, 100, 1), &week), ["token_ratio_abnormal"]);
    }

    #[test]
    fn a_key_without_habits_is_left_alone() {
        assert_eq!(kinds(&line(50, 50, 10, 1_000, 500), &line(99, 0, 1_000, 10, 1)), [""; 0]);
    }
}
