//! Money in and out over the real program: orders through Stripe and Epay (scripted, and signing as they do), their webhooks,
//! codes, refunds, chargebacks, closing (goals.md M9).

mod refunds;
mod shop;
mod webhooks;

use shop::{Shop, is};
use std::{collections::BTreeMap, net::SocketAddr, time::Duration};
use testkit::{
    Context, Result, amount, database::Kind, ensure, epay, http::Answer, json, node::Node, run::figure, stripe,
    wait::until,
};
use tokio::task::JoinSet;

testkit::on_both_databases!(
    an_order_fixes_its_price_is_paid_and_credited_once,
    m9_a_hundred_copies_at_once_have_one_effect_and_equal_answers,
);

/// Copies of one call at once.
const COPIES: usize = 100;

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
