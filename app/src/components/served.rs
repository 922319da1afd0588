//! A part of a page that the server draws whole: HTML with links and plain forms. The browser's half only puts it in its
//! place, so that it costs that half nothing. For pages that are read and filled in, and do not move.

use leptos::prelude::*;

/// The part.
#[component]
pub fn Served(
    /// What [`draw`] made.
    html: String,
) -> impl IntoView {
    view! { <div class="served" inner_html=html></div> }
}

/// Draws it.
#[cfg(feature = "ssr")]
pub fn draw(part: impl FnOnce() -> AnyView) -> String {
    let owner = Owner::current().map_or_else(Owner::new, |owner| owner.child());
    owner.with(|| part().to_html())
}

/// The page's query, as the part is drawn by it.
#[cfg(feature = "ssr")]
#[derive(Debug)]
pub struct Asked(leptos_router::params::ParamsMap);

#[cfg(feature = "ssr")]
impl Asked {
    /// Reads it.
    pub fn read(query: &str) -> Self {
        use leptos_router::location::Url;
        let pairs = query.trim_start_matches('?').split('&').filter_map(|pair| pair.split_once('='));
        let text = |part: &str| Url::unescape(&part.replace('+', " "));
        Self(pairs.map(|(name, value)| (text(name), text(value))).collect())
    }

    /// What stands under this name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get_str(name).filter(|value| !value.is_empty())
    }

    /// The range.
    pub fn span(&self) -> Option<domain::views::Span> {
        crate::query::span(&self.0)
    }

    /// What a plain form was refused with, where it sent the browser back here.
    pub fn refusal(&self) -> Option<crate::refusal::Refusal> {
        use leptos::server_fn::error::ServerFnUrlError;
        self.get("__err").map(ServerFnUrlError::<crate::refusal::Refusal>::decode_err)
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::refusal::Refusal;
    use leptos::server_fn::error::ServerFnUrlError;

    #[test]
    fn a_query_is_read_with_what_a_form_was_refused_with() {
        let refusal = Refusal::Conflict("no more than 5 USD, 额度".to_owned());
        let url = ServerFnUrlError::new("/fn/refund", refusal.clone()).to_url("http://a/topups/1?rule=new").unwrap();
        let asked = Asked::read(url.query().unwrap());
        assert_eq!((asked.get("rule"), asked.refusal()), (Some("new"), Some(refusal)));
        assert_eq!(Asked::read("a=b+c%26&d=").get("a"), Some("b c&"));
        assert_eq!((Asked::read("?d=").get("d"), Asked::read("").refusal()), (None, None));
    }

    #[test]
    fn what_is_drawn_is_escaped() {
        let name = "<script>alert(1)</script>".to_owned();
        let html = draw(move || view! { <p title=name.clone()>{name.clone()}</p> }.into_any());
        assert!(!html.contains("<script>"), "{html}");
    }
}
