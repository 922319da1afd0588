//! The bar over everything while somebody who runs the place is inside a tenant: never out of sight, and the way out.

use super::icon::{Draw, Icon};
use crate::{session::StepOut, words::Shell};
use domain::views::Viewer;
use leptos::{prelude::*, server_fn::ServerFn};

/// The bar, or nothing.
#[component]
pub fn Acting(
    /// Who is signed in.
    viewer: Viewer,
) -> impl IntoView {
    let t = Shell::here();
    viewer.tenant.filter(|tenant| tenant.role.is_none()).map(|tenant| {
        view! {
            <div class="acting" role="region" aria-label=t.inside()>
                <Draw icon=Icon::Inside/>
                <span>{t.inside_before()}<b>{tenant.name}</b>{t.inside_after()}</span>
                // A plain form: everything on the page is another's afterwards, so the page is loaded again.
                <form class="end" method="post" action=StepOut::url()>
                    <button type="submit">{t.step_out()}</button>
                </form>
            </div>
        }
    })
}
