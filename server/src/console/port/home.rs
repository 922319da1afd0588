//! The first page: operations for those who run the place, a tenant's own numbers for its members.

use super::{
    ServerConsole, failed,
    tenants::wallet,
    timeline::{sum, timeline, within},
};
use app::port::{Failed, Homes};
use domain::{
    ids::{ChannelId, TenantId},
    money::NanoUsd,
    views::{ChannelHealth, Operations, Percentiles, Range, Span, TenantHome, Window},
};
use futures::future::BoxFuture;
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use std::collections::HashMap;
use store::{
    Error, Moment, Page,
    channels::ChannelRow,
    usage::{Durations, Filter, GroupBy, Line, Of},
};

const MINUTE_US: i64 = 60_000_000;
const DAY_US: i64 = 86_400_000_000;
/// Health is of so long, beside the range.
const RECENT_US: i64 = 5 * MINUTE_US;
/// The newest errors that are shown, and from how far back.
const ERRORS: u32 = 6;
const ERRORS_US: i64 = 7 * DAY_US;
/// Spend a day is told from so many whole days.
const PACE_DAYS: i64 = 7;

fn day(now_us: i64) -> Date {
    Timestamp::from_microsecond(now_us).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC).date()
}

/// The month that runs, by the day, up to the end of today; and how many days it has.
fn month(now_us: i64) -> (Window, u32) {
    let today = day(now_us);
    let midnight = now_us.div_euclid(DAY_US) * DAY_US;
    let from_us = midnight - i64::from(today.day() - 1) * DAY_US;
    let days = u32::try_from(today.days_in_month()).unwrap_or(30);
    (Window { from_us, to_us: midnight + DAY_US, step_us: DAY_US }, days)
}

fn health(channel: ChannelRow, line: Option<&Line>, recent: Option<&Line>, taken: Option<&Durations>) -> ChannelHealth {
    let count = |n: Option<i64>| u64::try_from(n.unwrap_or(0)).unwrap_or(0);
    ChannelHealth {
        id: channel.id,
        name: channel.name,
        provider: channel.provider.as_str().to_owned(),
        enabled: channel.enabled,
        requests: count(line.map(|line| line.requests)),
        failed: count(line.map(|line| line.failed)),
        recent: count(recent.map(|line| line.requests)),
        recent_failed: count(recent.map(|line| line.failed)),
        latency: taken.and_then(|taken| Percentiles::of(&taken.latency)),
        ttft: taken.and_then(|taken| Percentiles::of(&taken.ttft)),
        cost: line.map(|line| line.cost).unwrap_or_default(),
    }
}

/// How every one of these channels does in the window, those that are on first.
pub(super) async fn healths(
    moment: &mut Moment,
    channels: Vec<ChannelRow>,
    window: Window,
    now_us: i64,
) -> Result<Vec<ChannelHealth>, Error> {
    let by = [GroupBy::Channel];
    let here = within(&Filter::default(), window);
    let recent = (now_us - RECENT_US).div_euclid(MINUTE_US) * MINUTE_US;
    let recent = Filter { from_us: Some(recent), ..Filter::default() };
    let lines = |lines: Vec<Line>| -> HashMap<ChannelId, Line> {
        lines.into_iter().filter_map(|line| Some((line.of.channel?, line))).collect()
    };
    let all = lines(moment.summary(&here, &by).await?);
    let recent = lines(moment.summary(&recent, &by).await?);
    let taken = moment.durations(&here, &by).await?;
    let of = |id| Of { channel: Some(id), ..Of::default() };
    let mut channels: Vec<_> = channels
        .into_iter()
        .map(|row| {
            let id = row.id;
            health(row, all.get(&id), recent.get(&id), taken.get(&of(id)))
        })
        .collect();
    channels.sort_by_key(|channel| (!channel.enabled, std::cmp::Reverse(channel.requests)));
    Ok(channels)
}

async fn spend_by_model(
    moment: &mut Moment,
    filter: &Filter,
    window: Window,
) -> Result<Vec<(String, Vec<NanoUsd>)>, Error> {
    let by = [GroupBy::Model, GroupBy::Slot(window.step_us)];
    let mut models: Vec<(String, Vec<NanoUsd>)> = Vec::new();
    for line in moment.summary(&within(filter, window), &by).await? {
        let Of { model: Some(model), time_us: Some(time), .. } = line.of else { continue };
        let at = models.iter().position(|(name, _)| *name == model).unwrap_or_else(|| {
            models.push((model, vec![NanoUsd::ZERO; window.slots()]));
            models.len() - 1
        });
        let place = window.slot(time).and_then(|slot| models.get_mut(at)?.1.get_mut(slot));
        if let Some(place) = place {
            *place = line.sale;
        }
    }
    Ok(models)
}

impl ServerConsole {
    async fn at_work(&self, span: Span) -> Result<Operations, Error> {
        let now = store::time::now_us();
        let window = span.window(now);
        let today = Filter { from_us: Some(now.div_euclid(DAY_US) * DAY_US), ..Filter::default() };
        let errors = Filter { from_us: Some(now - ERRORS_US), errors: true, ..Filter::default() };
        let models = self.model_lines().await?;
        let channels = self.store.channels().list(Page::first(Page::MAX)).await?.rows;
        let backlog = self.api.ledger.backlog();
        let mut moment = Moment::now(self.store.db()).await?;
        let timeline = timeline(&mut moment, &Filter::default(), window, true).await?;
        let today = sum(&mut moment, &today, true).await?;
        let channels = healths(&mut moment, channels, window, now).await?;
        let errors = moment.requests(&errors, None, ERRORS).await?;
        drop(moment);
        Ok(Operations {
            span,
            timeline,
            today,
            channels,
            without_price: models.iter().filter(|model| model.sale.is_none()).count() as u64,
            below_cost: models.iter().filter(|model| model.below_cost).count() as u64,
            backlog: backlog.requests,
            running: backlog.running,
            errors: self.lines(&errors).await?,
        })
    }

    async fn at_home(&self, tenant: TenantId, money: bool) -> Result<TenantHome, Error> {
        let now = store::time::now_us();
        let midnight = now.div_euclid(DAY_US) * DAY_US;
        let own = Filter { tenant: Some(tenant), ..Filter::default() };
        let since = |from: i64| Filter { from_us: Some(from), ..own.clone() };
        let week = Filter { to_us: Some(midnight), ..since(midnight - PACE_DAYS * DAY_US) };
        let (window, month_days) = month(now);
        let failed = Filter { errors: true, ..since(now - ERRORS_US) };
        let mut moment = Moment::now(self.store.db()).await?;
        let overview = moment.tenant(midnight, tenant).await?;
        let today = sum(&mut moment, &since(midnight), false).await?;
        let day = timeline(&mut moment, &own, Span::Last(Range::Day).window(now), false).await?;
        let month = timeline(&mut moment, &own, window, false).await?;
        let models = spend_by_model(&mut moment, &own, window).await?;
        let week = sum(&mut moment, &week, false).await?.spend;
        let errors = moment.requests(&failed, None, ERRORS).await?;
        drop(moment);
        let age = (midnight - overview.tenant.created_us.div_euclid(DAY_US) * DAY_US) / DAY_US;
        Ok(TenantHome {
            wallet: money.then(|| wallet(&overview)),
            today,
            day,
            month,
            models,
            week,
            week_days: u32::try_from(age.clamp(0, PACE_DAYS)).unwrap_or(0),
            month_days,
            errors: self.lines(&errors).await?,
        })
    }
}

impl Homes for ServerConsole {
    fn operations(&self, span: Span) -> BoxFuture<'_, Result<Operations, Failed>> {
        Box::pin(async move { self.at_work(span).await.map_err(failed) })
    }

    fn tenant_home(&self, tenant: TenantId, money: bool) -> BoxFuture<'_, Result<TenantHome, Failed>> {
        Box::pin(async move { self.at_home(tenant, money).await.map_err(failed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_on_its_first_day_and_goes_to_the_end_of_today() {
        let now: Timestamp = "2028-02-29T13:00:00Z".parse().unwrap();
        let (window, days) = month(now.as_microsecond());
        assert_eq!((window.slots(), days), (29, 29));
        assert_eq!(super::super::time(window.from_us), "2028-02-01T00:00:00Z");
    }
}
