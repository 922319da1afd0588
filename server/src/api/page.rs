//! Lists: `?limit=&cursor=` in, `{"data": […], "next_cursor": …}` out.
//!
//! A cursor is the place after the last row seen, not a row count, so pages stay stable while rows arrive.

use super::problem::Problem;
use serde::{Deserialize, Serialize};
use store::words::{self, Listing};
use utoipa::{IntoParams, ToSchema};

/// Which part of a list.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Part {
    /// Rows at most, 1 to 500; default 50.
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl Part {
    /// The page that is asked for.
    ///
    /// # Errors
    /// 400 for a limit or cursor that is none.
    pub fn page(&self) -> Result<words::Page, Problem> {
        Ok(words::Page::parse(self.limit, self.cursor.as_deref())?)
    }

    /// The same for a list whose cursors are names: the rows at most, and the name to go on after.
    ///
    /// # Errors
    /// 400 for a limit that is none.
    pub fn by_name(self) -> Result<(usize, Option<String>), Problem> {
        words::Page::parse(self.limit, None)?;
        let limit = self.limit.unwrap_or(words::Page::DEFAULT);
        Ok((usize::try_from(limit).unwrap_or(1), self.cursor))
    }
}

/// One page of a list.
#[derive(Debug, Serialize, ToSchema)]
pub struct Page<T> {
    /// The rows, in the list's order.
    pub data: Vec<T>,
    /// For the next page's `cursor`; null: this is the last page.
    pub next_cursor: Option<String>,
}

impl<T> Page<T> {
    /// A page as it is shown.
    pub fn shown<R>(listing: Listing<R>, shown: impl FnMut(R) -> T) -> Self {
        Self { data: listing.rows.into_iter().map(shown).collect(), next_cursor: listing.next_cursor }
    }
}
