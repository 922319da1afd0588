//! Money out: refunds through the provider, chargebacks, closing.

use crate::shop::{Shop, is};
use std::time::Duration;
use testkit::{Context, Result, database::Kind, ensure, json, stripe::Refunds, wait::until};

testkit::on_both_databases!(
    refunds_go_through_the_provider_and_come_back_if_it_refuses,
    a_chargeback_is_owed_and_closing_settles_what_is_left,
);

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
