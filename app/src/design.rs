//! Every component in every state, on one page, in development builds: look here first. It is drawn by the server alone, so it
//! needs no script.

use crate::{
    chart::{Grid, Look, Unit},
    components::{
        chart::{Chart, Series},
        count::grouped,
        empty_state::EmptyState,
        field::Field,
        icon::{Draw, Icon},
        money::Money,
        note::RefusalNote,
        panel::Panel,
        stat::Stat,
        status::HttpStatus,
        submit::Submit,
        table::Table,
        time::Clock,
    },
    refusal::Refusal,
    shell::Assets,
    theme::Theme,
};
use domain::money::NanoUsd;
use leptos::prelude::*;

/// The whole document, as text.
pub fn document(assets: &Assets, theme: Theme) -> String {
    let Assets { css, font, icon, .. } = assets.clone();
    let page = Owner::new().with(|| {
        view! {
            <html lang="en" data-theme=theme.word()>
                <head>
                    <meta charset="utf-8"/>
                    <title>"Design · Turnpike"</title>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <link rel="icon" type="image/svg+xml" href=icon/>
                    <link rel="preload" href=font r#as="font" r#type="font/woff2" crossorigin=""/>
                    <link rel="stylesheet" href=css/>
                </head>
                <body>
                    <main class="page">
                        <h1>"Design"</h1>
                        {buttons()}{fields()}{states()}{numbers()}{tables()}{notes()}{charts()}
                    </main>
                </body>
            </html>
        }
        .to_html()
    });
    format!("<!DOCTYPE html>{page}")
}

fn buttons() -> impl IntoView {
    view! {
        <Panel title="Buttons" aside="one primary a view">
            <div class="body stack">
                <div class="bar">
                    <button class="btn primary">"Primary"</button>
                    <button class="btn">"Plain"</button>
                    <button class="btn ghost">"Ghost"</button>
                    <button class="btn danger">"For good"</button>
                    <button class="btn" disabled>"Disabled"</button>
                    <button class="btn" aria-busy="true">"At work"</button>
                    <button class="btn sm">"Small"</button>
                    <button class="btn icon" aria-label="Refresh"><Draw icon=Icon::Refresh/></button>
                    <button class="btn"><Draw icon=Icon::Plus/>"With a picture"</button>
                </div>
                <Submit label="The one button of a form" pending=Signal::stored(false)/>
                <div class="seg" role="group" aria-label="Range">
                    <a href="#15m">"15 m"</a><a href="#1h" aria-current="true">"1 h"</a><a href="#24h">"24 h"</a>
                </div>
                <div class="bar">
                    <button class="switch" role="switch" aria-checked="true" aria-label="On"></button>
                    <button class="switch" role="switch" aria-checked="false" aria-label="Off"></button>
                    <label class="check"><input type="checkbox" checked/>"A box"</label>
                    <span><kbd>"j"</kbd>" "<kbd>"Enter"</kbd></span>
                    <span class="badge">"2×"</span>
                </div>
            </div>
        </Panel>
    }
}

fn fields() -> impl IntoView {
    let no = Signal::stored(false);
    view! {
        <Panel title="Fields" aside="label, field, hint">
            <div class="form">
                <div class="columns">
                    <Field name="plain" label="Plain" autocomplete="off" invalid=no/>
                    <Field name="hinted" label="With a hint" autocomplete="off" hint="What helps to fill it in" invalid=no/>
                    <Field name="wrong" label="Refused" autocomplete="off" invalid=Signal::stored(true)/>
                    <div class="field">
                        <label for="choice">"A choice"</label>
                        <select class="in" id="choice"><option>"One"</option><option>"Another"</option></select>
                    </div>
                </div>
            </div>
        </Panel>
    }
}

fn states() -> impl IntoView {
    view! {
        <Panel title="States" aside="a shape and a word, then a colour">
            <div class="body bar">
                <span class="st ok">"Healthy"</span>
                <span class="st slow">"Some failures"</span>
                <span class="st half">"Not live"</span>
                <span class="st down">"Failing"</span>
                <span class="st off">"Off"</span>
                <span class="st live">"Live"</span>
                <HttpStatus status=200/><HttpStatus status=429/><HttpStatus status=499/><HttpStatus status=502/>
            </div>
        </Panel>
    }
}

fn numbers() -> impl IntoView {
    view! {
        <section class="hero">
            <div><span class="dim">"The one number of a page"</span><b class="big"><Money amount=NanoUsd(1_284_936_204_750)/></b></div>
        </section>
        <dl class="stats">
            <Stat label="A count" beside="what puts it into proportion">{grouped(48_217)}</Stat>
            <Stat label="A share" beside="198 of 48,217">"0.41"<small>" %"</small></Stat>
            <Stat label="A length" beside="two percentiles">"346"<small>" ms"</small>" · 1.51"<small>" s"</small></Stat>
            <Stat label="Money" beside="never rounded"><Money amount=NanoUsd(36_704_118_250)/></Stat>
        </dl>
    }
}

fn tables() -> impl IntoView {
    let row = |name: &'static str, amount: i64| {
        view! {
            <tr>
                <th scope="row" class="strong">{name}</th>
                <td><Clock time="2026-11-23T14:32:05.123Z".to_owned()/></td>
                <td class="num"><Money amount=NanoUsd(amount) places=9/></td>
            </tr>
        }
    };
    view! {
        <div class="grid">
            <section class="panel c6">
                <header><h2>"A table"</h2><span class="dim small">"text left, numbers right"</span></header>
                <Table label="A table">
                    <thead><tr><th scope="col">"Name"</th><th scope="col">"Time"</th><th scope="col" class="num">"Amount"</th></tr></thead>
                    <tbody>{row("agent-prod", 86_674_500)}{row("ci-evals", 0)}</tbody>
                    <tfoot><tr><th scope="row">"All of it"</th><td></td><td class="num"><Money amount=NanoUsd(86_674_500) places=9/></td></tr></tfoot>
                </Table>
            </section>
            <section class="panel c6">
                <header><h2>"Nothing yet"</h2></header>
                <EmptyState title="What there is none of">
                    <p class="mid">"What it is for, and what to do next."</p>
                    <button class="btn">"Do it"</button>
                </EmptyState>
            </section>
        </div>
    }
}

fn notes() -> impl IntoView {
    let note = |refusal: Refusal| view! { <RefusalNote refusal=Signal::stored(Some(refusal))/> };
    view! {
        <div class="stack">
            {note(Refusal::Wrong)}
            {note(Refusal::Unavailable { id: "01a21d45c78d7249b5314b6984ca2b2d".into() })}
        </div>
    }
}

fn charts() -> impl IntoView {
    const FROM: i64 = 1_795_442_400_000_000;
    let grid = Grid { from_us: FROM, step_us: 60_000_000, slots: 30 };
    let wave = |scale: i64, gap: bool| -> Vec<Option<i64>> {
        (0..30).map(|n: i64| (!gap || !(11..15).contains(&n)).then(|| scale * (20 + (n * 7 + scale) % 13))).collect()
    };
    let one = |name: &str, key, values| Series { name: name.to_owned(), key, values, sum: None };
    let lines = vec![
        one("p50", "k1", wave(9_000, true)),
        one("p95", "k6", wave(31_000, true)),
        one("p99", "k4", wave(52_000, true)),
    ];
    let bars = vec![
        one("fine", "kok", wave(40, false)),
        one("refused", "k4x", wave(3, false)),
        one("failed", "k5x", wave(2, false)),
    ];
    view! {
        <div class="grid">
            <Chart title="Lines" aside="with a gap" grid unit=Unit::Duration look=Look::Lines series=lines/>
            <Chart title="Bars" aside="on top of each other" grid unit=Unit::Count look=Look::Bars series=bars/>
        </div>
    }
}
