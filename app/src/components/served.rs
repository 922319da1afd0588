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

    /// The same, where it was the form of this function.
    pub fn refusal_of<F: leptos::server_fn::ServerFn>(&self) -> Option<crate::refusal::Refusal> {
        self.refusal().filter(|_| self.get("__path") == Some(F::PATH))
    }

    /// The page with this list begun elsewhere: what the page was asked for besides stays, news of a form do not.
    fn turned(&self, path: &str, list: &'static str, cursor: Option<String>) -> String {
        const NEWS: [&str; 9] = ["__path", "__err", "told", "made", "stale", "now", "budget", "rule", "close"];
        let mut query = self.0.clone();
        for name in NEWS.into_iter().chain([list]) {
            query.remove(name);
        }
        if let Some(cursor) = cursor {
            query.insert(list, cursor);
        }
        format!("{path}{}#{list}", query.to_query_string())
    }
}

/// The foot of a list that goes by key: to its newest rows and to older ones. `list` is the name of its cursor in the page's
/// query and the id of what surrounds it.
#[cfg(feature = "ssr")]
pub fn pager(asked: &Asked, path: &str, list: &'static str, next: Option<String>) -> Option<AnyView> {
    let t = crate::words::Common::here();
    let newest = asked.get(list).map(|_| asked.turned(path, list, None));
    let older = next.map(|cursor| asked.turned(path, list, Some(cursor)));
    (newest.is_some() || older.is_some()).then(|| {
        view! {
            <footer class="pager">
                {newest.map(|address| view! { <a href=address class="btn sm">{t.newest()}</a> })}
                {older.map(|address| view! { <a href=address class="btn sm end">{t.older()}</a> })}
            </footer>
        }
        .into_any()
    })
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
    fn a_list_turns_its_pages_and_leaves_the_others_alone() {
        let asked = Asked::read("?by=model&orders=7&batches=9&made=3&__err=x&__path=y");
        assert_eq!(asked.turned("/money", "orders", Some("5".to_owned())), "/money?by=model&batches=9&orders=5#orders");
        assert_eq!(asked.turned("/money", "batches", None), "/money?by=model&orders=7#batches");
        let drawn = |asked: &Asked, next: Option<&str>| {
            draw(|| pager(asked, "/money", "orders", next.map(str::to_owned)).into_any())
        };
        assert!(!drawn(&Asked::read(""), None).contains("pager"), "one page only");
        assert!(drawn(&Asked::read(""), Some("5")).contains("orders=5#orders"));
        assert!(drawn(&asked, None).contains("/money?by=model&amp;batches=9#orders"));
    }

    #[test]
    fn what_is_drawn_is_escaped() {
        let name = "<script>alert(1)</script>".to_owned();
        let html = draw(move || view! { <p title=name.clone()>{name.clone()}</p> }.into_any());
        assert!(!html.contains("<script>"), "{html}");
    }
}
