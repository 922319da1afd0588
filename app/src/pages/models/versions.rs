//! The versions of a model's sale price: what changed, since when, until when, by whom.

use super::rate::{dollars, unit};
use crate::{
    components::time::Clock,
    words::{Models, NewPrice, PriceVersions},
};
use domain::{money::PicoPerUnit, price::Rates, views::PriceVersionLine};
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
pub fn versions(versions: Vec<PriceVersionLine>) -> impl IntoView {
    let t = PriceVersions::here();
    let older: Vec<Option<Rates>> = versions.iter().skip(1).map(|version| Some(version.rates)).chain([None]).collect();
    let body = if versions.is_empty() {
        view! { <p class="body mid">{t.none()}</p> }.into_any()
    } else {
        let lines = versions.into_iter().zip(older).map(|(version, before)| line(version, before));
        view! { <ol class="vers">{lines.collect_view()}</ol> }.into_any()
    };
    view! {
        <section class="panel c6">
            <header><h2>{t.title()}</h2><span class="dim small">{t.about()}</span></header>
            {body}
        </section>
    }
}

fn line(version: PriceVersionLine, before: Option<Rates>) -> impl IntoView {
    let (t, of, models) = (PriceVersions::here(), NewPrice::here(), Models::here());
    let first = version.version == 1;
    let changed = changes(before.as_ref(), &version.rates);
    let same = changed.is_empty().then(|| t.same());
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
    let badge = if version.holds { t.holds(version.version) } else { t.version(version.version) };
    let until = version.until.map(|time| view! { " "{t.until()}" "<Clock time/> });
    view! {
        <li>
            <span class=if version.holds { "badge ok" } else { "badge" }>{badge}</span>
            <div>
                <p>{first.then(|| t.first())}" "{same}{told.collect_view()}</p>
                <p class="dim small">{t.since()}" "<Clock time=version.since/>{until}" · "{t.by(&version.who)}</p>
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
