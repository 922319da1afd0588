//! What happens on the way reaches people: as an event, by mail, and by a call that is signed.

use std::time::Duration;
use testkit::{
    Context, Result, answers,
    bed::Bed,
    database::Kind,
    ensure, json,
    mail::MailServer,
    signed::hmac_sha256,
    upstream::{Play, Script, Upstream},
    wait::until,
};

/// Requests that the budget refuses.
const REFUSED: usize = 60;

testkit::on_a_node!(
    a_failing_upstream_becomes_an_event_a_mail_and_a_signed_call,
    a_budget_that_is_reached_or_refuses_is_told_to_its_tenant_and_not_once_a_request,
);

async fn a_failing_upstream_becomes_an_event_a_mail_and_a_signed_call(program: &str) -> Result<()> {
    let (mails, hook) = (MailServer::start().await?, Upstream::start().await?);
    let settings = [("ALERTS__SMTP_URL", mails.url()), ("ALERTS__FROM", "turnpike@example.com".to_owned())];
    let settings: Vec<(&str, &str)> = settings.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let bed = Bed::with(program, Kind::Sqlite, &settings, "10").await?;
    // The first call fails: it is made again.
    hook.next(Script::Answer(Play::new(500, "text/plain", "not now")));
    hook.next(Script::Answer(Play::new(204, "text/plain", "")));
    let rule = json!({"name": "Upstreams", "kinds": ["breaker_opened"], "emails": ["ops@example.com"],
        "webhook": format!("http://{}/hook?token=planted", hook.address())});
    let made = bed.api.post("/alerts", &rule).await?;
    let secret = made.get("secret").and_then(|it| it.as_str()).context("a secret")?.to_owned();
    ensure!(!bed.api.get("/alerts").await?.to_string().contains(&secret), "the secret is shown once");

    let failure = json!({"error": {"message": "no", "type": "server_error", "code": null, "param": null}});
    bed.upstream.on_model("sick", answers::error(500, &failure));
    bed.model("sick", "openai", &json!({"input": "1", "output": "1"})).await?;
    for _ in 0..5 {
        bed.send(&bed.chat("sick", &json!({"max_tokens": 5}))).await?;
    }
    until("the event to be listed", Duration::from_secs(10), async || {
        let log = bed.api.get("/events/log?kind=breaker_opened").await?;
        let rows = log.get("data").and_then(|data| data.as_array()).context("data")?.clone();
        Ok(rows.into_iter().find(|row| row.get("model").is_some_and(|model| model == "sick")))
    })
    .await?;
    let mail = until("the mail", Duration::from_secs(15), async || Ok(mails.mails().first().cloned())).await?;
    for wanted in
        ["<ops@example.com>", "From: turnpike@example.com", "Subject: Turnpike: Upstreams (1)", "1 x breaker_opened"]
    {
        ensure!(mail.contains(wanted), "{wanted} is not in the mail:\n{mail}");
    }
    let calls =
        until(
            "the second call",
            Duration::from_secs(15),
            async || Ok(Some(hook.seen()).filter(|seen| seen.len() == 2)),
        )
        .await?;
    let call = calls.last().context("a call")?;
    let signature = call.header("x-turnpike-signature").context("a signature")?;
    let (time, signed) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).context("t=…,v1=…")?;
    let expected = hmac_sha256(&secret, &format!("{time}.{}", String::from_utf8_lossy(&call.body)));
    ensure!(signed == expected, "the signature is {signed}, expected {expected}");
    let body: testkit::Value = serde_json(&call.body)?;
    ensure!(body.get("rule").is_some_and(|rule| rule == "Upstreams"), "{body}");
    ensure!(body.pointer("/events/breaker_opened").is_some_and(|count| count == 1), "{body}");

    let printed = bed.node.printed();
    ensure!(!printed.contains("planted") && !printed.contains(&secret), "a secret is in the log");
    Ok(())
}

async fn a_budget_that_is_reached_or_refuses_is_told_to_its_tenant_and_not_once_a_request(program: &str) -> Result<()> {
    let hook = Upstream::start().await?;
    // A tenant's webhook may be at a private address only where the place lists it.
    let bed = Bed::with(program, Kind::Sqlite, &[("EGRESS__ALLOW", r#"["127.0.0.1/32"]"#)], "10").await?;
    let tenant = format!("/tenants/{}", bed.tenant);
    bed.api.post(&format!("{tenant}/budgets"), &json!({"period": "day", "amount": "0.01", "steps": [50]})).await?;
    let rule = json!({"name": "Ours", "webhook": format!("http://{}/hook", hook.address())});
    bed.api.post(&format!("{tenant}/alerts"), &rule).await?;
    // Ten tokens at $1 000 a million are one cent: the whole budget.
    bed.upstream.on_model("m", answers::chat("m", 1, 10));
    bed.model("m", "openai", &json!({"input": "0", "output": "1000"})).await?;
    let request = bed.chat("m", &json!({"max_tokens": 10}));
    ensure!(bed.send(&request).await?.status() == 200, "what fits is admitted");
    for _ in 0..REFUSED {
        ensure!(bed.send(&request).await?.status() == 402, "what does not fit is refused");
    }
    let events = async |kind: &str| {
        let all = bed.api.get(&format!("{tenant}/events")).await?;
        let rows = all.get("data").and_then(|data| data.as_array()).context("data")?.clone();
        let of = rows.into_iter().filter(|row| row.get("kind").is_some_and(|it| it == kind));
        Ok::<Vec<_>, testkit::Error>(of.collect())
    };
    let refused = until("every refusal to be counted", Duration::from_secs(10), async || {
        let rows = events("budget_refused").await?;
        let count: u64 = rows.iter().filter_map(|row| row.get("count")?.as_u64()).sum();
        Ok(Some(rows).filter(|_| count >= REFUSED as u64))
    })
    .await?;
    ensure!(refused.len() < REFUSED, "{} rows of {REFUSED} refusals", refused.len());
    let detail = refused.first().and_then(|row| row.get("detail")?.as_str()).unwrap_or_default();
    ensure!(detail.contains("the day budget of this tenant does not cover"), "{detail}");
    until("the step to be told", Duration::from_secs(10), async || Ok(events("budget_reached").await?.pop())).await?;
    let call = until("the tenant's call", Duration::from_secs(20), async || Ok(hook.seen().first().cloned())).await?;
    let body = serde_json(&call.body)?;
    ensure!(body.get("rule").is_some_and(|rule| rule == "Ours"), "{body}");
    ensure!(
        body.pointer("/events/budget_reached").is_some() || body.pointer("/events/budget_refused").is_some(),
        "{body}"
    );
    Ok(())
}

fn serde_json(bytes: &[u8]) -> Result<testkit::Value> {
    Ok(String::from_utf8_lossy(bytes).parse()?)
}
