//! The conventions' words for what is ours.

use domain::{
    channel::Snapshot,
    dialect::{Dialect, Provider},
    usage::Usage,
};
use opentelemetry::KeyValue;
use store::ledger::Ended;

/// `gen_ai.provider.name` of who served it; `None` when nobody did or its channel is no more. A fallback or a rule may
/// have taken it to a channel that does not carry the model asked for, so other models' are looked at after its own.
pub fn provider(snapshot: &Snapshot, ended: &Ended) -> Option<&'static str> {
    let channel = ended.settlement.channel?;
    let asked = snapshot.models.get(&ended.opened.model);
    let mut offers = asked.into_iter().chain(snapshot.models.values()).flat_map(|model| &model.offers);
    offers.find(|offer| offer.channel.id == channel).map(|offer| word(offer.channel.provider))
}

/// The conventions' word where they have one, else ours.
fn word(provider: Provider) -> &'static str {
    match provider {
        Provider::AzureOpenai => "azure.ai.openai",
        Provider::Gemini => "gcp.gemini",
        Provider::Vertex => "gcp.vertex_ai",
        Provider::Mistral => "mistral_ai",
        Provider::Xai => "x_ai",
        other => other.as_str(),
    }
}

/// `gen_ai.operation.name`: the conventions' where they have one, else ours.
pub fn operation(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::OpenaiChat | Dialect::OpenaiResponses | Dialect::Anthropic | Dialect::Ollama => "chat",
        Dialect::Gemini => "generate_content",
        Dialect::OpenaiCompletions => "text_completion",
        Dialect::OpenaiEmbeddings | Dialect::GeminiEmbeddings | Dialect::GeminiBatchEmbeddings => "embeddings",
        other => other.as_str(),
    }
}

/// All input tokens: the conventions count what was read from and written to a cache among them, our `input` does not.
pub fn input_tokens(usage: &Usage) -> u64 {
    usage.total_tokens().saturating_sub(usage.output)
}

/// What spans and histograms both carry.
pub fn common(ended: &Ended, provider: Option<&'static str>) -> Vec<KeyValue> {
    let mut common = vec![
        KeyValue::new("gen_ai.operation.name", operation(ended.opened.dialect)),
        KeyValue::new("gen_ai.request.model", ended.opened.model.clone()),
    ];
    common.extend(provider.map(|provider| KeyValue::new("gen_ai.provider.name", provider)));
    common
}

/// `error.type`: the code of the error, or how it ended otherwise; `None`: the answer was complete.
pub fn error(ended: &Ended) -> Option<KeyValue> {
    let settlement = &ended.settlement;
    if !settlement.error_code.is_empty() {
        return Some(KeyValue::new("error.type", settlement.error_code.clone()));
    }
    let complete = settlement.end_state == domain::record::EndState::Complete;
    (!complete).then(|| KeyValue::new("error.type", settlement.end_state.as_str()))
}
