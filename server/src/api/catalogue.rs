//! The vendored catalogue: what current models cost at their providers, for an admin to start from. Nothing is charged by it.

use super::{input::Asked, page::Page, problem::Problem};
use axum::Json;
use domain::price::Tariff;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;
use utoipa::{IntoParams, ToSchema};

const FILES: [&str; 2] = [include_str!("../../../catalog/prices.json"), include_str!("../../../catalog/sandbox.json")];

#[derive(Deserialize)]
struct File {
    models: Vec<Entry>,
}

/// A model at its provider.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[schema(as = CatalogueEntry)]
pub struct Entry {
    /// Its name at the provider.
    pub model: String,
    /// The provider.
    pub provider: String,
    /// Where the price comes from.
    source: String,
    /// As `PUT /models/{name}/price` takes them, in USD per million units.
    #[schema(value_type = super::price_fields::RatesShape)]
    pub rates: Tariff,
    /// The longest input in tokens, where known.
    max_input: Option<String>,
    /// The longest answer in tokens, where known.
    max_output: Option<String>,
}

static ENTRIES: LazyLock<Vec<Entry>> = LazyLock::new(|| {
    // A test reads both files; one that cannot be read would only be missing here.
    FILES.iter().filter_map(|text| serde_json::from_str::<File>(text).ok()).flat_map(|file| file.models).collect()
});

/// Which entries.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct CatalogueAsked {
    /// Only this provider's.
    provider: Option<String>,
}

/// What is known of one provider's models.
pub fn of(provider: &str) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(move |entry| entry.provider == provider)
}

/// What is known of models of this name, at whichever provider.
pub fn named(model: &str) -> impl Iterator<Item = &'static Entry> {
    ENTRIES.iter().filter(move |entry| entry.model == model)
}

/// The names of all models.
pub fn names<'a>() -> impl Iterator<Item = &'a str> {
    ENTRIES.iter().map(|entry| entry.model.as_str())
}

/// Lists what current models cost at their providers. A part of this build; not what anybody is charged.
#[utoipa::path(get, path = "/api/v1/catalog", tag = "prices", params(CatalogueAsked),
    responses((status = 200, body = Page<Entry>)))]
pub async fn list(Asked(asked): Asked<CatalogueAsked>) -> Result<Json<Page<Entry>>, Problem> {
    let wanted = |entry: &&Entry| asked.provider.as_ref().is_none_or(|provider| entry.provider == *provider);
    Ok(Json(Page { data: ENTRIES.iter().filter(wanted).cloned().collect(), next_cursor: None }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_files_are_read_and_every_price_can_be_set_as_it_is() {
        assert!(FILES.iter().all(|text| serde_json::from_str::<File>(text).is_ok()));
        assert!(ENTRIES.len() > 50);
        for entry in ENTRIES.iter() {
            assert_eq!(entry.rates.check(), Ok(()), "{}", entry.model);
        }
    }
}
