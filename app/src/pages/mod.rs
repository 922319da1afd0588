//! The pages, one file each.

pub mod alerts;
pub mod bill;
pub mod bills;
pub mod channels;
mod errors;
pub mod fees;
mod gate;
pub mod happened;
pub mod home;
pub mod keys;
pub mod latest;
mod ledger;
pub mod margin;
pub mod models;
pub mod money;
pub mod money_back;
pub mod money_in;
pub mod not_found;
mod operations;
pub mod order;
#[cfg(feature = "ssr")]
pub mod orders;
pub mod profile;
pub mod quick_start;
pub mod request;
pub mod requests;
pub mod routing;
mod served;
pub mod setup;
pub mod sign_in;
pub mod signed_in;
pub mod tenant;
mod tenant_home;
pub mod tenants;
mod top_up;
pub mod usage;
pub mod wallet;
