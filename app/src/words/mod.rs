//! Every word that people read, in every language, side by side: one file an area, one line a word. A word that lacks a
//! language does not compile.
//!
//! ```text
//! words! {
//!     /// The keys' page.
//!     pub Keys {
//!         new: "New key", "新建密钥";
//!         count(n: u64): format!("{n} keys"), format!("{n} 个密钥");
//!     }
//! }
//! ```
//!
//! makes `Keys`, with a method a word; a component asks `let t = Keys::here();` once and says `{t.new()}`.

mod alerts;
mod bills;
mod channels;
mod charts;
mod common;
mod dates;
mod gate;
mod home;
mod keys;
mod ledger;
mod models;
mod money;
mod money_back;
mod palette;
mod parts;
mod payments;
mod profile;
mod refusal;
mod requests;
mod routing;
mod shell;
mod tenants;
mod usage;
mod wallet;

pub use alerts::{Alerts, Budgets};
pub use bills::{Bill, Bills};
pub use channels::{ChannelParts, ChannelTest, Channels, NewChannel};
pub use charts::{Charts, Ranges};
pub use common::Common;
pub use dates::Dates;
pub use gate::Gate;
pub use home::{Home, Operations};
pub use keys::{ChangeKey, KeySecret, Keys, NewKey, RevokeKey, RotateKey};
pub use ledger::Ledger;
pub use models::{ImportPage, Models, NewPrice, PriceVersions, WouldCost};
pub use money::{Account, Margin, Money};
pub use money_back::MoneyBack;
pub use palette::{Palette, Shortcuts};
pub use parts::Parts;
pub use payments::{Codes, Fees, Order, TopUp};
pub use profile::{Password, Profile};
pub use refusal::{Advice, Refused};
pub use requests::{Request, Requests};
pub use routing::Routing;
pub use shell::{Places, Roles, Shell};
pub use tenants::{Credit, KeptResponses, Tenant, Tenants};
pub use usage::Usage;
pub use wallet::Wallet;

/// Words of one area.
macro_rules! words {
    ($(#[$doc:meta])* pub $area:ident { $($body:tt)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $area(pub $crate::language::Language);

        impl $area {
            /// In the language of this page, or of the server function's request.
            pub fn here() -> Self {
                Self($crate::language::current())
            }
        }

        impl $area {
            $crate::words::words!(@each $($body)*);
        }
    };
    (@each) => {};
    (@each $word:ident: $english:literal, $chinese:literal; $($rest:tt)*) => {
        #[doc = $english]
        pub const fn $word(self) -> &'static str {
            match self.0 {
                $crate::language::Language::English => $english,
                $crate::language::Language::Chinese => $chinese,
            }
        }
        $crate::words::words!(@each $($rest)*);
    };
    (@each $word:ident($($arg:ident: $kind:ty),+): $english:expr, $chinese:expr; $($rest:tt)*) => {
        #[doc = stringify!($english)]
        pub fn $word(self, $($arg: $kind),+) -> String {
            match self.0 {
                $crate::language::Language::English => $english,
                $crate::language::Language::Chinese => $chinese,
            }
        }
        $crate::words::words!(@each $($rest)*);
    };
}
use words;
