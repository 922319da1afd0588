//! Sums of usage for the console, from the roll-ups; and the reconciliation.

use super::{ServerConsole, failed, time, timeline::within};
use app::port::{Failed, Sums};
use domain::{
    ids::TenantId,
    money::NanoUsd,
    views::{By, MarginView, MoneyView, Percentiles, Point, Span, UsageLine, UsageView, Window},
};
use futures::future::BoxFuture;
use std::collections::HashMap;
use store::{
    Error, Moment,
    ledger::accounts::house,
    reconcile::{Report, keep, last, reconcile},
    usage::{Durations, Filter, GroupBy, Line, Of},
};

fn group(by: By) -> GroupBy {
    match by {
        By::Model => GroupBy::Model,
        By::Key => GroupBy::Key,
        By::Day => GroupBy::Day,
        By::Tenant => GroupBy::Tenant,
        By::Channel => GroupBy::Channel,
    }
}

/// As a line of the table.
fn line(of: String, it: &Line, taken: Option<&Durations>, costs: bool) -> UsageLine {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    UsageLine {
        of,
        requests: count(it.requests),
        errors: count(it.errors),
        input: count(it.input),
        cache_read: count(it.cache_read),
        cache_write: count(it.cache_write),
        output: count(it.output),
        spend: it.sale,
        cost: costs.then_some(it.cost),
        latency: taken.and_then(|taken| Percentiles::of(&taken.latency)),
        ttft: taken.and_then(|taken| Percentiles::of(&taken.ttft)),
    }
}

fn point(line: &Line) -> Point {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let tokens = [line.input, line.cache_read, line.cache_write, line.output].map(count);
    Point {
        requests: count(line.requests),
        errors: count(line.errors),
        tokens: tokens.into_iter().fold(0, u64::saturating_add),
        spend: line.sale,
    }
}

/// Of what a line is, without its time.
fn timeless(of: &Of) -> Of {
    Of { time_us: None, ..of.clone() }
}

/// So many lines are shown; more are told by their number.
const SHOWN: usize = 100;
/// A chart tells so many groups apart, by whichever of its measures.
const CHARTED: usize = 5;

/// What the groups did when, in the order of `lines`, and what all others did; by the day there is one group, of everything.
#[derive(Default)]
struct Points {
    groups: Vec<(Option<Of>, Vec<Point>)>,
    rest: Vec<Point>,
}

/// The groups that are among the largest of one of a chart's measures.
fn largest(lines: &[Line]) -> Vec<Of> {
    let measures: [fn(&Line) -> i64; 4] =
        [|it| it.sale.0, |it| it.requests, |it| it.errors, |it| i64::try_from(point(it).tokens).unwrap_or(i64::MAX)];
    let mut largest: Vec<&Line> = Vec::new();
    for measure in measures {
        let mut sorted: Vec<&Line> = lines.iter().collect();
        sorted.sort_by_key(|line| std::cmp::Reverse(measure(line)));
        for line in sorted.into_iter().take(CHARTED) {
            if !largest.iter().any(|it| it.of == line.of) {
                largest.push(line);
            }
        }
    }
    largest.into_iter().map(|line| line.of.clone()).collect()
}

/// Each group's points of a window.
async fn points(
    moment: &mut Moment,
    filter: &Filter,
    window: Window,
    groups: &[GroupBy],
) -> Result<HashMap<Of, Vec<Point>>, Error> {
    let mut found: HashMap<Of, Vec<Point>> = HashMap::new();
    for line in moment.summary(filter, groups).await? {
        let points = found.entry(timeless(&line.of)).or_insert_with(|| vec![Point::default(); window.slots()]);
        let place = line.of.time_us.and_then(|time| window.slot(time)).and_then(|at| points.get_mut(at));
        if let Some(place) = place {
            *place = point(&line);
        }
    }
    Ok(found)
}

async fn charted(
    moment: &mut Moment,
    filter: &Filter,
    window: Window,
    by: By,
    lines: &[Line],
) -> Result<Points, Error> {
    let slot = GroupBy::Slot(window.step_us);
    if by == By::Day {
        let all = points(moment, filter, window, &[slot]).await?;
        return Ok(Points { groups: all.into_values().map(|points| (None, points)).collect(), rest: Vec::new() });
    }
    let largest = largest(lines);
    let few = largest.len() == lines.len();
    let any_of = if few { Vec::new() } else { largest.clone() };
    let own = Filter { any_of, ..filter.clone() };
    let mut found = points(moment, &own, window, &[group(by), slot]).await?;
    let mut rest = Vec::new();
    if !few {
        rest = points(moment, filter, window, &[slot]).await?.remove(&Of::default()).unwrap_or_default();
        for points in found.values() {
            rest.iter_mut().zip(points).for_each(|(rest, point)| *rest = less(*rest, *point));
        }
    }
    let groups = lines.iter().filter_map(|line| Some((Some(line.of.clone()), found.remove(&line.of)?))).collect();
    Ok(Points { groups, rest })
}

fn less(all: Point, one: Point) -> Point {
    Point {
        requests: all.requests.saturating_sub(one.requests),
        errors: all.errors.saturating_sub(one.errors),
        tokens: all.tokens.saturating_sub(one.tokens),
        spend: all.spend.saturating_sub(one.spend),
    }
}

/// How long the requests of the lines that are shown took, and those of all.
async fn durations(
    moment: &mut Moment,
    filter: &Filter,
    group: GroupBy,
    lines: &[Line],
    shown: usize,
) -> Result<(HashMap<Of, Durations>, Durations), Error> {
    if lines.len() > shown {
        let any_of = lines.iter().take(shown).map(|line| line.of.clone()).collect();
        let taken = moment.durations(&Filter { any_of, ..filter.clone() }, &[group]).await?;
        let whole = moment.durations(filter, &[]).await?.remove(&Of::default());
        return Ok((taken, whole.unwrap_or_default()));
    }
    let taken = moment.durations(filter, &[group]).await?;
    let mut whole = Durations::default();
    taken.values().for_each(|taken| whole.add(taken));
    Ok((taken, whole))
}

impl ServerConsole {
    /// What the lines of a grouping are called, by their id.
    async fn names(&self, tenant: Option<TenantId>, by: By) -> Result<HashMap<i64, String>, Error> {
        Ok(match by {
            By::Model | By::Day => HashMap::new(),
            By::Key => self.store.keys().names(tenant).await?.into_iter().map(|(id, name)| (id.0, name)).collect(),
            By::Tenant => self.store.tenants().names().await?.into_iter().map(|(id, name)| (id.0, name)).collect(),
            By::Channel => self.store.channels().names().await?.into_iter().map(|(id, name)| (id.0, name)).collect(),
        })
    }

    async fn compare(&self) -> Result<Report, Error> {
        // One at a time: it reads every row.
        let _turn = self.api.reconciling().await;
        let report = reconcile(self.store.db(), &self.api.data_dir).await?;
        keep(self.store.db(), &report).await?;
        Ok(report)
    }

    async fn sums(&self, tenant: Option<TenantId>, span: Span, by: By) -> Result<UsageView, Error> {
        let window = span.window(store::time::now_us());
        let place = Filter { tenant, ..Filter::default() };
        let (here, earlier) = (within(&place, window), within(&place, window.before()));
        let costs = tenant.is_none();
        let shown = if by == By::Day { usize::MAX } else { SHOWN };
        let mut moment = Moment::now(self.store.db()).await?;
        let lines = moment.summary(&here, &[group(by)]).await?;
        let (taken, whole) = durations(&mut moment, &here, group(by), &lines, shown).await?;
        let total = moment.total(&here).await?;
        let before = moment.total(&earlier).await?;
        let Points { groups, rest } = charted(&mut moment, &here, window, by, &lines).await?;
        drop(moment);
        let names = self.names(tenant, by).await?;
        let named = |id: Option<i64>, none: &str| {
            id.map_or_else(|| none.to_owned(), |id| names.get(&id).cloned().unwrap_or_else(|| "gone".to_owned()))
        };
        let name = |of: &Of| match by {
            By::Model => of.model.clone().unwrap_or_default(),
            By::Key => named(of.key.map(|id| id.0), "none"),
            By::Tenant => named(of.tenant.map(|id| id.0), "none"),
            By::Channel => named(of.channel.map(|id| id.0), "none answered"),
            By::Day => of.time_us.map(|us| time(us).chars().take(10).collect()).unwrap_or_default(),
        };
        let mut csv = format!("/api/v1/usage.csv?from={}&to={}", time(window.from_us), time(window.to_us));
        if let Some(tenant) = tenant {
            csv.push_str(&format!("&tenant={tenant}"));
        }
        Ok(UsageView {
            span,
            window,
            by,
            slots: groups
                .into_iter()
                .map(|(of, points)| (of.map_or_else(String::new, |of| name(&of)), points))
                .collect(),
            rest,
            lines: lines.iter().take(shown).map(|it| line(name(&it.of), it, taken.get(&it.of), costs)).collect(),
            more: lines.len().saturating_sub(shown) as u64,
            total: line(String::new(), &total, Some(&whole), costs),
            before: line(String::new(), &before, None, costs),
            csv,
            place: costs,
        })
    }

    /// What the last reconciliation found, or with `now`, and where there is none yet, what one finds now.
    async fn books(&self, now: bool) -> Result<MoneyView, Error> {
        let kept = if now { None } else { last(self.store.db()).await? };
        let report = match kept {
            Some(report) => report,
            None => self.compare().await?,
        };
        let shown = |money: bool, value: i64| if money { NanoUsd(value).to_string() } else { value.to_string() };
        Ok(MoneyView {
            difference: report.difference(),
            time: time(report.time_us),
            requests: report.requests,
            charged: report.charged,
            journal_records: report.journal_records,
            pending_requests: report.pending_requests,
            pending: report.pending,
            differences: report
                .differences
                .into_iter()
                .map(|it| (it.what, shown(it.money, it.expected), shown(it.money, it.found)))
                .collect(),
            accounts: house(self.store.db()).await?,
        })
    }
}

impl Sums for ServerConsole {
    fn usage(&self, tenant: Option<TenantId>, span: Span, by: By) -> BoxFuture<'_, Result<UsageView, Failed>> {
        Box::pin(async move { self.sums(tenant, span, by).await.map_err(failed) })
    }

    fn margins(&self, span: Span, by: String) -> BoxFuture<'_, Result<MarginView, Failed>> {
        Box::pin(async move { self.margins_by(span, &by).await.map_err(failed) })
    }

    fn money(&self, now: bool) -> BoxFuture<'_, Result<MoneyView, Failed>> {
        Box::pin(async move { self.books(now).await.map_err(failed) })
    }
}
