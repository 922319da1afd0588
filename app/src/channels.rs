//! Channels: the server functions. All of it is for those who run the place.

use crate::{refusal::Refusal, words};
use domain::{
    ids::ChannelId,
    views::{ChannelLine, ChannelOrder, TestNews},
};
#[cfg(feature = "ssr")]
use leptos::server_fn::Encodes as _;
use leptos::{
    prelude::*,
    server_fn::{
        Decodes as _,
        codec::{JsonEncoding, StreamingText, TextStream},
    },
};

/// What a channel may be a way to, in the order it is offered: word and name.
pub const fn providers(t: words::Channels) -> [(&'static str, &'static str); 14] {
    [
        ("openai", "OpenAI"),
        ("azure_openai", "Azure OpenAI"),
        ("anthropic", "Anthropic"),
        ("gemini", "Google Gemini"),
        ("vertex", "Google Vertex AI"),
        ("deepseek", "DeepSeek"),
        ("qwen", "Qwen"),
        ("mistral", "Mistral"),
        ("xai", "xAI"),
        ("groq", "Groq"),
        ("openrouter", "OpenRouter"),
        ("ollama", "Ollama"),
        ("openai_compatible", t.compatible()),
        ("sandbox", t.sandbox()),
    ]
}

/// Every channel.
#[server(prefix = "/fn", endpoint = "channels_view", input = leptos::server_fn::codec::GetUrl)]
pub async fn channels_view() -> Result<Vec<ChannelLine>, Refusal> {
    crate::guard::admin().await?;
    Ok(crate::port::console()?.channels().await?)
}

/// Makes a channel.
#[server(prefix = "/fn", endpoint = "create_channel")]
pub async fn create_channel(
    provider: String,
    #[server(default)] secret: String,
    #[server(default)] name: String,
    #[server(default)] base_url: String,
    #[server(default)] models: String,
) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let given = |text: String| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let new = crate::port::NewChannel {
        name,
        provider,
        base_url: given(base_url),
        secret: given(secret).map(domain::secret::CredentialSecret::new),
        models: models.split([',', '\n']).map(str::trim).filter(|name| !name.is_empty()).map(str::to_owned).collect(),
    };
    Ok(crate::port::console()?.create_channel(seen.author(), new).await?)
}

/// Turns a channel on or off.
#[server(prefix = "/fn", endpoint = "set_channel_enabled")]
pub async fn set_channel_enabled(channel: ChannelId, enabled: bool) -> Result<bool, Refusal> {
    let seen = crate::guard::admin().await?;
    crate::port::console()?.set_channel_enabled(seen.author(), channel, enabled).await?;
    Ok(enabled)
}

/// Gives a channel another priority or weight.
#[server(prefix = "/fn", endpoint = "set_channel_order")]
pub async fn set_channel_order(
    channel: ChannelId,
    #[server(default)] priority: Option<i32>,
    #[server(default)] weight: Option<u32>,
) -> Result<ChannelOrder, Refusal> {
    let seen = crate::guard::admin().await?;
    Ok(crate::port::console()?.set_channel_order(seen.author(), channel, priority, weight).await?)
}

/// Adds a credential to a channel, or gives the one of this name another secret.
#[server(prefix = "/fn", endpoint = "set_credential")]
pub async fn set_credential(channel: ChannelId, name: String, secret: String) -> Result<(), Refusal> {
    let seen = crate::guard::admin().await?;
    let secret = domain::secret::CredentialSecret::new(secret.trim().to_owned());
    Ok(crate::port::console()?.set_credential(seen.author(), channel, name, secret).await?)
}

/// Sends one short request through a channel. The answer is one [`TestNews`] a line, as JSON, while it arrives.
#[server(prefix = "/fn", endpoint = "test_channel", output = StreamingText)]
pub async fn test_channel(channel: ChannelId) -> Result<TextStream<Refusal>, Refusal> {
    crate::guard::admin().await?;
    let news = crate::port::console()?.test_channel(channel).await?;
    Ok(TextStream::new(futures::StreamExt::map(news, |news| write_line(&news))))
}

/// News as a line.
#[cfg(feature = "ssr")]
fn write_line(news: &TestNews) -> Result<String, Refusal> {
    let bytes = JsonEncoding::encode(news).map_err(|_| Refusal::unavailable())?;
    String::from_utf8(bytes.to_vec()).map(|line| line + "\n").map_err(|_| Refusal::unavailable())
}

/// Takes the whole lines out of what has come.
pub fn read_lines(came: &mut String) -> Vec<TestNews> {
    let whole = came.rfind('\n').map_or(0, |end| end + 1);
    let rest = came.split_off(whole);
    let lines = std::mem::replace(came, rest);
    lines.lines().filter_map(|line| JsonEncoding::decode(line.to_owned().into()).ok()).collect()
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn news_survives_the_way_however_it_is_cut() {
        let told = [TestNews::Text("line\nbreak \u{1f642}".into()), TestNews::Text("more".into())];
        let text: String = told.iter().map(|news| write_line(news).unwrap()).collect();
        for cut in (0..text.len()).filter(|cut| text.is_char_boundary(*cut)) {
            let (first, second) = text.split_at(cut);
            let mut came = first.to_owned();
            let mut heard = read_lines(&mut came);
            came.push_str(second);
            heard.extend(read_lines(&mut came));
            assert_eq!((heard.as_slice(), came.as_str()), (&told[..], ""), "{cut}");
        }
    }
}
