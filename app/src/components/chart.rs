//! A chart: SVG that the server draws, its labels, a legend that toggles, a crosshair that all charts of the page share, and a
//! table of the same numbers.

use crate::{
    chart::{At, Drawing, Grid, Look, Unit, draw, middle, share},
    clock, language,
    words::Charts,
};
use leptos::{ev, html, prelude::*};
use std::collections::BTreeSet;

/// One series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Series {
    /// What it is called.
    pub name: String,
    /// Its colour: a class of `style/charts.css`.
    pub key: &'static str,
    /// A value a slot; `None`: not known.
    pub values: Vec<Option<i64>>,
    /// What stands beside its name.
    pub sum: Option<String>,
}

/// The colours of areas, in their fixed order, the last one for all others.
pub const AREAS: [&str; 6] = ["k1", "k5", "k3", "k2", "k4", "ko"];

/// What the charts of one page share, also when their numbers are new.
#[derive(Debug, Clone, Copy)]
pub struct Shared {
    /// The slot under the pointer.
    slot: RwSignal<Option<usize>>,
    /// Series that are switched off: chart and name.
    off: RwSignal<BTreeSet<(&'static str, String)>>,
    /// Charts whose tables are open.
    open: RwSignal<BTreeSet<&'static str>>,
}

impl Shared {
    fn new() -> Self {
        Self { slot: RwSignal::new(None), off: RwSignal::new(BTreeSet::new()), open: RwSignal::new(BTreeSet::new()) }
    }
}

/// Told which slots were dragged over, the first and the last.
#[derive(Clone)]
pub struct Brush(Callback<(usize, usize)>);

impl Brush {
    /// Told like this.
    pub fn new(told: impl Fn(usize, usize) + Send + Sync + 'static) -> Self {
        Self(Callback::new(move |(from, to)| told(from, to)))
    }
}

/// Makes what charts share; a page with charts calls it once.
pub fn provide_charts() {
    provide_context(Shared::new());
}

fn shared() -> Shared {
    use_context().unwrap_or_else(Shared::new)
}

/// The chart, in a panel of its own.
#[component]
pub fn Chart(
    /// Its title.
    title: &'static str,
    /// Beside the title: per what, the zone.
    #[prop(into)]
    aside: String,
    /// How wide: a class of the grid.
    #[prop(default = "c6")]
    width: &'static str,
    /// The slots.
    grid: Grid,
    /// What the values are.
    unit: Unit,
    /// Lines or bars.
    look: Look,
    /// The series; of bars the first is at the bottom.
    series: Vec<Series>,
    /// What dragging over the chart does.
    #[prop(optional)]
    brush: Option<Brush>,
) -> impl IntoView {
    let t = Charts::here();
    let Shared { slot, off, .. } = shared();
    let series = StoredValue::new(series);
    let is_off = move |name: &str| off.with(|off| off.iter().any(|(chart, one)| *chart == title && one == name));
    let drawing = Memo::new(move |_| {
        series.with_value(|series| {
            let shown: Vec<&[Option<i64>]> =
                series.iter().map(|one| if is_off(&one.name) { &[][..] } else { &one.values }).collect();
            draw(grid, unit, look, &shown)
        })
    });
    let swatch = if look == Look::Lines { "key line" } else { "key" };
    let legend = series.with_value(|series| {
        let item = |one: &Series| {
            let (name, id) = (one.name.clone(), one.name.clone());
            let flip = move |_| off.update(|off| {
                let entry = (title, id.clone());
                if !off.remove(&entry) {
                    off.insert(entry);
                }
            });
            let pressed = {
                let name = one.name.clone();
                move || if is_off(&name) { "false" } else { "true" }
            };
            view! {
                <button type="button" aria-pressed=pressed on:click=flip>
                    <i class=format!("{swatch} {}", one.key)></i>{name}{one.sum.clone().map(|sum| view! { " "<b>{sum}</b> })}
                </button>
            }
        };
        series.iter().map(item).collect_view()
    });
    let keys: Vec<&'static str> = series.with_value(|series| series.iter().map(|one| one.key).collect());
    let shape = if look == Look::Lines { "l" } else { "a" };
    let label = format!("{title}, {aside}");
    view! {
        <figure class=format!("panel chart {width}")>
            <header><h2>{title}</h2><span class="dim small">{aside}</span></header>
            <div class="body">
                <div class="legend" role="group" aria-label=t.series()>{legend}</div>
                <div class="plot">
                    <ol class="y" aria-hidden="true">{move || y_axis(&drawing.read(), unit)}</ol>
                    <svg viewBox="0 0 600 100" preserveAspectRatio="none" role="img" aria-label=label>
                        <path class="g" d=move || drawing.read().lines.clone()></path>
                        {keys.into_iter().enumerate().map(|(number, key)| {
                            let d = move || drawing.read().paths.get(number).cloned();
                            view! { <path class=format!("{shape} {key}") d=d></path> }
                        }).collect_view()}
                        <path class="base" d="M0 100H600"></path>
                    </svg>
                    <Over grid unit look series drawing pointed=slot brush/>
                    <ol class="x" aria-hidden="true">{x_axis(&drawing.read_untracked(), grid)}</ol>
                </div>
            </div>
            <Behind title grid unit series/>
        </figure>
    }
}

fn y_axis(drawing: &Drawing, unit: Unit) -> impl IntoView + use<> {
    let ticks = drawing.y.iter().map(|(at, value)| {
        view! { <li style=format!("--p: {}", at.percent())>{unit.short(*value)}</li> }
    });
    ticks.collect_view()
}

fn x_axis(drawing: &Drawing, grid: Grid) -> impl IntoView + use<> {
    let language = language::current();
    let last = drawing.x.len().saturating_sub(1);
    let days = grid.step_us.saturating_mul(i64::try_from(grid.slots).unwrap_or(0)) > 2 * 86_400_000_000;
    let ticks = drawing.x.iter().enumerate().map(|(number, (at, time))| {
        let midnight = time.rem_euclid(86_400_000_000) == 0;
        let text = if days || midnight { clock::day(*time, language) } else { clock::minute(*time) };
        let text = if number == last { format!("{text} UTC") } else { text };
        let edge = match at.0 {
            0..300 => "first",
            9_500.. => "last",
            _ if (last - number) % 2 == 1 => "opt",
            _ => "",
        };
        view! { <li class=edge style=format!("--p: {}", at.percent())>{text}</li> }
    });
    ticks.collect_view()
}

/// What lies over the drawing: where nothing is known, and the crosshair.
#[component]
fn Over(
    grid: Grid,
    unit: Unit,
    look: Look,
    series: StoredValue<Vec<Series>>,
    drawing: Memo<Drawing>,
    pointed: RwSignal<Option<usize>>,
    brush: Option<Brush>,
) -> impl IntoView {
    let slot = pointed;
    let t = Charts::here();
    // Where dragging began.
    let start = RwSignal::new(None::<usize>);
    let point = move |event: &ev::PointerEvent| {
        let width = event_target::<web_sys::HtmlElement>(event).offset_width();
        let slots = i32::try_from(grid.slots).unwrap_or(0);
        let at = event.offset_x().saturating_mul(slots).checked_div(width).unwrap_or(0);
        slot.set(usize::try_from(at.clamp(0, slots.saturating_sub(1))).ok());
    };
    let drags = brush.is_some();
    let down = move |event: ev::PointerEvent| {
        point(&event);
        if drags {
            let _ = event_target::<web_sys::HtmlElement>(&event).set_pointer_capture(event.pointer_id());
            start.set(slot.get_untracked());
        }
    };
    let up = move |_: ev::PointerEvent| {
        let dragged = (start.get_untracked(), slot.get_untracked());
        start.set(None);
        if let (Some(Brush(told)), (Some(from), Some(to))) = (&brush, dragged)
            && from != to
        {
            told.run((from.min(to), from.max(to)));
        }
    };
    let dragged = move || {
        let (from, to) = (start.get()?, slot.get()?);
        let (from, to) = (from.min(to), from.max(to) + 1);
        let at = |edge: usize| share(edge, grid.slots);
        let wide = At(at(to).0.saturating_sub(at(from).0));
        Some(view! { <i class="brush" style=format!("--x: {}; --w: {}", at(from).percent(), wide.percent())></i> })
    };
    let gaps = move || {
        let gaps = drawing.read().gaps.clone();
        gaps.into_iter()
            .map(|(at, wide)| {
                let word = (wide.0 > 1_200).then(|| view! { <span>{t.no_data()}</span> });
                view! { <i class="hole" style=format!("--x: {}; --w: {}", at.percent(), wide.percent())>{word}</i> }
            })
            .collect_view()
    };
    let cross = move || {
        let slot = slot.get().filter(|slot| *slot < grid.slots)?;
        let at = middle(grid, slot);
        let side = if at.0 > 5_000 { "cross flip" } else { "cross" };
        Some(view! {
            <div class=side style=format!("--x: {}", at.percent())>
                {move || tip(grid, unit, look, series, slot)}
            </div>
        })
    };
    view! {
        <div
            class=if drags { "over drags" } else { "over" }
            on:pointermove=move |event| point(&event)
            on:pointerdown=down
            on:pointerup=up
            on:pointerleave=move |_| slot.set(None)
        >
            {gaps}{dragged}{cross}
        </div>
    }
}

fn tip(grid: Grid, unit: Unit, look: Look, series: StoredValue<Vec<Series>>, slot: usize) -> impl IntoView + use<> {
    let step = i64::try_from(slot).unwrap_or(0).saturating_mul(grid.step_us);
    let time = clock::moment(grid.from_us.saturating_add(step), language::current());
    let swatch = if look == Look::Lines { "key line" } else { "key" };
    let rows = series.with_value(|series| {
        let row = |one: &Series| {
            let value =
                one.values.get(slot).copied().flatten().map_or_else(|| "–".to_owned(), |value| unit.full(value));
            view! { <div><i class=format!("{swatch} {}", one.key)></i>{one.name.clone()}<b>{value}</b></div> }
        };
        // As they stand in the drawing: the topmost first.
        series.iter().rev().map(row).collect_view()
    });
    view! { <div class="tip"><b>{time}" UTC"</b>{rows}</div> }
}

/// The same numbers as a table. Where scripts run it is made when it is opened: closed, its hundreds of cells would only make
/// the page slower to read and to take over.
#[component]
fn Behind(title: &'static str, grid: Grid, unit: Unit, series: StoredValue<Vec<Series>>) -> impl IntoView {
    let t = Charts::here();
    let Shared { open, .. } = shared();
    let details = NodeRef::<html::Details>::new();
    let follow = move || {
        let Some(details) = details.get() else { return };
        let is_open = details.has_attribute("open");
        if open.with_untracked(|open| open.contains(title)) != is_open {
            open.update(|open| {
                if is_open {
                    open.insert(title);
                } else {
                    open.remove(title);
                }
            });
        }
    };
    // Somebody may have opened it before the page was taken over.
    Effect::new(move |_| follow());
    let shown = move || open.with(|open| open.contains(title)).then(|| table(grid, unit, series));
    view! {
        <details class="behind" node_ref=details on:toggle=move |_| follow()>
            <summary>{t.as_table()}</summary>
            <div class="scroll" tabindex="0" role="region" aria-label=title>
                {shown}
                <noscript inner_html=without_script(grid, unit, series)></noscript>
            </div>
        </details>
    }
}

#[cfg(feature = "ssr")]
fn without_script(grid: Grid, unit: Unit, series: StoredValue<Vec<Series>>) -> String {
    table(grid, unit, series).to_html()
}

/// To a browser that runs scripts, what is in `noscript` is nothing.
#[cfg(not(feature = "ssr"))]
const fn without_script(_: Grid, _: Unit, _: StoredValue<Vec<Series>>) -> &'static str {
    ""
}

fn table(grid: Grid, unit: Unit, series: StoredValue<Vec<Series>>) -> impl IntoView + use<> {
    let t = Charts::here();
    let language = language::current();
    series.with_value(|series| {
        let heads =
            series.iter().map(|one| view! { <th scope="col" class="num">{one.name.clone()}</th> }).collect_view();
        let row = |slot: usize| {
            let step = i64::try_from(slot).unwrap_or(0).saturating_mul(grid.step_us);
            let cell = |one: &Series| {
                let value = one.values.get(slot).copied().flatten();
                view! { <td class="num">{value.map_or_else(|| "–".to_owned(), |value| unit.full(value))}</td> }
            };
            view! {
                <tr>
                    <th scope="row">{clock::moment(grid.from_us.saturating_add(step), language)}</th>
                    {series.iter().map(cell).collect_view()}
                </tr>
            }
        };
        view! {
            <table class="t">
                <thead><tr><th scope="col">{t.time()}</th>{heads}</tr></thead>
                <tbody>{(0..grid.slots).map(row).collect_view()}</tbody>
            </table>
        }
    })
}
