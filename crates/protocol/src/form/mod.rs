//! The intermediate form: what a request or an answer means, whatever dialect spells it.
//!
//! Only what goes from one dialect to another passes through it; within a dialect bytes are forwarded. It is a superset:
//! every block keeps its kind, its opaque parts and whose they are. A decoder puts what it understands into the form and
//! the rest into `rest`, by the field's name; an encoder writes what its dialect can say, refuses what it cannot, and
//! leaves out only what [`loss`] allows, with a warning. No decoder knows an encoder.
//!
//! - [`request`]: turns, tools, limits, wishes.
//! - [`answer`]: a whole answer.
//! - [`piece`]: a streamed answer's parts, in the order of the upstream; [`sequence`] brings them into blocks one after
//!   the other, as every encoder wants them.
//! - [`target`]: where a request goes.
//! - [`effort`]: how hard to think, between words and budgets.
//! - [`custom`]: tools that take free text, where only functions are known.
//! - [`provider_tools`]: tools that only their own provider runs.
//! - [`document`]: reading JSON documents field by field.
//! - [`signature`]: the opaque parts, and how they travel through a caller of another family.

pub(crate) mod answer;
pub(crate) mod custom;
pub(crate) mod document;
pub(crate) mod effort;
pub(crate) mod loss;
pub(crate) mod piece;
pub(crate) mod provider_tools;
pub(crate) mod request;
pub(crate) mod sequence;
pub(crate) mod signature;
pub(crate) mod target;
