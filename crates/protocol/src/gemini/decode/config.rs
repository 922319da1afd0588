//! `generationConfig`: limits, sampling, thinking, the answer's form.

use super::{respell, tools::lower_types};
use crate::{
    form::{
        document::Fields,
        effort::{Amount, Effort, Thinking},
        loss::cannot,
        request::{Output, Request},
    },
    request::BadRequest,
};
use serde_json::Value;

pub(super) fn read(request: &mut Request, mut config: Fields) -> Result<(), BadRequest> {
    respell(
        &mut config,
        &[
            "stopSequences",
            "responseMimeType",
            "responseSchema",
            "responseJsonSchema",
            "responseModalities",
            "candidateCount",
            "maxOutputTokens",
            "topP",
            "topK",
            "presencePenalty",
            "frequencyPenalty",
            "responseLogprobs",
            "thinkingConfig",
            "mediaResolution",
        ],
    );
    request.max_output = config.positive("maxOutputTokens")?;
    request.temperature = config.number("temperature")?;
    request.top_p = config.number("topP")?;
    request.top_k = top_k(&mut config)?;
    request.presence_penalty = config.number("presencePenalty")?;
    request.frequency_penalty = config.number("frequencyPenalty")?;
    request.seed = config.number("seed")?;
    request.stop = config.texts("stopSequences")?;
    request.thinking = config.object("thinkingConfig")?.map(thinking).transpose()?;
    request.output = output(&mut config)?;
    for modality in config.texts("responseModalities")? {
        if !modality.eq_ignore_ascii_case("text") {
            return Err(cannot(&config.path("responseModalities")));
        }
    }
    if config.whole("candidateCount")?.is_some_and(|count| count > 1) {
        return Err(cannot(&config.path("candidateCount")));
    }
    if config.switch("responseLogprobs")? == Some(true) {
        return Err(cannot(&config.path("responseLogprobs")));
    }
    if let Some(resolution) = config.take("mediaResolution") {
        request.rest.insert("mediaResolution".to_owned(), resolution);
    }
    if let Some(name) = config.rest().keys().next() {
        return Err(cannot(&format!("generationConfig.{name}")));
    }
    Ok(())
}

/// Google's clients write it as a decimal number.
fn top_k(config: &mut Fields) -> Result<Option<u64>, BadRequest> {
    let Some(number) = config.number("topK")? else { return Ok(None) };
    let text = number.to_string();
    let whole = text.strip_suffix(".0").unwrap_or(&text).parse();
    whole.map(Some).map_err(|_| config.wrong("topK", "must be a whole number"))
}

fn thinking(mut config: Fields) -> Result<Thinking, BadRequest> {
    respell(&mut config, &["includeThoughts", "thinkingBudget", "thinkingLevel"]);
    let told = config.switch("includeThoughts")?;
    let level = config.text("thinkingLevel")?.map(|level| level.to_ascii_lowercase());
    let amount = match level.as_deref() {
        Some("thinking_level_unspecified") | None => match config.number("thinkingBudget")?.map(|it| it.as_i64()) {
            None => Amount::Adaptive,
            Some(Some(0)) => Amount::Off,
            Some(Some(-1)) => Amount::Adaptive,
            Some(Some(budget)) if budget > 0 => Amount::Budget(budget.unsigned_abs()),
            Some(_) => return Err(config.wrong("thinkingBudget", "must be a whole number from -1")),
        },
        Some(word) => match Effort::of(word) {
            Some(effort) => Amount::Effort(effort),
            None => return Err(config.wrong("thinkingLevel", "is no level this relay knows")),
        },
    };
    // Google leaves thoughts out unless they are asked for.
    Ok(Thinking { amount, told: Some(told.unwrap_or(false)) })
}

fn output(config: &mut Fields) -> Result<Output, BadRequest> {
    let mime = config.text("responseMimeType")?;
    let mut schema = config.take("responseJsonSchema");
    if let Some(mut older) = config.take("responseSchema") {
        lower_types(&mut older);
        schema = schema.or(Some(older));
    }
    match (mime.as_deref(), schema) {
        (None | Some("" | "text/plain"), _) => Ok(Output::Text),
        (Some("application/json"), None) => Ok(Output::Json),
        (Some("application/json"), Some(schema @ Value::Object(_))) => {
            Ok(Output::Schema { name: None, description: None, schema, strict: None })
        }
        (Some("application/json"), Some(_)) => Err(config.wrong("responseSchema", "must be an object")),
        (Some(_), _) => Err(cannot(&config.path("responseMimeType"))),
    }
}
