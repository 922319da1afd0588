//! What must never happen: a secret at rest or outside (S2), a connection to where a relay must not reach (S3), a change
//! asked for by another site (S4), service lost to slow sockets (L1).

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use testkit::{
    Context, Result, Value, answers,
    api::Api,
    bed::{Bed, chat},
    database::{Database, Kind},
    ensure, hostile,
    http::Request,
    json, load,
    node::Node,
    run::figure,
    secrets::Planted,
    size, slow,
    upstream::{Play, Script},
};

testkit::on_both_databases!(s2_no_secret_is_in_logs_files_errors_or_metrics);
testkit::on_a_node!(
    s3_no_connection_is_made_to_a_hostile_address,
    s4_a_change_without_a_same_site_origin_is_refused,
    l1_slow_sockets_are_reaped_and_others_are_served,
);

async fn s2_no_secret_is_in_logs_files_errors_or_metrics(program: &str, kind: Kind) -> Result<()> {
    let mut planted = Planted::default();
    let database = Database::fresh(kind).await?;
    let mut node = Node::new(program, database.url())?;
    node.set("TELEMETRY__LOG", "debug");
    node.set("TELEMETRY__METRICS_TOKEN", &planted.plant("metrics token"));
    node.set("ADMIN_EMAIL", "admin@example.com");
    node.set("ADMIN_PASSWORD", &planted.plant("admin password"));
    if let Some(url) = database.url() {
        node.set(
            "DATABASE__URL",
            &url.replace("postgres@", &format!("postgres:{}@", planted.plant("database password"))),
        );
    }
    node.start().await?;
    let token = node.token().await?;
    planted.remember("management token", &token);
    let read_only = node.run(&["admin", "token", "--name", "second", "--read-only"]).await?;
    planted.remember("second management token", String::from_utf8(read_only.stdout)?.trim());
    let bed = Bed::on(node, database, "1000").await?;
    planted.remember("key", &bed.key.secret);
    let said = provoke(&bed, &mut planted).await?;

    let mut found = planted.found_in("an answer", said.as_bytes());
    found.extend(planted.found_in("the log", bed.node.printed().as_bytes()));
    bed.node.settled().await?;
    found.extend(planted.found_under(bed.node.data(), &["secret.key"])?);
    if let Database::Postgres { server, .. } = &bed.database {
        server.checkpoint().await?;
        found.extend(planted.found_under(&server.data(), &[])?);
    }
    ensure!(found.is_empty(), "S2: {found:#?}");
    ensure!(planted.count() >= 20, "only {} secrets were planted", planted.count());
    figure(&format!("S2 {kind:?}: {} planted secrets, 0 found", planted.count()));
    Ok(())
}

/// Uses every secret in every way that could make it show, and gives everything that was answered.
async fn provoke(bed: &Bed, planted: &mut Planted) -> Result<String> {
    let mut said = String::new();
    let rates = json!({"input": "1", "output": "1"});
    for (number, (name, provider)) in [
        ("fine", "openai"),
        ("refused", "openai"),
        ("broken", "anthropic"),
        ("gone", "openai"),
        ("echo", "openai_compatible"),
    ]
    .into_iter()
    .enumerate()
    {
        let secret = planted.plant(&format!("credential {number}"));
        let base_url = match name {
            "gone" => format!("http://{}/v1", testkit::upstream::Upstream::refusing().await?),
            _ => bed.upstream.base_url(provider),
        };
        bed.api.price(name, &rates).await?;
        let channel = json!({"credentials": [{"name": "planted", "secret": secret}]});
        let id = bed.api.channel(provider, &base_url, name, &channel).await?;
        said.push_str(&bed.api.get("/channels").await?.to_string());
        let rotated = planted.plant(&format!("rotated credential {number}"));
        for secret in [secret, rotated] {
            let body = json!({"credentials": [{"name": "planted", "secret": secret}]});
            bed.api.patch(&format!("/channels/{id}"), &body).await?;
            bed.upstream.on_model(name, echoing(name, &secret));
            bed.known().await?;
            for stream in [false, true] {
                let answer = bed.send(&bed.chat(name, &json!({"stream": stream, "max_tokens": 5}))).await?;
                said.push_str(&format!("{:?} {}\n", answer.head.headers, answer.text()));
            }
        }
    }
    callers_secrets(bed, planted, &mut said).await?;
    let metrics = Request::new("GET", "/metrics").send(bed.node.address()).await?;
    said.push_str(&metrics.text());
    for path in ["/keys", "/tenants", "/usage", "/audit", "/channels"] {
        said.push_str(&bed.api.call("GET", path, None).await?.text());
    }
    Ok(said)
}

/// An upstream that answers, or fails and quotes the credential it was given.
fn echoing(name: &str, secret: &str) -> Script {
    let quoted = format!("bad key {secret}");
    let echoed = json!({"type": "error", "error": {"type": "x", "message": quoted, "code": "y"}});
    match name {
        "refused" => answers::error(401, &echoed),
        "broken" => answers::error(500, &echoed),
        "echo" => answers::error(400, &echoed),
        _ => answers::chat(name, 1, 1),
    }
}

/// Keys and tokens as callers present them: valid, revoked, unknown, in every place; prompts and answers.
async fn callers_secrets(bed: &Bed, planted: &mut Planted, said: &mut String) -> Result<()> {
    let revoked = bed.api.key(&bed.tenant, &json!({"name": "revoked"})).await?;
    planted.remember("revoked key", &revoked.secret);
    bed.api.delete(&format!("/keys/{}", revoked.id)).await?;
    let valid = bed.api.key(&bed.tenant, &json!({"name": "in the query"})).await?;
    planted.remember("key in a query", &valid.secret);
    let (prompt, unknown, other, token) = (
        planted.plant("prompt"),
        planted.plant("unknown key"),
        planted.plant("unknown x-api-key"),
        planted.plant("unknown token"),
    );
    let body = json!({"model": "fine", "max_tokens": 5, "messages": [{"role": "user", "content": prompt}]}).to_string();
    let told = planted.plant("answer");
    let answer = json!({"id": "a", "object": "chat.completion", "model": "told", "created": 1, "choices": [{"index": 0,
        "message": {"role": "assistant", "content": told}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}});
    bed.upstream.on_model("told", Script::Answer(Play::new(200, "application/json", answer.to_string())));
    bed.model("told", "openai", &json!({"input": "1", "output": "1"})).await?;
    bed.send(&bed.chat("told", &json!({}))).await?;
    let post = |path: &str| Request::new("POST", path).body(body.clone());
    for request in [
        post("/v1/chat/completions").bearer(&revoked.secret),
        post("/v1/chat/completions").bearer(&unknown),
        post("/v1/chat/completions").bearer(&bed.key.secret),
        post("/v1/messages").header("x-api-key", &other).header("anthropic-version", "2023-06-01"),
        post(&format!("/v1/chat/completions?key={}", valid.secret)),
        post(&format!("/no/such/path?key={}", valid.secret)),
    ] {
        let answer = bed.send(&request).await?;
        said.push_str(&format!(
            "{:?} {}\n",
            answer.head.headers,
            if answer.status() == 200 { String::new() } else { answer.text() }
        ));
    }
    let refused = Api::new(bed.node.address(), &token).call("GET", "/keys", None).await?;
    said.push_str(&refused.text());
    Ok(())
}

async fn s3_no_connection_is_made_to_a_hostile_address(program: &str) -> Result<()> {
    let trap = hostile::Trap::set().await?;
    let mut node = Node::new(program, None)?;
    node.set("EGRESS__ALLOW_PRIVATE", "false");
    node.set("RELAY__CONNECT_TIMEOUT_MS", "300");
    node.start().await?;
    let bed = Bed::on(node, Database::Sqlite, "1000").await?;
    let urls = hostile::urls(trap.port());
    ensure!(urls.len() >= 60, "only {} hostile addresses", urls.len());
    let mut accepted = Vec::new();
    for (number, url) in urls.iter().enumerate() {
        let model = format!("hostile-{number}");
        bed.api.price(&model, &json!({"input": "1", "output": "1"})).await?;
        let body = json!({"name": model, "provider": "openai", "base_url": url, "models": [{"model": model}],
            "credentials": [{"name": "only", "secret": "never-to-arrive"}]});
        let made = bed.api.call("POST", "/channels", Some(&body)).await?;
        ensure!([201, 400, 422].contains(&made.status()), "S3: {url}: {} {}", made.status(), made.text());
        if made.status() == 201 {
            accepted.push(url.clone());
            bed.known().await?;
            let answer = bed.send(&bed.chat(&model, &json!({"max_tokens": 5}))).await?;
            ensure!(answer.status() >= 500, "S3: {url}: {} {}", answer.status(), answer.text());
        }
    }
    redirects_are_not_followed(&bed, &trap).await?;
    ensure!(trap.connections() == 0, "S3: {} connections; accepted were {accepted:?}", trap.connections());
    figure(&format!(
        "S3: {} hostile addresses, 0 connections; {} were accepted by name and refused when resolved",
        urls.len(),
        accepted.len()
    ));
    Ok(())
}

async fn redirects_are_not_followed(bed: &Bed, trap: &hostile::Trap) -> Result<()> {
    for status in [301, 302, 303, 307, 308] {
        let model = format!("redirect-{status}");
        let play =
            Play::new(status, "text/plain", "").header("location", &format!("http://127.0.0.1:{}/", trap.port()));
        bed.upstream.on_model(&model, Script::Answer(play));
        bed.model(&model, "openai", &json!({"input": "1", "output": "1"})).await?;
        let answer = bed.send(&bed.chat(&model, &json!({"max_tokens": 5}))).await?;
        ensure!(answer.status() >= 500, "a redirect: {} {}", answer.status(), answer.text());
    }
    Ok(())
}

async fn s4_a_change_without_a_same_site_origin_is_refused(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let document = Request::new("GET", "/api/openapi.json").send(bed.node.address()).await?.json()?;
    let paths = document.get("paths").and_then(Value::as_object).context("no paths in the OpenAPI document")?;
    let mut mutations = 0;
    for (path, methods) in paths.iter().filter(|(path, _)| path.starts_with("/api/")) {
        let path = path.replace(['{', '}'], "");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            if methods.get(method.to_lowercase()).is_none() {
                continue;
            }
            mutations += 1;
            foreign(bed.node.address(), method, &path).await?;
        }
    }
    ensure!(mutations >= 8, "only {mutations} mutations in the OpenAPI document");
    figure(&format!("S4: {mutations} mutations × {} foreign origins, all refused", FOREIGN.len()));
    Ok(())
}

/// What requests of other sites, or of no browser, say about where they come from.
const FOREIGN: [&[(&str, &str)]; 7] = [
    &[],
    &[("origin", "https://evil.example")],
    &[("origin", "null")],
    &[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")],
    &[("sec-fetch-site", "same-site"), ("origin", "https://sibling.example")],
    &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")],
    &[("referer", "https://evil.example/"), ("origin", "https://evil.example")],
];

async fn foreign(to: SocketAddr, method: &'static str, path: &str) -> Result<()> {
    for headers in FOREIGN {
        let mut request =
            Request::new(method, path).header("cookie", "id=a-session; turnpike_session=a-session").body("{}");
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = request.send(to).await?;
        ensure!(answer.status() == 403, "S4: {method} {path} {headers:?}: {} {}", answer.status(), answer.text());
    }
    Ok(())
}

async fn l1_slow_sockets_are_reaped_and_others_are_served(program: &str) -> Result<()> {
    slow::raise_file_limit()?;
    let bed = Bed::start(program, Kind::Sqlite).await?;
    bed.upstream.remember(false);
    bed.upstream.on_model("steady", answers::chat("steady", 1, 1));
    bed.model("steady", "openai", &json!({"input": "1", "output": "1"})).await?;
    let to = bed.node.address();
    let request = chat(&bed.key.secret, "steady", &json!({"max_tokens": 5})).bytes(to);
    load::closed_loop(to, &request, 4, Duration::from_secs(1)).await?;
    // One caller, and as many as keep both cores of a small machine busy: there the sockets' own work shows too.
    for callers in [1, 4] {
        let before = load::closed_loop(to, &request, callers, Duration::from_secs(5)).await?;
        let count = size::of("L1_SOCKETS", 1_000);
        let begun = Instant::now();
        let secret = bed.key.secret.clone();
        let others = load::closed_loop(to, &request, callers, Duration::from_secs(12));
        // On a thread of their own: what is measured must not wait for what disturbs.
        let slow = tokio::task::spawn_blocking(move || {
            let apart = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            apart.block_on(slow::sockets(to, &secret, count))
        });
        let (slow, during) = tokio::join!(slow, others);
        let (slow, during) = (slow??, during?);
        ensure!(during.bad == 0, "L1: {} of the others failed: {:?}", during.bad, during.example);
        for way in [slow::Way::Silent, slow::Way::Head, slow::Way::Body] {
            let longest = slow.iter().filter(|(w, _)| *w == way).map(|(_, took)| *took).max().unwrap_or_default();
            let limit = Duration::from_secs(15);
            ensure!(longest <= limit, "L1: a slow socket ({way:?}) was reaped only after {longest:?}");
        }
        let ratio = during.micros(0.99) / before.micros(0.99);
        figure(&format!(
            "L1: {count} slow sockets gone after {:.1} s; p99 of {callers} other caller(s) {:.0} µs, {ratio:.2} times \
             that before, none failed",
            begun.elapsed().as_secs_f64(),
            during.micros(0.99)
        ));
    }
    Ok(())
}
