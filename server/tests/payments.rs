//! Money in and out over the real program: orders through Stripe and Epay (scripted, and signing as they do), their webhooks,
//! codes, refunds, chargebacks, closing (goals.md M9).

use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use testkit::{
    Context, Result, Value, amount,
    auditor::Auditor,
    bed::Bed,
    database::Kind,
    ensure,
    epay::{self, Epay},
    http::Answer,
    json,
    node::Node,
    run::figure,
    stripe::{self, Refunds, Stripe},
    wait::until,
};
use tokio::task::JoinSet;

testkit::on_both_databases!(
    an_order_fixes_its_price_is_paid_and_credited_once,
    m9_a_hundred_copies_at_once_have_one_effect_and_equal_answers,
    a_forged_stale_or_truncated_webhook_changes_nothing,
    webhooks_in_any_order_come_to_the_same,
    refunds_go_through_the_provider_and_come_back_if_it_refuses,
    a_chargeback_is_owed_and_closing_settles_what_is_left,
);

/// Copies of one call at once.
const COPIES: usize = 100;

/// A node that sells credit, with its providers.
struct Shop {
    bed: Bed,
    stripe: Stripe,
    epay: Epay,
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
    async fn open(program: &str, kind: Kind) -> Result<Self> {
        let (stripe, epay) = (Stripe::start().await?, Epay::start().await?);
        let (api_base, gateway) = (stripe.url(), epay.url());
        let bed = Bed::with(program, kind, &settings(&api_base, &gateway), "0").await?;
        let auditor = Auditor::start(bed.reader().await?);
        Ok(Self { bed, stripe, epay, auditor })
    }

    /// Another node of the same shop, where the database is PostgreSQL.
    async fn second(&self, program: &str, kind: Kind) -> Result<Option<Node>> {
        match kind {
            Kind::Sqlite => Ok(None),
            Kind::Postgres => self.bed.second_node(program).await.map(Some),
        }
    }

    fn node(&self) -> SocketAddr {
        self.bed.node.address()
    }

    async fn order(&self, fields: &Value) -> Result<Value> {
        let mut all = json!({"tenant": self.bed.tenant, "amount": "10"});
        for (name, value) in fields.as_object().context("fields")? {
            all[name] = value.clone();
        }
        self.bed.api.post("/topups", &all).await
    }

    /// An order of $10 through Stripe, paid in EUR: 9.20 and a fee of 0.25 + 1.5 % = 0.39.
    async fn by_stripe(&self) -> Result<String> {
        testkit::api::id(&self.order(&json!({"provider": "stripe", "currency": "EUR"})).await?)
    }

    /// One that is paid, and its session.
    async fn paid_by_stripe(&self) -> Result<(String, Value)> {
        let order = self.by_stripe().await?;
        let session = self.stripe.pay(&order)?;
        self.tell("checkout.session.completed", &session).await?;
        Ok((order, session))
    }

    async fn tell(&self, kind: &str, object: &Value) -> Result<()> {
        let body = self.stripe.event(kind, object);
        let answer = stripe::tell(self.node(), &body, &stripe::signature(&body)).await?;
        ensure!(answer.status() == 200, "{kind}: {} {}", answer.status(), answer.text());
        Ok(())
    }

    async fn posted(&self) -> Result<i128> {
        Ok(self.bed.api.balance(&self.bed.tenant).await?.posted)
    }

    async fn holds(&self, usd: &str) -> Result<()> {
        let posted = self.posted().await?;
        ensure!(posted == amount::nano(usd)?, "the wallet holds {posted} nano, not {usd} USD");
        Ok(())
    }

    async fn shown(&self, order: &str) -> Result<Value> {
        self.bed.api.get(&format!("/topups/{order}")).await
    }

    /// The books agree, at every read and at the end.
    async fn close(self) -> Result<()> {
        self.auditor.finish()?;
        let printed = self.bed.node.printed();
        for planted in [stripe::SECRET_KEY, stripe::WEBHOOK_SECRET, epay::KEY] {
            ensure!(!printed.contains(planted), "{planted} is in the log");
        }
        self.bed.books_agree().await
    }
}

fn is(value: &Value, name: &str, expected: &str) -> Result<()> {
    ensure!(value.get(name).is_some_and(|it| it == expected), "{name} is not {expected}: {value}");
    Ok(())
}

async fn an_order_fixes_its_price_is_paid_and_credited_once(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let fees = testkit::http::Request::new("GET", "/api/v1/fees").send(shop.node()).await?;
    ensure!(fees.status() == 200 && fees.text().contains(r#""fee_percent":"1.5""#), "fees: {}", fees.text());

    let order = shop.order(&json!({"provider": "stripe"})).await?;
    for (name, expected) in [
        ("state", "pending"),
        ("currency", "EUR"),
        ("rate", "0.92"),
        ("pay", "9.59"),
        ("fee", "0.39"),
        ("credited", "10"),
    ] {
        is(&order, name, expected)?;
    }
    let id = testkit::api::id(&order)?;
    let session = shop.stripe.pay(&id)?;
    ensure!(session["amount_total"] == 959 && session["currency"] == "eur", "{session}");
    ensure!(session["success_url"] == format!("https://relay.example.com/topups/{id}"), "{session}");
    shop.holds("0").await?;
    for kind in ["checkout.session.completed", "checkout.session.completed", "checkout.session.async_payment_succeeded"]
    {
        shop.tell(kind, &session).await?;
    }
    shop.holds("10").await?;
    let paid = shop.shown(&id).await?;
    is(&paid, "state", "succeeded")?;
    ensure!(paid["receipt"] == 1 && paid["pay_url"].is_null(), "{paid}");

    // Nobody tells of this one: the payer's return does, or the look a second later.
    let silent = shop.by_stripe().await?;
    shop.stripe.pay(&silent)?;
    until("an order that nobody told of", Duration::from_secs(20), async || {
        shop.bed.api.post(&format!("/topups/{silent}/check"), &json!({})).await?;
        Ok((shop.posted().await? == amount::nano("20")?).then_some(()))
    })
    .await?;
    let late = shop.by_stripe().await?;
    shop.tell("checkout.session.expired", &shop.stripe.expire(&late)?).await?;
    is(&shop.shown(&late).await?, "state", "expired")?;

    let order = shop.order(&json!({"provider": "epay", "method": "wxpay"})).await?;
    is(&order, "pay", "72.94")?;
    let id = testkit::api::id(&order)?;
    ensure!(shop.epay.visit(order["pay_url"].as_str().context("a link")?).await?, "the link is not signed: {order}");
    let query = epay::signed(shop.epay.pay(&id)?);
    for _ in 0..3 {
        let answer = epay::tell(shop.node(), &query).await?;
        ensure!(answer.status() == 200 && answer.text() == "success", "{} {}", answer.status(), answer.text());
    }
    shop.holds("30").await?;

    for (fields, field) in [
        (json!({"provider": "stripe", "amount": "4"}), "amount"),
        (json!({"provider": "stripe", "amount": "1001"}), "amount"),
        (json!({"provider": "stripe", "currency": "GBP"}), "currency"),
        (json!({"provider": "stripe", "method": "card"}), "method"),
        (json!({"provider": "epay", "currency": "EUR"}), "currency"),
        (json!({"provider": "epay", "method": "cash"}), "method"),
        (json!({"provider": "paypal"}), "provider"),
        (json!({"provider": "stripe", "tenant": 5}), "tenant"),
    ] {
        let mut all = json!({"tenant": shop.bed.tenant, "amount": "10"});
        all.as_object_mut().context("fields")?.extend(fields.as_object().context("fields")?.clone());
        let answer = shop.bed.api.call("POST", "/topups", Some(&all)).await?;
        ensure!(
            answer.status() == 400 && answer.text().contains(&format!("field `{field}`")),
            "{fields}: {}",
            answer.text()
        );
    }
    shop.stripe.away(true);
    let away = shop
        .bed
        .api
        .call("POST", "/topups", Some(&json!({"tenant": shop.bed.tenant, "amount": "10", "provider": "stripe"})))
        .await?;
    ensure!(away.status() == 502, "{} {}", away.status(), away.text());
    shop.close().await
}

/// Makes `COPIES` calls at once, by turns on these nodes: the answers, counted.
async fn at_once<F: Future<Output = Result<Answer>> + Send + 'static>(
    nodes: &[SocketAddr],
    call: impl Fn(SocketAddr) -> F,
) -> Result<BTreeMap<(u16, String), usize>> {
    let mut copies = JoinSet::new();
    for node in nodes.iter().cycle().take(COPIES) {
        copies.spawn(call(*node));
    }
    let mut answers = BTreeMap::new();
    while let Some(answer) = copies.join_next().await {
        let answer = answer??;
        *answers.entry((answer.status(), answer.text())).or_insert(0) += 1;
    }
    Ok(answers)
}

async fn m9_a_hundred_copies_at_once_have_one_effect_and_equal_answers(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let second = shop.second(program, kind).await?;
    let nodes: Vec<_> = std::iter::once(shop.node()).chain(second.iter().map(Node::address)).collect();
    let alike = |what: &str, status: u16, answers: &BTreeMap<(u16, String), usize>| {
        ensure!(answers.len() == 1 && answers.keys().all(|(it, _)| *it == status), "{what}: {answers:?}");
        Ok(())
    };

    let order = shop.by_stripe().await?;
    let body = shop.stripe.event("checkout.session.completed", &shop.stripe.pay(&order)?);
    let header = stripe::signature(&body);
    let answers = at_once(&nodes, |node| {
        let (body, header) = (body.clone(), header.clone());
        async move { stripe::tell(node, &body, &header).await }
    })
    .await?;
    alike("Stripe's webhook", 200, &answers)?;
    shop.holds("10").await?;

    let order = shop.order(&json!({"provider": "epay", "method": "alipay"})).await?;
    shop.epay.visit(order["pay_url"].as_str().context("a link")?).await?;
    let query = epay::signed(shop.epay.pay(&testkit::api::id(&order)?)?);
    let answers = at_once(&nodes, |node| {
        let query = query.clone();
        async move { epay::tell(node, &query).await }
    })
    .await?;
    alike("Epay's webhook", 200, &answers)?;
    shop.holds("20").await?;

    let codes = shop.bed.api.post("/codes", &json!({"amount": "2.5", "count": 2, "kind": "bonus"})).await?;
    let redeem = json!({"tenant": shop.bed.tenant, "code": codes["codes"][1]});
    let answers = at_once(&nodes, |node| {
        let (api, redeem) = (shop.bed.api.at(node), redeem.clone());
        async move { api.call("POST", "/redeem", Some(&redeem)).await }
    })
    .await?;
    alike("one code", 201, &answers)?;
    shop.holds("22.5").await?;

    let (opened, wish) =
        (shop.stripe.sessions().len(), json!({"tenant": shop.bed.tenant, "amount": "10", "provider": "stripe"}));
    let answers = at_once(&nodes, |node| {
        let (api, wish) = (shop.bed.api.at(node), wish.clone());
        async move { api.post_once("/topups", "clicked", &wish).await }
    })
    .await?;
    alike("one order", 201, &answers)?;
    ensure!(
        shop.stripe.sessions().len() == opened + 1,
        "one order was opened {} times",
        shop.stripe.sessions().len() - opened
    );
    figure(&format!(
        "M9 {kind:?}, {} node(s): {COPIES} copies of a webhook of Stripe, of Epay, of a code, of an order: one effect each",
        nodes.len()
    ));
    drop(second);
    shop.close().await
}

async fn a_forged_stale_or_truncated_webhook_changes_nothing(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let order = shop.by_stripe().await?;
    let mut session = shop.stripe.sessions().pop().context("a session")?;
    session["payment_status"] = "paid".into();
    session["payment_intent"] = "pi_forged".into();
    let body = shop.stripe.event("checkout.session.completed", &session);
    let (good, now) = (stripe::signature(&body), jiff::Timestamp::now().as_second());
    let forged = testkit::signed::hmac_sha256("whsec_guess", &format!("{now}.{body}"));
    let half = body.get(..body.len() / 2).context("half")?;
    let mut members: Vec<&str> = body.trim_matches(['{', '}']).split(",\"").collect();
    members.reverse();
    for (what, sent, header) in [
        ("unsigned", body.as_str(), String::new()),
        ("by another secret", &body, format!("t={now},v1={forged}")),
        ("stale", &body, stripe::signature_at(now - 301, &body)),
        ("from the future", &body, stripe::signature_at(now + 330, &body)),
        ("an old signature with a new time", &body, good.replace(&format!("t={now}"), &format!("t={}", now + 1))),
        ("truncated", half, good.clone()),
        ("longer", &format!("{body} "), good.clone()),
        ("with another amount", &body.replace("959", "1"), good.clone()),
        ("put in another order", &members.join(","), good.clone()),
        ("signed, and half of it", half, stripe::signature(half)),
        ("signed, and not an event", "[]", stripe::signature("[]")),
        ("empty", "", stripe::signature("x")),
    ] {
        let answer = stripe::tell(shop.node(), sent, &header).await?;
        ensure!(answer.status() == 400, "{what}: {} {}", answer.status(), answer.text());
    }
    // Signed by Stripe, and not as the order says: it is told, and nothing is credited.
    for (name, value) in [
        ("amount_total", json!(958)),
        ("currency", json!("usd")),
        ("client_reference_id", json!("top_0")),
        ("id", json!("cs_other")),
    ] {
        let mut other = session.clone();
        other[name] = value;
        shop.tell("checkout.session.completed", &other).await?;
    }
    is(&shop.shown(&order).await?, "state", "pending")?;

    let order = shop.order(&json!({"provider": "epay", "method": "alipay"})).await?;
    shop.epay.visit(order["pay_url"].as_str().context("a link")?).await?;
    let told = shop.epay.pay(&testkit::api::id(&order)?)?;
    let with = |name: &str, value: &str| {
        let mut told = told.clone();
        told.iter_mut().filter(|(it, _)| it == name).for_each(|(_, it)| value.clone_into(it));
        told
    };
    let good = epay::signed(told.clone());
    let mut by_another = told.clone();
    by_another.push(("sign".to_owned(), epay::sign(&told, "guess")));
    for (what, query) in [
        ("unsigned", testkit::answering::form::write(&told)),
        ("by another key", testkit::answering::form::write(&by_another)),
        ("truncated", good.get(..good.len() / 2).context("half")?.to_owned()),
        ("with another amount", good.replace("money=72.94", "money=0.01")),
        ("said twice", format!("{good}&money=0.01")),
        ("of another shop", epay::signed(with("pid", "7"))),
    ] {
        let answer = epay::tell(shop.node(), &query).await?;
        ensure!(answer.status() == 400 && answer.text() != "success", "{what}: {} {}", answer.status(), answer.text());
    }
    for (name, value) in [
        ("money", "72.93"),
        ("money", "x"),
        ("out_trade_no", "top_0"),
        ("trade_status", "WAIT_BUYER_PAY"),
        ("trade_no", ""),
    ] {
        epay::tell(shop.node(), &epay::signed(with(name, value))).await?;
    }
    shop.holds("0").await?;
    let events = shop.bed.api.get("/events/log?kind=payment_unmatched&limit=100").await?;
    let count = events["data"].as_array().map_or(0, Vec::len);
    ensure!(count >= 6, "what fits nothing is told: {events}");
    shop.close().await
}

async fn webhooks_in_any_order_come_to_the_same(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let order = shop.by_stripe().await?;
    let session = shop.stripe.pay(&order)?;
    let refund = shop.stripe.refund(&session, 460)?;
    let charge =
        json!({"id": "ch_1", "object": "charge", "payment_intent": session["payment_intent"], "amount_refunded": 460});
    let dispute = shop.stripe.dispute(&session, "needs_response");
    let mut lost_part = dispute.clone();
    lost_part["amount"] = json!(100);
    let mut won = lost_part.clone();
    won["status"] = "won".into();
    // The end of a dispute, the beginning, a refund three times over, the session's end and last of all its payment.
    for (kind, object) in [
        ("charge.dispute.closed", &won),
        ("charge.dispute.created", &lost_part),
        ("refund.created", &refund),
        ("charge.refunded", &charge),
        ("charge.refund.updated", &refund),
        ("checkout.session.expired", &session),
        ("checkout.session.async_payment_failed", &session),
        ("checkout.session.completed", &session),
        ("payment_intent.succeeded", &json!({"id": session["payment_intent"]})),
    ] {
        shop.tell(kind, object).await?;
    }
    let shown = shop.shown(&order).await?;
    is(&shown, "state", "succeeded")?;
    is(&shown, "refunded", "5")?;
    shop.holds("5").await?;
    shop.close().await
}

async fn refunds_go_through_the_provider_and_come_back_if_it_refuses(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let (order, _) = shop.paid_by_stripe().await?;
    let path = format!("/topups/{order}/refund");
    let refund = async |usd: &str| shop.bed.api.post(&path, &json!({"amount": usd, "reason": "asked for"})).await;

    is(&refund("2.5").await?, "state", "done")?;
    ensure!(shop.stripe.refunded().pop().context("a refund")?["amount"] == 230, "{:?}", shop.stripe.refunded());
    shop.holds("7.5").await?;
    shop.stripe.refunds(Refunds::Refuse);
    is(&refund("2.5").await?, "state", "undone")?;
    shop.holds("7.5").await?;
    // Nobody knows: it stays pending and is asked again under the same name, which is not twice.
    shop.stripe.refunds(Refunds::BreakOff);
    is(&refund("2.5").await?, "state", "pending")?;
    shop.holds("5").await?;
    shop.stripe.refunds(Refunds::Succeed);
    until("the refund to be asked for again", Duration::from_secs(20), async || {
        let shown = shop.shown(&order).await?;
        Ok((shown["refunds"][0]["state"] == "done").then_some(()))
    })
    .await?;
    ensure!(shop.stripe.refunded().len() == 2, "{:?}", shop.stripe.refunded());
    shop.stripe.refunds(Refunds::Pend);
    is(&refund("1").await?, "state", "pending")?;
    let mut failed = shop.stripe.refunded().pop().context("a refund")?;
    failed["status"] = "failed".into();
    shop.tell("refund.failed", &failed).await?;
    shop.holds("5").await?;
    let more = shop.bed.api.call("POST", &path, Some(&json!({"amount": "5.000000001", "reason": "x"}))).await?;
    ensure!(more.status() == 400 && more.text().contains("field `amount`"), "{}", more.text());
    shop.bed
        .api
        .post(&format!("/tenants/{}/adjustments", shop.bed.tenant), &json!({"amount": "-3", "reason": "spent"}))
        .await?;
    let short = shop.bed.api.call("POST", &path, Some(&json!({"reason": "x"}))).await?;
    ensure!(short.status() == 409 && short.text().contains(r#""available":"2""#), "{}", short.text());

    shop.bed.upstream.on_model("m", testkit::answers::chat("m", 3, 10));
    shop.bed.model("m", "openai", &json!({"input": "0", "output": "1000"})).await?;
    ensure!(shop.bed.send(&shop.bed.chat("m", &json!({"max_tokens": 10}))).await?.status() == 200, "a request");
    let row = shop.bed.rows(1).await?.pop().context("a row")?;
    let path = format!("/requests/{}/refund", row["request_id"]);
    for (fields, status) in [
        (json!({"amount": "0.004", "reason": "cut"}), 201),
        (json!({"amount": "0.007", "reason": "cut"}), 400),
        (json!({"reason": "cut"}), 201),
        (json!({"reason": "cut"}), 400),
    ] {
        let answer = shop.bed.api.call("POST", &path, Some(&fields)).await?;
        ensure!(answer.status() == status, "{fields}: {} {}", answer.status(), answer.text());
    }
    shop.bed.node.settled().await?;
    shop.holds("2").await?;
    shop.close().await
}

async fn a_chargeback_is_owed_and_closing_settles_what_is_left(program: &str, kind: Kind) -> Result<()> {
    let shop = Shop::open(program, kind).await?;
    let tenant = shop.bed.tenant.clone();
    let (order, session) = shop.paid_by_stripe().await?;
    shop.bed.api.post(&format!("/tenants/{tenant}/adjustments"), &json!({"amount": "-8", "reason": "spent"})).await?;
    shop.tell("charge.dispute.created", &shop.stripe.dispute(&session, "warning_needs_response")).await?;
    shop.holds("2").await?;
    let dispute = shop.stripe.dispute(&session, "needs_response");
    for kind in ["charge.dispute.created", "charge.dispute.funds_withdrawn"] {
        shop.tell(kind, &dispute).await?;
    }
    shop.holds("0").await?;
    ensure!(shop.shown(&order).await?["refunds"][0]["chargeback"] == true, "a chargeback is shown");
    let frozen = shop.bed.api.get(&format!("/tenants/{tenant}")).await?;
    ensure!(frozen["frozen"] == true, "{frozen}");
    until("its key to be refused", Duration::from_secs(5), async || {
        Ok((shop.bed.send(&shop.bed.chat("m", &json!({}))).await?.status() == 403).then_some(()))
    })
    .await?;
    let preview = shop.bed.api.get(&format!("/tenants/{tenant}/close")).await?;
    is(&preview, "owed", "8")?;

    // The next payments pay what is owed first.
    shop.paid_by_stripe().await?;
    shop.holds("2").await?;
    let bonus = shop.bed.api.post("/codes", &json!({"amount": "12", "kind": "bonus"})).await?;
    shop.bed.api.post("/redeem", &json!({"tenant": tenant, "code": bonus["codes"][0]})).await?;
    let pending = shop.by_stripe().await?;
    let preview = shop.bed.api.get(&format!("/tenants/{tenant}/close")).await?;
    // 20 paid in, 10 of it charged back; what was spent counts as given first.
    for (name, expected) in [("posted", "14"), ("owed", "0"), ("paid_in", "10"), ("pay_out", "10"), ("ends", "4")] {
        is(&preview, name, expected)?;
    }
    let path = format!("/tenants/{tenant}/close");
    let closed = shop.bed.api.post(&path, &json!({"reference": "SEPA 7"})).await?;
    is(&closed, "paid", "10")?;
    is(&closed, "ended", "4")?;
    ensure!(shop.bed.api.post(&path, &json!({"reference": "again"})).await? == closed, "closed once");
    shop.holds("0").await?;
    for (path, fields) in [
        ("/topups".to_owned(), json!({"tenant": tenant, "amount": "10", "provider": "stripe"})),
        (format!("/tenants/{tenant}/keys"), json!({"name": "k"})),
        (format!("/tenants/{tenant}/adjustments"), json!({"amount": "1", "reason": "x"})),
    ] {
        let answer = shop.bed.api.call("POST", &path, Some(&fields)).await?;
        ensure!(answer.status() == 409, "{path}: {} {}", answer.status(), answer.text());
    }
    // What is paid on an old order all the same is in the wallet, for a refund.
    shop.tell("checkout.session.completed", &shop.stripe.pay(&pending)?).await?;
    shop.holds("10").await?;
    is(&shop.bed.api.post(&format!("/topups/{pending}/refund"), &json!({"reason": "closed"})).await?, "state", "done")?;
    shop.holds("0").await?;
    shop.close().await
}
