//! The management API as contract.md writes it, called from outside: every call says what status it expects and shows
//! the whole answer when another came.

use crate::{
    amount,
    http::{Answer, Request},
};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use std::{collections::HashMap, net::SocketAddr};

/// A management client with its token.
#[derive(Debug, Clone)]
pub struct Api {
    address: SocketAddr,
    token: String,
}

/// A key just made.
#[derive(Debug, Clone)]
pub struct Key {
    /// Its id.
    pub id: String,
    /// Its secret, shown once.
    pub secret: String,
}

/// A wallet as the API shows it, in nano-USD.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// Posted by transfers.
    pub posted: i128,
    /// Drawn by leases.
    pub leased: i128,
    /// Left to draw.
    pub available: i128,
    /// Settled and not yet posted.
    pub pending: i128,
}

/// One line of the usage CSV, by column.
pub type Row = HashMap<String, String>;

impl Api {
    /// A client of the node at `address`.
    pub fn new(address: SocketAddr, token: &str) -> Self {
        Self { address, token: token.to_owned() }
    }

    /// The same client of another node.
    pub fn at(&self, address: SocketAddr) -> Self {
        Self { address, token: self.token.clone() }
    }

    /// A request of this client, to send some other way.
    pub fn request(&self, method: &'static str, path: &str) -> Request {
        Request::new(method, path).bearer(&self.token)
    }

    /// Any call, without an expectation.
    pub async fn call(&self, method: &'static str, path: &str, body: Option<&Value>) -> Result<Answer> {
        let mut request = Request::new(method, format!("/api/v1{path}")).bearer(&self.token);
        if let Some(body) = body {
            request = request.body(body.to_string());
        }
        request.send(self.address).await
    }

    /// A `POST` that happens once, whatever number of copies carry this idempotency key.
    pub async fn post_once(&self, path: &str, key: &str, body: &Value) -> Result<Answer> {
        let request = Request::new("POST", format!("/api/v1{path}")).bearer(&self.token).header("idempotency-key", key);
        request.body(body.to_string()).send(self.address).await
    }

    async fn expect(&self, status: u16, method: &'static str, path: &str, body: Option<&Value>) -> Result<Value> {
        let answer = self.call(method, path, body).await?;
        let got = answer.status();
        ensure!(got == status, "{method} {path} {body:?}: {got} in place of {status}: {}", answer.text());
        if answer.body.is_empty() { Ok(Value::Null) } else { answer.json() }
    }

    /// `GET`, 200.
    pub async fn get(&self, path: &str) -> Result<Value> {
        self.expect(200, "GET", path, None).await
    }

    /// `POST`, 201.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.expect(201, "POST", path, Some(body)).await
    }

    /// `PUT`, 200.
    pub async fn put(&self, path: &str, body: &Value) -> Result<Value> {
        self.expect(200, "PUT", path, Some(body)).await
    }

    /// `PATCH`, 200.
    pub async fn patch(&self, path: &str, body: &Value) -> Result<Value> {
        self.expect(200, "PATCH", path, Some(body)).await
    }

    /// `DELETE`, 204.
    pub async fn delete(&self, path: &str) -> Result<Value> {
        self.expect(204, "DELETE", path, None).await
    }

    /// Makes a tenant and returns its id.
    pub async fn tenant(&self, name: &str) -> Result<String> {
        id(&self.post("/tenants", &json!({"name": name})).await?)
    }

    /// Adds to a wallet (a decimal string of USD).
    pub async fn credit(&self, tenant: &str, usd: &str) -> Result<()> {
        let body = json!({"amount": usd, "reason": "test"});
        self.post(&format!("/tenants/{tenant}/adjustments"), &body).await.map(|_| ())
    }

    /// Makes a key; `more` adds fields to its name.
    pub async fn key(&self, tenant: &str, more: &Value) -> Result<Key> {
        let mut body = json!({"name": "test"});
        merge(&mut body, more);
        let made = self.post(&format!("/tenants/{tenant}/keys"), &body).await?;
        let secret = made.get("secret").and_then(Value::as_str).context("a key without a secret")?.to_owned();
        Ok(Key { id: id(&made)?, secret })
    }

    /// Sets a model's sale price.
    pub async fn price(&self, model: &str, rates: &Value) -> Result<()> {
        self.put(&format!("/models/{}/price", model.replace('/', "%2F")), rates).await.map(|_| ())
    }

    /// Makes a channel with one credential that carries `model`; `more` overrides fields.
    pub async fn channel(&self, provider: &str, base_url: &str, model: &str, more: &Value) -> Result<String> {
        let mut body = json!({"name": format!("{provider} for {model}"), "provider": provider, "base_url": base_url,
            "credentials": [{"name": "only", "secret": "upstream-secret"}], "models": [{"model": model}],
            "allow_private_network": true});
        merge(&mut body, more);
        id(&self.post("/channels", &body).await?)
    }

    /// A tenant's wallet.
    pub async fn balance(&self, tenant: &str) -> Result<Balance> {
        let shown = self.get(&format!("/tenants/{tenant}/balance")).await?;
        let field = |name| amount::field(&shown, name);
        Ok(Balance {
            posted: field("posted")?,
            leased: field("leased")?,
            available: field("available")?,
            pending: field("pending")?,
        })
    }

    /// Every usage row that `filters` (`tenant=…&status=…`) let through, from the CSV.
    pub async fn usage(&self, filters: &str) -> Result<Vec<Row>> {
        let answer = self.call("GET", &format!("/usage.csv?{filters}"), None).await?;
        ensure!(answer.status() == 200, "usage.csv: {} {}", answer.status(), answer.text());
        let text = answer.text();
        ensure!(text.ends_with("\r\n"), "the CSV does not end its last line with CRLF");
        let mut records = csv_records(&text).into_iter();
        let header = records.next().context("the CSV has no header row")?;
        records
            .map(|cells| {
                ensure!(cells.len() == header.len(), "a CSV row of {} cells under {}", cells.len(), header.len());
                Ok(header.iter().cloned().zip(cells).collect())
            })
            .collect()
    }
}

/// The `id` of what was made.
pub fn id(made: &Value) -> Result<String> {
    Ok(made.get("id").and_then(Value::as_str).with_context(|| format!("no id in {made}"))?.to_owned())
}

/// Sets `body`'s fields to `more`'s; a null takes a field away.
fn merge(body: &mut Value, more: &Value) {
    let (Some(body), Some(more)) = (body.as_object_mut(), more.as_object()) else { return };
    for (name, value) in more {
        if value.is_null() {
            body.remove(name);
        } else {
            body.insert(name.clone(), value.clone());
        }
    }
}

/// RFC 4180, read by hand so that the writer's library is not also its judge.
fn csv_records(text: &str) -> Vec<Vec<String>> {
    let (mut records, mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                cell.push('"');
            }
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\r' if !quoted && chars.peek() == Some(&'\n') => {
                chars.next();
                cells.push(std::mem::take(&mut cell));
                records.push(std::mem::take(&mut cells));
            }
            c => cell.push(c),
        }
    }
    records
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_cells_keep_commas_quotes_and_line_ends() {
        let records = csv_records("a,b\r\n\"x,\"\"y\"\"\r\nz\",'=1\r\n");
        assert_eq!(records, vec![vec!["a".to_owned(), "b".into()], vec!["x,\"y\"\r\nz".into(), "'=1".into()]]);
    }
}
