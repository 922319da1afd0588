//! Keys: the list, making one, changing, switching off, rotating, revoking one. A secret is shown once, in a dialog that asks.

mod change;
mod new;
mod revoke;
mod rotate;
mod row;
mod secret;
mod settings;

use self::{change::Change, new::NewKey, row::Row, secret::Secret};
use super::signed_in::refused;
use crate::{
    components::{
        empty_state::EmptyState,
        icon::{Draw, Icon},
        panel::Panel,
        skeleton::Skeleton,
        table::Table,
        topbar::Topbar,
    },
    keys::{ChangeKey, CreateKey, KeyList, MadeKey, keys_view},
    words::{self, Common},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_query_map};

/// The page.
#[component]
pub fn Keys() -> impl IntoView {
    let t = words::Keys::here();
    let view = Resource::new(|| (), |()| keys_view());
    let query = use_query_map();
    let adding = move || query.read().get("new").is_some();
    let create = ServerAction::<CreateKey>::new();
    let change = ServerAction::<ChangeKey>::new();
    // Shown until "I saved it"; the list behind it is read again meanwhile.
    let made = RwSignal::new(None::<MadeKey>);
    let on_change = Callback::new(move |()| view.refetch());
    let on_made = Callback::new(move |key| {
        made.set(Some(key));
        view.refetch();
    });
    Effect::new(move |_| {
        if let Some(Ok(key)) = create.value().get() {
            on_made.run(key);
        }
    });
    Effect::new(move |_| {
        if let Some(Ok(())) = change.value().get() {
            view.refetch();
        }
    });
    view! {
        <Title text=t.keys()/>
        <Topbar title=t.keys()>
            <A href="/keys?new=1" attr:class=move || if adding() { "btn" } else { "btn primary" }>
                <Draw icon=Icon::Plus/>{t.new_key()}
            </A>
        </Topbar>
        <div class="page">
            {move || made.get().map(|key| view! { <Secret key on_saved=Callback::new(move |()| made.set(None))/> })}
            {move || adding().then(|| view! { <NewKey create/> })}
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(list) => view! { <List list change on_change on_made/> }.into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

#[component]
fn List(
    list: KeyList,
    change: ServerAction<ChangeKey>,
    on_change: Callback<()>,
    on_made: Callback<MadeKey>,
) -> impl IntoView {
    let (t, common) = (words::Keys::here(), Common::here());
    let KeyList { lines, may_change, made } = list;
    let count = t.count(lines.len());
    let query = use_query_map();
    let changeable = if may_change { lines.clone() } else { Vec::new() };
    let asked = Memo::new(move |_| query.read().get("change"));
    let changing = move || {
        let line = asked.get().and_then(|id| changeable.iter().find(|line| line.id.to_string() == id).cloned());
        line.map(|line| view! { <Change line change/> })
    };
    view! {
        {changing}
        {made.map(|key| view! { <Secret key/> })}
        {if lines.is_empty() {
            view! {
                <Panel title=t.keys() aside=common.none_yet()>
                    <EmptyState title=t.first()>
                        <p class="mid">{t.what_for()}</p>
                    </EmptyState>
                </Panel>
            }.into_any()
        } else {
            let rows = lines.into_iter().map(|line| view! { <Row line may_change on_change on_made/> }).collect_view();
            view! {
                <Panel title=t.keys() aside=count>
                    <Table label=t.keys()>
                        <thead>
                            <tr>
                                <th scope="col">{common.name()}</th>
                                <th scope="col">{t.secret()}</th>
                                <th scope="col">{common.state()}</th>
                                <th scope="col">{common.models()}</th>
                                <th scope="col">{t.addresses()}</th>
                                <th scope="col">{t.last_used()}</th>
                                <th scope="col">{t.ends()}</th>
                                <th scope="col"><span class="sr">{common.actions()}</span></th>
                            </tr>
                        </thead>
                        <tbody>{rows}</tbody>
                    </Table>
                </Panel>
            }.into_any()
        }}
    }
}
