//! Two nodes on PostgreSQL and Redis: they count limits together, a change reaches both within a second with Redis and without,
//! Redis may go away (C5), and they are restarted one after the other under load (D2).

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};
use testkit::{
    Context, Result, Value, answers,
    api::Key,
    bed::{Bed, chat},
    chaos::{Chaos, Weather},
    database::Kind,
    ensure,
    front::Front,
    http::Request,
    json,
    node::Node,
    redis::Redis,
    run::figure,
    size,
    wait::until,
};
use tokio::task::JoinSet;

testkit::on_a_node!(
    limits_are_counted_by_all_nodes_together,
    a_change_reaches_every_node_within_a_second_with_redis_and_without,
    c5_no_request_fails_while_redis_is_away,
    c4_two_nodes_serve_on_while_the_database_is_cut_off,
    what_a_killed_node_had_drawn_is_back_soon_after_its_restart,
    d2_a_rolling_restart_behind_nginx_fails_no_request,
);

struct Cluster {
    bed: Bed,
    other: Node,
    redis: Redis,
}

impl Cluster {
    async fn start(program: &str) -> Result<Self> {
        let redis = Redis::start().await?;
        let bed = Bed::with(program, Kind::Postgres, &[("REDIS__URL", &redis.url())], "1000").await?;
        let other = second(&bed, program, Some(&redis)).await?;
        bed.upstream.on_model("shared", answers::chat("shared", 5, 3));
        bed.model("shared", "openai", &json!({"input": "1", "output": "1"})).await?;
        bed.known_at(other.address()).await?;
        Ok(Self { bed, other, redis })
    }

    fn nodes(&self) -> [SocketAddr; 2] {
        [self.bed.node.address(), self.other.address()]
    }

    async fn key(&self, more: &Value) -> Result<Key> {
        let key = self.bed.api.key(&self.bed.tenant, more).await?;
        for node in self.nodes() {
            self.bed.known_at(node).await?;
        }
        Ok(key)
    }

    /// So many requests, in turn to both nodes; how many were let in.
    async fn admitted(&self, key: &Key, count: usize) -> Result<usize> {
        let mut admitted = 0;
        for (_, node) in (0..count).zip(self.nodes().into_iter().cycle()) {
            let answer = ask(&key.secret).send(node).await?;
            ensure!(matches!(answer.status(), 200 | 429), "{} {}", answer.status(), answer.text());
            admitted += usize::from(answer.status() == 200);
        }
        Ok(admitted)
    }
}

async fn second(bed: &Bed, program: &str, redis: Option<&Redis>) -> Result<Node> {
    let mut node = Node::new(program, bed.database.url())?;
    if let Some(redis) = redis {
        node.set("REDIS__URL", &redis.url());
    }
    let key = bed.node.data().join("secret.key");
    if key.exists() {
        std::fs::copy(key, node.data().join("secret.key"))?;
    }
    node.start().await?;
    Ok(node)
}

fn ask(secret: &str) -> Request {
    chat(secret, "shared", &json!({"max_tokens": 10}))
}

async fn limits_are_counted_by_all_nodes_together(program: &str) -> Result<()> {
    let mut cluster = Cluster::start(program).await?;
    let key = cluster.key(&json!({"rpm": 12})).await?;
    let begun = Instant::now();
    let admitted = cluster.admitted(&key, 30).await?;
    // One comes back every five seconds.
    let most = 12 + begun.elapsed().as_secs() as usize / 5 + 1;
    ensure!((12..=most).contains(&admitted), "{admitted} of 30 admitted at 12 a minute");

    let one = cluster.key(&json!({"concurrency": 1})).await?;
    let slow = answers::stream(answers::chat_events("shared", 400, 5, 400), Duration::from_millis(25));
    cluster.bed.upstream.on_model("shared", slow);
    let body = json!({"max_tokens": 500, "stream": true});
    let running = chat(&one.secret, "shared", &body).open(cluster.nodes()[0]).await?;
    let refused = ask(&one.secret).send(cluster.nodes()[1]).await?;
    ensure!(refused.status() == 429, "two at once on two nodes: {}", refused.status());
    cluster.bed.upstream.on_model("shared", answers::chat("shared", 5, 3));
    drop(running);
    until("the place to be free again", Duration::from_secs(40), async || {
        Ok((ask(&one.secret).send(cluster.nodes()[1]).await?.status() == 200).then_some(()))
    })
    .await?;

    cluster.redis.away().await?;
    let alone = cluster.key(&json!({"rpm": 12})).await?;
    let admitted = cluster.admitted(&alone, 60).await?;
    ensure!((24..=30).contains(&admitted), "without Redis each node counts its own 12: {admitted} of 60");
    figure(&format!(
        "limits: 12 a minute together let in {most} at most of 30; without Redis {admitted} of 60 on two nodes"
    ));
    cluster.bed.books_agree().await
}

async fn a_change_reaches_every_node_within_a_second_with_redis_and_without(program: &str) -> Result<()> {
    let mut cluster = Cluster::start(program).await?;
    for redis in [true, false] {
        let mut slowest = Duration::ZERO;
        for _ in 0..size::of("CHANGES", 5) {
            let key = cluster.key(&json!({})).await?;
            for node in cluster.nodes() {
                ensure!(ask(&key.secret).send(node).await?.status() == 200, "a fresh key works everywhere");
            }
            cluster.bed.api.delete(&format!("/keys/{}", key.id)).await?;
            let revoked = Instant::now();
            let refused =
                async || Ok((ask(&key.secret).send(cluster.other.address()).await?.status() == 401).then_some(()));
            until("the key to be refused by the other node", Duration::from_secs(5), refused).await?;
            slowest = slowest.max(revoked.elapsed());
        }
        figure(&format!("a revoked key is refused by the other node after {slowest:?} at most, Redis: {redis}"));
        ensure!(slowest < Duration::from_secs(1), "a change took {slowest:?}");
        cluster.redis.away().await?;
    }
    cluster.bed.books_agree().await
}

/// Load on both nodes until told to stop: how many were served, and what else was seen.
fn load(
    nodes: &[SocketAddr],
    secret: &str,
    until: tokio::sync::watch::Receiver<bool>,
) -> JoinSet<(usize, Vec<String>)> {
    let mut callers = JoinSet::new();
    for caller in 0..8 {
        let (secret, until) = (secret.to_owned(), until.clone());
        let node = nodes.iter().copied().cycle().nth(caller);
        callers.spawn(async move {
            let (mut served, mut failed) = (0, Vec::new());
            let Some(node) = node else { return (served, failed) };
            loop {
                let over = *until.borrow();
                if over {
                    break;
                }
                match ask(&secret).send(node).await {
                    Ok(answer) if answer.status() == 200 => served += 1,
                    Ok(answer) => failed.push(format!("{} {}", answer.status(), answer.text())),
                    Err(error) => failed.push(format!("{error:#}")),
                }
            }
            (served, failed)
        });
    }
    callers
}

async fn ended(mut callers: JoinSet<(usize, Vec<String>)>) -> Result<(usize, Vec<String>)> {
    let (mut served, mut failed) = (0, Vec::new());
    while let Some(one) = callers.join_next().await {
        let (more, seen) = one?;
        served += more;
        failed.extend(seen);
    }
    Ok((served, failed))
}

async fn c5_no_request_fails_while_redis_is_away(program: &str) -> Result<()> {
    let mut cluster = Cluster::start(program).await?;
    let key = cluster.key(&json!({"rpm": 4_000_000_000_u32, "tpm": 4_000_000_000_u32, "concurrency": 1_000})).await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers = load(&cluster.nodes(), &key.secret, stopped);
    let some = async |cluster: &Cluster, more: u64| {
        let target = cluster.bed.upstream.served() + more;
        until("requests to be served", Duration::from_secs(60), async || {
            Ok((cluster.bed.upstream.served() >= target).then_some(()))
        })
        .await
    };
    let requests = size::of("C5_REQUESTS", 1_000) as u64;
    some(&cluster, requests).await?;
    cluster.redis.away().await?;
    some(&cluster, requests).await?;
    // Not only do none fail: none waits for it, either.
    let mut slowest = Duration::ZERO;
    for node in cluster.nodes().into_iter().cycle().take(60) {
        let begun = Instant::now();
        let answer = ask(&key.secret).send(node).await?;
        ensure!(answer.status() == 200, "C5: {}", answer.text());
        slowest = slowest.max(begun.elapsed());
    }
    ensure!(slowest < Duration::from_secs(2), "C5: a request waited {slowest:?} for Redis");
    cluster.redis.resume().await?;
    some(&cluster, requests).await?;
    stop.send_replace(true);
    let (served, failed) = ended(callers).await?;
    ensure!(failed.is_empty(), "C5: {} failed: {:?}", failed.len(), failed.first());
    figure(&format!(
        "C5: Redis away and back under load: {served} served, 0 failed; of 60 while away the slowest took {slowest:?}"
    ));
    cluster.bed.books_agree().await
}

async fn c4_two_nodes_serve_on_while_the_database_is_cut_off(program: &str) -> Result<()> {
    let seconds = Duration::from_secs(size::of("C4_CLUSTER_SECONDS", 3) as u64);
    let mut cluster = Cluster::start(program).await?;
    let url = cluster.bed.database.url().context("PostgreSQL")?.to_owned();
    let (chaos, through) = Chaos::before_postgres(&url).await?;
    for node in [&mut cluster.bed.node, &mut cluster.other] {
        node.stop().await?;
        node.set("DATABASE__URL", &through);
        node.start().await?;
    }
    let reader = cluster.bed.reader().await?;
    // One row a minute: counting the requests themselves over and over would be a load of its own.
    let posted = async || reader.integer("SELECT CAST(COALESCE(SUM(requests), 0) AS BIGINT) FROM usage_minutes").await;
    for weather in [Weather::Reset, Weather::BlackHole] {
        cluster.bed.node.settled().await?;
        let before = posted().await?;
        let (stop, stopped) = tokio::sync::watch::channel(false);
        let callers = load(&cluster.nodes(), &cluster.bed.key.secret, stopped);
        // A lease covers a minute of recent spend: there has to be some.
        let begun = Instant::now();
        let target = cluster.bed.upstream.served() + 500;
        until("load to flow", Duration::from_secs(60), async || {
            Ok((cluster.bed.upstream.served() >= target && begun.elapsed() > Duration::from_secs(5)).then_some(()))
        })
        .await?;
        chaos.weather(weather);
        let gone = Instant::now();
        let away = cluster.bed.upstream.served();
        until("the outage to pass", seconds * 3, async || Ok((gone.elapsed() >= seconds).then_some(()))).await?;
        let during = cluster.bed.upstream.served() - away;
        chaos.weather(Weather::Fair);
        let back = Instant::now();
        stop.send_replace(true);
        let (served, failed) = ended(callers).await?;
        ensure!(failed.is_empty(), "C4: {weather:?}: {} failed: {:?}", failed.len(), failed.first());
        let all = before + i64::try_from(served)?;
        until(
            "the backlog to be drained",
            Duration::from_secs(60),
            async || Ok((posted().await? == all).then_some(())),
        )
        .await?;
        let drained = back.elapsed();
        figure(&format!(
            "C4 on two nodes, {weather:?} for {seconds:?}: {served} served ({during} meanwhile), 0 failed, drained after {drained:?}"
        ));
        // What hangs in a black hole is given up after ten seconds (store: POSTGRES_STATEMENT), also when that is later
        // than the outage's end.
        let given_up = if weather == Weather::BlackHole {
            Duration::from_secs(10).saturating_sub(seconds)
        } else {
            Duration::ZERO
        };
        ensure!(drained <= given_up + Duration::from_secs(5), "C4: {weather:?}: drained after {drained:?}");
    }
    cluster.bed.books_agree().await
}

async fn what_a_killed_node_had_drawn_is_back_soon_after_its_restart(program: &str) -> Result<()> {
    let mut cluster = Cluster::start(program).await?;
    for _ in 0..20 {
        ensure!(ask(&cluster.bed.key.secret).send(cluster.other.address()).await?.status() == 200, "a request failed");
    }
    let reader = cluster.bed.reader().await?;
    let held = "SELECT COUNT(*) FROM leases WHERE state <> 'closed'";
    let before = reader.integer(held).await?;
    ensure!(before > 0, "the killed node holds a lease");
    cluster.other.kill().await?;
    let took = cluster.other.start().await?;
    let ready = Instant::now();
    // The one of the node's former life; the node that lives on may have one too.
    let former = "SELECT COUNT(*) FROM leases l WHERE state <> 'closed' AND EXISTS
        (SELECT 1 FROM leases n WHERE n.node_id = l.node_id AND n.epoch > l.epoch)";
    ensure!(ask(&cluster.bed.key.secret).send(cluster.other.address()).await?.status() == 200, "a request failed");
    until("the former lease to be closed", Duration::from_secs(10), async || {
        Ok((reader.integer(former).await? == 0).then_some(()))
    })
    .await?;
    let back = took + ready.elapsed();
    figure(&format!("a killed node's leases are back {back:?} after its restart began"));
    ensure!(back <= Duration::from_secs(2), "they took {back:?}");
    cluster.bed.books_agree().await
}

async fn d2_a_rolling_restart_behind_nginx_fails_no_request(program: &str) -> Result<()> {
    let mut cluster = Cluster::start(program).await?;
    // As operators run it: nginx needs a moment to see that a node is about to go.
    cluster.bed.node.set("RELAY__DRAIN_GRACE_MS", "2000");
    cluster.other.set("RELAY__DRAIN_GRACE_MS", "2000");
    cluster.bed.node.stop().await?;
    cluster.bed.node.start().await?;
    cluster.other.stop().await?;
    cluster.other.start().await?;
    let front = Front::before(&cluster.nodes()).await?;
    let (stop, stopped) = tokio::sync::watch::channel(false);
    let callers = load(&[front.address()], &cluster.bed.key.secret, stopped);
    for _ in 0..size::of("D2_ROUNDS", 1) {
        cluster.bed.node.stop().await?;
        cluster.bed.node.start().await?;
        cluster.other.stop().await?;
        cluster.other.start().await?;
    }
    stop.send_replace(true);
    let (served, failed) = ended(callers).await?;
    ensure!(
        failed.is_empty(),
        "D2: {} of {} failed: {:?}: {}",
        failed.len(),
        served,
        failed.first(),
        front.complaints()
    );
    figure(&format!("D2: two nodes restarted one after the other behind nginx: {served} served, 0 failed"));
    cluster.bed.books_agree().await
}
