//! For how little a model is sold: everybody's price at the least multiplier of who pays it, and groups' own prices.

use domain::money::Multiplier;
use store::{
    groups::Group,
    prices::{PriceVersion, Scope, Standing, holding},
};

/// Those groups whose tenants may call the model, each with a price of its own that holds, if there is one.
fn groups_of<'a>(
    model: &str,
    standing: &'a [Standing],
    groups: &[Group],
) -> Vec<(Option<&'a PriceVersion>, Multiplier)> {
    let now = store::time::now_us();
    let may_call = |group: &&Group| group.models.as_ref().is_none_or(|models| models.iter().any(|one| one == model));
    let own = |group: &Group| holding(standing, model, &Scope::Sale(group.name.clone()), now);
    groups.iter().filter(may_call).map(|group| (own(group), group.multiplier)).collect()
}

/// The least that everybody's price of a model is multiplied by; of many tenants that is nothing.
pub fn least_multiplier(model: &str, standing: &[Standing], groups: &[Group]) -> Multiplier {
    let payers = groups_of(model, standing, groups).into_iter().filter(|(own, _)| own.is_none());
    payers.map(|(_, multiplier)| multiplier).fold(Multiplier::ONE, Multiplier::min)
}

/// The sale prices of one model that hold: each with the least that it is multiplied by.
pub fn sales<'a>(model: &str, standing: &'a [Standing], groups: &[Group]) -> Vec<(&'a PriceVersion, Multiplier)> {
    let everybodys = holding(standing, model, &Scope::sale(), store::time::now_us());
    let least = least_multiplier(model, standing, groups);
    let own = groups_of(model, standing, groups).into_iter().filter_map(|(own, _)| Some((own?, Multiplier::ONE)));
    everybodys.into_iter().map(|price| (price, least)).chain(own).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::{ids::PriceId, price::Tariff};

    fn version(version: i64, scope: Scope) -> Standing {
        let version = PriceVersion {
            id: PriceId(version),
            model: "m".into(),
            scope,
            version,
            tariff: Tariff::default(),
            valid_from_us: 0,
            created_by: "system".into(),
        };
        Standing { begins_us: 0, version }
    }

    #[test]
    fn everybodys_price_counts_at_the_least_multiplier_of_who_pays_it() {
        let group = |name: &str, ppm, models: Option<&str>| Group {
            name: name.into(),
            multiplier: Multiplier(ppm),
            models: models.map(|one| vec![one.to_owned()]),
            tenants: 0,
            created_us: 0,
        };
        let standing = [version(1, Scope::sale()), version(2, Scope::Sale("own".into()))];
        let groups = [group("a", 900_000, None), group("b", 100_000, Some("other")), group("own", 1, None)];
        let told: Vec<_> =
            sales("m", &standing, &groups).iter().map(|(price, times)| (price.version, times.0)).collect();
        assert_eq!(told, [(1, 900_000), (2, 1_000_000)]);
        assert_eq!(least_multiplier("m", &[], &groups).0, 1, "without a price of its own it pays everybody's");
    }
}
