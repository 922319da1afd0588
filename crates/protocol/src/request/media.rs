//! Where in a conversation an image, a document or audio may be named instead of included. Text that merely looks like an
//! address, the arguments of a tool call or a schema never count: each counted reference sets much money aside.

/// An address names its scheme within this many bytes; `data:` has no slashes, and base64 no colon.
const MAX_SCHEME: usize = 16;

/// A place in a request's body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Nothing here names media.
    Anything,
    /// The list of messages.
    Messages,
    /// One message.
    Message,
    /// A message's or tool result's content: a text or a list of parts.
    Content,
    /// One part of a content.
    Part,
    /// A description of media, or an address itself.
    Media,
    /// The id of something kept by the provider.
    Id,
}

impl Place {
    /// The place of an item of a list that stands here.
    pub fn item(self) -> Self {
        match self {
            Self::Messages => Self::Message,
            Self::Content => Self::Part,
            Self::Media => Self::Media,
            _ => Self::Anything,
        }
    }

    /// The place of a field of an object that stands here.
    pub fn field(self, key: &str) -> Self {
        match (self, key) {
            // Gemini.
            (Self::Message, "parts") | (Self::Content, "parts") => Self::Content,
            (Self::Part, "fileData" | "file_data" | "inlineData" | "inline_data") => Self::Media,
            (Self::Part, "functionResponse" | "function_response") => Self::Message,
            (Self::Media, "fileUri" | "file_uri") => Self::Id,
            (Self::Message | Self::Part, "content") | (Self::Message, "output") => Self::Content,
            // OpenAI Responses.
            (Self::Part, "file_url") => Self::Media,
            (Self::Message, "audio") => Self::Media,
            // OpenAI, Qwen (`video`: a list of frames), Anthropic (`source`).
            (Self::Part, "image_url" | "video_url" | "video" | "file" | "input_audio" | "audio" | "source") => {
                Self::Media
            }
            (Self::Part | Self::Media, "file_id") | (Self::Media, "id") => Self::Id,
            (Self::Media, "url" | "file_url" | "data" | "file_data") => Self::Media,
            (Self::Media, "content") => Self::Content,
            _ => Self::Anything,
        }
    }

    /// Whether a text that stands here names media: an id, or an address that is not the data itself.
    pub fn is_reference(self, text: &str) -> bool {
        match self {
            Self::Id => !text.is_empty(),
            Self::Media => {
                let scheme = text
                    .bytes()
                    .take(MAX_SCHEME)
                    .take_while(|b| b.is_ascii_alphanumeric() || b"+-.".contains(b))
                    .count();
                scheme > 0 && text.get(scheme..).is_some_and(|rest| rest.starts_with("://"))
            }
            _ => false,
        }
    }
}
