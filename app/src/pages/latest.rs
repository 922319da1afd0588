//! Requests as a table: numbers right, one number of decimals down the column of money. A row leads to the request, beside the
//! list.

use crate::{
    components::{
        count::grouped,
        gauge::took,
        money::{Money, places},
        status::HttpStatus,
        table::Table,
        time::Clock,
    },
    words::Requests as Words,
};
use domain::{ids::RequestId, views::RequestLine};
use leptos::prelude::*;

/// The table. It scrolls sideways under a fixed first column where the screen is narrow.
#[component]
pub fn Latest(
    /// Newest first.
    lines: Vec<RequestLine>,
    /// The list's address, to which the request is added that is open.
    address: String,
    /// The request that is open.
    open: Memo<Option<RequestId>>,
) -> impl IntoView {
    let t = Words::here();
    let places = places(lines.iter().map(|line| line.cost));
    let mark = if address.contains('?') { '&' } else { '?' };
    let rows = lines.into_iter().map(move |line| {
        let address = format!("{address}{mark}open={}", line.request);
        row(line, places, address, open)
    });
    view! {
        <Table label=t.title()>
            <thead>
                <tr>
                    <th scope="col">{t.time()}</th>
                    <th scope="col">{t.status()}</th>
                    <th scope="col">{t.model()}</th>
                    <th scope="col">{t.key()}</th>
                    <th scope="col" class="num">{t.input()}</th>
                    <th scope="col" class="num">{t.output()}</th>
                    <th scope="col" class="num">{t.ttft()}</th>
                    <th scope="col" class="num">{t.took()}</th>
                    <th scope="col" class="num">{t.cost()}</th>
                    <th scope="col" class="gap">{t.request()}</th>
                </tr>
            </thead>
            <tbody>{rows.collect_view()}</tbody>
        </Table>
    }
}

fn row(line: RequestLine, places: usize, address: String, open: Memo<Option<RequestId>>) -> impl IntoView {
    let t = Words::here();
    let id = line.request;
    let is_open = move || open.get() == Some(id);
    let tries = (line.tries > 1)
        .then(|| view! { " "<span class="badge" title=t.tries_title(line.tries)>{t.tries(line.tries)}</span> });
    view! {
        <tr class:open=is_open>
            <th scope="row">
                <a href=address data-noscroll="" data-row="" aria-current=move || is_open().then_some("true")><Clock time=line.time/></a>
            </th>
            <td><HttpStatus status=line.status/>{tries}</td>
            <td class="strong clip">{line.model}</td>
            <td class="mid clip">{line.key}</td>
            <td class="num">{grouped(line.input_tokens)}</td>
            <td class="num">{grouped(line.output_tokens)}</td>
            <td class="num">{took(line.ttft_us)}</td>
            <td class="num">{took(Some(line.latency_us))}</td>
            <td class="num"><Money amount=line.cost places/></td>
            <td class="gap mono"><a href=format!("/requests/{id}")>{id.to_string()}</a></td>
        </tr>
    }
}
