//! Prices from the catalogue: the page, and taking over what is chosen on it.

#[cfg(feature = "ssr")]
use crate::components::served::Asked;
use crate::refusal::Refusal;
#[cfg(feature = "ssr")]
use domain::views::ImportAsked;
use leptos::prelude::*;

#[cfg(feature = "ssr")]
fn wanted(asked: &Asked) -> ImportAsked {
    let text = |name| asked.get(name).unwrap_or_default().to_owned();
    ImportAsked {
        what: text("what"),
        multiplier: text("multiplier"),
        valid_from: text("valid_from"),
        all: asked.get("all").is_some(),
        change: text("change"),
        q: text("q"),
    }
}

/// The page's address: what is asked for, and one thing more.
#[cfg(feature = "ssr")]
pub fn address(asked: &ImportAsked, more: (&'static str, &str)) -> String {
    let ImportAsked { what, multiplier, valid_from, all, change, q } = asked;
    let all = if *all { "true" } else { "" };
    let values = [("what", what.as_str()), ("multiplier", multiplier), ("valid_from", valid_from), ("all", all)];
    let mut query = leptos_router::params::ParamsMap::new();
    for (name, value) in values.into_iter().chain([("change", change.as_str()), ("q", q), more]) {
        if !value.is_empty() {
            query.insert_decoded(name, value.to_owned());
        }
    }
    format!("/models/import{}", query.to_query_string())
}

/// Prices beside the catalogue's, drawn for this query.
#[server(prefix = "/fn", endpoint = "import_page", input = leptos::server_fn::codec::GetUrl)]
pub async fn import_page(query: String) -> Result<String, Refusal> {
    use crate::{components::served::draw, pages::models::drawn_import};
    crate::guard::admin().await?;
    let asked = Asked::read(&query);
    let wanted = wanted(&asked);
    let view = crate::port::console()?.import_view(wanted.clone()).await;
    Ok(draw(|| drawn_import(wanted, view.map_err(Refusal::from), &asked)))
}

/// Takes over what was chosen, and leads to the page that tells how many versions were made, or that something was not as it
/// was shown.
#[server(prefix = "/fn", endpoint = "import_prices")]
pub async fn import_prices(
    #[server(default)] query: String,
    #[server(default)] chosen: Vec<String>,
) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let wanted = wanted(&Asked::read(&query));
    let made = crate::port::console()?.import_prices(seen.author(), wanted.clone(), chosen).await;
    let to = match made {
        Ok(made) => address(&wanted, ("made", &made.to_string())),
        Err(crate::port::Failed::Conflict(_)) => address(&wanted, ("stale", "true")),
        Err(failed) => return Err(failed.into()),
    };
    crate::leptos_port::redirect(&to);
    Ok(())
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn an_address_keeps_what_was_asked_for_and_no_old_news() {
        let of = |query| address(&wanted(&Asked::read(query)), ("made", "0"));
        assert_eq!(of("?what=cost&made=3&q=a%26b&check=all&__err=x"), "/models/import?what=cost&q=a%26b&made=0");
        assert_eq!(of(""), "/models/import?made=0");
        assert_eq!(of("q=a%0D%0Ab: c"), "/models/import?q=a%0D%0Ab%3A%20c&made=0", "no header of its own");
        let all = Asked::read("what=sale&multiplier=1.2&valid_from=2026-12-01T00:00&all=true&change=new&q=a");
        let again = address(&wanted(&all), ("made", "0"));
        assert_eq!(wanted(&Asked::read(again.trim_start_matches("/models/import"))), wanted(&all));
    }
}
