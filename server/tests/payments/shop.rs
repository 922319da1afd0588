//! A shop under test: a node that sells credit, before scripted providers that sign as the real ones do.

use std::net::SocketAddr;
use testkit::{
    Context, Result, Value, amount,
    auditor::Auditor,
    bed::Bed,
    database::Kind,
    ensure,
    epay::{self, Epay},
    json,
    node::Node,
    stripe::{self, Stripe},
};

/// A node that sells credit, with its providers.
pub struct Shop {
    pub bed: Bed,
    pub stripe: Stripe,
    pub epay: Epay,
    auditor: Auditor,
}

const CURRENCIES: &str = r#"[
    {code = "EUR", rate = "0.92", fee_fixed = "0.25", fee_ppm = 15000},
    {code = "CNY", rate = "7.25", fee_fixed = "0", fee_ppm = 6000}]"#;

fn settings<'a>(api_base: &'a str, gateway: &'a str) -> [(&'static str, &'a str); 9] {
    [
        ("SERVER__PUBLIC_URL", "https://relay.example.com"),
        ("PAYMENTS__CURRENCIES", CURRENCIES),
        ("PAYMENTS__LOOK_SECONDS", "1"),
        ("PAYMENTS__STRIPE__API_BASE", api_base),
        ("PAYMENTS__STRIPE__SECRET_KEY", stripe::SECRET_KEY),
        ("PAYMENTS__STRIPE__WEBHOOK_SECRET", stripe::WEBHOOK_SECRET),
        ("PAYMENTS__EPAY__GATEWAY", gateway),
        ("PAYMENTS__EPAY__PID", epay::PID),
        ("PAYMENTS__EPAY__KEY", epay::KEY),
    ]
}

impl Shop {
    pub async fn open(program: &str, kind: Kind) -> Result<Self> {
        let (stripe, epay) = (Stripe::start().await?, Epay::start().await?);
        let (api_base, gateway) = (stripe.url(), epay.url());
        let bed = Bed::with(program, kind, &settings(&api_base, &gateway), "0").await?;
        let auditor = Auditor::start(bed.reader().await?);
        Ok(Self { bed, stripe, epay, auditor })
    }

    /// Another node of the same shop, where the database is PostgreSQL.
    pub async fn second(&self, program: &str, kind: Kind) -> Result<Option<Node>> {
        match kind {
            Kind::Sqlite => Ok(None),
            Kind::Postgres => self.bed.second_node(program).await.map(Some),
        }
    }

    pub fn node(&self) -> SocketAddr {
        self.bed.node.address()
    }

    pub async fn order(&self, fields: &Value) -> Result<Value> {
        let mut all = json!({"tenant": self.bed.tenant, "amount": "10"});
        for (name, value) in fields.as_object().context("fields")? {
            all[name] = value.clone();
        }
        self.bed.api.post("/topups", &all).await
    }

    /// An order of $10 through Stripe, paid in EUR: 9.20 and a fee of 0.25 + 1.5 % = 0.39.
    pub async fn by_stripe(&self) -> Result<String> {
        testkit::api::id(&self.order(&json!({"provider": "stripe", "currency": "EUR"})).await?)
    }

    /// One that is paid, and its session.
    pub async fn paid_by_stripe(&self) -> Result<(String, Value)> {
        let order = self.by_stripe().await?;
        let session = self.stripe.pay(&order)?;
        self.tell("checkout.session.completed", &session).await?;
        Ok((order, session))
    }

    pub async fn tell(&self, kind: &str, object: &Value) -> Result<()> {
        let body = self.stripe.event(kind, object);
        let answer = stripe::tell(self.node(), &body, &stripe::signature(&body)).await?;
        ensure!(answer.status() == 200, "{kind}: {} {}", answer.status(), answer.text());
        Ok(())
    }

    pub async fn posted(&self) -> Result<i128> {
        Ok(self.bed.api.balance(&self.bed.tenant).await?.posted)
    }

    pub async fn holds(&self, usd: &str) -> Result<()> {
        let posted = self.posted().await?;
        ensure!(posted == amount::nano(usd)?, "the wallet holds {posted} nano, not {usd} USD");
        Ok(())
    }

    pub async fn shown(&self, order: &str) -> Result<Value> {
        self.bed.api.get(&format!("/topups/{order}")).await
    }

    /// The books agree, at every read and at the end.
    pub async fn close(self) -> Result<()> {
        self.auditor.finish()?;
        let printed = self.bed.node.printed();
        for planted in [stripe::SECRET_KEY, stripe::WEBHOOK_SECRET, epay::KEY] {
            ensure!(!printed.contains(planted), "{planted} is in the log");
        }
        self.bed.books_agree().await
    }
}

pub fn is(value: &Value, name: &str, expected: &str) -> Result<()> {
    ensure!(value.get(name).is_some_and(|it| it == expected), "{name} is not {expected}: {value}");
    Ok(())
}
