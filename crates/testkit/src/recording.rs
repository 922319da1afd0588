//! Recordings of real providers, as vendored in the protocol crate's fixtures: what was asked, what was answered.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// One exchange of a recording.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The file and the exchange's place in it.
    pub name: String,
    /// What was asked, where that was recorded.
    pub request: Option<Value>,
    /// The answer's status.
    pub status: u16,
    /// The answer's content type.
    pub content_type: String,
    /// The answer's body.
    pub body: String,
}

impl Exchange {
    /// Whether the answer is an SSE stream.
    pub fn is_stream(&self) -> bool {
        self.content_type.starts_with("text/event-stream")
    }
}

/// Where the recordings lie.
fn folder() -> PathBuf {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/tests/fixtures");
    std::env::var_os("TURNPIKE_TEST_RECORDINGS").map_or(default, PathBuf::from)
}

/// Every exchange of a family, in the order of the files' names.
pub fn family(name: &str) -> Result<Vec<Exchange>> {
    let folder = folder().join(name);
    let entries = std::fs::read_dir(&folder).with_context(|| format!("recordings in {}", folder.display()))?;
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let mut exchanges = Vec::new();
    for file in files {
        exchanges.extend(read(&file).with_context(|| format!("{}", file.display()))?);
    }
    ensure!(!exchanges.is_empty(), "no recordings of {name}");
    Ok(exchanges)
}

fn read(file: &Path) -> Result<Vec<Exchange>> {
    let recording: Value = serde_json::from_slice(&std::fs::read(file)?)?;
    let stem = file.file_stem().unwrap_or_default().to_string_lossy();
    let interactions = recording.get("interactions").and_then(Value::as_array).context("no interactions")?;
    let exchange = |(at, interaction): (usize, &Value)| {
        let response = interaction.get("response").context("no response")?;
        let text = |name: &str| response.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(Exchange {
            name: format!("{stem}#{at}"),
            request: interaction
                .get("request")
                .and_then(|request| request.get("body"))
                .cloned()
                .filter(Value::is_object),
            status: u16::try_from(response.get("status").and_then(Value::as_u64).context("no status")?)?,
            content_type: text("content_type").context("no content type")?,
            body: text("body").context("no body")?,
        })
    };
    interactions.iter().enumerate().map(exchange).collect()
}
