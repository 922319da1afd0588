//! The log of requests: filters that live in the address, what happened when, rows that arrive as they happen, and one of them
//! open beside the others.

use super::{
    latest::Latest,
    operations::{grid, outcomes},
    request::{RequestSheet, step_told},
    signed_in::refused,
};
use crate::{
    chart::{Look, Unit},
    components::{
        chart::{Brush, Chart, provide_charts},
        count::grouped,
        empty_state::EmptyState,
        icon::{Draw, Icon},
        list_keys,
        live::{Live, follow},
        live_switch::LiveSwitch,
        panel::Panel,
        range_picker::RangePicker,
        skeleton::Skeleton,
        topbar::Topbar,
    },
    query,
    requests::{RequestLog, from_query, log_view, to_address},
    words::Requests as Words,
};
use domain::{
    ids::RequestId,
    views::{RequestFilter, RequestPage, Span, Timeline},
};
use leptos::{prelude::*, task::spawn_local};
use leptos_meta::Title;
use leptos_router::{
    components::{A, Form},
    hooks::{use_navigate, use_query_map},
};

/// Rows that arrived while the viewer reads.
#[derive(Debug, Clone, Copy)]
struct Tail {
    /// How many.
    waiting: RwSignal<usize>,
    /// The pointer is on the rows.
    reading: RwSignal<bool>,
    /// The newest row that shows.
    newest: RwSignal<Option<RequestId>>,
}

/// The page.
#[component]
pub fn Requests() -> impl IntoView {
    let t = Words::here();
    let query = use_query_map();
    let view = Resource::new(move || from_query(&query.read()), log_view);
    let open = Memo::new(move |_| query::parsed::<RequestId>(&query.read(), "open"));
    let tail = Tail { waiting: RwSignal::new(0), reading: RwSignal::new(false), newest: RwSignal::new(None) };
    provide_charts();
    list_keys::listen();
    follow_log(tail, view);
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()><LiveSwitch/></Topbar>
        <div class=move || if open.get().is_some() { "split" } else { "split alone" }>
            <div class="page">
                <Transition fallback=|| view! { <Skeleton/> }>
                    {move || Suspend::new(async move {
                        match view.await {
                            Ok(log) => view! { <Log log open tail on_new=Callback::new(move |()| view.refetch())/> }.into_any(),
                            Err(refusal) => refused(refusal).into_any(),
                        }
                    })}
                </Transition>
            </div>
            {move || open.get().map(|id| {
                let close = to_address(&from_query(&query.read_untracked()));
                view! { <RequestSheet id close/> }
            })}
        </div>
    }
}

/// Shows new rows at once; while somebody reads, or on an older page, it only counts them.
fn follow_log(tail: Tail, view: Resource<Result<RequestLog, crate::refusal::Refusal>>) {
    let query = use_query_map();
    let Some(live) = use_context::<Live>() else { return };
    follow(move || {
        if !tail.reading.get_untracked() && from_query(&query.read_untracked()).before.is_none() {
            view.refetch();
        }
    });
    let news = live.news();
    Effect::new(move |seen: Option<u32>| {
        let now = news.get();
        let held = tail.reading.get_untracked() || live.paused.get_untracked();
        if seen.is_some_and(|seen| seen != now) && held {
            let filter = RequestFilter { before: None, ..from_query(&query.read_untracked()) };
            spawn_local(async move {
                let Ok(log) = log_view(filter).await else { return };
                let newest = tail.newest.get_untracked();
                let new = log.page.lines.iter().take_while(|line| Some(line.request) != newest).count();
                tail.waiting.set(new);
            });
        }
        now
    });
    // Whoever leaves the rows sees what came meanwhile.
    Effect::new(move |_| {
        let reading = tail.reading.get();
        if !reading && tail.waiting.get_untracked() > 0 && !live.paused.get_untracked() {
            view.refetch();
        }
    });
}

#[component]
fn Log(log: RequestLog, open: Memo<Option<RequestId>>, tail: Tail, on_new: Callback<()>) -> impl IntoView {
    let t = Words::here();
    let csv = log.csv();
    let RequestLog { page: RequestPage { lines, next, models, timeline }, filter, .. } = log;
    let filtered = filter != RequestFilter::default();
    let older = next.map(|before| to_address(&RequestFilter { before: Some(before), ..filter.clone() }));
    let newest = filter.before.map(|_| to_address(&RequestFilter { before: None, ..filter.clone() }));
    let shown = t.shown(lines.len());
    let address = to_address(&filter);
    tail.newest.set(lines.first().map(|line| line.request));
    tail.waiting.set(0);
    let new = move || {
        let waiting = tail.waiting.get();
        (waiting > 0).then(|| {
            let count = if waiting >= 50 { "50+".to_owned() } else { waiting.to_string() };
            view! { <button class="btn sm" type="button" on:click=move |_| on_new.run(())>{t.arrived(&count)}</button> }
        })
    };
    view! {
        <Filters filter=filter.clone() models csv timeline=timeline.clone()/>
        <When filter timeline/>
        {if lines.is_empty() {
            let title = if filtered { t.none_fits() } else { t.none_yet() };
            let advice = if filtered { t.take_away() } else { t.soon() };
            view! { <Panel title=t.title() aside=shown><EmptyState title><p class="mid">{advice}</p></EmptyState></Panel> }.into_any()
        } else {
            view! {
                <section
                    class="panel"
                    on:pointerenter=move |_| tail.reading.set(true)
                    on:pointerleave=move |_| tail.reading.set(false)
                >
                    <header>
                        <h2>{t.title()}</h2><span class="dim small">{shown}</span>
                        <span role="status">{new}</span>
                        <span class="end dim small hints">
                            <kbd>"j"</kbd>" "<kbd>"k"</kbd>" "{t.keys_hint()}", "<kbd>"Enter"</kbd>" "{t.open_hint()}
                        </span>
                    </header>
                    <Latest lines address open/>
                    <footer class="pager">
                        {newest.map(|address| view! { <A href=address attr:class="btn sm">{t.newest()}</A> })}
                        {older.map(|address| view! { <A href=address attr:class="btn sm end">{t.older()}</A> })}
                    </footer>
                </section>
            }.into_any()
        }}
    }
}

/// What happened when; dragging over it sets the range.
#[component]
fn When(filter: RequestFilter, timeline: Timeline) -> impl IntoView {
    let t = Words::here();
    let window = timeline.window;
    let title = t.title();
    let aside = format!("{} · {}", grouped(timeline.total.requests), t.a_slot(&step_told(window.step_us)));
    let navigate = use_navigate();
    let brush = Brush::new(move |from: usize, to: usize| {
        let at = |slot: usize| {
            window.from_us.saturating_add(window.step_us.saturating_mul(i64::try_from(slot).unwrap_or(0)))
        };
        let span = Span::between(at(from), at(to.saturating_add(1)));
        let filter = RequestFilter { span: Some(span), before: None, ..filter.clone() };
        navigate(&to_address(&filter), leptos_router::NavigateOptions { scroll: false, ..Default::default() });
    });
    view! {
        <Chart title aside width="c12 low" grid=grid(&timeline) unit=Unit::Count look=Look::Bars series=outcomes(&timeline.slots) brush/>
    }
}

fn statuses() -> [(&'static str, &'static str); 9] {
    let t = Words::here();
    [
        ("200", t.s200()),
        ("400", t.s400()),
        ("402", t.s402()),
        ("429", t.s429()),
        ("499", t.s499()),
        ("500", t.s500()),
        ("502", t.s502()),
        ("503", t.s503()),
        ("504", t.s504()),
    ]
}

#[component]
fn Filters(filter: RequestFilter, models: Vec<String>, csv: String, timeline: Timeline) -> impl IntoView {
    let t = Words::here();
    let query = use_query_map().get_untracked();
    let status = filter.status.map(|status| status.to_string());
    let models: Vec<_> = models.into_iter().map(|name| (filter.model.as_deref() == Some(&name), name)).collect();
    let models = models.into_iter().map(|(selected, name)| {
        view! { <option value=name.clone() selected=selected>{name.clone()}</option> }
    });
    let statuses = statuses().map(|(value, words)| (value, words, status.as_deref() == Some(value)));
    let statuses = statuses.into_iter().map(|(value, words, selected)| {
        view! { <option value=value selected=selected>{words}</option> }
    });
    let any = filter == RequestFilter { before: filter.before, ..RequestFilter::default() };
    let kept = ["range", "from", "to"].into_iter().filter_map(|name| Some((name, query::text(&query, name)?)));
    let kept = kept.map(|(name, value)| view! { <input type="hidden" name=name value=value/> }).collect_view();
    view! {
        <div class="bar">
            <RangePicker span=filter.span.unwrap_or(Span::Last(domain::views::Range::Day)) window=timeline.window query/>
        </div>
        <Form method="GET" action="/requests" attr:class="bar" attr:role="search">
            <label class="sr" for="model">{t.model()}</label>
            <select class="in" id="model" name="model">
                <option value="">{t.all_models()}</option>
                {models.collect_view()}
            </select>
            <label class="sr" for="status">{t.status()}</label>
            <select class="in" id="status" name="status">
                <option value="">{t.any_status()}</option>
                {statuses.collect_view()}
            </select>
            <label class="check"><input type="checkbox" name="errors" value="1" checked=filter.errors/>{t.only_errors()}</label>
            <label class="sr" for="open">{t.find()}</label>
            <input class="in mono find" id="open" name="open" placeholder=t.find() autocomplete="off" data-search=""/>
            {filter.key.map(|key| view! { <input type="hidden" name="key" value=key.to_string()/> })}
            {kept}
            <button class="btn" type="submit">{t.filter()}</button>
            {(!any).then(|| view! { <A href="/requests" attr:class="btn ghost"><Draw icon=Icon::Close/>{t.clear()}</A> })}
            // Not the router's: a file is no page.
            <a class="btn end" href=csv download rel="external"><Draw icon=Icon::Download/>"CSV"</a>
        </Form>
    }
}
