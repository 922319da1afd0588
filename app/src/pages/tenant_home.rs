//! A tenant at a glance: what is left and for how long, what was spent on what, and what went wrong.

use super::{
    errors::Errors,
    operations::{grid, outcomes},
    quick_start::QuickStart,
};
use crate::{
    chart::{Grid, Look, Unit, fold},
    components::{
        chart::{AREAS, Chart, Series},
        count::{grouped, percent},
        gauge::{p50_p95, took},
        money::Money,
        stat::Stat,
    },
    words::{Charts, Home as Words, Operations},
};
use domain::{
    money::NanoUsd,
    views::{TenantHome, WalletView},
};
use leptos::prelude::*;

/// The page's body.
pub fn tenant_home(home: TenantHome, address: String) -> impl IntoView {
    let day = home.day.clone();
    let t = Operations::here();
    view! {
        {home.wallet.map(|wallet| hero(wallet, &home))}
        {tiles(&home)}
        <div class="grid">
            {month_chart(&home)}
            {models_chart(&home)}
            <Chart title=t.requests() aside=Words::here().last_day() width="c8" grid=grid(&day) unit=Unit::Count look=Look::Bars series=outcomes(&day.slots)/>
            <Errors lines=home.errors/>
        </div>
        <QuickStart address/>
    }
}

/// What is charged on a usual day, by whole days.
fn pace(home: &TenantHome) -> Option<NanoUsd> {
    (home.week_days > 0 && home.week.0 > 0).then(|| NanoUsd(home.week.0 / i64::from(home.week_days)))
}

/// An estimate in whole cents: it is not money that moved.
fn cents(amount: NanoUsd) -> String {
    let cents = amount.0.max(0) / 10_000_000;
    format!("{}.{:02}", grouped(u64::try_from(cents / 100).unwrap_or(0)), cents % 100)
}

fn hero(wallet: WalletView, home: &TenantHome) -> impl IntoView + use<> {
    let t = Words::here();
    let lasts = match pace(home) {
        None => t.no_pace().to_owned(),
        Some(pace) => match wallet.posted.0.max(0) / pace.0.max(1) {
            366.. => t.lasts_long().to_owned(),
            days => t.lasts(&days.to_string(), &cents(pace)),
        },
    };
    view! {
        <section class="hero">
            <div>
                <span class="dim">{t.balance()}</span>
                <b class="big"><Money amount=wallet.posted/></b>
                <span class="mid">{lasts}</span>
            </div>
        </section>
    }
}

/// This month's charges, going on as over the last seven whole days.
fn forecast(home: &TenantHome) -> Option<NanoUsd> {
    let left = i64::from(home.month_days).saturating_sub(i64::try_from(home.month.slots.len()).unwrap_or(0));
    let pace = pace(home)?;
    Some(NanoUsd(home.month.total.spend.0.saturating_add(pace.0.saturating_mul(left.max(0)))))
}

fn tiles(home: &TenantHome) -> impl IntoView + use<> {
    let t = Words::here();
    let (today, day, month) = (home.today, home.day.total, home.month.total);
    let expected = forecast(home).map_or_else(|| t.since_midnight().to_owned(), |amount| t.forecast(&cents(amount)));
    let errors = t.of_requests(&grouped(day.errors), &grouped(day.requests));
    view! {
        <dl class="stats">
            <Stat label=t.spend_today() beside=t.since_midnight()><Money amount=today.spend/></Stat>
            <Stat label=t.this_month() beside=expected><Money amount=month.spend/></Stat>
            <Stat label=t.requests_today() beside=t.since_midnight()>{grouped(today.requests)}</Stat>
            <Stat label=t.errors() beside=errors>{percent(day.errors, day.requests)}<small>" %"</small></Stat>
            <Stat label=t.ttft() beside=t.last_day()>{if day.ttft.is_some() { p50_p95(day.ttft).into_any() } else { took(None) }}</Stat>
            <Stat label=t.from_cache() beside=t.of_tokens(&grouped(month.all_input()))>
                {percent(month.cached, month.all_input())}<small>" %"</small>
            </Stat>
        </dl>
    }
}

/// The month summed up day by day, and where it is going.
fn month_chart(home: &TenantHome) -> impl IntoView + use<> {
    let t = Words::here();
    // Without a pace there is nothing to say of the days to come.
    let days =
        if pace(home).is_some() { usize::try_from(home.month_days).unwrap_or(31) } else { home.month.slots.len() };
    let grid = Grid { slots: days, ..grid(&home.month) };
    let mut sum = 0_i64;
    let mut so_far: Vec<Option<i64>> = home
        .month
        .slots
        .iter()
        .map(|slot| {
            sum = sum.saturating_add(slot.spend.0);
            Some(sum)
        })
        .collect();
    let today = so_far.len().saturating_sub(1);
    so_far.resize(days, None);
    let mut series = vec![Series { name: t.sum_so_far().to_owned(), key: "k1", values: so_far, sum: None }];
    if let Some(pace) = pace(home) {
        let ahead = |day: usize| {
            let days = day.checked_sub(today)?;
            Some(sum.saturating_add(pace.0.saturating_mul(i64::try_from(days).ok()?)))
        };
        series.push(Series {
            name: t.forecast_line().to_owned(),
            key: "k1 dash",
            values: (0..days).map(ahead).collect(),
            sum: None,
        });
    }
    view! { <Chart title=t.spend() aside=t.cumulative() grid unit=Unit::Money look=Look::Lines series/> }
}

fn models_chart(home: &TenantHome) -> impl IntoView + use<> {
    let t = Words::here();
    let grid = grid(&home.month);
    let of_model = |(name, spend): &(String, Vec<NanoUsd>)| (name.clone(), spend.iter().map(|it| Some(it.0)).collect());
    let folded = fold(home.models.iter().map(of_model).collect(), Vec::new(), Charts::here().other());
    let series = folded
        .into_iter()
        .zip(AREAS)
        .map(|((name, values), key)| {
            let sum = values.iter().flatten().fold(0_i64, |sum, value| sum.saturating_add(*value));
            Series { name, key, values, sum: Some(Unit::Money.full(sum)) }
        })
        .collect();
    view! { <Chart title=t.by_model() aside=t.per_day() grid unit=Unit::Money look=Look::Bars series/> }
}
