//! One request: what it used, at which price, what it came to; for those who run the place also where it went. As a page, and
//! beside the log.

use super::{money_back::MoneyBack, signed_in::refused};
use crate::{
    components::{
        copy_button::CopyButton,
        count::grouped,
        decision::Decision,
        duration::spoken,
        gauge::took,
        icon::{Draw, Icon},
        money::Money,
        panel::Panel,
        skeleton::Skeleton,
        stat::Stat,
        status::HttpStatus,
        table::Table,
        time::Clock,
        topbar::Topbar,
    },
    refusal::Refusal,
    requests::request_view,
    words::Request as Words,
};
use domain::{
    ids::RequestId,
    money::{NanoUsd, PicoPerUnit},
    route::Decided,
    views::{RequestDetail, TryLine, UnitLine},
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::{components::A, hooks::use_params_map};

/// The page.
#[component]
pub fn Request() -> impl IntoView {
    let t = Words::here();
    let params = use_params_map();
    let id = move || params.read().get("id").and_then(|id| id.parse::<RequestId>().ok());
    let view = Resource::new(id, ask);
    view! {
        <Title text=t.title()/>
        <Topbar title=t.title()><A href="/requests" attr:class="btn">{t.all()}</A></Topbar>
        <div class="page">
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(detail) => {
                            let of = detail.line.request.to_string();
                            view! { <Detail detail/><MoneyBack of/> }.into_any()
                        }
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
        </div>
    }
}

async fn ask(id: Option<RequestId>) -> Result<RequestDetail, Refusal> {
    match id {
        Some(id) => request_view(id).await,
        None => Err(Refusal::NotFound),
    }
}

/// The request beside the log.
#[component]
pub fn RequestSheet(
    /// Which.
    id: RequestId,
    /// The log's address without it.
    close: String,
) -> impl IntoView {
    let t = Words::here();
    let view = Resource::new(move || Some(id), ask);
    view! {
        <aside class="sheet" aria-label=t.title()>
            <header>
                <h2>{t.title()}</h2>
                <A href=format!("/requests/{id}") attr:class="btn ghost sm end">{t.own_page()}</A>
                <a href=close data-noscroll="" class="btn ghost icon" aria-label=t.close() data-close=""><Draw icon=Icon::Close/></a>
            </header>
            <div class="inside">
                <Transition fallback=|| view! { <Skeleton/> }>
                    {move || Suspend::new(async move {
                        match view.await {
                            Ok(detail) => view! { <Detail detail/> }.into_any(),
                            Err(refusal) => refused(refusal).into_any(),
                        }
                    })}
                </Transition>
            </div>
        </aside>
    }
}

/// The length of a slot, for people.
pub fn step_told(step_us: i64) -> String {
    match step_us / 60_000_000 {
        minutes @ 0..60 => format!("{minutes} min"),
        minutes @ 60..1_440 => format!("{} h", minutes / 60),
        minutes => format!("{} d", minutes / 1_440),
    }
}

#[component]
fn Detail(detail: RequestDetail) -> impl IntoView {
    let t = Words::here();
    let RequestDetail { line, ttft_us, overhead_us, cost_to_us, decision, tries, saved, .. } = detail.clone();
    view! {
        <dl class="stats">
            <Stat label=t.charged() beside=t.set_aside(&format!("${}", detail.hold))><Money amount=line.cost/></Stat>
            <Stat label=t.first_token() beside=t.to_first()>{took(ttft_us)}</Stat>
            <Stat label=t.total() beside=t.to_last()>{took(Some(line.latency_us))}</Stat>
            <Stat label=t.itself() beside=t.of_above()>{took(Some(overhead_us))}</Stat>
        </dl>
        <Facts detail=detail.clone()/>
        <Units units=detail.units charged=line.cost version=detail.price_version terms=detail.terms source=detail.usage_source saved/>
        {tries.map(|tries| view! {
            <Tries tries decision cost=cost_to_us.unwrap_or_default() sale=line.cost total_us=line.latency_us/>
        })}
    }
}

#[component]
fn Facts(detail: RequestDetail) -> impl IntoView {
    let t = Words::here();
    let RequestDetail { line, tenant, key, dialect, stream, end_state, error_code, client_request_id, .. } = detail;
    let id = line.request.to_string();
    let how = if stream { t.streamed() } else { t.not_streamed() };
    view! {
        <Panel title=t.happened() aside="UTC">
            <dl class="kv body">
                <dt>{t.request()}</dt><dd><code>{id.clone()}</code>" "<CopyButton text=id/></dd>
                <dt>{t.time()}</dt><dd><Clock time=line.time/></dd>
                <dt>{t.status()}</dt><dd><HttpStatus status=line.status/>" "{error_code}</dd>
                <dt>{t.end()}</dt><dd>{end_state}</dd>
                <dt>{t.model()}</dt><dd>{line.model}" "<span class="dim">{format!("{dialect}, {how}")}</span></dd>
                <dt>{t.tenant()}</dt><dd>{tenant}</dd>
                <dt>{t.key()}</dt><dd>{key}</dd>
                {client_request_id.map(|id| view! { <dt>{t.callers_id()}</dt><dd><code>{id}</code></dd> })}
            </dl>
        </Panel>
    }
}

/// A kind of unit as people say it.
fn kind(word: &str) -> &'static str {
    let t = Words::here();
    match word {
        "input" => t.input(),
        "cache_read" => t.cache_read(),
        "cache_write_5m" => t.cache_write_5m(),
        "cache_write_1h" => t.cache_write_1h(),
        "output" => t.output(),
        "reasoning" => t.reasoning(),
        "audio_input" => t.audio_input(),
        "audio_output" => t.audio_output(),
        "image_input" => t.image_input(),
        "image_output" => t.image_output(),
        "web_searches" => t.web_searches(),
        _ => t.other(),
    }
}

/// What so many units come to, exactly: pico-USD, as a decimal of USD.
fn comes_to(unit: &UnitLine) -> Option<String> {
    let rate: PicoPerUnit = unit.price.parse().ok()?;
    let pico = u128::try_from(rate.0).ok()?.checked_mul(u128::from(unit.count))?;
    let (whole, part) = (pico / 1_000_000_000_000, pico % 1_000_000_000_000);
    let digits = format!("{part:012}");
    let digits = digits.trim_end_matches('0');
    Some(format!("${whole}.{digits:0<2}"))
}

#[component]
fn Units(
    units: Vec<UnitLine>,
    charged: NanoUsd,
    version: String,
    terms: String,
    source: String,
    saved: Option<NanoUsd>,
) -> impl IntoView {
    let t = Words::here();
    let row = move |unit: UnitLine| {
        let price = if unit.price.is_empty() { t.as_its_kind().to_owned() } else { format!("${}", unit.price) };
        view! {
            <tr>
                <th scope="row">{kind(&unit.kind)}</th>
                <td class="num">{grouped(unit.count)}</td>
                <td class="num">{price}</td>
                <td class="num">{comes_to(&unit)}</td>
            </tr>
        }
    };
    view! {
        <Panel title=t.cost() aside=t.version(&source, &version)>
            <Table label=t.units_and_prices()>
                <thead>
                    <tr>
                        <th scope="col">{t.unit()}</th>
                        <th scope="col" class="num">{t.count()}</th>
                        <th scope="col" class="num">{t.per_million()}</th>
                        <th scope="col" class="num">{t.comes_to()}</th>
                    </tr>
                </thead>
                <tbody>{units.into_iter().map(row).collect_view()}</tbody>
                <tfoot>
                    <tr><th scope="row">{t.charged_once()}</th><td></td><td></td><td class="num"><Money amount=charged/></td></tr>
                </tfoot>
            </Table>
            {(!terms.is_empty()).then(|| view! { <p class="body mid small num">{terms.replace(';', " · ")}</p> })}
            {saved.map(|saved| view! { <p class="body saved small">{t.saved(&saved.to_string())}</p> })}
        </Panel>
    }
}

/// Every try on one axis of time.
#[component]
fn Tries(
    tries: Vec<TryLine>,
    #[prop(optional_no_strip)] decision: Option<Decided>,
    cost: NanoUsd,
    sale: NanoUsd,
    total_us: u64,
) -> impl IntoView {
    let t = Words::here();
    let in_vain = tries.iter().fold(NanoUsd::ZERO, |sum, one| sum.saturating_add(one.cost));
    let margin = sale.saturating_sub(cost).saturating_sub(in_vain);
    let end = tries.iter().map(|one| one.start_us.saturating_add(one.took_us)).max().unwrap_or(0).max(total_us).max(1);
    let share = move |us: u64| {
        crate::chart::At(u32::try_from(u128::from(us) * 10_000 / u128::from(end)).unwrap_or(10_000)).percent()
    };
    let bar = move |(number, one): (usize, &TryLine)| {
        let (status, key) = match (one.status, one.error.as_str()) {
            (0, error) => (format!("{} {error}", t.no_answer()), "k5x"),
            (status, "") => (status.to_string(), "k1"),
            (status, error) => (format!("{status} {error}"), "k5x"),
        };
        let (took, unit) = spoken(one.took_us);
        let place = format!("--x: {}; --w: {}", share(one.start_us), share(one.took_us));
        view! {
            <li>
                <span class="clip"><b>{number + 1}</b>" "{one.channel.clone()}</span>
                <span class="lane"><i class=key style=place></i><span style=format!("--x: {}", share(one.start_us))>{status}</span></span>
                <span class="num">{took}" "{unit}</span>
            </li>
        }
    };
    let rows = tries.iter().enumerate().map(bar).collect_view();
    view! {
        <Panel title=t.attempts() aside=t.attempts_aside(tries.len())>
            <ol class="fall body">{rows}</ol>
        </Panel>
        <Panel title=t.for_admins() aside=t.not_shown()>
            <dl class="kv body">
                <dt>{t.cost_to_us()}</dt><dd><Money amount=cost/></dd>
                {(in_vain > NanoUsd::ZERO).then(|| view! { <dt>{t.in_vain()}</dt><dd><Money amount=in_vain/></dd> })}
                <dt>{t.margin()}</dt><dd><Money amount=margin/></dd>
            </dl>
        </Panel>
        {decision.map(|decided| view! {
            <Panel title=t.candidates() aside=t.not_shown()><Decision decided/></Panel>
        })}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_comes_to_an_exact_amount() {
        let line = |count, price: &str| comes_to(&UnitLine { kind: "input".into(), count, price: price.into() });
        assert_eq!(line(11, "3").as_deref(), Some("$0.000033"));
        assert_eq!(line(1, "0.0375").as_deref(), Some("$0.0000000375"));
        assert_eq!(line(0, "3").as_deref(), Some("$0.00"));
        assert_eq!(line(2_000_000, "1.5").as_deref(), Some("$3.00"));
        assert_eq!(line(5, ""), None);
    }
}
