//! Requests for the console: the log, and one request with why it cost what it cost.

use super::{
    ServerConsole, failed,
    timeline::{outcomes, within},
};
use app::port::{Failed, Requests};
use domain::{
    ids::{ChannelId, RequestId, TenantId},
    money::{Multiplier, NanoUsd, PicoPerUnit},
    route::Decided,
    usage::Usage,
    views::{Range, RequestDetail, RequestFilter, RequestPage, Span, TryLine, UnitLine},
};
use futures::future::BoxFuture;
use std::collections::HashMap;
use store::{
    Error, Moment,
    usage::{Event, Filter, Place, get},
};

/// Requests of one page of the log.
const PAGE: usize = 50;

/// What was counted of each kind that was, in the words of `unit_prices`.
fn units(usage: &Usage, unit_prices: &str) -> Vec<UnitLine> {
    let prices: HashMap<&str, &str> = unit_prices.split(';').filter_map(|pair| pair.split_once('=')).collect();
    let kinds = [
        ("input", usage.input),
        ("cache_read", usage.cache_read),
        ("cache_write_5m", usage.cache_write_5m),
        ("cache_write_1h", usage.cache_write_1h),
        ("output", usage.output),
        ("reasoning", usage.reasoning),
        ("audio_input", usage.audio_input),
        ("audio_output", usage.audio_output),
        ("image_input", usage.image_input),
        ("image_output", usage.image_output),
        ("web_searches", usage.web_searches),
    ];
    let counted = kinds.into_iter().filter(|(kind, count)| *count > 0 || matches!(*kind, "input" | "output"));
    counted
        .map(|(kind, count)| UnitLine {
            kind: kind.to_owned(),
            count,
            price: prices.get(kind).copied().unwrap_or_default().to_owned(),
        })
        .collect()
}

/// The tier and the multiplier of a request's rates, where they are not as usual.
fn terms(unit_prices: &str) -> String {
    let is_term = |pair: &&str| ["above=", "service_tier=", "multiplier="].iter().any(|term| pair.starts_with(term));
    unit_prices.split(';').filter(is_term).collect::<Vec<_>>().join(";")
}

/// What the tokens that were read from a cache would have cost more as plain input, rounded down.
fn saved(event: &Event) -> Option<NanoUsd> {
    let rate = |kind: &str| -> Option<PicoPerUnit> {
        let (_, rate) =
            event.unit_prices.split(';').filter_map(|pair| pair.split_once('=')).find(|(name, _)| *name == kind)?;
        rate.parse().ok()
    };
    let less = rate("input")?.0.checked_sub(rate("cache_read")?.0)?;
    let multiplier = event.unit_prices.split_once("multiplier=").and_then(|(_, text)| text.parse::<Multiplier>().ok());
    let pico = i128::from(less) * i128::from(event.usage.cache_read) * i128::from(multiplier.unwrap_or_default().0);
    let saved = i64::try_from(pico / 1_000_000_000).ok()?;
    (saved > 0).then_some(NanoUsd(saved))
}

impl ServerConsole {
    async fn log(&self, tenant: Option<TenantId>, asked: RequestFilter) -> Result<RequestPage, Error> {
        let now = store::time::now_us();
        let window = asked.span.unwrap_or(Span::Last(Range::Day)).window(now);
        let all = Filter {
            tenant,
            key: asked.key,
            model: asked.model,
            status: asked.status,
            errors: asked.errors,
            ..Filter::default()
        };
        let filter = match asked.span {
            Some(Span::Between { from_us, to_us }) => {
                Filter { from_us: Some(from_us), to_us: Some(to_us), ..all.clone() }
            }
            Some(Span::Last(_)) => within(&all, window),
            None => all.clone(),
        };
        let limit = u32::try_from(PAGE).unwrap_or(u32::MAX).saturating_add(1);
        let mut moment = Moment::now(self.store.db()).await?;
        let mut events = moment.requests(&filter, asked.before.map(Place::of), limit).await?;
        let timeline = outcomes(&mut moment, &all, window).await?;
        drop(moment);
        let more = events.len() > PAGE;
        events.truncate(PAGE);
        Ok(RequestPage {
            next: events.last().filter(|_| more).map(|event| event.request),
            lines: self.lines(&events).await?,
            timeline,
            models: self.store.models().list().await?.into_iter().map(|model| model.name).collect(),
        })
    }

    async fn one(&self, tenant: Option<TenantId>, id: RequestId, costs: bool) -> Result<RequestDetail, Error> {
        let event = get(self.store.db(), id).await?.ok_or(Error::NotFound("request"))?;
        if tenant.is_some_and(|tenant| tenant != event.tenant) {
            return Err(Error::NotFound("request"));
        }
        let line = self.lines(std::slice::from_ref(&event)).await?.pop().ok_or(Error::NotFound("request"))?;
        let names: HashMap<ChannelId, String> =
            if costs { self.store.channels().names().await?.into_iter().collect() } else { HashMap::new() };
        let tries = costs.then(|| tries(&event, &names));
        let decision = if costs { decided(&event.decision, &names) } else { None };
        Ok(RequestDetail {
            tenant: self.store.tenants().get(event.tenant).await?.name,
            key: line.key.clone(),
            line,
            saved: saved(&event),
            dialect: event.dialect,
            stream: event.stream,
            end_state: event.end_state,
            error_code: event.error_code,
            units: units(&event.usage, &event.unit_prices),
            usage_source: event.usage_source,
            price_version: event.sale_price.to_string(),
            terms: terms(&event.unit_prices),
            hold: event.hold,
            ttft_us: event.ttft_us,
            overhead_us: event.overhead_us,
            client_request_id: event.client_request_id,
            cost_to_us: costs.then_some(event.cost),
            decision,
            tries,
        })
    }
}

/// Every try, by the channels' names.
fn tries(event: &Event, names: &HashMap<ChannelId, String>) -> Vec<TryLine> {
    let line = |attempt: &domain::record::Attempt| TryLine {
        channel: names.get(&attempt.channel).cloned().unwrap_or_else(|| attempt.channel.to_string()),
        status: attempt.status,
        error: attempt.error.clone(),
        start_us: attempt.start_us,
        took_us: attempt.took_us,
        cost: attempt.spent.as_ref().map(|spent| spent.cost).unwrap_or_default(),
    };
    event.attempts.iter().map(line).collect()
}

/// The decision that was kept, with the channels' names; rows of an older build hold words.
fn decided(kept: &str, names: &HashMap<ChannelId, String>) -> Option<Decided> {
    let mut decided: Decided = serde_json::from_str(kept).ok()?;
    for considered in &mut decided.candidates {
        let id: Option<ChannelId> = considered.channel.parse().ok();
        considered.channel_name = id.and_then(|id| names.get(&id).cloned()).unwrap_or_default();
    }
    Some(decided)
}

impl Requests for ServerConsole {
    fn requests(&self, tenant: Option<TenantId>, filter: RequestFilter) -> BoxFuture<'_, Result<RequestPage, Failed>> {
        Box::pin(async move { self.log(tenant, filter).await.map_err(failed) })
    }

    fn request(
        &self,
        tenant: Option<TenantId>,
        id: RequestId,
        costs: bool,
    ) -> BoxFuture<'_, Result<RequestDetail, Failed>> {
        Box::pin(async move { self.one(tenant, id, costs).await.map_err(failed) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_stand_beside_their_prices_and_what_was_not_used_is_left_out() {
        let usage = Usage { input: 10, cache_read: 3, ..Usage::default() };
        let lines = units(&usage, "input=0.15;output=0.6;cache_read=0.075;reasoning=0.6");
        let shown: Vec<_> = lines.iter().map(|unit| (unit.kind.as_str(), unit.count, unit.price.as_str())).collect();
        assert_eq!(shown, [("input", 10, "0.15"), ("cache_read", 3, "0.075"), ("output", 0, "0.6")]);
    }
}
