//! Icons: 16 px, drawn with the text's colour. One enum, so that a name that does not exist does not compile.

use leptos::prelude::*;

/// Which picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Icon {
    /// The home page.
    Home,
    /// Opens the navigation where it is folded away.
    Menu,
    /// The light theme.
    Sun,
    /// The dark theme.
    Moon,
    /// The system's theme.
    Screen,
    /// Something went wrong.
    Alert,
    /// Loads again.
    Refresh,
    /// Leaves.
    SignOut,
    /// The log of requests.
    Log,
    /// Keys.
    Key,
    /// Money of a tenant.
    Wallet,
    /// Bills.
    Bill,
    /// Customers.
    Tenants,
    /// Ways to providers.
    Channel,
    /// Which way requests go.
    Route,
    /// What things cost.
    Price,
    /// Sums.
    Chart,
    /// The books.
    Money,
    /// One more.
    Plus,
    /// Inside a tenant.
    Inside,
    /// Takes something back.
    Close,
    /// A range of days.
    Calendar,
    /// Stops what moves.
    Pause,
    /// Lets it move.
    Play,
    /// The one before.
    Up,
    /// The one after.
    Down,
    /// A file to keep.
    Download,
    /// Finds.
    Search,
    /// Tells.
    Bell,
}

impl Icon {
    fn path(self) -> &'static str {
        match self {
            Self::Home => "M2.5 7.5L8 3l5.5 4.5v6h-4v-4h-3v4h-4z",
            Self::Bill => "M3.5 2h9v12l-2.2-1.4L8 14l-2.3-1.4L3.5 14zM6 5.5h4M6 8.5h4",
            Self::Menu => "M2.5 4.5h11M2.5 8h11M2.5 11.5h11",
            Self::Sun => {
                "M8 10.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 \
                 1M3.4 12.6l1-1M11.6 4.4l1-1"
            }
            Self::Moon => "M13.5 9.5A6 6 0 0 1 6.5 2.5a6 6 0 1 0 7 7z",
            Self::Screen => "M2 3h12v8H2zM5.5 13.5h5",
            Self::Alert => "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 5v3.7M8 10.8v.1",
            Self::Refresh => "M13 8a5 5 0 1 1-1.5-3.5M13 2.5v2.5h-2.5",
            Self::Log => "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4v.1M2.5 8v.1M2.5 12v.1",
            Self::Key => "M9.5 6.5a3 3 0 1 0-2.2 2.9L8.5 10.5H10V12h1.5v1.5h2V11L9.4 7.2M5.8 5.8v.1",
            Self::Wallet => "M2.5 4.5h10v8h-10zM2.5 4.5l8-2v2M10.5 8.5h3v2h-3z",
            Self::Tenants => {
                "M6 7.5a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM2 13c0-2.2 1.8-3.5 4-3.5s4 1.3 4 3.5M10.5 7.3a2 2 0 1 0 0-3.8M11.5 9.7c1.5.3 2.5 1.5 2.5 3.3"
            }
            Self::Channel => "M2.5 8h3l2-4h6M5.5 8l2 4h6M11.5 2l2 2-2 2M11.5 10l2 2-2 2",
            Self::Route => "M3.5 13V6.5a3 3 0 0 1 3-3h6M10 1l2.5 2.5L10 6M3.5 9.5h6a3 3 0 0 1 3 3v.5",
            Self::Price => "M8.5 2.5h5v5L7.5 13.5l-5-5zM11 5v.1",
            Self::Chart => "M2.5 13.5h11M4.5 11V8M8 11V4M11.5 11V6.5",
            Self::Money => "M2.5 4h11v8h-11zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM4.5 8v.1M11.5 8v.1",
            Self::Plus => "M8 3v10M3 8h10",
            Self::Inside => "M9.5 2.5h4v11h-4M6 5l3 3-3 3M9 8H2.5",
            Self::Close => "M4 4l8 8M12 4l-8 8",
            Self::Calendar => "M2.5 4h11v9.5h-11zM2.5 7h11M5.5 2.5V5M10.5 2.5V5",
            Self::Pause => "M5.5 3.5v9M10.5 3.5v9",
            Self::Play => "M5 3l7.5 5L5 13z",
            Self::Up => "M3.5 10L8 5.5l4.5 4.5",
            Self::Down => "M3.5 6L8 10.5 12.5 6",
            Self::Download => "M8 2.5v8M4.5 7.5L8 11l3.5-3.5M3 13.5h10",
            Self::Bell => "M4 11V7.5a4 4 0 0 1 8 0V11l1 1.5H3zM6.7 14.2h2.6",
            Self::Search => "M7 11.5a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9zM10.3 10.3l3.2 3.2",
            Self::SignOut => "M6.5 2.5h-4v11h4M10 5l3 3-3 3M13 8H6",
        }
    }
}

/// Draws an icon; it says nothing to a screen reader, so a word must stand beside it.
#[component]
pub fn Draw(
    /// Which picture.
    icon: Icon,
) -> impl IntoView {
    view! {
        <svg class="i" viewBox="0 0 16 16" aria-hidden="true">
            <path d=icon.path()></path>
        </svg>
    }
}
