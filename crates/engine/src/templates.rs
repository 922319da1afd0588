//! What all requests to one credential have in common, made once: the address and the headers with the secret.

use crate::routing::Candidate;
use domain::{
    channel::Channel,
    dialect::Dialect,
    ids::{ChannelId, CredentialId},
};
use http::HeaderMap;
use parking_lot::RwLock;
use protocol::upstream::{BadSecret, UpstreamHead, UpstreamTemplate};
use std::{collections::HashMap, sync::Arc};

/// Templates by credential and dialect; one is made anew when its channel has changed.
#[derive(Default)]
pub struct Templates(RwLock<HashMap<Key, Made>>);

type Key = (ChannelId, Option<CredentialId>, Dialect);

struct Made {
    /// The channel as it was: the snapshot shares one until it changes.
    of: Arc<Channel>,
    template: UpstreamTemplate,
}

impl Templates {
    /// Forgets those of channels that are no more, and with them their secrets.
    pub fn keep(&self, still_there: impl Fn(ChannelId, Option<CredentialId>) -> bool) {
        self.0.write().retain(|(channel, credential, _), _| still_there(*channel, *credential));
    }

    /// The head of one request to this candidate.
    ///
    /// # Errors
    /// [`BadSecret`] when the credential's secret cannot stand in a header.
    pub fn head(
        &self,
        candidate: &Candidate,
        dialect: Dialect,
        caller: &HeaderMap,
        stream: bool,
    ) -> Result<UpstreamHead, BadSecret> {
        let (channel, model) = (candidate.channel(), &*candidate.offer.upstream_model);
        let credential = candidate.credential();
        let key = (channel.id, credential.map(|credential| credential.id), dialect);
        if let Some(made) = self.0.read().get(&key).filter(|made| Arc::ptr_eq(&made.of, channel)) {
            return Ok(made.template.head(caller, model, stream));
        }
        let secret = credential.map(|credential| &credential.secret);
        let template = UpstreamTemplate::new(channel.provider, dialect, &channel.base_url, secret)?;
        let head = template.head(caller, model, stream);
        self.0.write().insert(key, Made { of: channel.clone(), template });
        Ok(head)
    }
}
