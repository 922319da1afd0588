//! What providers tell: forged, stale, truncated, in any order.

use crate::shop::{Shop, is};
use testkit::{Context, Result, database::Kind, ensure, epay, json, stripe};

testkit::on_both_databases!(
    a_forged_stale_or_truncated_webhook_changes_nothing,
    webhooks_in_any_order_come_to_the_same
);

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
