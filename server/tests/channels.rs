//! A channel's own way: its proxy, its headers, its parameters.

use testkit::{
    Context, Result, answers,
    bed::Bed,
    database::Kind,
    ensure, json,
    proxies::{self, Proxy},
};

testkit::on_a_node!(
    a_channel_goes_out_through_its_own_proxy,
    a_channels_headers_and_parameters_are_put_in_place_of_the_callers,
);

async fn a_channel_goes_out_through_its_own_proxy(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    let upstream = bed.upstream.address();
    for (scheme, kind, host) in [
        ("http", proxies::Kind::Http, "upstream.example"),
        ("socks5h", proxies::Kind::Socks5, "upstream.example"),
        ("socks5", proxies::Kind::Socks5, "localhost"),
    ] {
        let proxy = Proxy::start(kind, upstream).await?;
        let model = format!("through-{scheme}");
        bed.api.price(&model, &json!({"input": "1", "output": "1"})).await?;
        bed.upstream.on_model(&model, answers::chat(&model, 5, 3));
        let url = format!("{scheme}://me:p%40ss%20word@{}", proxy.address());
        let base = format!("http://{host}:{}/v1", upstream.port());
        let id = bed.api.channel("openai_compatible", &base, &model, &json!({"proxy": url})).await?;
        let shown = bed.api.get(&format!("/channels/{id}")).await?;
        ensure!(shown.get("proxy").is_some_and(|it| *it == format!("{scheme}://{}", proxy.address())), "{shown}");
        bed.known().await?;
        let answer = bed.send(&bed.chat(&model, &json!({"max_tokens": 5}))).await?;
        ensure!(answer.status() == 200, "{scheme}: {}", answer.text());
        let asked = proxy.asked();
        // The one that looks names up here is given an address, and the others the name.
        let expected = if scheme == "socks5" { "127.0.0.1" } else { host };
        ensure!(asked == [format!("{expected}:{}", upstream.port())], "{scheme}: asked for {asked:?}");

        let wrong = format!("{scheme}://me:wrong@{}", proxy.address());
        bed.api.patch(&format!("/channels/{id}"), &json!({"proxy": wrong})).await?;
        bed.known().await?;
        let answer = bed.send(&bed.chat(&model, &json!({"max_tokens": 5}))).await?;
        ensure!(answer.status() == 502 && !answer.text().contains("wrong"), "{scheme}: {}", answer.text());
    }
    let printed = bed.node.printed();
    ensure!(!printed.contains("p%40ss") && !printed.contains("wrong@"), "a proxy's password is in the log");
    Ok(())
}

async fn a_channels_headers_and_parameters_are_put_in_place_of_the_callers(program: &str) -> Result<()> {
    let bed = Bed::start(program, Kind::Sqlite).await?;
    bed.api.price("treated", &json!({"input": "1", "output": "1"})).await?;
    bed.upstream.on_model("treated", answers::chat("treated", 5, 3));
    let treatment = json!({
        "headers": {"set": {"x-team": "red"}, "default": {"x-trace": "none"}, "remove": ["user-agent"]},
        "params": {"set": {"service_tier": "flex"}, "default": {"temperature": 0.5}, "remove": ["user"]},
    });
    bed.api.channel("openai", &bed.upstream.base_url("openai"), "treated", &treatment).await?;
    bed.known().await?;
    let request = bed.chat("treated", &json!({"max_tokens": 5, "user": "u", "service_tier": "auto", "temperature": 1}));
    ensure!(bed.send(&request).await?.status() == 200, "a request failed");
    let seen = bed.upstream.seen();
    let seen = seen.iter().find(|seen| seen.model().as_deref() == Some("treated")).context("the request")?;
    ensure!(seen.header("x-team") == Some("red") && seen.header("x-trace") == Some("none"), "{:?}", seen.headers);
    ensure!(seen.header("user-agent").is_none(), "{:?}", seen.headers);
    let body: testkit::Value = String::from_utf8_lossy(&seen.body).parse()?;
    let field = |name: &str| body.get(name).cloned().unwrap_or_default();
    ensure!(field("service_tier") == "flex" && field("temperature") == 1 && field("user").is_null(), "{body}");
    Ok(())
}
