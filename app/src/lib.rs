//! The console: pages, components and the server functions behind them.
//!
//! One crate, two builds. With `ssr` the server renders every page in full, so that it works before, and without, the
//! browser's half; with `hydrate` the same components take the page over in the browser. Server functions are thin: guard,
//! call [`port::Console`] (which `server` provides), map the error. The browser's half knows `domain` only.

pub mod alerts;
mod bills;
mod channels;
pub mod chart;
pub mod clock;
pub mod components;
#[cfg(all(feature = "ssr", debug_assertions))]
pub mod design;
mod guard;
pub mod home;
pub mod import;
pub mod keys;
pub mod language;
mod leptos_port;
mod models;
pub mod money_back;
mod navigation;
pub mod pages;
pub mod payments;
#[cfg(feature = "ssr")]
pub mod port;
mod query;
pub mod refusal;
pub mod requests;
mod routing;
pub mod search;
pub mod session;
#[cfg(feature = "ssr")]
pub mod shell;
pub mod tenants;
pub mod theme;
pub mod usage;
pub mod words;

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{ParentRoute, Route, Router, Routes},
    path,
};
use pages::{
    alerts::{BudgetsAndAlerts, PlaceAlerts},
    bill::Bill,
    bills::Bills,
    channels::Channels,
    fees::Fees,
    home::Home,
    keys::Keys,
    models::{Import, Models},
    money::Money,
    not_found::NotFound,
    order::Order,
    profile::Profile,
    request::Request,
    requests::Requests,
    routing::Routing,
    setup::SetUp,
    sign_in::SignIn,
    signed_in::SignedIn,
    tenant::Tenant,
    tenants::Tenants,
    usage::Usage,
    wallet::Wallet,
};

/// The whole console. The server renders it inside [`shell::shell`]; the browser takes over `<body>`.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    theme::provide();
    language::provide();
    view! {
        <Title formatter=|page: String| if page.is_empty() { "Turnpike".to_owned() } else { format!("{page} · Turnpike") }/>
        <Router>
            <Routes fallback=|| view! { <NotFound/> }>
                <Route path=path!("/sign-in") view=SignIn ssr=SsrMode::Async/>
                <Route path=path!("/fees") view=Fees ssr=SsrMode::Async/>
                <Route path=path!("/setup/:token") view=SetUp ssr=SsrMode::Async/>
                <ParentRoute path=path!("") view=SignedIn ssr=SsrMode::Async>
                    <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                    <Route path=path!("/requests") view=Requests ssr=SsrMode::Async/>
                    <Route path=path!("/requests/:id") view=Request ssr=SsrMode::Async/>
                    <Route path=path!("/profile") view=Profile ssr=SsrMode::Async/>
                    <Route path=path!("/usage") view=Usage ssr=SsrMode::Async/>
                    <Route path=path!("/money") view=Money ssr=SsrMode::Async/>
                    <Route path=path!("/keys") view=Keys ssr=SsrMode::Async/>
                    <Route path=path!("/wallet") view=Wallet ssr=SsrMode::Async/>
                    <Route path=path!("/budgets") view=BudgetsAndAlerts ssr=SsrMode::Async/>
                    <Route path=path!("/alerts") view=PlaceAlerts ssr=SsrMode::Async/>
                    <Route path=path!("/topups/:id") view=Order ssr=SsrMode::Async/>
                    <Route path=path!("/bills") view=Bills ssr=SsrMode::Async/>
                    <Route path=path!("/bills/:id") view=Bill ssr=SsrMode::Async/>
                    <Route path=path!("/channels") view=Channels ssr=SsrMode::Async/>
                    <Route path=path!("/models") view=Models ssr=SsrMode::Async/>
                    <Route path=path!("/models/import") view=Import ssr=SsrMode::Async/>
                    <Route path=path!("/routing") view=Routing ssr=SsrMode::Async/>
                    <Route path=path!("/tenants") view=Tenants ssr=SsrMode::Async/>
                    <Route path=path!("/tenants/:id") view=Tenant ssr=SsrMode::Async/>
                </ParentRoute>
            </Routes>
        </Router>
    }
}
