//! Testing a channel: the answer's text shows while it arrives, then how it went.

use crate::{
    channels::{read_lines, test_channel},
    components::{gauge::took, money::Money},
    refusal::Refusal,
    words::ChannelTest,
};
use domain::{
    ids::ChannelId,
    views::{ChannelTested, TestNews},
};
use futures::StreamExt as _;
use leptos::{prelude::*, task::spawn_local};
use std::pin::pin;

/// One channel's test.
#[derive(Debug, Clone, Copy)]
pub struct Trial {
    /// Whether one runs.
    pub running: RwSignal<bool>,
    /// Why none could be made.
    pub failure: RwSignal<Option<Refusal>>,
    text: RwSignal<String>,
    over: RwSignal<Option<ChannelTested>>,
}

impl Trial {
    /// Of a channel that was not tested yet.
    pub fn new() -> Self {
        let (running, failure) = (RwSignal::new(false), RwSignal::new(None));
        Self { running, failure, text: RwSignal::new(String::new()), over: RwSignal::new(None) }
    }

    /// Whether there is something to show.
    pub fn shows(self) -> bool {
        self.running.get() || self.over.with(Option::is_some)
    }

    /// Begins a test, where none runs.
    pub fn start(self, channel: ChannelId) {
        if self.running.get_untracked() {
            return;
        }
        self.running.set(true);
        self.failure.set(None);
        self.over.set(None);
        self.text.set(String::new());
        spawn_local(async move {
            let ended = self.listen(channel).await;
            // The page may have been left meanwhile.
            self.failure.try_set(ended.err());
            self.running.try_set(false);
        });
    }

    async fn listen(self, channel: ChannelId) -> Result<(), Refusal> {
        let mut pieces = pin!(test_channel(channel).await?.into_inner());
        let (mut came, mut whole) = (String::new(), false);
        while let Some(piece) = pieces.next().await {
            came.push_str(&piece?);
            for news in read_lines(&mut came) {
                match news {
                    TestNews::Text(more) => drop(self.text.try_update(|text| text.push_str(&more))),
                    TestNews::Over(tested) => {
                        whole = true;
                        self.over.try_set(Some(tested));
                    }
                }
            }
        }
        if whole { Ok(()) } else { Err(Refusal::Unreachable) }
    }

    /// How it went, in one line.
    pub fn told(self) -> Option<String> {
        let t = ChannelTest::here();
        self.over.with(|over| {
            let ChannelTested { model, status, latency_ms, output_tokens, error, .. } = over.as_ref()?;
            let status = status.map_or_else(|| t.no_answer().to_owned(), |status| status.to_string());
            Some(match error {
                None => {
                    let tokens = output_tokens.map(|tokens| t.tokens(tokens)).unwrap_or_default();
                    format!("{}{tokens}", t.answered(model, &status, *latency_ms))
                }
                Some(why) => t.failed(model, &status, why),
            })
        })
    }

    /// The answer and the numbers.
    pub fn view(self) -> impl IntoView {
        let t = ChannelTest::here();
        let text = self.text;
        let state = move || match self.over.get() {
            None => view! { <span class="st live">{t.runs()}</span> }.into_any(),
            Some(ChannelTested { error: Some(why), .. }) => view! { <span class="st down">{why}</span> }.into_any(),
            Some(_) => view! { <span class="st ok">{t.works()}</span> }.into_any(),
        };
        view! {
            <div class="trial">
                <div class="head">{state}</div>
                {move || (!text.with(String::is_empty)).then(|| view! { <blockquote>{text}</blockquote> })}
                {move || self.over.get().map(|over| facts(t, over))}
            </div>
        }
    }
}

fn facts(t: ChannelTest, over: ChannelTested) -> impl IntoView {
    let ChannelTested { model, status, latency_ms, first_token_ms, output_tokens, cost, .. } = over;
    let us = |ms: u64| ms.saturating_mul(1_000);
    let status = status.map_or_else(|| t.no_answer().to_owned(), |status| status.to_string());
    view! {
        <dl class="facts">
            <div><dt>{t.model()}</dt><dd>{model}</dd></div>
            <div><dt>{t.status()}</dt><dd>{status}</dd></div>
            <div><dt>{t.first_token()}</dt><dd>{took(first_token_ms.map(us))}</dd></div>
            <div><dt>{t.whole_answer()}</dt><dd>{took(Some(us(latency_ms)))}</dd></div>
            <div><dt>{t.output()}</dt><dd>{output_tokens.map_or_else(|| "–".to_owned(), |tokens| t.n_tokens(tokens))}</dd></div>
            <div><dt>{t.cost()}</dt><dd>{cost.map_or_else(|| "–".into_any(), |amount| view! { <Money amount/> }.into_any())}</dd></div>
        </dl>
    }
}
