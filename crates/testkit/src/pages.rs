//! Every page of the console, every list and sum of the management API, on a filled database: what `make size` measures.

use crate::{
    api::Api,
    asked::{self, Ask, Session, verdict},
    database::Kind,
    filled::{self, Size},
    http::Request,
    run::figure,
    walked,
};
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Goals.md: any page, and the file's first byte.
const PAGE: Duration = Duration::from_millis(200);
const FIRST_BYTE: Duration = Duration::from_millis(500);
/// How far the process may grow while it writes a file, in KiB.
const FLAT_KIB: u64 = 32 * 1024;

/// How long a node may take to roll up a year that was never rolled up, and the slots that are not over then: an hour or
/// two, a day, a month.
const ROLLED_UP: Duration = Duration::from_secs(3_600);
const RUNNING: i64 = 4;

/// Up to so many rows every list is also walked to its end.
const WALKED: u64 = 100_000;

const EMAIL: &str = "size@example.com";
const PASSWORD: &str = "a-password-of-this-run";

/// Fills a database of this kind, asks for everything, and reads a file of about a tenth of the rows. With `held`, what is
/// over a goal is an error.
pub async fn run(program: &str, kind: Kind, size: Size, times: usize, held: bool) -> Result<()> {
    figure(&format!("{kind:?}: {} rows over {} days, {} tenants", size.rows, size.days, size.tenants));
    let settings = [("ADMIN_EMAIL", EMAIL), ("ADMIN_PASSWORD", PASSWORD)];
    let kept = std::env::var_os("TURNPIKE_TEST_SIZE_KEPT").map(std::path::PathBuf::from);
    let (node, database, api) = filled::node(program, kind, size, &settings, kept.as_deref()).await?;
    let begun = Instant::now();
    let report = node.reconcile().await?;
    figure(&format!(
        "reconcile, {:.1} s: {}",
        begun.elapsed().as_secs_f64(),
        report.lines().take(2).collect::<Vec<_>>().join("; ")
    ));
    ensure!(report.contains(&format!("{} requests", size.rows)), "{report}");

    let ledger = database.reader(node.data()).await?;
    if held {
        let begun = Instant::now();
        crate::wait::until("roll-ups of all that is over", ROLLED_UP, async || {
            Ok((ledger.integer("SELECT COUNT(*) FROM usage_stale").await? <= RUNNING).then_some(()))
        })
        .await?;
        figure(&format!("everything rolled up after {:.1} s", begun.elapsed().as_secs_f64()));
    }
    if size.rows <= WALKED {
        let session = Session::start(node.address(), EMAIL, PASSWORD).await?;
        walked::everything(node.address(), &api, &session, &ledger).await?;
    }
    let asks = asks(&node, &api, size).await?;
    let took = asked::measure(node.address(), &asks, times).await?;
    let refused: Vec<_> = took.iter().filter_map(|it| Some(format!("{}: {}", it.name, it.refused.as_ref()?))).collect();
    let mut over = asked::table(took, PAGE);
    ensure!(held || refused.is_empty(), "not answered: {}", refused.join(", "));

    let to = jiff::Timestamp::now().as_second() / 3_600 * 3_600 - 2 * 86_400;
    let from = to - i64::try_from(size.days).unwrap_or(0) * 8_640;
    let time = |second: i64| jiff::Timestamp::from_second(second).unwrap_or_default().to_string();
    let path = format!("/api/v1/usage.csv?from={}&to={}", time(from), time(to));
    let request = api.request("GET", &path);
    let read = asked::file(node.address(), &request, node.pid().context("it runs")?).await?;
    let transfers = format!(
        "SELECT CAST(COALESCE(SUM(amount), 0) AS BIGINT) FROM transfers WHERE kind = 'usage' AND time >= {from}000000 AND time < {to}000000"
    );
    let charged = i128::from(ledger.integer(&transfers).await?);
    let grew = read.resident.1.saturating_sub(read.resident.0);
    figure(&format!(
        "{} rows in a file: first byte {:.0} ms ({}), whole {:.1} s; {} MiB resident before, {} MiB more at most ({}); \
         {} nano-USD, the ledger {}",
        read.rows,
        read.first_byte.as_secs_f64() * 1_000.0,
        verdict(read.first_byte <= FIRST_BYTE),
        read.whole.as_secs_f64(),
        read.resident.0 / 1024,
        grew / 1024,
        verdict(grew <= FLAT_KIB),
        read.total,
        charged
    ));
    ensure!(read.total == charged && read.rows > 0, "the file's total is {}, the ledger's {charged}", read.total);
    if read.first_byte > FIRST_BYTE {
        over.push("the file's first byte".to_owned());
    }
    if grew > FLAT_KIB {
        over.push("memory while the file is written".to_owned());
    }
    ensure!(!held || over.is_empty(), "over the goal: {}", over.join(", "));
    Ok(())
}

fn id(value: &Value) -> Result<&str> {
    value["id"].as_str().with_context(|| format!("no id in {value}"))
}

/// Everything that is asked.
async fn asks(node: &crate::node::Node, api: &Api, size: Size) -> Result<Vec<Ask>> {
    let place = Session::start(node.address(), EMAIL, PASSWORD).await?;
    let customer = Session::start(node.address(), EMAIL, PASSWORD).await?;
    // The one that uses the most.
    let sums = api.get("/usage/summary?group_by=tenant").await?;
    let tenant = sums["data"][0]["tenant"].as_str().context("no tenant")?.to_owned();
    let tenant = tenant.as_str();
    let newest = api.get(&format!("/usage?limit=1&status=200&tenant={tenant}")).await?;
    let newest = &newest["data"][0];
    let (request, key) =
        (newest["request_id"].as_str().context("no request")?, newest["key"].as_str().context("no key")?);
    customer.step_into(tenant).await?;
    let channels = api.get("/channels").await?;
    let channel = id(&channels["data"][0])?.to_owned();
    // One that has answered nothing, for a model that nobody asks for; a kept database has it already.
    let mut all = channels["data"].as_array().into_iter().flatten();
    let idle = match all.find(|channel| channel["name"] == "openai for nothing") {
        Some(found) => id(found)?.to_owned(),
        None => api.channel("openai", "http://127.0.0.1:9/v1", "nothing", &serde_json::json!({})).await?,
    };
    let half = jiff::Timestamp::now().as_second() - i64::try_from(size.days).unwrap_or(0) * 43_200;
    let middle = api.get(&format!("/usage?limit=1&to={}", jiff::Timestamp::from_second(half)?)).await?;
    let before = middle["data"][0]["request_id"].as_str().context("no request in the middle")?.to_owned();

    let year = {
        let now = jiff::Timestamp::now().as_second() / 86_400 * 86_400;
        format!(
            "span[Between][from_us]={}000000&span[Between][to_us]={now}000000",
            now - i64::try_from(size.days).unwrap_or(0) * 86_400
        )
    };
    let spans: Vec<(String, String)> = ["15m", "1h", "24h", "7d", "30d"]
        .map(|range| (range.to_owned(), format!("span[Last]={range}")))
        .into_iter()
        .chain([("all days".to_owned(), year)])
        .collect();
    let mut asks = Vec::new();
    let mut ask = |name: String, request: Request| asks.push(Ask { name, request });
    for (who, session, groups) in [
        ("place", &place, &["model", "key", "day", "tenant", "channel"][..]),
        ("tenant", &customer, &["model", "key", "day"][..]),
    ] {
        for (range, span) in &spans {
            ask(format!("{who}: home, {range}"), session.get(&format!("/fn/home_view?{span}")));
            for by in groups {
                ask(format!("{who}: usage by {by}, {range}"), session.get(&format!("/fn/usage_view?{span}&by={by}")));
            }
        }
        for (what, filter) in [
            ("all", String::new()),
            ("errors", "&filter[errors]=true".to_owned()),
            ("status 429", "&filter[status]=429".to_owned()),
            ("status 200", "&filter[status]=200".to_owned()),
            ("status 404, of which there is none", "&filter[status]=404".to_owned()),
            ("a model", "&filter[model]=model-00".to_owned()),
            ("a model that nobody asks for", "&filter[model]=nothing".to_owned()),
            ("errors of a model that nobody asks for", "&filter[errors]=true&filter[model]=nothing".to_owned()),
            ("a key", format!("&filter[key]={key}")),
            ("a key and a status", format!("&filter[key]={key}&filter[status]=502")),
            ("a page in the middle", format!("&filter[before]={before}")),
            ("errors, a page in the middle", format!("&filter[errors]=true&filter[before]={before}")),
        ] {
            let errors = if filter.contains("[errors]") { "" } else { "&filter[errors]=false" };
            ask(format!("{who}: requests, {what}"), session.get(&format!("/fn/log_view?{}{filter}{errors}", "")));
            for range in ["24h", "30d"] {
                let path = format!("/fn/log_view?filter[span][Last]={range}{filter}{errors}");
                ask(format!("{who}: requests, {what}, {range}"), session.get(&path));
            }
        }
        ask(format!("{who}: a request"), session.get(&format!("/fn/request_view?id={request}")));
        ask(format!("{who}: search for a request"), session.get(&format!("/fn/search?text={}", &request[..12])));
        ask(format!("{who}: search for a name"), session.get("/fn/search?text=key+1"));
        for page in ["/", "/usage", "/usage?range=30d&by=key", "/requests"] {
            ask(format!("{who}: page {page}"), session.get(page));
        }
    }
    ask("tenant: keys".into(), customer.get("/fn/keys_view"));
    ask("tenant: wallet".into(), customer.get("/fn/wallet_view"));
    ask("tenant: wallet, a page in the middle".into(), customer.get("/fn/wallet_view?before=2000"));
    for function in ["channels_view", "models_view", "all_routes", "tenants_view", "money_view"] {
        ask(format!("place: {function}"), place.get(&format!("/fn/{function}")));
    }
    ask("place: prices".into(), place.get("/fn/prices_view?model=model-00"));
    ask("place: a tenant".into(), place.get(&format!("/fn/tenant_view?tenant={tenant}")));
    for page in ["/tenants", "/money", "/channels", "/models", "/models/import", "/routing", "/alerts"] {
        ask(format!("place: page {page}"), place.get(page));
    }
    for page in ["/keys", "/wallet", "/bills", "/budgets", "/alerts"] {
        ask(format!("tenant: page {page}"), customer.get(page));
    }
    for path in [
        "/usage".to_owned(),
        "/usage?status=429".to_owned(),
        "/usage?errors=true&limit=500".to_owned(),
        format!("/usage?channel={channel}"),
        format!("/usage?channel={idle}"),
        format!("/usage?channel={channel}&errors=true&model=nothing"),
        format!("/usage?tenant={tenant}&model=model-00"),
        format!("/usage?key={key}&cursor={before}"),
        "/usage/summary".to_owned(),
        "/usage/summary?group_by=model".to_owned(),
        "/usage/summary?group_by=model,day".to_owned(),
        "/usage/summary?group_by=key".to_owned(),
        "/usage/summary?group_by=tenant,model".to_owned(),
        format!("/usage/summary?group_by=channel&tenant={tenant}"),
        format!("/requests/{request}"),
        "/tenants".to_owned(),
        format!("/tenants/{tenant}/balance"),
        format!("/tenants/{tenant}/ledger"),
        format!("/tenants/{tenant}/keys"),
        format!("/tenants/{tenant}/budgets"),
        format!("/tenants/{tenant}/alerts"),
        format!("/tenants/{tenant}/events"),
        format!("/tenants/{tenant}/statements"),
        "/margin".to_owned(),
        "/margin?group_by=model,channel,tenant".to_owned(),
        "/topups".to_owned(),
        "/events/log".to_owned(),
        "/channels".to_owned(),
        "/models".to_owned(),
        "/audit".to_owned(),
    ] {
        ask(
            format!(
                "api: {}",
                path.replace(tenant, "T")
                    .replace(key, "K")
                    .replace(request, "R")
                    .replace(&before, "R")
                    .replace(&channel, "C")
                    .replace(&idle, "one that answered nothing")
            ),
            api.request("GET", &format!("/api/v1{path}")),
        );
    }
    Ok(asks)
}
