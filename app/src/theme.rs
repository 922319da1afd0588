//! Light, dark or the system's: a cookie, so that the server's first byte already has it and nothing flashes.

use crate::refusal::Refusal;
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Which colours.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Theme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
    /// As the system says, also when it changes its mind.
    #[default]
    System,
}

impl Theme {
    /// All, in the order they are offered.
    pub const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    /// The word in the cookie, the form and `<html data-theme>`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    /// Reads the word; anything else is the system's choice.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.into_iter().find(|theme| theme.word() == word).unwrap_or_default()
    }
}

/// Remembers the theme for a year.
#[server(prefix = "/fn", endpoint = "set_theme")]
pub async fn set_theme(theme: Theme) -> Result<(), Refusal> {
    let cookie = format!("theme={}; Path=/; Max-Age=31536000; SameSite=Lax", theme.word());
    crate::leptos_port::answer_header(http::header::SET_COOKIE, &cookie);
    Ok(())
}

/// The theme of this page, for every component.
pub fn provide() {
    provide_context(RwSignal::new(stored()));
}

/// The theme of this page.
pub fn current() -> RwSignal<Theme> {
    use_context().unwrap_or_default()
}

/// What the request's cookie says.
#[cfg(feature = "ssr")]
pub fn stored() -> Theme {
    crate::leptos_port::cookie("theme").map_or(Theme::System, |word| Theme::from_word(&word))
}

/// What the server wrote into the page.
#[cfg(not(feature = "ssr"))]
fn stored() -> Theme {
    let root = document().document_element();
    Theme::from_word(&root.and_then(|html| html.get_attribute("data-theme")).unwrap_or_default())
}

/// Changes the colours of this page at once, before the server has heard of it.
pub fn apply(current: RwSignal<Theme>, theme: Theme) {
    current.set(theme);
    if let Some(root) = document().document_element() {
        // The browser refuses only invalid attribute names; this one is fixed.
        let _ = root.set_attribute("data-theme", theme.word());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn themes_survive_their_word_and_nonsense_is_the_systems_choice() {
        for theme in Theme::ALL {
            assert_eq!(Theme::from_word(theme.word()), theme);
        }
        assert_eq!(Theme::from_word("\"><script>"), Theme::System);
    }
}
