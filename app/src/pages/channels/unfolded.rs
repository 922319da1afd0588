//! What a channel holds, unfolded below its row: where it is, what it carries, its credentials. Secrets go in and never come
//! back.

use super::Page;
use crate::{
    channels::SetCredential,
    components::note::RefusalNote,
    words::{ChannelParts, Channels, Common},
};
use domain::{ids::ChannelId, views::ChannelLine};
use leptos::prelude::*;

/// The unfolded part.
#[component]
pub fn Unfolded(
    /// The channel.
    line: ChannelLine,
    /// The page.
    page: Page,
) -> impl IntoView {
    let (t, of) = (ChannelParts::here(), Channels::here());
    let set = ServerAction::<SetCredential>::new();
    let refusal = Signal::derive(move || set.value().get().and_then(Result::err));
    Effect::new(move |_| {
        if let Some(Ok(())) = set.value().get() {
            page.reload.run(());
        }
    });
    let id = line.id;
    let credentials = line.credentials.into_iter().map(|(name, last4)| credential(set, id, name, last4)).collect_view();
    view! {
        <div class="unfolded">
            <dl class="kv">
                <dt>{t.address()}</dt><dd class="mono">{line.base_url}</dd>
                <dt>{Common::here().models()}</dt><dd>{line.models.join(", ")}</dd>
            </dl>
            <section aria-label=of.credentials()>
                <ul class="creds">
                    {credentials}
                    <li>
                        <ActionForm action=set attr:class="cred">
                            <input type="hidden" name="channel" value=id.to_string()/>
                            <input class="in" name="name" required maxlength="200" autocomplete="off" placeholder=t.name() aria-label=t.new_name()/>
                            <input class="in" name="secret" type="password" required autocomplete="off" placeholder=t.secret() aria-label=t.new_secret()/>
                            <button class="btn sm" type="submit">{t.add()}</button>
                        </ActionForm>
                    </li>
                </ul>
                <RefusalNote refusal/>
            </section>
        </div>
    }
}

fn credential(set: ServerAction<SetCredential>, channel: ChannelId, name: String, last4: String) -> impl IntoView {
    let t = ChannelParts::here();
    let (label, ask) = (t.secret_of(&name), t.replace_of(&name));
    view! {
        <li>
            <ActionForm action=set attr:class="cred">
                <input type="hidden" name="channel" value=channel.to_string()/>
                <input type="hidden" name="name" value=name.clone()/>
                <span class="name"><b>{name}</b>" "<code class="dim">{format!("…{last4}")}</code></span>
                <input class="in" name="secret" type="password" required autocomplete="off" placeholder=t.another_secret() aria-label=label/>
                <button class="btn sm" type="submit" aria-label=ask>{t.replace()}</button>
            </ActionForm>
        </li>
    }
}
