//! A test bed: a node on a database, a scripted upstream, a tenant with money and a key. What most suites begin with.

use crate::{
    amount,
    api::{Api, Key},
    database::{Database, Kind, Reader},
    http::Request,
    node::{Node, POSTED},
    upstream::Upstream,
    wait::until,
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{net::SocketAddr, time::Duration};

/// Within this the CSV and the ledger have the same total once nothing is sent any more.
const AGREED: Duration = Duration::from_secs(5);

/// The running parts of one test.
#[derive(Debug)]
pub struct Bed {
    /// The node; its process ends when the bed is dropped.
    pub node: Node,
    /// Its management API.
    pub api: Api,
    /// The scripted upstream its channels point to.
    pub upstream: Upstream,
    /// Its database.
    pub database: Database,
    /// A tenant with $1 000 unless a test gave it less.
    pub tenant: String,
    /// A key of that tenant.
    pub key: Key,
}

impl Bed {
    /// A bed on this kind of database.
    pub async fn start(program: &str, kind: Kind) -> Result<Self> {
        Self::with(program, kind, &[], "1000").await
    }

    /// A bed with settings (`("RELAY__MAX_BODY", "1024")`) and this much in its wallet.
    pub async fn with(program: &str, kind: Kind, settings: &[(&str, &str)], usd: &str) -> Result<Self> {
        let database = Database::fresh(kind).await?;
        let mut node = Node::new(program, database.url())?;
        for (name, value) in settings {
            node.set(name, value);
        }
        node.start().await?;
        Self::on(node, database, usd).await
    }

    /// A bed around a node that runs already.
    pub async fn on(node: Node, database: Database, usd: &str) -> Result<Self> {
        let api = Api::new(node.address(), &node.token().await?);
        let upstream = Upstream::start().await?;
        let tenant = api.tenant("under test").await?;
        if usd != "0" {
            api.credit(&tenant, usd).await?;
        }
        let key = api.key(&tenant, &json!({})).await?;
        Ok(Self { node, api, upstream, database, tenant, key })
    }

    /// A second node on the same PostgreSQL, with the first one's settings.
    pub async fn second_node(&self, program: &str) -> Result<Node> {
        self.second_node_at(program, self.database.url().context("a second node needs PostgreSQL")?).await
    }

    /// The same, with another way to the database.
    pub async fn second_node_at(&self, program: &str, url: &str) -> Result<Node> {
        let mut node = Node::new(program, Some(url))?;
        node.set_as(&self.node);
        let key = self.node.data().join("secret.key");
        if key.exists() {
            std::fs::copy(key, node.data().join("secret.key"))?;
        }
        node.start().await?;
        Ok(node)
    }

    /// A model with this sale price, carried by a channel to the scripted upstream.
    pub async fn model(&self, model: &str, provider: &str, rates: &Value) -> Result<String> {
        self.api.price(model, rates).await?;
        let id = self.api.channel(provider, &self.upstream.base_url(provider), model, &json!({})).await?;
        self.known().await?;
        Ok(id)
    }

    /// Waits until the node knows every change made so far. Changes reach a node in order and within a second
    /// (architecture.md), so one more model, once it is listed, tells that all before it are known.
    pub async fn known(&self) -> Result<()> {
        self.known_at(self.node.address()).await
    }

    /// The same for the node at this address.
    pub async fn known_at(&self, address: SocketAddr) -> Result<()> {
        let model = format!("sentinel-{:x}", rand::random::<u64>());
        self.api.price(&model, &json!({"input": "1", "output": "1"})).await?;
        self.api.channel("openai", &self.upstream.base_url("openai"), &model, &json!({})).await?;
        let request = Request::new("GET", format!("/v1/models/{model}")).bearer(&self.key.secret);
        let listed = async || Ok((request.send(address).await?.status() == 200).then_some(()));
        until("the node to know every change", Duration::from_secs(5), listed).await
    }

    /// A chat request for `model`.
    pub fn chat(&self, model: &str, more: &Value) -> Request {
        chat(&self.key.secret, model, more)
    }

    /// Sends a request to the node.
    pub async fn send(&self, request: &Request) -> Result<crate::http::Answer> {
        request.send(self.node.address()).await
    }

    /// A reader of the database.
    pub async fn reader(&self) -> Result<Reader> {
        self.database.reader(self.node.data()).await
    }

    /// Waits until exactly `count` usage rows exist, and gives them.
    pub async fn rows(&self, count: usize) -> Result<Vec<crate::api::Row>> {
        until(&format!("{count} usage rows"), POSTED, async || {
            let rows = self.api.usage("").await?;
            ensure!(rows.len() <= count, "{} usage rows, {count} expected", rows.len());
            Ok((rows.len() == count).then_some(rows))
        })
        .await
    }

    /// M6: `reconcile` says 0, and the CSV's total is the ledger's of kind `usage`.
    pub async fn books_agree(&self) -> Result<()> {
        self.node.settled().await?;
        let reader = self.reader().await?;
        let statement = "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers WHERE kind = 'usage'";
        let mut last = (0, 0);
        // A stream whose caller left may end between the two readings.
        let equal = async || {
            let mut csv = 0;
            for row in self.api.usage("").await? {
                csv += amount::nano(row.get("cost_usd").map_or("", String::as_str))?;
            }
            last = (csv, i128::from(reader.integer(statement).await?));
            Ok((last.0 == last.1).then_some(()))
        };
        until("the CSV's total to be the ledger's (M6)", AGREED, equal)
            .await
            .with_context(|| format!("(CSV, ledger) is {last:?}"))?;
        crate::auditor::audit(&self.reader().await?).await
    }
}

/// A chat request for `model` with this key.
pub fn chat(secret: &str, model: &str, more: &Value) -> Request {
    let mut body = json!({"model": model, "messages": [{"role": "user", "content": "Hello"}]});
    extend(&mut body, more);
    Request::new("POST", "/v1/chat/completions").bearer(secret).body(body.to_string())
}

/// An Anthropic request for `model` with this key.
pub fn message(secret: &str, model: &str, more: &Value) -> Request {
    let mut body = json!({"model": model, "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]});
    extend(&mut body, more);
    let request = Request::new("POST", "/v1/messages").header("x-api-key", secret);
    request.header("anthropic-version", "2023-06-01").body(body.to_string())
}

fn extend(body: &mut Value, more: &Value) {
    let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) else { return };
    body.extend(more.clone());
}
