//! Models and prices, as the console asks for them. All of it is for those who run the place.

use super::{Author, Failed};
use domain::views::{ImportAsked, ImportView, ModelLine, ModelPrices};
use futures::future::BoxFuture;

/// A price to be set, in USD per million units as decimals.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPrice {
    /// The public model name.
    pub model: String,
    /// The rates by name, as the management API has them.
    pub rates: Vec<(&'static str, String)>,
    /// Its tiers, a line each.
    pub tiers: String,
    /// From when it holds, UTC; empty: at once.
    pub valid_from: String,
    /// The group whose own it is; empty: everybody's.
    pub group: String,
}

/// Models and prices.
pub trait Models: Send + Sync + 'static {
    /// Every model with its prices, by name.
    fn models(&self) -> BoxFuture<'_, Result<Vec<ModelLine>, Failed>>;

    /// Everything about what one model costs, known or not.
    fn model_prices(&self, model: String) -> BoxFuture<'_, Result<ModelPrices, Failed>>;

    /// Cancels a version that has not begun.
    fn cancel_price(&self, by: Author, id: String) -> BoxFuture<'_, Result<(), Failed>>;

    /// Prices beside the catalogue's.
    fn import_view(&self, asked: ImportAsked) -> BoxFuture<'_, Result<ImportView, Failed>>;

    /// Takes over what was chosen, all of it or nothing: how many versions were made.
    fn import_prices(
        &self,
        by: Author,
        asked: ImportAsked,
        chosen: Vec<String>,
    ) -> BoxFuture<'_, Result<usize, Failed>>;

    /// Sets a model's sale price: a new version.
    fn set_price(&self, by: Author, new: NewPrice) -> BoxFuture<'_, Result<(), Failed>>;
}
