//! The console's lists of money, with more rows than one page shows: every row is on exactly one page, and each page leads to
//! the next and back to the newest.

use super::World;
use axum::{Router, body::Body};
use domain::{
    ids::{RequestId, StatementId, TopupId},
    money::NanoUsd,
};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt;
use std::collections::BTreeSet;
use store::{
    change::Actor,
    codes::{CodeKind, NewBatch},
    sql,
    topups::charged,
};
use tower::ServiceExt;

/// The admin at the console, inside the tenant.
struct Console {
    router: Router,
    cookie: String,
}

impl Console {
    async fn open(world: &World) -> Self {
        let mut console = Self { router: crate::console::around(world.state.clone(), None), cookie: String::new() };
        let form = "email=admin%40example.com&password=correct%20horse%20battery";
        let (headers, _) = console.send(Method::POST, "/fn/sign_in", form).await;
        let cookie = headers.get(header::SET_COOKIE).expect("a session").to_str().unwrap();
        console.cookie = cookie.split(';').next().unwrap().to_owned();
        console.send(Method::POST, "/fn/step_into", &format!("tenant={}", world.tenant)).await;
        console
    }

    async fn send(&self, method: Method, path: &str, body: &str) -> (http::HeaderMap, String) {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", "relay.example.com")
            .header("origin", "http://relay.example.com")
            .header("accept", "application/json")
            .header("cookie", &self.cookie)
            .header("content-type", "application/x-www-form-urlencoded");
        let response = self.router.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
        assert_eq!(parts.status, StatusCode::OK, "{path}: {text}");
        (parts.headers, text)
    }

    /// What a part of a page is drawn as.
    async fn drawn(&self, function: &str, query: &str) -> String {
        let query: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let joint = if function.contains('?') { '&' } else { '?' };
        let (_, text) = self.send(Method::GET, &format!("/fn/{function}{joint}query={query}"), "").await;
        serde_json::from_str(&text).unwrap()
    }

    /// Reads a list from its newest page to its oldest; `rows` names what each page shows of it.
    async fn all(&self, function: &str, list: &str, rows: impl Fn(&str) -> Vec<String>) -> Vec<usize> {
        let (mut query, mut seen, mut pages) = (String::new(), BTreeSet::new(), Vec::new());
        loop {
            let html = self.drawn(function, &query).await;
            let shown = rows(&html);
            pages.push(shown.len());
            for row in shown {
                assert!(seen.insert(row.clone()), "{list}: {row} twice");
            }
            let newest = html.contains(&format!("#{list}\" class=\"btn sm\">"));
            assert_eq!(newest, pages.len() > 1, "{list}, page {}: {html}", pages.len());
            let Some((before, _)) = html.split_once(&format!("#{list}\" class=\"btn sm end\">")) else { return pages };
            query = before.rsplit_once('?').unwrap().1.replace("&amp;", "&");
            assert!(pages.len() < 20, "{list} does not end");
        }
    }
}

/// What stands between these, as often as it does.
fn between(html: &str, before: &str, after: &str) -> Vec<String> {
    html.split(before).skip(1).filter_map(|rest| Some(rest.split_once(after)?.0.to_owned())).collect()
}

#[tokio::test]
async fn orders_codes_and_refunds_are_read_page_by_page() {
    let world = World::new().await;
    let console = Console::open(&world).await;
    for _ in 0..23 {
        world.fresh_topup().await;
    }
    let links = |html: &str| between(html, "href=\"/topups/", "\"");
    assert_eq!(console.all("orders_page", "orders", links).await, [10, 10, 3]);

    for n in 23..51 {
        let new = NewBatch {
            kind: CodeKind::Bonus,
            amount: NanoUsd(1),
            codes: 1,
            note: format!("note a {n:03}"),
            expires_us: None,
        };
        world.store.codes().create(&Actor::system(), new.clone()).await.unwrap();
        world.store.codes().create(&Actor::system(), NewBatch { note: format!("note b {n:03}"), ..new }).await.unwrap();
        world.fresh_topup().await;
    }
    assert_eq!(console.all("money_in_page", "orders", links).await, [50, 1]);
    let notes = |html: &str| between(html, "title=\"note ", "\"");
    assert_eq!(console.all("money_in_page", "batches", notes).await, [50, 6]);

    let order: TopupId = world.paid_topup().await.parse().unwrap();
    let request: RequestId = world.request;
    for n in 0..21 {
        let reason = format!("reason {n:03}");
        world.store.topups().refund(&Actor::system(), order, NanoUsd(100_000_000), &reason).await.unwrap();
        let of = charged(&world.store, request).await.unwrap();
        world.store.topups().refund_request(&Actor::system(), of, Some(NanoUsd(1)), &reason).await.unwrap();
    }
    let reasons = |html: &str| between(html, "title=\"reason ", "\"");
    for of in [order.to_string(), request.to_string()] {
        assert_eq!(console.all(&format!("money_back?of={of}"), "refunds", reasons).await, [20, 1], "{of}");
    }
}

#[tokio::test]
async fn budgets_are_read_page_by_page_and_changed_where_they_stand() {
    let world = World::new().await;
    let console = Console::open(&world).await;
    for _ in 0..51 {
        world.fresh_budget().await;
    }
    let links = |html: &str| between(html, "href=\"/budgets?budget=", "\"");
    assert_eq!(console.all("alerts_page", "budgets", links).await, [50, 1]);
    let first = console.drawn("alerts_page", "").await;
    let cursor = between(&first, "href=\"/budgets?budgets=", "#").pop().unwrap();
    let second = console.drawn("alerts_page", &format!("budgets={cursor}")).await;
    let change = links(&second).pop().unwrap();
    let form = console.drawn("alerts_page", &format!("budget={}", change.replace("&amp;", "&"))).await;
    assert!(form.contains("/fn/delete_budget"), "{form}");
    let gone = console.drawn("alerts_page", "budget=bud_0000000000001").await;
    assert!(!gone.contains("/fn/set_budget"), "no form for a new one in its place");
}

#[tokio::test]
async fn bills_are_read_page_by_page_and_one_of_many_lines_says_where_all_are() {
    let world = World::new().await;
    let console = Console::open(&world).await;
    let bill = world.statement().await;
    let db = world.store.db();
    // Rows that nobody can wait for.
    for n in 1..=30_i64 {
        let month = format!("{}-{:02}", 1990 + n / 12, n % 12 + 1);
        let copy = "INSERT INTO statements SELECT id - $1, number + $1, $2, tenant, $3, zone, from_us, to_us, first_line + 1000 * $1, \
                    last_line + 1000 * $1, opening, closing, billed_to, issuer, created FROM statements WHERE id = $4";
        db.execute(sql!(copy, n, format!("old {n}"), month, bill.id)).await.unwrap();
    }
    let (mut cursor, mut pages) = (String::new(), Vec::new());
    loop {
        let (_, text) = console.send(Method::GET, &format!("/fn/bills_view?{cursor}"), "").await;
        let page: serde_json::Value = serde_json::from_str(&text).unwrap();
        pages.push(page["lines"].as_array().unwrap().len());
        let Some(next) = page["next"].as_str() else { break };
        cursor = format!("cursor={next}");
    }
    assert_eq!(pages, [24, 7]);

    let shown = async |id: StatementId| {
        let (_, text) = console.send(Method::GET, &format!("/fn/bill_view?id={id}"), "").await;
        let bill: serde_json::Value = serde_json::from_str(&text).unwrap();
        (bill["usage"].as_array().unwrap().len(), bill["more"].as_bool().unwrap())
    };
    let lines = async |n: i64| {
        let copy = "INSERT INTO statement_lines SELECT statement, $1, 'model ' || $1, key_id, key_name, requests, input, output, \
                    cache_read, cache_write, reasoning, audio_input, audio_output, image_input, image_output, web_searches, 0 \
                    FROM statement_lines WHERE statement = $2 ORDER BY position LIMIT 1";
        db.execute(sql!(copy, n, bill.id)).await.unwrap();
    };
    for n in 1_000..1_499 {
        lines(n).await;
    }
    assert_eq!(shown(bill.id).await, (500, false));
    lines(1_499).await;
    assert_eq!(shown(bill.id).await, (500, true), "one more is in the file alone");
    let file = world.get(&format!("/statements/{}.csv", bill.id)).await;
    assert!(file.text.contains("model 1499") && file.text.contains("model 1000"), "the file has all");
    let request = Request::builder().uri(format!("/bills/{}", bill.id)).header("cookie", &console.cookie);
    let request =
        request.header("host", "relay.example.com").header("accept-language", "en").body(Body::empty()).unwrap();
    let page = console.router.clone().oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    let page = String::from_utf8_lossy(&page);
    assert!(page.contains("There are more lines than are shown here: the CSV has all."), "said on the page");
}
