//! What comes in: JSON bodies, queries and ids, each refused by naming what is wrong with it.
//!
//! A field this build does not know is never ignored: one that the contract names is "not built yet", any other
//! "unknown". Bodies hold at most 1 MiB.

use super::problem::Problem;
use axum::{
    body::Body,
    extract::{FromRequest, FromRequestParts, Query, RawPathParams, Request},
};
use bytes::Bytes;
use http::{HeaderMap, StatusCode, header, request::Parts};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use std::{fmt::Display, str::FromStr, time::Duration};

/// The most a body of this API may hold.
pub const MAX_BODY: usize = 1 << 20;
/// A whole body must have come within this.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// Fields of the contract that do nothing in this build.
const LATER: [&str; 1] = ["roles"];

/// A JSON body.
pub struct Fields<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Fields<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        must_be_json(request.headers())?;
        let body = collect(request.into_body()).await?;
        parse(&body).map(Self)
    }
}

/// A JSON body that may be left out.
pub struct FieldsOrNone<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned + Default> FromRequest<S> for FieldsOrNone<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let body = collect(body).await?;
        if body.is_empty() {
            return Ok(Self(T::default()));
        }
        must_be_json(&parts.headers)?;
        parse(&body).map(Self)
    }
}

/// A query; unknown and doubled parameters are refused.
pub struct Asked<T>(pub T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let Query(asked) = Query::try_from_uri(&parts.uri).map_err(|rejected| {
            let text = rejected.body_text();
            Problem::invalid(format!(
                "query: {}",
                text.strip_prefix("Failed to deserialize query string: ").unwrap_or(&text)
            ))
        })?;
        Ok(Self(asked))
    }
}

/// The id, or name, in the path; one that cannot be read names nothing.
pub struct InPath<T>(pub T);

impl<S: Send + Sync, T: FromStr> FromRequestParts<S> for InPath<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        in_path(parts).await.map(Self).ok_or_else(|| Problem::not_found("thing"))
    }
}

/// What this API's route took out of the path. The console serves this API inside a route of its own, whose capture comes
/// before ours.
pub async fn in_path<T: FromStr>(parts: &mut Parts) -> Option<T> {
    let captured = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, text) = captured.iter().last()?;
    text.parse().ok()
}

/// What this API's route took out of the path under this name.
pub async fn named_in_path<T: FromStr>(parts: &mut Parts, name: &str) -> Option<T> {
    let captured = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    let (_, text) = captured.iter().filter(|(taken, _)| *taken == name).last()?;
    text.parse().ok()
}

/// What the body, a JSON object, has under this name. The body can be read again.
///
/// # Errors
/// 400 naming the field, and as [`collect`].
pub async fn named_in_body<T: DeserializeOwned>(body: &mut Body, name: &'static str) -> Result<T, Problem> {
    let bytes = collect(std::mem::take(body)).await?;
    *body = Body::from(bytes.clone());
    let all: serde_json::Map<String, serde_json::Value> = parse(&bytes)?;
    let value = all.get(name).ok_or_else(|| Problem::invalid(format!("missing field `{name}`")))?;
    T::deserialize(value).map_err(|error| Problem::field(name, error))
}

fn must_be_json(headers: &HeaderMap) -> Result<(), Problem> {
    let given = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim();
    if media_type.eq_ignore_ascii_case("application/json") {
        return Ok(());
    }
    let detail = "The body must be JSON and say so: `content-type: application/json`.";
    Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail))
}

/// Reads a body whole, within its limits.
///
/// # Errors
/// 413 over [`MAX_BODY`], 400 when it broke off or took too long.
pub async fn collect(body: Body) -> Result<Bytes, Problem> {
    let collected = tokio::time::timeout(BODY_TIMEOUT, Limited::new(body, MAX_BODY).collect()).await;
    match collected {
        Ok(Ok(body)) => Ok(body.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let detail = format!("The body is over the limit of {MAX_BODY} bytes.");
            Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "request_too_large", detail))
        }
        Ok(Err(_)) => Err(Problem::invalid("The body broke off.")),
        Err(_) => Err(Problem::new(StatusCode::REQUEST_TIMEOUT, "request_timeout", "The body did not arrive in time.")),
    }
}

fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let value = serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let path = error.path().to_string();
        told(&path, &error.into_inner())
    })?;
    json.end().map_err(|error| Problem::invalid(format!("The body is not one JSON value: {error}.")))?;
    Ok(value)
}

/// A reader's error in our words.
fn told(path: &str, error: &serde_json::Error) -> Problem {
    let text = error.to_string();
    if !error.is_data() {
        return Problem::invalid(format!("The body is not JSON: {text}."));
    }
    let why = text.rsplit_once(" at line ").map_or(text.as_str(), |(why, _)| why);
    if let Some(name) = why.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next()) {
        let full = match path.rsplit_once('.') {
            Some((parent, last)) if last == name => format!("{parent}.{name}"),
            None if path == name || path == "." => name.to_owned(),
            _ => format!("{path}.{name}"),
        };
        return if LATER.contains(&name) {
            Problem::not_built(&full)
        } else {
            Problem::invalid(format!("unknown field `{full}`"))
        };
    }
    if path == "." { Problem::invalid(why.to_owned()) } else { Problem::field(path, why) }
}

/// A word of a list that this build knows.
///
/// # Errors
/// 400 naming the field.
pub fn word<T: FromStr<Err: Display>>(field: &str, text: &str) -> Result<T, Problem> {
    text.parse().map_err(|error| Problem::field(field, error))
}

/// A time, RFC 3339, as microseconds since 1970.
///
/// # Errors
/// 400 naming the field.
pub fn time_us(field: &str, text: &str) -> Result<i64, Problem> {
    let time: Result<jiff::Timestamp, _> = text.parse();
    let why = "must be a time such as 2026-11-23T21:00:00Z (RFC 3339)";
    time.map(jiff::Timestamp::as_microsecond).map_err(|_| Problem::field(field, why))
}

/// The same as milliseconds.
///
/// # Errors
/// 400 naming the field.
pub fn time_ms(field: &str, text: &str) -> Result<i64, Problem> {
    time_us(field, text).map(|us| us.div_euclid(1000))
}

/// Tells `null` from absent: `None` absent, `Some(None)` null.
///
/// # Errors
/// What the inner type says.
pub fn given<'de, D: Deserializer<'de>, T: Deserialize<'de>>(d: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(d).map(Some)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only reading is tested")]
    struct Inner {
        secret: String,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        amount: domain::money::NanoUsd,
        #[serde(default)]
        list: Vec<Inner>,
        #[serde(default, deserialize_with = "given")]
        until: Option<Option<String>>,
    }

    fn refused(body: &str) -> String {
        let problem = parse::<Outer>(body.as_bytes()).unwrap_err();
        assert_eq!(problem.status(), StatusCode::BAD_REQUEST);
        let document = serde_json::to_value(problem.document(engine::received::new_request_id())).unwrap();
        document["detail"].as_str().unwrap().to_owned()
    }

    #[test]
    fn what_is_wrong_with_a_body_is_named() {
        assert_eq!(refused(r#"{"amount":"1","roles":5}"#), "field `roles` is not built yet");
        assert_eq!(refused(r#"{"amount":"1","nope":5}"#), "unknown field `nope`");
        assert_eq!(
            refused(r#"{"amount":"1","list":[{"secret":"a","roles":1}]}"#),
            "field `list[0].roles` is not built yet"
        );
        assert!(refused(r#"{"amount":1.5}"#).starts_with("field `amount`: invalid type: floating point"));
        assert_eq!(refused(r#"{"amount":"1,5"}"#), "field `amount`: not a decimal number like \"12.5\"");
        assert_eq!(refused("{}"), "missing field `amount`");
        assert_eq!(refused(r#"{"amount":"1","amount":"2"}"#), "duplicate field `amount`");
        assert!(refused(r#"{"amount":"1""#).starts_with("The body is not JSON"));
        assert!(refused(r#"{"amount":"1"} x"#).starts_with("The body is not one JSON value"));
        assert!(refused("").starts_with("The body is not JSON"));
    }

    #[test]
    fn null_is_told_from_absent() {
        let outer: Outer = parse(br#"{"amount":"1","until":null}"#).unwrap();
        assert_eq!((outer.until, outer.amount.0, outer.list.len()), (Some(None), 1_000_000_000, 0));
        assert_eq!(parse::<Outer>(br#"{"amount":"1"}"#).unwrap().until, None);
    }

    #[test]
    fn times_are_rfc_3339() {
        assert_eq!(time_ms("from", "1970-01-01T00:00:01.5Z").unwrap(), 1_500);
        assert_eq!(time_ms("from", "1970-01-01T01:00:00+01:00").unwrap(), 0);
        for bad in ["", "yesterday", "2026-11-23", "2026-11-23T25:00:00Z", "1764000000"] {
            assert!(time_ms("from", bad).is_err(), "{bad}");
        }
    }
}
