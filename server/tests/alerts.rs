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

testkit::on_a_node!(a_failing_upstream_becomes_an_event_a_mail_and_a_signed_call);

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

fn serde_json(bytes: &[u8]) -> Result<testkit::Value> {
    Ok(String::from_utf8_lossy(bytes).parse()?)
}
