//! The versions of a model's sale price: what changed, since when, until when, by whom.

use super::rate::{dollars, unit};
use crate::{
    components::time::Clock,
    models::CancelPrice,
    words::{Models, NewPrice, PriceVersions},
};
use domain::{
    money::PicoPerUnit,
    price::{Rates, Tariff},
    views::PriceVersionLine,
};
use leptos::prelude::*;

/// A unit's rate as it was and as it is.
type Change = (&'static str, Option<PicoPerUnit>, Option<PicoPerUnit>);

/// What differs, by name.
fn changes(before: Option<&Rates>, after: &Rates) -> Vec<Change> {
    let old = before.map(Rates::named);
    let was = |name: &str| old.and_then(|old| old.into_iter().find(|(one, _)| *one == name)?.1);
    let both = after.named().into_iter().map(|(name, now)| (name, was(name), now));
    both.filter(|(_, was, now)| was != now).collect()
}

/// The panel.
pub fn versions(versions: Vec<PriceVersionLine>, cancel: ServerAction<CancelPrice>) -> impl IntoView {
    let t = PriceVersions::here();
    let older = versions.iter().skip(1).map(|version| Some(version.tariff.clone())).chain([None]).collect::<Vec<_>>();
    let body = if versions.is_empty() {
        view! { <p class="body mid">{t.none()}</p> }.into_any()
    } else {
        let lines = versions.into_iter().zip(older).map(|(version, before)| line(version, before, cancel));
        view! { <ol class="vers">{lines.collect_view()}</ol> }.into_any()
    };
    view! {
        <section class="panel c6">
            <header><h2>{t.title()}</h2><span class="dim small">{t.about()}</span></header>
            {body}
        </section>
    }
}

fn line(version: PriceVersionLine, before: Option<Tariff>, cancel: ServerAction<CancelPrice>) -> impl IntoView {
    let (t, of, models) = (PriceVersions::here(), NewPrice::here(), Models::here());
    let first = version.version == 1;
    let changed = changes(before.as_ref().map(|before| &before.rates), &version.tariff.rates);
    let tiers = version.tariff.tier_lines();
    let same = (changed.is_empty() && before.is_some_and(|before| before.tier_lines() == tiers)).then(|| t.same());
    let told = changed.into_iter().map(|(name, was, now)| {
        let unit = unit(of, name, models.cache_read());
        match (was, now) {
            (_, None) => view! { <span class="rate">{t.gone(unit)}</span>" " }.into_any(),
            (None, now) => view! { <span class="rate">{unit}" "{dollars(now, 2)}</span>" " }.into_any(),
            (was, now) => {
                view! { <span class="rate">{unit}" "{dollars(was, 2)}" → "{dollars(now, 2)}</span>" " }.into_any()
            }
        }
    });
    let (badge, class) = match (version.holds, version.scheduled) {
        (true, _) => (t.holds(version.version), "badge ok"),
        (_, true) => (t.scheduled(version.version), "badge warn"),
        _ => (t.version(version.version), "badge"),
    };
    let undo = version.scheduled.then(|| {
        view! {
            <ActionForm action=cancel>
                <input type="hidden" name="id" value=version.id/>
                <button class="btn sm" type="submit">{t.cancel()}</button>
            </ActionForm>
        }
    });
    let until = version.until.map(|time| view! { " "{t.until()}" "<Clock time/> });
    view! {
        <li>
            <span class=class>{badge}</span>
            <div>
                <p>{first.then(|| t.first())}" "{same}{told.collect_view()}</p>
                {(!tiers.is_empty()).then(|| view! { <pre class="small">{tiers}</pre> })}
                <p class="dim small">{t.since()}" "<Clock time=version.since/>{until}" · "{t.by(&version.who)}</p>
                {undo}
            </div>
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_told() {
        let rates = |input: i64, cache: Option<i64>| Rates {
            input: PicoPerUnit(input),
            output: PicoPerUnit(5),
            cache_read: cache.map(PicoPerUnit),
            ..Rates::default()
        };
        let names = |before: Option<&Rates>, after: &Rates| {
            changes(before, after).into_iter().map(|it| it.0).collect::<Vec<_>>()
        };
        assert_eq!(names(None, &rates(1, None)), ["input", "output"]);
        assert_eq!(names(Some(&rates(1, Some(2))), &rates(3, None)), ["input", "cache_read"]);
        assert!(names(Some(&rates(1, None)), &rates(1, None)).is_empty());
    }
}
