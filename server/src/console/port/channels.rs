//! Channels for the console, checked by the same rules as the management API's.

use super::{ServerConsole, actor, failed, home::healths, refused};
use crate::api::{
    catalogue,
    channel_input::{ChannelChange, ChannelFields},
    probe::streamed,
};
use app::port::{Author, Channels, Failed, NewChannel};
use domain::{
    ids::ChannelId,
    secret::CredentialSecret,
    views::{ChannelHealth, ChannelLine, ChannelOrder, Health, Range, Served, Span, TestNews},
};
use futures::{StreamExt as _, future::BoxFuture, stream::BoxStream};
use serde_json::{Value, json};
use std::collections::HashMap;
use store::{
    Error, Moment, Name, Page,
    channels::{ChannelPatch, ChannelRow, CredentialPatch},
    usage::{Filter, GroupBy, Line},
};

const MINUTE_US: i64 = 60_000_000;
const HOUR_US: i64 = 60 * MINUTE_US;
const DAY_US: i64 = 24 * HOUR_US;

/// How a channel does, from what is known of the last day, the last hour, and today.
fn health(day: Option<&ChannelHealth>, hour: Option<&Line>, today: Option<&Line>) -> Health {
    let count = |n: i64| u64::try_from(n).unwrap_or(0);
    let hour = hour.map(|sums| Served { requests: count(sums.requests), failed: count(sums.failed) });
    Health {
        recent: day.map(|day| Served { requests: day.recent, failed: day.recent_failed }).unwrap_or_default(),
        hour: hour.unwrap_or_default(),
        day: day.map(|day| Served { requests: day.requests, failed: day.failed }).unwrap_or_default(),
        ttft_p50: day.and_then(|day| day.ttft).map(|taken| taken.p50),
        latency_p95: day.and_then(|day| day.latency).map(|taken| taken.p95),
        cost_today: today.map(|sums| sums.cost).unwrap_or_default(),
    }
}

fn line(channel: ChannelRow, health: Health) -> ChannelLine {
    ChannelLine {
        id: channel.id,
        name: channel.name,
        provider: channel.provider.as_str().to_owned(),
        base_url: channel.base_url,
        credentials: channel.credentials.into_iter().map(|one| (one.name, one.last4)).collect(),
        models: channel.models.into_iter().map(|offer| offer.model).collect(),
        priority: channel.priority,
        weight: channel.weight,
        enabled: channel.enabled,
        health,
    }
}

/// What `POST /api/v1/channels` would take for this form.
fn body(new: &NewChannel) -> Value {
    let known: HashMap<&str, &catalogue::Entry> =
        catalogue::of(&new.provider).map(|entry| (entry.model.as_str(), entry)).collect();
    let names: Vec<&str> = if new.models.is_empty() {
        catalogue::of(&new.provider).map(|entry| entry.model.as_str()).collect()
    } else {
        new.models.iter().map(String::as_str).collect()
    };
    let model = |name: &str| match known.get(name) {
        Some(entry) => json!({"model": name, "cost": entry.rates}),
        None => json!({"model": name}),
    };
    let name = if new.name.trim().is_empty() { &new.provider } else { &new.name };
    let mut body = json!({
        "name": name, "provider": new.provider,
        "models": names.into_iter().map(model).collect::<Vec<_>>(),
        "credentials": new.secret.iter().map(|secret| json!({"name": "main", "secret": secret.expose()})).collect::<Vec<_>>(),
    });
    if let (Some(address), Some(body)) = (&new.base_url, body.as_object_mut()) {
        body.insert("base_url".to_owned(), json!(address));
    }
    body
}

async fn sums_since(moment: &mut Moment, from_us: i64) -> Result<HashMap<ChannelId, Line>, Error> {
    let filter = Filter { from_us: Some(from_us), ..Filter::default() };
    let sums = moment.summary(&filter, &[GroupBy::Channel]).await?;
    Ok(sums.into_iter().filter_map(|line| Some((line.of.channel?, line))).collect())
}

impl ServerConsole {
    /// Every channel in the order requests try them.
    async fn channel_lines(&self) -> Result<Vec<ChannelLine>, Error> {
        let now = store::time::now_us();
        let rows = self.store.channels().list(Page::first(Page::MAX)).await?.rows;
        let mut moment = Moment::now(self.store.db()).await?;
        let day = healths(&mut moment, rows.clone(), Span::Last(Range::Day).window(now), now).await?;
        let day: HashMap<ChannelId, ChannelHealth> = day.into_iter().map(|channel| (channel.id, channel)).collect();
        let hour = sums_since(&mut moment, (now - HOUR_US).div_euclid(MINUTE_US) * MINUTE_US).await?;
        let today = sums_since(&mut moment, now.div_euclid(DAY_US) * DAY_US).await?;
        let shown = |row: ChannelRow| {
            let health = health(day.get(&row.id), hour.get(&row.id), today.get(&row.id));
            line(row, health)
        };
        let mut lines: Vec<ChannelLine> = rows.into_iter().map(shown).collect();
        lines.sort_by(|a, b| (b.priority, b.weight).cmp(&(a.priority, a.weight)).then_with(|| a.name.cmp(&b.name)));
        Ok(lines)
    }

    async fn make_channel(&self, by: Author, new: NewChannel) -> Result<(), Failed> {
        let fields: ChannelFields = serde_json::from_value(body(&new))
            .map_err(|_| Failed::Invalid { field: "Channel".to_owned(), why: "cannot be read".to_owned() })?;
        let new = fields.checked(&self.api.egress).map_err(|problem| refused(&problem))?;
        self.store.channels().create(&actor(by), new).await.map(drop).map_err(failed)
    }

    async fn order(&self, by: Author, id: ChannelId, wanted: Value) -> Result<ChannelOrder, Failed> {
        let change: ChannelChange = serde_json::from_value(wanted)
            .map_err(|_| Failed::Invalid { field: "Channel".to_owned(), why: "cannot be read".to_owned() })?;
        let now = self.store.channels().get(id).await.map_err(failed)?;
        let patch = change.checked(&now, &self.api.egress).map_err(|problem| refused(&problem))?;
        let row = self.store.channels().patch(&actor(by), id, patch).await.map_err(failed)?;
        Ok(ChannelOrder { priority: row.priority, weight: row.weight })
    }

    /// The list of credentials is replaced as a whole: all that are there stay, but the one of this name.
    async fn put_credential(
        &self,
        by: Author,
        id: ChannelId,
        name: &str,
        secret: CredentialSecret,
    ) -> Result<(), Failed> {
        let name = Name::parse("Name", name).map_err(failed)?;
        let now = self.store.channels().get(id).await.map_err(failed)?;
        let weight = now.credentials.iter().find(|old| old.name == name.as_str()).map_or(1, |old| old.weight);
        let mut credentials = Vec::new();
        for old in now.credentials.iter().filter(|old| old.name != name.as_str()) {
            let name = Name::parse("Name", &old.name).map_err(failed)?;
            credentials.push(CredentialPatch { name, secret: None, weight: old.weight });
        }
        credentials.push(CredentialPatch { name, secret: Some(secret), weight });
        let patch = ChannelPatch { credentials: Some(credentials), ..ChannelPatch::default() };
        self.store.channels().patch(&actor(by), id, patch).await.map(drop).map_err(failed)
    }
}

impl Channels for ServerConsole {
    fn channels(&self) -> BoxFuture<'_, Result<Vec<ChannelLine>, Failed>> {
        Box::pin(async move { self.channel_lines().await.map_err(failed) })
    }

    fn create_channel(&self, by: Author, new: NewChannel) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(self.make_channel(by, new))
    }

    fn set_channel_enabled(&self, by: Author, id: ChannelId, enabled: bool) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let patch = ChannelPatch { enabled: Some(enabled), ..ChannelPatch::default() };
            self.store.channels().patch(&actor(by), id, patch).await.map(drop).map_err(failed)
        })
    }

    fn set_channel_order(
        &self,
        by: Author,
        id: ChannelId,
        priority: Option<i32>,
        weight: Option<u32>,
    ) -> BoxFuture<'_, Result<ChannelOrder, Failed>> {
        Box::pin(self.order(by, id, json!({"priority": priority, "weight": weight})))
    }

    fn set_credential(
        &self,
        by: Author,
        id: ChannelId,
        name: String,
        secret: CredentialSecret,
    ) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move { self.put_credential(by, id, &name, secret).await })
    }

    fn test_channel(&self, id: ChannelId) -> BoxFuture<'_, Result<BoxStream<'static, TestNews>, Failed>> {
        Box::pin(async move {
            let news = streamed::begin(self.api.clone(), id).await.map_err(|problem| refused(&problem))?;
            Ok(news.boxed())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_without_models_carries_its_providers_catalogue_at_cost() {
        let new = |models: &[&str]| NewChannel {
            name: String::new(),
            provider: "openai".into(),
            base_url: None,
            secret: None,
            models: models.iter().map(|name| (*name).to_owned()).collect(),
        };
        let all = body(&new(&[]));
        assert_eq!(all["name"], "openai");
        assert!(all["models"].as_array().unwrap().len() > 5);
        assert!(all["models"][0]["cost"]["input"].is_string());
        assert_eq!(body(&new(&["mine"]))["models"], json!([{"model": "mine"}]));
    }
}
