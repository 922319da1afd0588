//! The instruments measured by themselves: what a scripted upstream does, the client must see exactly.

use std::time::Duration;
use testkit::{
    Result, answers,
    bed::chat,
    http::Request,
    json, load,
    run::alone,
    upstream::{End, Play, Script, Upstream},
};

fn post(model: &str) -> Request {
    chat("sk-tp-none", model, &json!({}))
}

#[test]
fn a_whole_answer_arrives_byte_for_byte_however_it_is_written() -> Result<()> {
    alone(async {
        let upstream = Upstream::start().await?;
        let events = answers::chat_events("m", 5, 3, 5);
        let expected = events.concat();
        for byte_by_byte in [false, true] {
            let mut play = Play::events(events.clone(), Duration::ZERO);
            play.byte_by_byte = byte_by_byte;
            upstream.on_model("m", Script::Answer(play));
            let answer = post("m").send(upstream.address()).await?;
            assert_eq!(answer.body, expected);
            assert!(answers::has_end(&answer.body));
        }
        Ok(())
    })
}

#[test]
fn a_cut_a_reset_and_garbage_are_told_from_an_end() -> Result<()> {
    alone(async {
        let upstream = Upstream::start().await?;
        let events = answers::chat_events("m", 5, 3, 5);
        let whole = Play::events(events, Duration::from_millis(1));
        upstream.next(Script::Answer(whole.clone().cut_after(3)));
        upstream.next(Script::Answer(Play { end: End::Reset, ..whole }));
        for _ in 0..2 {
            let (_, proper) = post("any").open(upstream.address()).await?.remains().await;
            assert!(!proper);
        }
        for script in [Script::Reset, Script::Garbage("SSH-2.0\r\n".into())] {
            upstream.next(script);
            assert!(post("any").open(upstream.address()).await.is_err());
        }
        let refusing = Upstream::refusing().await?;
        assert!(post("any").open(refusing).await.is_err());
        assert_eq!((upstream.served(), upstream.connections()), (4, 4));
        assert_eq!(upstream.seen()[0].model().as_deref(), Some("any"));
        Ok(())
    })
}

#[test]
fn a_load_counts_every_answer_and_every_failure() -> Result<()> {
    alone(async {
        let upstream = Upstream::start().await?;
        upstream.remember(false);
        upstream.on_model("good", answers::chat("good", 1, 1));
        upstream.on_model("bad", answers::error(500, &json!({})));
        upstream.on_model("stream", answers::stream(answers::chat_events("stream", 3, 1, 3), Duration::ZERO));
        let to = upstream.address();
        let short = Duration::from_millis(200);
        let good = load::closed_loop(to, &post("good").bytes(to), 4, short).await?;
        assert!(good.bad == 0 && good.good > 0, "{good:?}");
        assert_eq!(good.latency.len(), good.good);
        let bad = load::closed_loop(to, &post("bad").bytes(to), 4, short).await?;
        assert!(bad.good == 0 && bad.bad > 0, "{bad:?}");
        let streams = load::streams(to, &post("stream").bytes(to), 4, short).await?;
        assert!(streams.bad == 0 && streams.good > 0, "{streams:?}");
        let paced = load::paced(to, &post("good").bytes(to), 4, 500, Duration::from_secs(1)).await?;
        assert!((400..=520).contains(&paced.good), "{paced:?}");
        assert_eq!(good.good + bad.bad + streams.good + paced.good, upstream.served());
        Ok(())
    })
}
