//! Wire protocols and the providers that speak them.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// A wire protocol of callers and upstreams.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialect {
    /// OpenAI Chat Completions: `POST /v1/chat/completions`.
    OpenaiChat,
    /// OpenAI Responses: `POST /v1/responses`.
    OpenaiResponses,
    /// Anthropic Messages: `POST /v1/messages`.
    Anthropic,
    /// Google's Gemini API: `POST /v1beta/models/{model}:generateContent`.
    Gemini,
    /// Ollama's own API, spoken with upstreams only: `POST /api/chat`.
    Ollama,
    /// OpenAI's legacy Completions: `POST /v1/completions`.
    OpenaiCompletions,
    /// OpenAI's embeddings: `POST /v1/embeddings`.
    OpenaiEmbeddings,
    /// Google's embedding of one content: `POST /v1beta/models/{model}:embedContent`.
    GeminiEmbeddings,
    /// Google's embeddings of several: `POST /v1beta/models/{model}:batchEmbedContents`.
    GeminiBatchEmbeddings,
    /// OpenAI's pictures: `POST /v1/images/generations`.
    OpenaiImages,
    /// OpenAI's changed pictures, asked for by a form: `POST /v1/images/edits`.
    OpenaiImageEdits,
    /// OpenAI's transcriptions, asked for by a form: `POST /v1/audio/transcriptions`.
    OpenaiTranscriptions,
    /// OpenAI's transcriptions in English, asked for by a form: `POST /v1/audio/translations`.
    OpenaiTranslations,
    /// OpenAI's speech: `POST /v1/audio/speech`.
    OpenaiSpeech,
    /// OpenAI's moderations: `POST /v1/moderations`.
    OpenaiModerations,
    /// Reranking as Jina, vLLM and others have it: `POST /v1/rerank`.
    Rerank,
}

/// A kind of upstream: its dialects and how it wants to be authenticated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provider {
    /// OpenAI itself.
    Openai,
    /// OpenAI's models at Microsoft's Azure.
    AzureOpenai,
    /// Anthropic itself.
    Anthropic,
    /// Google's Gemini API.
    Gemini,
    /// Google's Vertex AI: Gemini's models, or Anthropic's where a channel says that it speaks that.
    Vertex,
    /// DeepSeek.
    Deepseek,
    /// Alibaba's DashScope.
    Qwen,
    /// Mistral.
    Mistral,
    /// xAI.
    Xai,
    /// Groq.
    Groq,
    /// OpenRouter.
    Openrouter,
    /// An Ollama, through its OpenAI-compatible path or, where a channel says so, its own API.
    Ollama,
    /// Any server that speaks OpenAI Chat Completions.
    OpenaiCompatible,
    /// The built-in provider that never leaves the process.
    Sandbox,
}

/// A word that is no dialect or provider of this build.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} {word:?}")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
}

impl Dialect {
    /// Every dialect of this build.
    pub const ALL: [Self; 16] = [
        Self::OpenaiChat,
        Self::OpenaiResponses,
        Self::Anthropic,
        Self::Gemini,
        Self::Ollama,
        Self::OpenaiCompletions,
        Self::OpenaiEmbeddings,
        Self::GeminiEmbeddings,
        Self::GeminiBatchEmbeddings,
        Self::OpenaiImages,
        Self::OpenaiImageEdits,
        Self::OpenaiTranscriptions,
        Self::OpenaiTranslations,
        Self::OpenaiSpeech,
        Self::OpenaiModerations,
        Self::Rerank,
    ];

    /// Those of conversations: each is told in every other.
    pub const CONVERSING: [Self; 4] = [Self::OpenaiChat, Self::OpenaiResponses, Self::Anthropic, Self::Gemini];

    /// Whether callers may speak it.
    pub fn has_callers(self) -> bool {
        self != Self::Ollama
    }

    /// Whether it is one of embeddings.
    pub fn embeds(self) -> bool {
        matches!(self, Self::OpenaiEmbeddings | Self::GeminiEmbeddings | Self::GeminiBatchEmbeddings)
    }

    /// What is spoken for a caller of this dialect with a channel that speaks `channel`, its main dialect first: the
    /// caller's own where the channel has it, else the channel's first that can be told such a request. `None`: nothing.
    pub fn through(self, channel: &[Self]) -> Option<Self> {
        if channel.contains(&self.of_channel()) {
            return Some(self);
        }
        if self.embeds() {
            return channel.iter().find_map(|dialect| dialect.embeddings_beside());
        }
        if self.is_told_to_nobody() {
            return None;
        }
        channel.first().copied().filter(|main| *main == Self::Ollama || Self::CONVERSING.contains(main))
    }

    /// Whether it is passed on to those who speak it, and to nobody else.
    fn is_told_to_nobody(self) -> bool {
        self.hears()
            || matches!(
                self,
                Self::OpenaiImages
                    | Self::OpenaiImageEdits
                    | Self::OpenaiSpeech
                    | Self::OpenaiModerations
                    | Self::Rerank
            )
    }

    /// Whether its requests are forms, with files in them.
    pub fn takes_forms(self) -> bool {
        self.hears() || self == Self::OpenaiImageEdits
    }

    /// Whether what it takes in is sound.
    pub fn hears(self) -> bool {
        matches!(self, Self::OpenaiTranscriptions | Self::OpenaiTranslations)
    }

    /// The dialect of conversations that an upstream of this dialect is known by.
    pub fn of_channel(self) -> Self {
        match self {
            Self::OpenaiEmbeddings
            | Self::OpenaiImages
            | Self::OpenaiImageEdits
            | Self::OpenaiTranscriptions
            | Self::OpenaiTranslations
            | Self::OpenaiSpeech
            | Self::OpenaiModerations
            | Self::Rerank => Self::OpenaiChat,
            Self::GeminiEmbeddings | Self::GeminiBatchEmbeddings => Self::Gemini,
            other => other,
        }
    }

    /// The dialect of embeddings that who speaks this one has beside it, and that takes several texts.
    fn embeddings_beside(self) -> Option<Self> {
        match self {
            Self::OpenaiChat => Some(Self::OpenaiEmbeddings),
            Self::Gemini => Some(Self::GeminiBatchEmbeddings),
            _ => None,
        }
    }

    /// The word in databases, CSV and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OpenaiChat => "openai_chat",
            Self::OpenaiResponses => "openai_responses",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Ollama => "ollama",
            Self::OpenaiCompletions => "openai_completions",
            Self::OpenaiEmbeddings => "openai_embeddings",
            Self::GeminiEmbeddings => "gemini_embeddings",
            Self::GeminiBatchEmbeddings => "gemini_batch_embeddings",
            Self::OpenaiImages => "openai_images",
            Self::OpenaiImageEdits => "openai_image_edits",
            Self::OpenaiTranscriptions => "openai_transcriptions",
            Self::OpenaiTranslations => "openai_translations",
            Self::OpenaiSpeech => "openai_speech",
            Self::OpenaiModerations => "openai_moderations",
            Self::Rerank => "rerank",
        }
    }

    /// The endpoint's name in a key's scopes.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::OpenaiChat => "chat_completions",
            Self::OpenaiResponses => "responses",
            Self::Anthropic => "messages",
            Self::Gemini => "generate_content",
            Self::Ollama => "none",
            Self::OpenaiCompletions => "completions",
            Self::OpenaiEmbeddings | Self::GeminiEmbeddings | Self::GeminiBatchEmbeddings => "embeddings",
            Self::OpenaiImages | Self::OpenaiImageEdits => "images",
            Self::OpenaiTranscriptions | Self::OpenaiTranslations => "transcriptions",
            Self::OpenaiSpeech => "speech",
            Self::OpenaiModerations => "moderations",
            Self::Rerank => "rerank",
        }
    }
}

impl Provider {
    /// Every provider of this build.
    pub const ALL: [Self; 14] = [
        Self::Openai,
        Self::AzureOpenai,
        Self::Anthropic,
        Self::Gemini,
        Self::Vertex,
        Self::Deepseek,
        Self::Qwen,
        Self::Mistral,
        Self::Xai,
        Self::Groq,
        Self::Openrouter,
        Self::Ollama,
        Self::OpenaiCompatible,
        Self::Sandbox,
    ];

    /// The word in databases and API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Openai => "openai",
            Self::AzureOpenai => "azure_openai",
            Self::Anthropic => "anthropic",
            Self::Gemini => "gemini",
            Self::Vertex => "vertex",
            Self::Deepseek => "deepseek",
            Self::Qwen => "qwen",
            Self::Mistral => "mistral",
            Self::Xai => "xai",
            Self::Groq => "groq",
            Self::Openrouter => "openrouter",
            Self::Ollama => "ollama",
            Self::OpenaiCompatible => "openai_compatible",
            Self::Sandbox => "sandbox",
        }
    }

    /// The dialects it speaks, its main one first.
    pub fn dialects(self) -> &'static [Dialect] {
        match self {
            Self::Anthropic => &[Dialect::Anthropic],
            Self::Gemini | Self::Vertex => &[Dialect::Gemini],
            Self::Openai | Self::AzureOpenai | Self::Xai => &[Dialect::OpenaiChat, Dialect::OpenaiResponses],
            Self::Sandbox => &[
                Dialect::OpenaiChat,
                Dialect::OpenaiResponses,
                Dialect::Anthropic,
                Dialect::Gemini,
                Dialect::OpenaiCompletions,
            ],
            _ => &[Dialect::OpenaiChat],
        }
    }

    /// Whether OpenAI's own models answer: what only they take may be sent.
    pub fn has_openais_models(self) -> bool {
        matches!(self, Self::Openai | Self::AzureOpenai)
    }

    /// Its public address, where there is one (sources: each provider's API reference, 2026-11).
    pub fn default_base_url(self) -> Option<&'static str> {
        match self {
            Self::Openai => Some("https://api.openai.com/v1"),
            Self::Anthropic => Some("https://api.anthropic.com"),
            Self::Gemini => Some("https://generativelanguage.googleapis.com"),
            Self::Deepseek => Some("https://api.deepseek.com/v1"),
            Self::Qwen => Some("https://dashscope-intl.aliyuncs.com/compatible-mode/v1"),
            Self::Sandbox => Some("http://sandbox.invalid/v1"),
            Self::Mistral => Some("https://api.mistral.ai/v1"),
            Self::Xai => Some("https://api.x.ai/v1"),
            Self::Groq => Some("https://api.groq.com/openai/v1"),
            Self::Openrouter => Some("https://openrouter.ai/api/v1"),
            Self::AzureOpenai | Self::Vertex | Self::Ollama | Self::OpenaiCompatible => None,
        }
    }
}

macro_rules! words {
    ($name:ident, $what:literal) => {
        impl FromStr for $name {
            type Err = UnknownWord;
            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                Self::ALL
                    .into_iter()
                    .find(|it| it.as_str() == word)
                    .ok_or_else(|| UnknownWord { what: $what, word: word.to_owned() })
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
words!(Dialect, "dialect");
words!(Provider, "provider");
