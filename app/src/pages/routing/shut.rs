//! What this node does not try at the moment.

use crate::{
    components::{decision::state_told, empty_state::EmptyState, note::RefusalNote, panel::Panel, table::Table},
    routing::Revive,
    words::{Common, Routing},
};
use domain::views::ShutLine;
use leptos::prelude::*;

/// The list.
#[component]
pub fn Shut(revive: ServerAction<Revive>, lines: Vec<ShutLine>) -> impl IntoView {
    let t = Routing::here();
    let refusal = Signal::derive(move || revive.value().get().and_then(Result::err));
    if lines.is_empty() {
        return view! {
            <Panel title=t.shut() aside=t.shut_is()>
                <EmptyState title=t.nothing_shut()><p class="mid">{t.nothing_shut_is()}</p></EmptyState>
            </Panel>
        }
        .into_any();
    }
    let row = move |line: ShutLine| {
        let (class, word) = state_told(t, &line.state);
        let again = if line.seconds == 0 { t.now().to_owned() } else { t.seconds(line.seconds) };
        view! {
            <tr>
                <th scope="row" class="strong clip">{line.channel_name.clone()}</th>
                <td class="clip">{line.credential}</td>
                <td class="clip">{line.model}</td>
                <td><span class=class>{word}</span></td>
                <td class="num">{again}</td>
                <td class="acts">
                    <ActionForm action=revive>
                        <input type="hidden" name="channel" value=line.channel.to_string()/>
                        <button class="btn ghost sm" type="submit" aria-label=t.try_again_named(&line.channel_name)>{t.try_again()}</button>
                    </ActionForm>
                </td>
            </tr>
        }
    };
    view! {
        <Panel title=t.shut() aside=t.shut_is()>
            <RefusalNote refusal/>
            <Table label=t.shut()>
                <thead>
                    <tr>
                        <th scope="col">{t.channel()}</th>
                        <th scope="col">{t.credential()}</th>
                        <th scope="col">{t.model()}</th>
                        <th scope="col">{t.state()}</th>
                        <th scope="col" class="num">{t.again()}</th>
                        <th scope="col"><span class="sr">{Common::here().actions()}</span></th>
                    </tr>
                </thead>
                <tbody>{lines.into_iter().map(row).collect_view()}</tbody>
            </Table>
        </Panel>
    }
    .into_any()
}
