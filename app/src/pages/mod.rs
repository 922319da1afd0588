//! The pages, one file each.

pub mod channels;
mod errors;
mod gate;
pub mod home;
pub mod keys;
pub mod latest;
mod ledger;
pub mod models;
pub mod money;
pub mod not_found;
mod operations;
pub mod profile;
pub mod quick_start;
pub mod request;
pub mod requests;
pub mod routing;
pub mod setup;
pub mod sign_in;
pub mod signed_in;
pub mod tenant;
mod tenant_home;
pub mod tenants;
pub mod usage;
pub mod wallet;
