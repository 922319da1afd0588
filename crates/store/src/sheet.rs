//! Files for spreadsheets: RFC 4180 with CRLF, in pieces, no cell that could be a formula.

use crate::error::{Error, Result};
use bytes::Bytes;

/// Rows as one piece of a file.
pub(crate) fn piece<R, C>(rows: impl IntoIterator<Item = R>) -> Result<Bytes>
where
    R: IntoIterator<Item = C>,
    C: AsRef<[u8]>,
{
    let failed = |_| Error::Corrupt("CSV piece");
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    for row in rows {
        writer.write_record(row).map_err(failed)?;
    }
    Ok(writer.into_inner().map_err(|_| Error::Corrupt("CSV piece"))?.into())
}

/// A cell that a spreadsheet could take for a formula begins with an apostrophe
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). For text; a number is a number.
pub(crate) fn guarded(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) { format!("'{text}") } else { text.to_owned() }
}

/// A time in RFC 3339, UTC.
pub(crate) fn time(us: i64) -> Result<String> {
    Ok(jiff::Timestamp::from_microsecond(us).map_err(|_| Error::Corrupt("time"))?.to_string())
}
