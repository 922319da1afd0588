//! Real providers' answers through the running relay: every byte as it was recorded, every charge as the outside
//! calculation from its usage block says, every error as contract.md says and without a word about our accounts.

use testkit::{
    Context, Result, Value, amount, answers,
    api::Row,
    bed::Bed,
    database::Kind,
    ensure,
    http::Answer,
    json,
    oracle::{self, Family},
    recording::{self, Exchange},
    refused, run,
    upstream::{Play, Script},
};

testkit::on_both_databases!(recordings_pass_byte_for_byte_and_are_charged_by_their_usage);
testkit::on_a_node!(
    a_caller_who_did_not_ask_for_usage_is_not_shown_the_chunk_that_tells_it,
    recorded_errors_give_the_contracts_answer,
    no_error_names_an_account_an_organisation_a_key_or_a_host,
);

const FAMILIES: [(Family, &str, &str); 2] =
    [(Family::OpenaiChat, "openai-chat", "openai"), (Family::Anthropic, "anthropic", "anthropic")];
/// Played at one byte a write: parallel tool calls, signed thinking, text beyond ASCII in JSON.
const BYTE_BY_BYTE: [&str; 3] = ["stream-tcn-1#0", "stream-think-sig-tc1-1#0", "stream-refusal-1#0"];

/// A price for every kind of unit, each different, so that a unit counted as another kind shows.
fn rates() -> Value {
    json!({"input": "2.5", "output": "10.01", "cache_read": "1.2503", "cache_write_5m": "3.1257", "cache_write_1h": "5.0311",
        "reasoning": "11.013", "audio_input": "40.017", "audio_output": "80.019", "image_input": "6.023",
        "image_output": "7.029", "web_search": "10000.031", "per_request": "37.000001"})
}

fn model(family: &str, exchange: &Exchange) -> String {
    format!("{family}-{}", exchange.name.replace('#', "-"))
}

/// One channel of the provider that carries a model for every exchange, and the upstream that plays it.
async fn play(bed: &Bed, family: &str, provider: &str, exchanges: &[Exchange]) -> Result<String> {
    let mut models = Vec::new();
    for exchange in exchanges {
        let name = model(family, exchange);
        bed.api.price(&name, &rates()).await?;
        let mut play = Play::new(exchange.status, &exchange.content_type, exchange.body.clone());
        play.byte_by_byte = BYTE_BY_BYTE.contains(&exchange.name.as_str());
        bed.upstream.on_model(&name, Script::Answer(play));
        models.push(json!({"model": name}));
    }
    let base_url = bed.upstream.base_url(provider);
    let channel = bed.api.channel(provider, &base_url, "", &json!({"name": family, "models": models})).await?;
    bed.known().await?;
    Ok(channel)
}

/// The body its caller sent, for our model's name.
fn body(family: &str, exchange: &Exchange) -> Value {
    let mut body = exchange.request.clone().unwrap_or_else(|| refused::body(""));
    body["model"] = json!(model(family, exchange));
    body["stream"] = json!(exchange.is_stream());
    if exchange.is_stream() && family == "openai-chat" {
        body["stream_options"] = json!({"include_usage": true});
    }
    body
}

async fn recordings_pass_byte_for_byte_and_are_charged_by_their_usage(program: &str, kind: Kind) -> Result<()> {
    let bed = Bed::with(program, kind, &[], "1000000").await?;
    let mut expected = Vec::new();
    for (family, name, provider) in FAMILIES {
        let mut exchanges = recording::family(name)?;
        exchanges.retain(|exchange| exchange.status == 200);
        play(&bed, name, provider, &exchanges).await?;
        for exchange in &exchanges {
            let request = refused::request(family, &bed.key.secret, body(name, exchange).to_string());
            let answer = bed.send(&request).await.with_context(|| exchange.name.clone())?;
            same_bytes(exchange, &answer)?;
            let cost = oracle::cost(family, &exchange.body, &rates()).with_context(|| exchange.name.clone())?;
            if let Some(told) = answer.head.header("x-turnpike-cost-usd") {
                ensure!(amount::nano(told)? == cost, "{}: told {told}, costs {}", exchange.name, amount::text(cost));
            } else {
                ensure!(exchange.is_stream(), "{}: a JSON answer without its cost", exchange.name);
            }
            let id = answer.head.header("x-request-id").context("no x-request-id")?.to_owned();
            expected.push((exchange.name.clone(), id, cost));
        }
    }
    let rows = bed.rows(expected.len()).await?;
    for (name, id, cost) in &expected {
        charged(name, rows.iter().find(|row| row.get("request_id") == Some(id)), *cost)?;
    }
    run::figure(&format!("{kind:?}: {} recordings byte for byte, charged to the nano", expected.len()));
    bed.books_agree().await
}

fn same_bytes(exchange: &Exchange, answer: &Answer) -> Result<()> {
    let name = &exchange.name;
    ensure!(answer.status() == 200, "{name}: {} {}", answer.status(), answer.text());
    let at = answer.body.iter().zip(exchange.body.bytes()).position(|(got, recorded)| *got != recorded);
    let at = at.or((answer.body.len() != exchange.body.len()).then(|| answer.body.len().min(exchange.body.len())));
    if let Some(at) = at {
        let around = |bytes: &[u8]| {
            String::from_utf8_lossy(bytes.get(at.saturating_sub(40)..).unwrap_or_default())
                .chars()
                .take(120)
                .collect::<String>()
        };
        testkit::bail!(
            "{name}: differs at byte {at}: got …{:?}, recorded …{:?}",
            around(&answer.body),
            around(exchange.body.as_bytes())
        );
    }
    ensure!(answer.head.header("content-type") == Some(&exchange.content_type), "{name}: {:?}", answer.head);
    Ok(())
}

fn charged(name: &str, row: Option<&Row>, cost: i128) -> Result<()> {
    let row = row.with_context(|| format!("{name}: no row"))?;
    let cell = |column: &str| row.get(column).map_or("", String::as_str);
    ensure!(
        amount::nano(cell("cost_usd"))? == cost,
        "{name}: charged {}, costs {}: {row:?}",
        cell("cost_usd"),
        amount::text(cost)
    );
    ensure!(cell("cost_usd") == amount::text(cost), "{name}: {:?} is not plainly written", cell("cost_usd"));
    ensure!(cell("usage_source") == "reported" && cell("end_state") == "complete", "{name}: {row:?}");
    ensure!(cell("status") == "200" && cell("attempts") == "1", "{name}: {row:?}");
    ensure!(cell("unit_prices").starts_with("input=2.5;output=10.01;"), "{name}: {}", cell("unit_prices"));
    Ok(())
}

async fn a_caller_who_did_not_ask_for_usage_is_not_shown_the_chunk_that_tells_it(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let mut exchanges = recording::family("openai-chat")?;
    exchanges.retain(|exchange| exchange.status == 200 && exchange.is_stream());
    play(&bed, "openai-chat", "openai", &exchanges).await?;
    for exchange in &exchanges {
        let mut body = body("openai-chat", exchange);
        body.as_object_mut().context("an object")?.remove("stream_options");
        let answer = bed.send(&refused::request(Family::OpenaiChat, &bed.key.secret, body.to_string())).await?;
        let hidden = |event: &&str| event.contains("\"choices\":[],") || event.contains("\"choices\": [],");
        let kept: String = exchange.body.split_inclusive("\n\n").filter(|event| !hidden(event)).collect();
        ensure!(answer.text() == kept, "{}: {}", exchange.name, answer.text());
        let seen = bed.upstream.seen().pop().context("nothing came")?;
        let sent: Value = serde_json_of(&seen.body)?;
        ensure!(sent.pointer("/stream_options/include_usage") == Some(&json!(true)), "usage was not asked for: {sent}");
    }
    let rows = bed.rows(exchanges.len()).await?;
    ensure!(rows.iter().all(|row| row.get("usage_source").is_some_and(|source| source == "reported")), "{rows:?}");
    bed.books_agree().await
}

fn serde_json_of(body: &[u8]) -> Result<Value> {
    String::from_utf8_lossy(body).parse::<Value>().context("not JSON")
}

async fn recorded_errors_give_the_contracts_answer(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let mut count = 0;
    for (family, name, provider) in FAMILIES {
        let mut exchanges = recording::family(name)?;
        exchanges.retain(|exchange| exchange.status >= 400);
        let channel = play(&bed, name, provider, &exchanges).await?;
        for exchange in &exchanges {
            // Two refusals take the credential out of use: each recording speaks for itself.
            bed.api.delete(&format!("/channels/{channel}/health")).await?;
            let answer = bed.send(&refused::request(family, &bed.key.secret, body(name, exchange).to_string())).await?;
            count += 1;
            match exchange.status {
                400 => {
                    ensure!(answer.status() == 400, "{}: {}", exchange.name, answer.status());
                    let recorded = serde_json_of(exchange.body.as_bytes())?;
                    ensure!(answer.json()? == recorded, "{}: {}", exchange.name, answer.text());
                }
                401 | 403 => {
                    refused::check(&exchange.name, family, &answer, 502, "upstream_credentials_exhausted")?;
                }
                _ => refused::check(&exchange.name, family, &answer, 502, "upstream_error")?,
            }
        }
    }
    let charged: Vec<Row> = bed.api.usage("").await?;
    ensure!(charged.iter().all(|row| row.get("cost_usd").is_some_and(|cost| cost == "0")), "{charged:?}");
    run::figure(&format!("{count} recorded errors answered as contract.md says, nothing charged"));
    bed.books_agree().await
}

/// What an upstream's error may tell about us, and no caller may read.
const OURS: [&str; 5] = [
    "org-Zx81kQpT0vWm3LtR",
    "sk-proj-abcDEF123456789",
    "acct_1MQwErTyUiOp",
    "proj_9kLmNoPqRsTu",
    "gw-7.internal.example.net",
];

async fn no_error_names_an_account_an_organisation_a_key_or_a_host(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let message = format!(
        "Failed for organization {} with key {} of account {} in project {} at https://{}/v1 (127.0.0.1)",
        OURS[0], OURS[1], OURS[2], OURS[3], OURS[4]
    );
    for (family, name, provider) in FAMILIES {
        for status in [400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 529] {
            let model = format!("{name}-{status}");
            let error = json!({"type": "error", "error": {"type": "invalid_request_error", "message": message,
                "code": "invalid_value", "param": null}});
            bed.upstream.on_model(&model, answers::error(status, &error));
            bed.model(&model, provider, &json!({"input": "1", "output": "1"})).await?;
            let answer =
                bed.send(&refused::request(family, &bed.key.secret, refused::body(&model).to_string())).await?;
            ensure!(answer.status() >= 400, "{model}: {}", answer.status());
            let said = format!("{} {:?}", answer.text(), answer.head.headers);
            let address = bed.upstream.address().to_string();
            for ours in OURS.iter().copied().chain([address.as_str(), "127.0.0.1"]) {
                ensure!(!said.contains(ours), "{model}: the answer names {ours}: {said}");
            }
        }
    }
    bed.books_agree().await
}
