//! Routing for the console, by the same rules as the management API.

use super::{ServerConsole, actor, failed, refused};
use crate::api::routes::{WouldBe, explained};
use app::port::{Author, Failed, NewRoute, Routing};
use domain::{
    channel::{Channel, Snapshot},
    ids::ChannelId,
    ports::Catalog as _,
    route::{Route, Rule},
    views::{RouteLine, RouteView, RoutingView, ShutLine, WouldBeAsked},
};
use engine::health::{Slot, Standing};
use futures::future::BoxFuture;
use std::{collections::HashMap, sync::Arc};
use store::{Error, ModelName};
use tokio::time::Instant;

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

/// What this node does not try at the moment, of channels and credentials that are still there. The catalogue says which
/// are: it has all that requests may go to, however many, with their names.
fn shut(snapshot: &Snapshot, slots: Vec<Arc<Slot>>, now: Instant) -> Vec<ShutLine> {
    let offers = snapshot.models.values().flat_map(|model| &model.offers);
    let channels: HashMap<ChannelId, &Channel> = offers.map(|offer| (offer.channel.id, &*offer.channel)).collect();
    let line = |slot: Arc<Slot>| {
        let standing = slot.standing(now);
        let wait = match standing {
            Standing::Ready => return None,
            Standing::Probe => 0,
            Standing::Shut(_, until) => until.saturating_duration_since(now).as_millis().div_ceil(1_000),
        };
        let channel = channels.get(&slot.place.channel)?;
        let credential = match slot.place.credential {
            Some(id) => channel.credentials.iter().find(|one| one.id == id)?.name.clone(),
            None => String::new(),
        };
        Some(ShutLine {
            channel: channel.id,
            channel_name: channel.name.clone(),
            credential,
            model: slot.model.to_string(),
            state: standing.as_str().to_owned(),
            seconds: u64::try_from(wait).unwrap_or(u64::MAX),
        })
    };
    let mut lines: Vec<ShutLine> = slots.into_iter().filter_map(line).collect();
    lines.sort_by(|a, b| (&a.channel_name, &a.credential, &a.model).cmp(&(&b.channel_name, &b.credential, &b.model)));
    lines
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
        Ok(RoutingView {
            routes: self.store.models().list().await?.into_iter().map(line).collect(),
            shut: shut(&self.api.catalog.snapshot(), self.api.health.slots(), Instant::now()),
            events: self.place_events().await?,
        })
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
    use domain::{
        channel::{ChannelSettings, Credential, Model, Offer, Timeouts},
        dialect::{Dialect, Provider},
        ids::CredentialId,
        secret::CredentialSecret,
    };
    use engine::health::{Health, Place};
    use protocol::error::Class;

    /// A catalogue with one channel, 1, that has one credential, 1.
    fn catalogue() -> Snapshot {
        let secret = CredentialSecret::new("sk-test".to_owned());
        let channel = Arc::new(Channel {
            id: ChannelId(1),
            name: "there".to_owned(),
            provider: Provider::Openai,
            base_url: String::new(),
            dialects: vec![Dialect::OpenaiChat],
            priority: 0,
            weight: 1,
            timeouts: Timeouts::default(),
            allow_private_network: false,
            credentials: vec![Credential { id: CredentialId(1), name: "main".to_owned(), secret, weight: 1 }],
            settings: ChannelSettings::default(),
            proxy: None,
        });
        let offers = vec![Offer { channel, upstream_model: "m".into(), cost: Default::default() }];
        let models = HashMap::from([("m".to_owned(), Model { offers, ..Model::default() })]);
        Snapshot { models, ..Snapshot::default() }
    }

    #[test]
    fn what_is_shut_is_named_while_its_channel_and_credential_are_there() {
        let (health, now) = (Health::default(), Instant::now());
        for (channel, credential) in [(1, 1), (1, 2), (2, 1)] {
            let place = Place { channel: ChannelId(channel), credential: Some(CredentialId(credential)) };
            health.slot(place, "m").failed(Class::Rate, None, now, 0.0);
        }
        let lines = shut(&catalogue(), health.slots(), now);
        let told: Vec<_> =
            lines.iter().map(|it| (it.channel_name.as_str(), it.credential.as_str(), &*it.state)).collect();
        assert_eq!(told, [("there", "main", "cooling")]);
    }

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
