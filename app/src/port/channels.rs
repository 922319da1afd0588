//! Channels, as the console asks for them. All of it is for those who run the place.

use super::{Author, Failed};
use domain::{
    ids::ChannelId,
    secret::CredentialSecret,
    views::{ChannelLine, ChannelOrder, TestNews},
};
use futures::{future::BoxFuture, stream::BoxStream};

/// A channel to be made, as the form has it.
#[derive(Debug)]
pub struct NewChannel {
    /// What people call it; empty: as its provider.
    pub name: String,
    /// What is at the other end.
    pub provider: String,
    /// Where; `None`: the provider's public address.
    pub base_url: Option<String>,
    /// The upstream's secret; `None`: it takes none.
    pub secret: Option<CredentialSecret>,
    /// Public model names; empty: every model of the provider in the catalogue.
    pub models: Vec<String>,
}

/// Channels.
pub trait Channels: Send + Sync + 'static {
    /// Every channel, at most 500, in the order requests try them.
    fn channels(&self) -> BoxFuture<'_, Result<Vec<ChannelLine>, Failed>>;

    /// Makes a channel. Models from the catalogue come with what they cost.
    fn create_channel(&self, by: Author, new: NewChannel) -> BoxFuture<'_, Result<(), Failed>>;

    /// Turns a channel on or off.
    fn set_channel_enabled(&self, by: Author, id: ChannelId, enabled: bool) -> BoxFuture<'_, Result<(), Failed>>;

    /// Gives a channel another priority or weight; what is `None` stays.
    fn set_channel_order(
        &self,
        by: Author,
        id: ChannelId,
        priority: Option<i32>,
        weight: Option<u32>,
    ) -> BoxFuture<'_, Result<ChannelOrder, Failed>>;

    /// Adds a credential, or gives the one of this name another secret.
    fn set_credential(
        &self,
        by: Author,
        id: ChannelId,
        name: String,
        secret: CredentialSecret,
    ) -> BoxFuture<'_, Result<(), Failed>>;

    /// Sends one short request through it, enabled or not; it goes on for as long as the stream is read.
    fn test_channel(&self, id: ChannelId) -> BoxFuture<'_, Result<BoxStream<'static, TestNews>, Failed>>;
}
