//! The files of an export: their names, what they hold and their columns; the README is written from these, so it tells
//! what is there.

use super::Export;
use crate::{error::Result, sheet, statements, usage};
use std::fmt::Write as _;

/// A file with its columns: name and meaning.
pub(super) struct Sheet<const N: usize> {
    pub name: &'static str,
    pub what: &'static str,
    pub columns: [(&'static str, &'static str); N],
}

impl<const N: usize> Sheet<N> {
    /// The header.
    pub fn header(&self) -> [&'static str; N] {
        self.columns.map(|(name, _)| name)
    }

    fn tell(&self, text: &mut String) {
        // Writing to a String does not fail.
        let _ = writeln!(text, "\n{}\n  {}", self.name, self.what);
        for (name, meaning) in self.columns {
            let _ = writeln!(text, "    {name}: {meaning}");
        }
    }
}

pub(super) const LEDGER: Sheet<7> = Sheet {
    name: "ledger.csv",
    what: "Every line of the wallet, oldest first.",
    columns: [
        ("line", "its number, from 1, without gaps"),
        ("time", "when it was posted"),
        ("transfer", "the id of the transfer"),
        ("kind", "usage, topup, refund, adjustment, bonus, writeoff, chargeback, ..."),
        ("reference", "what it was for"),
        ("amount_usd", "positive: to the wallet; negative: from it"),
        ("balance_usd", "the balance after it"),
    ],
};

pub(super) const DAYS: Sheet<18> = Sheet {
    name: "usage_days.csv",
    what: "Usage whose requests are no longer kept one by one: sums by day (UTC), key, model and channel.",
    columns: [
        ("day", "when the day begins"),
        ("key", "the id of the key"),
        ("model", "the model that was asked for"),
        ("channel", "the id of the channel that answered; empty: none did"),
        ("requests", "requests"),
        ("errors", "of them, those with an error"),
        ("input_tokens", "input tokens, without cache"),
        ("output_tokens", "output tokens, reasoning included"),
        ("cache_read_tokens", "input tokens read from a prompt cache"),
        ("cache_write_tokens", "input tokens written to one"),
        ("reasoning_tokens", "output tokens spent on reasoning"),
        ("cache_write_1h_tokens", "of those written, those kept for an hour"),
        ("audio_input_tokens", "tokens of sound in"),
        ("audio_output_tokens", "tokens of sound out"),
        ("image_input_tokens", "tokens of pictures in"),
        ("image_output_tokens", "tokens of pictures out"),
        ("web_searches", "searches"),
        ("cost_usd", "what was charged"),
    ],
};

pub(super) const STATEMENTS: Sheet<9> = Sheet {
    name: "statements.csv",
    what: "The frozen bills, newest first. Each is a file of its own, too: statements/MONTH.csv (below).",
    columns: [
        ("statement", "the number of the bill"),
        ("month", "its month"),
        ("zone", "the time zone whose month it is"),
        ("from", "when the month begins"),
        ("to", "when it ends"),
        ("first_line", "the first line of ledger.csv on it"),
        ("last_line", "the last"),
        ("opening_usd", "the balance before"),
        ("closing_usd", "the balance after"),
    ],
};

pub(super) const TOPUPS: Sheet<14> = Sheet {
    name: "topups.csv",
    what: "Orders of credit, newest first.",
    columns: [
        ("topup", "the id of the order"),
        ("time", "when it was ordered"),
        ("ended", "when it was paid, or was over; empty: it is open"),
        ("state", "pending, succeeded, failed or expired"),
        ("provider", "through whom it is paid"),
        ("method", "how"),
        ("payment", "what the provider calls the payment"),
        ("receipt", "the number of the receipt"),
        ("currency", "what it is paid in"),
        ("rate", "what one USD of credit costs in it"),
        ("paid", "what is paid, in that currency, the fee in it"),
        ("fee", "of it the fee, in that currency"),
        ("credited_usd", "the credit"),
        ("refunded_usd", "of it, what went back"),
    ],
};

pub(super) const KEYS: Sheet<13> = Sheet {
    name: "keys.csv",
    what: "Every key there ever was, newest first, without its secret.",
    columns: [
        ("key", "its id"),
        ("name", "what it is called"),
        ("prefix", "how the secret begins"),
        ("last4", "how it ends"),
        ("enabled", "true or false"),
        ("created", "when it was made"),
        ("expires", "when it ends; empty: never"),
        ("revoked", "when it was revoked; empty: it is not"),
        ("member", "the id of the member it belongs to"),
        ("models", "what it may call, with blanks between; empty: all"),
        ("endpoints", "where; empty: everywhere"),
        ("addresses", "from where; empty: from everywhere"),
        ("limits", "how much it may ask for, as JSON"),
    ],
};

pub(super) const MEMBERS: Sheet<3> = Sheet {
    name: "members.csv",
    what: "Who belongs to the tenant now.",
    columns: [("user", "their id"), ("email", "their address"), ("role", "owner, admin, developer, billing or viewer")],
};

pub(super) const BUDGETS: Sheet<8> = Sheet {
    name: "budgets.csv",
    what: "The budgets that there are, newest first.",
    columns: [
        ("budget", "its id"),
        ("of", "tenant, key or member"),
        ("owner", "the name of the key or tenant, or the member's address"),
        ("period", "day, week, month or total"),
        ("amount_usd", "how much may be spent in it"),
        ("stops", "true: requests that do not fit are refused; false: it only tells"),
        ("steps_ppm", "the parts per million of the amount that are told, with blanks between"),
        ("spent_usd", "what was spent in the period of now"),
    ],
};

pub(super) const PRICES: Sheet<6> = Sheet {
    name: "prices.csv",
    what: "The prices that hold for this tenant now, and those that will. What a request was charged by is in usage.csv.",
    columns: [
        ("model", "the model"),
        ("price_version", "the id of the version, as in usage.csv"),
        ("state", "holds or scheduled"),
        ("from", "since when, or from when"),
        ("multiplier", "what the sum of a request is multiplied by"),
        (
            "unit_prices",
            "the rates: input=2.5;output=10;... in USD per million units; above= and service_tier= tell when they apply",
        ),
    ],
};

pub(super) const AUDIT: Sheet<7> = Sheet {
    name: "audit.csv",
    what: "Who changed what, newest first.",
    columns: [
        ("time", "when"),
        ("actor", "the id of the person or management token; system: the program"),
        ("address", "from which address, where a member did it"),
        ("action", "what was done"),
        ("target", "to what"),
        ("before", "how it was, as JSON"),
        ("after", "how it is since, as JSON"),
    ],
};

const HEAD: &str = "Everything that is kept about this tenant, as CSV (UTF-8, RFC 4180, lines end with CRLF, header row).

Amounts are exact decimals in USD. Times are RFC 3339 in UTC. Ids are text. A cell of text that a spreadsheet could take
for a formula begins with an apostrophe (').

The files are of one moment: what ledger.csv takes as `usage` is the sum of cost_usd in usage.csv and usage_days.csv, and
what is charged later is in none of them. Requests that were free may be missing. Not in here: what models were asked and
answered, and the secrets of keys, which are not kept.
";

/// The README.
pub(super) fn readme(of: &Export) -> Result<String> {
    let mut text = format!("{HEAD}\ntenant: {} ({})\nmade: {}\n", of.name, of.tenant, sheet::time(of.at_us)?);
    let _ = writeln!(text, "lines of the wallet: {}\nbalance after the last: {} USD", of.last_line, of.balance);
    LEDGER.tell(&mut text);
    let _ = writeln!(
        text,
        "\nusage.csv\n  One row a request, oldest first; the columns of /api/v1/usage.csv:\n    {}",
        usage::COLUMNS.join(", ")
    );
    DAYS.tell(&mut text);
    STATEMENTS.tell(&mut text);
    let _ = writeln!(
        text,
        "\nstatements/MONTH.csv\n  One bill: opening balance, usage by model and key, every other line, closing balance:\n    {}",
        statements::COLUMNS.join(", ")
    );
    TOPUPS.tell(&mut text);
    PRICES.tell(&mut text);
    KEYS.tell(&mut text);
    BUDGETS.tell(&mut text);
    MEMBERS.tell(&mut text);
    AUDIT.tell(&mut text);
    Ok(text.replace('\n', "\r\n"))
}
