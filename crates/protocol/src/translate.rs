//! From one dialect to another, by way of the intermediate form: a request on its way out, its answer on the way back.

use crate::{
    dialects::{CallerCells, UpstreamCells, cells},
    embeddings::EmbeddingCells,
    form::{
        answer::{Asked, Stop},
        custom::{self, CustomCalls},
        document,
        loss::Losses,
        piece::{Decode, Encode, Piece, Step},
        provider_tools,
        sequence::Sequence,
        target::Target,
    },
    request::{BadRequest, RequestHead},
    stream::{Fault, SseEvent},
};
use bytes::Bytes;
use domain::{
    dialect::{Dialect, Provider},
    usage::Usage,
};
use serde::Deserialize as _;
use serde_json::Value;

/// A request as its caller sent it.
#[derive(Debug, Clone, Copy)]
pub struct Asking<'a> {
    /// The caller's dialect.
    pub dialect: Dialect,
    /// The body, which was read by [`crate::request::RequestHead::read`]: it nests no deeper than allowed.
    pub body: &'a [u8],
    /// Whether the answer is to be streamed.
    pub stream: bool,
    /// The request's id: makes the answer's ids.
    pub id: &'a str,
    /// The model, by the caller's name for it.
    pub model: &'a str,
    /// Now, in seconds since 1970.
    pub created: i64,
    /// Its input tokens as estimated, where [`wants_estimate`] says so; else 0.
    pub input_estimate: u64,
}

/// Where it goes.
#[derive(Debug, Clone, Copy)]
pub struct Going<'a> {
    /// The upstream's provider.
    pub provider: Provider,
    /// The upstream's dialect.
    pub dialect: Dialect,
    /// The model, by the upstream's name for it.
    pub model: &'a str,
    /// The most output tokens it gives, if that is known.
    pub max_output: Option<u64>,
}

/// A request in the upstream's dialect.
#[derive(Debug)]
pub struct Translated {
    /// The body.
    pub body: Bytes,
    /// What was left out or changed, a line each, fit for a header.
    pub warnings: Vec<String>,
    /// The way back.
    pub translation: Translation,
}

/// Whether answers in this dialect tell their input before it is known.
pub fn wants_estimate(caller: Dialect, stream: bool) -> bool {
    stream && caller == Dialect::Anthropic
}

/// Translates a request.
///
/// # Errors
/// [`BadRequest`] naming a field that is malformed, or that the upstream's dialect cannot express.
pub fn request(asking: Asking<'_>, going: Going<'_>) -> Result<Translated, BadRequest> {
    let mut json = serde_json::Deserializer::from_slice(asking.body);
    json.disable_recursion_limit();
    let body = Value::deserialize(&mut json)
        .map_err(|error| BadRequest::new(format!("The request's body cannot be read: {error}.")))?;
    let (caller, upstream) = (cells(asking.dialect), cells(going.dialect));
    let target = Target { provider: going.provider, model: going.model, max_output: going.max_output };
    let mut losses = Losses::default();
    if let (Some(to), Some(from)) = (&caller.embeddings, &upstream.embeddings) {
        let wanted = (to.decode_request)(body)?;
        let body = (from.encode_request)(&wanted, &target, &mut losses)?;
        let asked = Asked { model: asking.model.to_owned(), ..Asked::default() };
        let way = Way::Embeddings { from, to, texts: wanted.texts.len(), in_base64: wanted.in_base64 };
        let translation = Translation { upstream: going.dialect, way, asked };
        return Ok(Translated { body: body.to_string().into(), warnings: losses.warnings, translation });
    }
    let to = caller.caller.as_ref().ok_or_else(|| untold(asking.dialect))?;
    let from = upstream.upstream.as_ref().ok_or_else(|| untold(asking.dialect))?;
    let mut request = (to.decode_request)(body)?;
    // Not every dialect tells it in the body.
    request.stream = asking.stream;
    provider_tools::leave_out(&mut request, &mut losses)?;
    let body = (from.encode_request)(&request, &target, &mut losses)?;
    let asked = Asked {
        id: asking.id.to_owned(),
        model: asking.model.to_owned(),
        created: asking.created,
        include_usage: request.include_usage,
        input_estimate: asking.input_estimate,
        custom_tools: request.custom_tools(),
        echo: request.echo,
    };
    let translation = Translation { upstream: going.dialect, way: Way::Conversation { from, to }, asked };
    Ok(Translated { body: body.to_string().into(), warnings: losses.warnings, translation })
}

/// What goes to an upstream of the caller's own dialect: the same bytes but for the spans that must change.
pub fn same(head: &RequestHead, body: &Bytes, going: &Going<'_>) -> Bytes {
    let spliced = match (going.provider, going.dialect) {
        (Provider::Vertex, Dialect::Anthropic) => head.splice_version(body),
        _ => head.splice(body, going.model),
    };
    for_own(going.dialect, spliced, going.model)
}

/// The same bytes again, unless an earlier answer was translated and the caller sends back opaque parts that this
/// upstream's maker did not make, or the model is named in several places.
pub fn for_own(dialect: Dialect, body: Bytes, model: &str) -> Bytes {
    (cells(dialect).for_own)(body, model)
}

fn untold(dialect: Dialect) -> BadRequest {
    BadRequest::new(format!("A request of this kind ({dialect}) cannot be told in another API."))
}

/// The way back of one request's answer.
#[derive(Debug, Clone)]
pub struct Translation {
    upstream: Dialect,
    way: Way,
    asked: Asked,
}

/// Through which cells.
#[derive(Debug, Clone, Copy)]
enum Way {
    Conversation { from: &'static UpstreamCells, to: &'static CallerCells },
    Embeddings { from: &'static EmbeddingCells, to: &'static EmbeddingCells, texts: usize, in_base64: bool },
}

impl Translation {
    /// The dialect of the answer as it comes.
    pub fn upstream(&self) -> Dialect {
        self.upstream
    }

    /// A whole answer in the caller's dialect. `usage` is what is charged.
    ///
    /// # Errors
    /// [`Fault::Malformed`].
    pub fn answer(&self, body: &[u8], usage: &Usage) -> Result<Bytes, Fault> {
        let document = |fields| document::parse_fields(body, fields).ok_or(Fault::Malformed);
        let told = match self.way {
            Way::Conversation { from, to } => {
                let document = document(from.says)?;
                let mut message = (from.decode_answer)(&document, &self.asked.id)?;
                custom::in_blocks(&mut message.blocks, &self.asked.custom_tools);
                (to.encode_answer)(&message, usage, &self.asked)
            }
            Way::Embeddings { from, to, texts, in_base64 } => {
                let vectors = (from.decode_answer)(&document(&[])?)?;
                // A caller tells whose vector is whose by their places.
                if vectors.0.len() != texts || !vectors.0.iter().flatten().all(Value::is_number) {
                    return Err(Fault::Malformed);
                }
                (to.encode_answer)(vectors, usage, &self.asked.model, in_base64)
            }
        };
        Ok(told.to_string().into())
    }

    /// `None`: such answers are never streamed.
    pub(crate) fn into_stream(self) -> Option<StreamTranslator> {
        let Way::Conversation { from, to } = self.way else { return None };
        Some(StreamTranslator {
            decoder: (from.decoder)(&self.asked.id),
            customs: CustomCalls::new(self.asked.custom_tools.clone()),
            encoder: (to.encoder)(self.asked),
            sequence: Sequence::default(),
            stopped: false,
            pieces: Vec::new(),
            steps: Vec::new(),
        })
    }
}

/// A streamed answer on its way back.
#[derive(Debug)]
pub(crate) struct StreamTranslator {
    decoder: Box<dyn Decode>,
    sequence: Sequence,
    customs: CustomCalls,
    encoder: Box<dyn Encode>,
    stopped: bool,
    pieces: Vec<Piece>,
    steps: Vec<Step>,
}

impl StreamTranslator {
    /// What an event is in the caller's dialect; `terminal`: nothing comes after it.
    pub fn event(&mut self, event: &SseEvent<'_>, terminal: bool) -> Bytes {
        self.decoder.event(event, &mut self.pieces);
        if terminal { self.stop() } else { self.told() }
    }

    /// The upstream is done. One that has told no reason counts as cut off.
    pub fn stop(&mut self) -> Bytes {
        if !self.stopped && !self.pieces.iter().any(|piece| matches!(piece, Piece::Stop(_))) {
            self.pieces.push(Piece::Stop(Stop::Unknown(String::new())));
        }
        self.told()
    }

    fn told(&mut self) -> Bytes {
        for piece in self.pieces.drain(..) {
            self.stopped |= matches!(piece, Piece::Stop(_));
            self.sequence.push(piece, &mut self.steps);
        }
        let mut out = Vec::new();
        for step in self.steps.drain(..) {
            for step in self.customs.pass(step).into_iter().flatten() {
                self.encoder.step(step, &mut out);
            }
        }
        out.into()
    }

    /// The caller's dialect's end.
    pub fn close(&mut self, usage: &Usage) -> Bytes {
        let mut out = Vec::new();
        self.encoder.step(Step::Over(*usage), &mut out);
        out.into()
    }
}
