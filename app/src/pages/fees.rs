//! Every fee there is, for everybody.

use super::{gate::Gate, signed_in::refused};
use crate::{
    components::{money::write, skeleton::Skeleton, table::Table},
    payments::fees_view,
    words,
};
use domain::views;
use leptos::prelude::*;
use leptos_meta::Title;

/// The page.
#[component]
pub fn Fees() -> impl IntoView {
    let t = words::Fees::here();
    let view = Resource::new(|| (), |()| fees_view());
    view! {
        <Title text=t.fees()/>
        <Gate>
            <h1>{t.fees()}</h1>
            <p>{t.intro()}</p>
            <Transition fallback=|| view! { <Skeleton/> }>
                {move || Suspend::new(async move {
                    match view.await {
                        Ok(fees) => shown(fees).into_any(),
                        Err(refusal) => refused(refusal).into_any(),
                    }
                })}
            </Transition>
            <p class="mid">{t.requests()}</p>
            <a class="btn" href="/sign-in">{t.back()}</a>
        </Gate>
    }
}

fn shown(fees: views::Fees) -> impl IntoView {
    let t = words::Fees::here();
    let views::Fees { sold, min, max, currencies } = fees;
    if !sold {
        return view! { <p><b>{t.none()}</b>" "{t.not_sold()}</p> }.into_any();
    }
    let free = currencies.iter().all(|line| line.fixed.is_none() && line.percent.is_none());
    let row = move |line: views::FeeLine| {
        let views::FeeLine { code, rate, fixed, percent } = line;
        let fixed = fixed.map_or_else(|| t.no().to_owned(), |fixed| format!("{fixed} {code}"));
        let percent = percent.map_or_else(|| t.no().to_owned(), |percent| format!("{percent} %"));
        view! {
            <tr>
                <th scope="row">{code.clone()}</th>
                <td class="num">{format!("{rate} {code}")}</td>
                <td class="num">{fixed}</td>
                <td class="num">{percent}</td>
            </tr>
        }
    };
    view! {
        {free.then(|| view! { <p><b>{t.none()}</b></p> })}
        <Table label=t.fees()>
            <thead>
                <tr>
                    <th scope="col">{t.currency()}</th>
                    <th scope="col" class="num">{t.rate()}</th>
                    <th scope="col" class="num">{t.fixed()}</th>
                    <th scope="col" class="num">{t.percent()}</th>
                </tr>
            </thead>
            <tbody>{currencies.into_iter().map(row).collect_view()}</tbody>
        </Table>
        <p class="mid">{t.limits(&write(min, 2).main, &write(max, 2).main)}" "{t.only()}" "{t.refunds()}</p>
    }
    .into_any()
}
