//! One channel's row, and below it what is unfolded, tested or refused.

use super::{
    Page,
    health::{judge, success},
    order::{OrderField, Which},
    trial::Trial,
    unfolded::Unfolded,
};
use crate::{
    channels::{SetChannelEnabled, TestChannel, providers},
    components::{
        gauge::took,
        icon::{Draw, Icon},
        money::Money,
        note::RefusalNote,
        switch::{Flip, flip},
    },
    words::{self, ChannelTest},
};
use domain::views::{ChannelLine, ChannelOrder};
use leptos::{prelude::*, server_fn::ServerFn};

/// What a provider is called.
fn provider_name(t: words::Channels, word: &str) -> String {
    let known = providers(t).into_iter().find(|(known, _)| *known == word);
    known.map_or_else(|| word.to_owned(), |(_, name)| name.to_owned())
}

/// The row.
#[component]
pub fn Row(
    /// The channel.
    line: ChannelLine,
    /// Decimals of the column of costs.
    decimals: usize,
    /// The page.
    page: Page,
) -> impl IntoView {
    let (t, testing) = (words::Channels::here(), ChannelTest::here());
    let ChannelLine { id, name, provider, credentials, models, priority, weight, enabled, health, .. } = line.clone();
    let switch = ServerAction::<SetChannelEnabled>::new();
    let Flip { shown, failure } = flip(switch, enabled, |call| call.enabled);
    let unordered = RwSignal::new(None);
    let trial = Trial::new();
    let open = Memo::new(move |_| page.open.get().is_some_and(|open| open == id.to_string()));
    let state = move || {
        let (state, hour) = judge(shown.get(), &health);
        let span = if hour { t.by_the_hour() } else { t.by_five_minutes() };
        view! { <span class=state.class() title=span>{state.word(t)}</span> }
    };
    let carried = match models.as_slice() {
        [one] => one.clone(),
        many => t.many_models(many.len()),
    };
    let secrets = match credentials.as_slice() {
        [] => t.no_secrets().to_owned(),
        [(name, last4)] => format!("{name} …{last4}"),
        many => t.many_secrets(many.len()),
    };
    let order = ChannelOrder { priority, weight };
    let fold = move || if open.get() { "/channels".to_owned() } else { format!("/channels?open={id}") };
    let refused = move || failure.get().is_some() || unordered.get().is_some() || trial.failure.get().is_some();
    let tried = Memo::new(move |_| trial.shows());
    let visible = Memo::new(move |_| open.get() || tried.get() || refused());
    let below = move || {
        visible.get().then(|| {
            let line = line.clone();
            view! {
                <tr class="sub">
                    <td colspan="12">
                        <div class="inside">
                            <RefusalNote refusal=failure/>
                            <RefusalNote refusal=unordered/>
                            <RefusalNote refusal=trial.failure/>
                            {move || tried.get().then(|| trial.view())}
                            {move || open.get().then(|| view! { <Unfolded line=line.clone() page/> })}
                        </div>
                    </td>
                </tr>
            }
        })
    };
    view! {
        <tr>
            <th scope="row" title=name.clone()>
                <a class="tw" href=fold data-noscroll="" aria-label=t.unfold(&name)
                    aria-expanded=move || if open.get() { "true" } else { "false" }><Draw icon=Icon::Down/></a>
                <span class="strong">{name.clone()}</span>
                <small>{provider_name(t, &provider)}</small>
            </th>
            <td>{state}</td>
            <td class="num">{success(t, health.recent)}</td>
            <td class="num mid">{success(t, health.hour)}</td>
            <td class="num">{took(health.ttft_p50)}</td>
            <td class="num">{took(health.latency_p95)}</td>
            <td class="num"><Money amount=health.cost_today places=decimals/></td>
            <td class="num"><OrderField channel=id which=Which::Priority order label=t.priority_of(&name) failure=unordered/></td>
            <td class="num"><OrderField channel=id which=Which::Weight order label=t.weight_of(&name) failure=unordered/></td>
            <td class="gap clip" title=models.join(", ")>{carried}</td>
            <td class="mid clip">{secrets}</td>
            <td class="acts">
                <form class="inline" method="post" action=TestChannel::url() on:submit=move |event| {
                    event.prevent_default();
                    trial.start(id);
                }>
                    <input type="hidden" name="channel" value=id.to_string()/>
                    <button class="btn ghost sm" type="submit" aria-label=testing.test_named(&name)
                        aria-busy=move || trial.running.get().then_some("true")>{testing.test()}</button>
                </form>
                <ActionForm action=switch attr:class="inline">
                    <input type="hidden" name="channel" value=id.to_string()/>
                    <input type="hidden" name="enabled" value=move || (!shown.get()).to_string()/>
                    <button class="switch" type="submit" role="switch" aria-label=t.is_on(&name)
                        aria-checked=move || if shown.get() { "true" } else { "false" }></button>
                </ActionForm>
                <span class="sr" role="status">{move || trial.told()}</span>
            </td>
        </tr>
        {below}
    }
}
