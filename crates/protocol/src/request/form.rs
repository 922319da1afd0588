//! A request as a form (RFC 7578), as uploads of sound and pictures come: where its parts stand. The boundary is that of
//! the body's first line, and the upstream is told that one: both read the same form, whatever the caller's header says.

use super::{BadRequest, Span};
use http::HeaderValue;

/// Parts one form may have.
const MOST_PARTS: usize = 100;
/// A part's headers are short.
const LONGEST_HEAD: usize = 1 << 10;

/// A form.
#[derive(Debug)]
pub(crate) struct Form<'a> {
    body: &'a [u8],
    parts: Vec<Part<'a>>,
}

/// One part.
#[derive(Debug)]
struct Part<'a> {
    name: &'a str,
    is_file: bool,
    value: Span,
}

/// The content type that names a body's boundary.
pub fn content_type(body: &[u8]) -> Option<HeaderValue> {
    let boundary = first_line(body)?.get(2..)?;
    HeaderValue::from_bytes(&[b"multipart/form-data; boundary=\"", boundary, b"\""].concat()).ok()
}

/// Two dashes and the boundary, of the characters that it may have without quotes in them.
fn first_line(body: &[u8]) -> Option<&[u8]> {
    let line = body.get(..find(body, b"\r\n", 0)?)?;
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=?".contains(byte);
    ((3..=72).contains(&line.len()) && line.starts_with(b"--") && line.iter().all(plain)).then_some(line)
}

fn find(haystack: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    Some(from + memchr::memmem::find(haystack.get(from..)?, needle)?)
}

fn bad(what: &str) -> BadRequest {
    BadRequest::new(format!("The request's body is not a form (multipart/form-data): {what}."))
}

impl<'a> Form<'a> {
    /// Reads a body.
    ///
    /// # Errors
    /// [`BadRequest`] for what is no whole form.
    pub fn read(body: &'a [u8]) -> Result<Self, BadRequest> {
        let line = first_line(body).ok_or_else(|| bad("it does not begin with a boundary"))?;
        let delimiter = [b"\r\n", line].concat();
        let mut parts = Vec::new();
        let mut at = line.len();
        loop {
            // After a delimiter: `--` ends the form, a line break begins a part.
            if body.get(at..at + 2) == Some(b"--") {
                return Ok(Self { body, parts });
            }
            let head = at + 2;
            let head_end = find(body, b"\r\n\r\n", at).filter(|end| end - at <= LONGEST_HEAD);
            let head_end =
                head_end.filter(|_| body.get(at..head) == Some(b"\r\n")).ok_or_else(|| bad("a part has no head"))?;
            let start = head_end + 4;
            let end = find(body, &delimiter, start).ok_or_else(|| bad("a part has no end"))?;
            let text = body.get(head..head_end).and_then(|head| std::str::from_utf8(head).ok());
            let text = text.ok_or_else(|| bad("a part's head is not UTF-8"))?;
            let name = parameter(text, "name").ok_or_else(|| bad("a part has no name"))?;
            let is_file = parameter(text, "filename").is_some();
            parts.push(Part { name, is_file, value: Span { start, end } });
            if parts.len() > MOST_PARTS {
                return Err(bad("it has over 100 parts"));
            }
            at = end + delimiter.len();
        }
    }

    /// A field's text and where it stands. With a field twice, two readers could disagree about what was bought.
    ///
    /// # Errors
    /// [`BadRequest`] where it stands twice or is no text.
    pub fn text(&self, name: &str) -> Result<Option<(&'a str, Span)>, BadRequest> {
        let mut found = self.parts.iter().filter(|part| part.name == name);
        let Some(part) = found.next() else { return Ok(None) };
        if found.next().is_some() {
            return Err(BadRequest::new(format!("The field `{name}` stands twice.")));
        }
        let text = self.body.get(part.value.start..part.value.end).and_then(|text| std::str::from_utf8(text).ok());
        match text.filter(|_| !part.is_file) {
            Some(text) => Ok(Some((text, part.value))),
            None => Err(BadRequest::new(format!("The field `{name}` must be a text."))),
        }
    }

    /// How many files there are, and their bytes.
    pub fn files(&self) -> (u64, u64) {
        let files = self.parts.iter().filter(|part| part.is_file);
        files.fold((0, 0), |(count, bytes), part| (count + 1, bytes + (part.value.end - part.value.start) as u64))
    }

    /// The bytes of all that is no file.
    pub fn text_bytes(&self) -> u64 {
        let texts = self.parts.iter().filter(|part| !part.is_file);
        texts.map(|part| (part.value.end - part.value.start) as u64).sum()
    }
}

/// A parameter of a part's `Content-Disposition`.
fn parameter<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let is_it =
        |line: &&str| line.split_once(':').is_some_and(|(key, _)| key.eq_ignore_ascii_case("content-disposition"));
    let line = head.split("\r\n").find(is_it)?;
    line.split(';').skip(1).find_map(|pair| {
        let (key, value) = pair.trim().split_once('=')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim_matches('"'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b\r\ncontent-disposition: form-data; \
        name=\"file\"; filename=\"a; b.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF\r\n\r\n--x\r\n--b--\r\n";

    #[test]
    fn fields_are_found_where_they_stand() {
        let form = Form::read(BODY.as_bytes()).unwrap();
        let (model, span) = form.text("model").unwrap().unwrap();
        assert_eq!((model, &BODY[span.start..span.end]), ("whisper-1", "whisper-1"));
        assert_eq!(form.text("prompt").unwrap(), None);
        assert_eq!((form.files(), form.text_bytes()), ((1, 11), 9));
        assert!(form.text("file").unwrap_err().message.contains("`file`"));
    }

    #[test]
    fn what_is_no_whole_form_is_refused() {
        let twice = BODY.replace("--b--", "--b\r\nContent-Disposition: form-data; name=model\r\n\r\ndear\r\n--b--");
        let form = Form::read(twice.as_bytes()).unwrap();
        assert!(form.text("model").unwrap_err().message.contains("twice"));
        for at in 0..BODY.len() - 4 {
            assert!(Form::read(&BODY.as_bytes()[..at]).is_err(), "cut at {at}");
        }
        assert_eq!(content_type(BODY.as_bytes()).unwrap(), "multipart/form-data; boundary=\"b\"");
        assert_eq!(content_type(b"--a\"b\r\n"), None);
        for body in
            ["", "--\r\n", "{}", "--b\r\n\r\n\r\n--b--", "--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"]
        {
            assert!(Form::read(body.as_bytes()).is_err(), "{body}");
        }
    }
}
