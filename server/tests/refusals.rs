//! Every way a caller is turned away: contract.md's status and code, in the caller's dialect, before anything goes
//! upstream and without a row of usage.

use testkit::{Result, api::Key, bed::Bed, database::Kind, ensure, json, oracle::Family, refused, wait::until};

testkit::on_both_databases!(a_refusal_has_the_contracts_status_code_and_dialect);

const BODY_LIMIT: usize = 8192;
const FAMILIES: [Family; 2] = [Family::OpenaiChat, Family::Anthropic];

async fn a_refusal_has_the_contracts_status_code_and_dialect(program: &str, kind: Kind) -> Result<()> {
    let bed = Bed::with(program, kind, &[("RELAY__MAX_BODY", &BODY_LIMIT.to_string())], "1000").await?;
    bed.upstream.on_model("known", testkit::answers::chat("known", 1, 1));
    bed.model("known", "openai", &json!({"input": "1", "output": "1"})).await?;
    bed.api
        .channel("anthropic", &bed.upstream.base_url("anthropic"), "known", &json!({"name": "other dialect"}))
        .await?;
    bed.api.channel("openai", &bed.upstream.base_url("openai"), "unpriced", &json!({})).await?;
    bed.known().await?;
    keys_that_do_not_open(&bed).await?;
    scopes(&bed).await?;
    bodies(&bed).await?;
    wallets(&bed).await?;
    ensure!(bed.upstream.served() == 0, "{} refused requests went upstream", bed.upstream.served());
    ensure!(bed.api.usage("").await?.is_empty(), "a refused request has a row of usage");
    Ok(())
}

async fn refused(bed: &Bed, what: &str, secret: &str, body: &str, status: u16, code: &str) -> Result<()> {
    for family in FAMILIES {
        let answer = bed.send(&refused::request(family, secret, body.to_owned())).await?;
        refused::check(&format!("{what}, {family:?}"), family, &answer, status, code)?;
    }
    Ok(())
}

/// Waits for a change to reach the node (within a second of it, architecture.md), then checks the answer.
async fn soon_refused(bed: &Bed, what: &str, key: &Key, status: u16, code: &str) -> Result<()> {
    let body = refused::body("unknown-model").to_string();
    let limit = std::time::Duration::from_secs(5);
    let turned = async || {
        let answer = bed.send(&refused::request(Family::OpenaiChat, &key.secret, body.clone())).await?;
        Ok((answer.status() == status).then_some(()))
    };
    until(&format!("{what} to be refused with {status}"), limit, turned).await?;
    refused(bed, what, &key.secret, &refused::body("known").to_string(), status, code).await
}

async fn keys_that_do_not_open(bed: &Bed) -> Result<()> {
    let known = refused::body("known").to_string();
    let unknown = format!("sk-tp-{}", "A".repeat(43));
    refused(bed, "an unknown key", &unknown, &known, 401, "invalid_api_key").await?;
    refused(bed, "a malformed key", "not-a-key", &known, 401, "invalid_api_key").await?;
    refused(bed, "a missing key", "", &known, 401, "invalid_api_key").await?;

    let revoked = bed.api.key(&bed.tenant, &json!({})).await?;
    bed.api.delete(&format!("/keys/{}", revoked.id)).await?;
    soon_refused(bed, "a revoked key", &revoked, 401, "invalid_api_key").await?;

    let disabled = bed.api.key(&bed.tenant, &json!({})).await?;
    bed.api.patch(&format!("/keys/{}", disabled.id), &json!({"enabled": false})).await?;
    soon_refused(bed, "a disabled key", &disabled, 401, "invalid_api_key").await?;

    let expiring = bed.api.key(&bed.tenant, &json!({"expires_at": testkit::wait::utc_in_ms(1_200)})).await?;
    soon_refused(bed, "an expired key", &expiring, 401, "invalid_api_key").await
}

async fn scopes(bed: &Bed) -> Result<()> {
    let known = refused::body("known").to_string();
    let scoped = async |what: &str, scope: testkit::Value| {
        let key = bed.api.key(&bed.tenant, &scope).await?;
        refused(bed, what, &key.secret, &known, 403, "not_allowed").await
    };
    scoped("a model out of scope", json!({"models": ["another"]})).await?;
    scoped("an address out of scope", json!({"ip_allow": ["192.0.2.0/24"]})).await?;
    for (family, other) in [(Family::OpenaiChat, "messages"), (Family::Anthropic, "chat_completions")] {
        let key = bed.api.key(&bed.tenant, &json!({"endpoints": [other]})).await?;
        let answer = bed.send(&refused::request(family, &key.secret, known.clone())).await?;
        refused::check(&format!("an endpoint out of scope, {family:?}"), family, &answer, 403, "not_allowed")?;
    }
    Ok(())
}

async fn bodies(bed: &Bed) -> Result<()> {
    let secret = &bed.key.secret;
    for (what, body) in [
        ("an empty body", ""),
        ("a body that is not JSON", "{\"model\": \"known\","),
        ("a body that is not an object", "[1, 2]"),
        ("a body without a model", "{\"messages\": [], \"max_tokens\": 1}"),
        ("a model that is not a string", "{\"model\": 7, \"messages\": [], \"max_tokens\": 1}"),
    ] {
        refused(bed, what, secret, body, 400, "invalid_request").await?;
    }
    let mut large = refused::body("known");
    large["messages"][0]["content"] = json!("x".repeat(BODY_LIMIT));
    refused(bed, "a body over the limit", secret, &large.to_string(), 413, "request_too_large").await?;
    let unknown = refused::body("no-such-model").to_string();
    refused(bed, "an unknown model", secret, &unknown, 404, "model_not_found").await?;
    let unpriced = refused::body("unpriced").to_string();
    refused(bed, "a model without a sale price", secret, &unpriced, 404, "model_not_found").await
}

async fn wallets(bed: &Bed) -> Result<()> {
    let poor = bed.api.tenant("empty wallet").await?;
    let key = bed.api.key(&poor, &json!({})).await?;
    let known = refused::body("known").to_string();
    refused(bed, "an empty wallet", &key.secret, &known, 402, "insufficient_balance").await?;
    bed.api.credit(&poor, "0.000000001").await?;
    refused(bed, "a wallet that does not cover the hold", &key.secret, &known, 402, "insufficient_balance").await?;

    let frozen = bed.api.tenant("frozen").await?;
    bed.api.credit(&frozen, "10").await?;
    let key = bed.api.key(&frozen, &json!({})).await?;
    bed.api.patch(&format!("/tenants/{frozen}"), &json!({"frozen": true})).await?;
    soon_refused(bed, "a frozen tenant", &key, 403, "tenant_frozen").await
}
