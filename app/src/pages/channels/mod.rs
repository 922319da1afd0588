//! Channels, for those who run the place: adding one in three fields, how each does, its order among the others, its
//! credentials, testing it, switching it off.

mod add;
mod health;
mod order;
mod row;
mod summary;
mod trial;
mod unfolded;

use super::signed_in::refused;
use crate::{
    channels::{CreateChannel, channels_view},
    components::{
        empty_state::EmptyState,
        icon::{Draw, Icon},
        money::{Money, places},
        panel::Panel,
        skeleton::Skeleton,
        topbar::Topbar,
    },
    words::{self, Common},
};
use add::NewChannel;
use domain::{money::NanoUsd, views::ChannelLine};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};
use row::Row;
use summary::summary;

/// What every row needs of the page.
#[derive(Clone, Copy)]
pub struct Page {
    /// Which channel is unfolded.
    pub open: Memo<Option<String>>,
    /// Asks for the channels again.
    pub reload: Callback<()>,
}

/// The page.
#[component]
pub fn Channels() -> impl IntoView {
    let t = words::Channels::here();
    let view = Resource::new(|| (), |()| channels_view());
    let query = use_query_map();
    let adding = move || query.read().get("new").is_some();
    let open = Memo::new(move |_| query.read().get("open"));
    let page = Page { open, reload: Callback::new(move |()| view.refetch()) };
    let create = ServerAction::<CreateChannel>::new();
    Effect::new(move |_| {
        if let Some(Ok(())) = create.value().get() {
            view.refetch();
        }
    });
    view! {
        <Title text=t.channels()/>
        <Topbar title=t.channels()>
            <A href="/channels?new=1" attr:class=move || if adding() { "btn" } else { "btn primary" }>
                <Draw icon=Icon::Plus/>{t.new_channel()}
            </A>
        </Topbar>
        <div class="page">
            {move || adding().then(|| view! { <NewChannel create/> })}
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(lines) => list(lines, page).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

fn list(lines: Vec<ChannelLine>, page: Page) -> impl IntoView {
    let (t, common) = (words::Channels::here(), Common::here());
    if lines.is_empty() {
        return view! {
            <Panel title=t.channels() aside=common.none_yet()>
                <EmptyState title=t.first()>
                    <p class="mid">{t.what_for()}</p>
                </EmptyState>
            </Panel>
        }
        .into_any();
    }
    let summary = summary(&lines);
    let cost: NanoUsd = lines.iter().map(|line| line.health.cost_today).sum();
    let decimals = places(lines.iter().map(|line| line.health.cost_today));
    let count = t.count(lines.len());
    let rows = lines.into_iter().map(|line| view! { <Row line decimals page/> }).collect_view();
    view! {
        {summary}
        <Panel title=t.channels() aside=t.spans()>
            <div class="scroll" tabindex="0" role="region" aria-label=t.channels()>
                <table class="t two chan">
                    <thead>
                        <tr>
                            <th scope="col">{common.name()}</th>
                            <th scope="col">{t.health()}</th>
                            <th scope="col" class="num">{t.five_minutes()}</th>
                            <th scope="col" class="num">{t.hour()}</th>
                            <th scope="col" class="num">{t.first_token()}</th>
                            <th scope="col" class="num">{t.answer()}</th>
                            <th scope="col" class="num">{t.cost_today()}</th>
                            <th scope="col" class="num">{t.priority()}</th>
                            <th scope="col" class="num">{t.weight()}</th>
                            <th scope="col" class="gap">{common.models()}</th>
                            <th scope="col">{t.credentials()}</th>
                            <th scope="col"><span class="sr">{common.actions()}</span></th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                    <tfoot>
                        <tr>
                            <th scope="row">{count}</th>
                            <td colspan="5"></td>
                            <td class="num"><Money amount=cost places=decimals/></td>
                            <td colspan="5"></td>
                        </tr>
                    </tfoot>
                </table>
            </div>
        </Panel>
    }
    .into_any()
}
