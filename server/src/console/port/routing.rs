//! Routing for the console, by the same rules as the management API.

use super::{ServerConsole, actor, failed, refused, time};
use crate::api::routes::{WouldBe, explained};
use app::port::{Author, Failed, NewRoute, Routing};
use domain::{
    ids::{ChannelId, CredentialId, TenantId},
    route::{Route, Rule},
    views::{EventLine, RouteLine, RouteView, RoutingView, ShutLine, WouldBeAsked},
};
use engine::health::Standing;
use futures::future::BoxFuture;
use std::collections::HashMap;
use store::{
    Error, ModelName, Page,
    events::{EventRow, Wanted},
};
use tokio::time::Instant;

/// So many events are shown.
const EVENTS: u32 = 50;

fn invalid(field: &str, why: impl ToString) -> Failed {
    Failed::Invalid { field: field.to_owned(), why: why.to_string() }
}

/// A count that was typed; `None`: nothing was.
fn count(field: &str, text: &str) -> Result<Option<u64>, Failed> {
    let digits = text.replace([',', ' ', '_'], "");
    if digits.is_empty() {
        return Ok(None);
    }
    digits.parse().map(Some).map_err(|_| invalid(field, "must be a whole number"))
}

fn read(new: &NewRoute) -> Result<Route, Failed> {
    let rules: Vec<Rule> = match new.rules.trim() {
        "" => Vec::new(),
        text => serde_json::from_str(text).map_err(|error| invalid("Rules", error))?,
    };
    let fallbacks = new.fallbacks.split(',').map(str::trim).filter(|name| !name.is_empty());
    Ok(Route {
        strategy: new.strategy.parse().map_err(|error| invalid("Strategy", error))?,
        fallbacks: fallbacks.map(str::to_owned).collect(),
        rules,
    })
}

impl ServerConsole {
    async fn routing_lines(&self) -> Result<RoutingView, Error> {
        let routes: HashMap<String, Route> = self.store.routes().list().await?.into_iter().collect();
        let line = |model: store::models::ModelRow| {
            let route = routes.get(&model.name).cloned().unwrap_or_default();
            RouteLine {
                strategy: route.strategy,
                fallbacks: route.fallbacks,
                rules: route.rules.len(),
                channels: u64::try_from(model.channels).unwrap_or(0),
                model: model.name,
            }
        };
        let channels = self.store.channels().list(Page::first(Page::MAX)).await?.rows;
        let names: HashMap<ChannelId, &str> = channels.iter().map(|row| (row.id, row.name.as_str())).collect();
        let secrets: HashMap<CredentialId, &str> =
            channels.iter().flat_map(|row| &row.credentials).map(|one| (one.id, one.name.as_str())).collect();
        let tenants: HashMap<TenantId, String> = self.store.tenants().names().await?.into_iter().collect();
        let event = |row: EventRow| EventLine {
            id: row.id,
            time: time(row.event.times_us.1),
            kind: row.event.kind,
            count: u64::try_from(row.event.count).unwrap_or(0),
            model: row.event.model,
            channel: row
                .event
                .channel
                .map(|id| names.get(&id).map_or_else(|| id.to_string(), ToString::to_string))
                .unwrap_or_default(),
            tenant: row.event.tenant.and_then(|id| tenants.get(&id).cloned()).unwrap_or_default(),
            request: row.event.request,
            detail: row.event.detail,
        };
        let events = self.store.events().list(&Wanted::default(), Page::first(EVENTS)).await?.rows;
        Ok(RoutingView {
            routes: self.store.models().list().await?.into_iter().map(line).collect(),
            shut: self.shut(&names, &secrets),
            events: events.into_iter().map(event).collect(),
        })
    }

    /// What this node does not try at the moment, of channels that are still there.
    fn shut(&self, names: &HashMap<ChannelId, &str>, secrets: &HashMap<CredentialId, &str>) -> Vec<ShutLine> {
        let now = Instant::now();
        let line = |slot: std::sync::Arc<engine::health::Slot>| {
            let standing = slot.standing(now);
            let wait = match standing {
                Standing::Ready => return None,
                Standing::Probe => 0,
                Standing::Shut(_, until) => until.saturating_duration_since(now).as_millis().div_ceil(1_000),
            };
            let credential = match slot.place.credential {
                Some(id) => (*secrets.get(&id)?).to_owned(),
                None => String::new(),
            };
            Some(ShutLine {
                channel: slot.place.channel,
                channel_name: (*names.get(&slot.place.channel)?).to_owned(),
                credential,
                model: slot.model.to_string(),
                state: standing.as_str().to_owned(),
                seconds: u64::try_from(wait).unwrap_or(u64::MAX),
            })
        };
        let mut lines: Vec<ShutLine> = self.api.health.slots().into_iter().filter_map(line).collect();
        lines.sort_by(|a, b| {
            (&a.channel_name, &a.credential, &a.model).cmp(&(&b.channel_name, &b.credential, &b.model))
        });
        lines
    }

    async fn one_route(&self, model: String, asked: WouldBeAsked) -> Result<RouteView, Failed> {
        let name = ModelName::parse("Model", &model).map_err(failed)?;
        let route = self.store.routes().get(&name).await.map_err(failed)?;
        let would_be = WouldBe {
            input_tokens: count("Input tokens", &asked.input)?,
            output_tokens: count("Output tokens", &asked.output)?,
            tools: asked.tools,
            images: asked.images,
            strategy: Some(asked.strategy).filter(|word| !word.is_empty()),
            ..WouldBe::default()
        };
        let decided = explained(&self.api, &model, &would_be).map_err(|problem| refused(&problem))?;
        let rules = if route.rules.is_empty() {
            String::new()
        } else {
            serde_json::to_string_pretty(&route.rules).unwrap_or_default()
        };
        Ok(RouteView { strategy: route.strategy, fallbacks: route.fallbacks.join(", "), rules, decided })
    }
}

impl Routing for ServerConsole {
    fn routing(&self) -> BoxFuture<'_, Result<RoutingView, Failed>> {
        Box::pin(async move { self.routing_lines().await.map_err(failed) })
    }

    fn route(&self, model: String, asked: WouldBeAsked) -> BoxFuture<'_, Result<RouteView, Failed>> {
        Box::pin(self.one_route(model, asked))
    }

    fn set_route(&self, by: Author, new: NewRoute) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            let (name, route) = (ModelName::parse("Model", &new.model).map_err(failed)?, read(&new)?);
            self.store.routes().put(&actor(by), &name, &route).await.map_err(failed)
        })
    }

    fn revive(&self, channel: ChannelId) -> BoxFuture<'_, Result<(), Failed>> {
        Box::pin(async move {
            self.store.channels().get(channel).await.map_err(failed)?;
            self.api.health.reset(|place| place.channel == channel);
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn new(strategy: &str, fallbacks: &str, rules: &str) -> NewRoute {
        NewRoute { model: "m".into(), strategy: strategy.into(), fallbacks: fallbacks.into(), rules: rules.into() }
    }

    #[test]
    fn a_form_is_read_as_the_api_would() {
        let route = read(&new("cost", " a, b ,,", r#"[{"when":{"tools":true},"then":{"only":["eu"]}}]"#)).unwrap();
        assert_eq!((route.fallbacks, route.rules.len()), (vec!["a".to_owned(), "b".to_owned()], 1));
        assert_eq!(read(&new("balanced", "", "")).unwrap(), Route::default());
        for bad in [new("fast", "", ""), new("cost", "", "{"), new("cost", "", r#"[{"then":{"colour":1}}]"#)] {
            assert!(matches!(read(&bad), Err(Failed::Invalid { .. })), "{bad:?}");
        }
        assert_eq!(count("Input", "12,000"), Ok(Some(12_000)));
        assert!(count("Input", "many").is_err());
    }
}
