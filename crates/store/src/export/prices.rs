//! The prices that apply to a tenant: its group's own, else everybody's with the group's multiplier.

use crate::{
    Store,
    error::{Error, Result},
    groups::Group,
    prices::{Scope, Standing, holding, standing},
    sheet::{self, guarded},
    time,
};
use domain::{money::Multiplier, price::Price};

/// Their rows, by model.
pub(super) async fn rows(store: &Store, group: &str) -> Result<Vec<[String; 6]>> {
    let terms = match store.groups().get(group).await {
        Ok(terms) => Some(terms),
        Err(Error::NotFound(_)) => None,
        Err(error) => return Err(error),
    };
    let mut tx = store.db().snapshot().await?;
    let all = standing::read(&mut tx, None, None).await?;
    tx.rollback().await?;
    let (now, everybodys, own) = (time::now_us(), Scope::sale(), Scope::Sale(group.to_owned()));
    let mut found = Vec::new();
    for it in &all {
        let (version, model) = (&it.version, it.version.model.as_str());
        let multiplier = match &version.scope {
            scope if *scope == everybodys => multiplier(terms.as_ref()),
            scope if *scope == own => Multiplier::ONE,
            _ => continue,
        };
        let allowed = terms.as_ref().and_then(|terms| terms.models.as_ref());
        if allowed.is_some_and(|allowed| !allowed.iter().any(|it| it == model)) {
            continue;
        }
        let charged = holding(&all, model, &own, now).or_else(|| holding(&all, model, &everybodys, now));
        let state = match charged {
            Some(charged) if charged.id == version.id => "holds",
            _ if it.begins_us > now => "scheduled",
            _ => continue,
        };
        found.extend(of(it, state, multiplier)?);
    }
    found.sort();
    Ok(found)
}

fn multiplier(terms: Option<&Group>) -> Multiplier {
    terms.map_or(Multiplier::ONE, |terms| terms.multiplier)
}

/// A row for each set of rates that may apply.
fn of(it: &Standing, state: &str, multiplier: Multiplier) -> Result<Vec<[String; 6]>> {
    let version = &it.version;
    let since = sheet::time(if it.begins_us > 0 { it.begins_us } else { version.valid_from_us })?;
    let row = |rates: String| {
        let (model, id) = (guarded(&version.model), version.id.to_string());
        [model, id, state.to_owned(), since.clone(), multiplier.to_string(), guarded(&rates)]
    };
    Ok(Price::new(version.id, version.tariff.clone()).every_unit_prices().map(row).collect())
}
