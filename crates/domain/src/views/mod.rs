//! What the console shows: plain data that travels from server functions to the browser, one file an area.

mod alerts;
mod bills;
mod channels;
mod home;
mod import;
mod keys;
mod line;
mod listed;
mod margin;
mod models;
mod payments;
mod requests;
mod routing;
mod search;
mod span;
mod tenants;
mod timeline;
mod usage;
mod viewer;

pub use alerts::{AlertsView, BudgetLine, Budgets, RuleLine};
pub use bills::{Bill, BillLine, BillUsage, BillsPage, RunningMonth};
pub use channels::{ChannelLine, ChannelOrder, ChannelTested, Health, Served, TestNews};
pub use home::{ChannelHealth, Operations, TenantHome};
pub use import::{ImportAsked, ImportLine, ImportView};
pub use keys::KeyLine;
pub use line::RequestLine;
pub use listed::Listed;
pub use margin::{MarginLine, MarginView};
pub use models::{CataloguePrice, ModelLine, ModelPrices, PriceLine, PriceVersionLine};
pub use payments::{BatchLine, FeeLine, Fees, RefundLine, Selling, TopupDetail, TopupLine, Way};
pub use requests::{RequestDetail, RequestFilter, RequestPage, TryLine, UnitLine};
pub use routing::{EventLine, RouteLine, RouteView, RoutingView, ShutLine, WouldBeAsked};
pub use search::{Found, KeyFound, RequestFound, TenantFound};
pub use span::{Span, Window};
pub use tenants::{LedgerLine, LedgerPage, TenantDetail, TenantLine, TenantPage, WalletView};
pub use timeline::{Percentiles, Slot, Timeline};
pub use usage::{By, Measure, MoneyView, Point, Range, UnknownWord, UsageLine, UsageView};
pub use viewer::{TenantSeen, Viewer};

/// Most slots of a page are empty, and pages carry what they show twice: what is nothing is left out.
fn nothing<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
