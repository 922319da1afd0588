//! Limits of a key, its tenant and a channel, counted by one node.

use super::*;
use domain::{budget::Budgets, channel::ChannelSettings};

fn key(limits: Limits, tenant_limits: Limits) -> KeyRecord {
    KeyRecord {
        id: KeyId(1),
        tenant: TenantId(1),
        enabled: true,
        tenant_frozen: false,
        response_days: 0,
        expires_at_ms: None,
        models: None,
        endpoints: None,
        ip_allow: None,
        limits,
        tenant_limits,
        tenant_group: "".into(),
        budgets: Budgets::default(),
    }
}

fn channel(limits: Limits) -> Channel {
    Channel {
        id: ChannelId(1),
        name: String::new(),
        provider: domain::dialect::Provider::Sandbox,
        base_url: String::new(),
        dialects: vec![],
        priority: 0,
        weight: 1,
        timeouts: domain::channel::Timeouts::default(),
        allow_private_network: false,
        credentials: vec![],
        settings: ChannelSettings { limits, ..ChannelSettings::default() },
        proxy: None,
    }
}

const NONE: Limits = Limits { rpm: None, tpm: None, concurrency: None };

#[tokio::test(start_paused = true)]
async fn the_tighter_of_key_and_tenant_decides_and_is_told() {
    let limits = NodeLimits::default();
    let key = key(Limits { rpm: Some(10), ..NONE }, Limits { rpm: Some(2), ..NONE });
    let room = limits.enter(&key, 0).await.unwrap();
    assert_eq!(room.requests.map(|left| (left.limit, left.remaining)), Some((2, 1)));
    limits.enter(&key, 0).await.unwrap();
    let refusal = limits.enter(&key, 0).await.unwrap_err();
    assert_eq!(refusal.code, Code::RateLimitExceeded);
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(30)));
    assert_eq!(refusal.message, "This account may send 2 requests a minute.");
    tokio::time::advance(Duration::from_secs(30)).await;
    assert!(limits.enter(&key, 0).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn tokens_beyond_the_estimate_are_owed() {
    let limits = NodeLimits::default();
    let key = key(Limits { tpm: Some(600), ..NONE }, NONE);
    let room = limits.enter(&key, 100).await.unwrap();
    room.used(700);
    let refusal = limits.enter(&key, 100).await.unwrap_err();
    // 100 of the 600 owed cannot be paid yet, so nothing was: all 600 are there when 100 came back.
    assert_eq!(refusal.retry_after, Some(Duration::from_secs(10)));
    let refusal = limits.enter(&key, 601).await.unwrap_err();
    assert!(refusal.retry_after.is_some(), "debts come first");
}

#[tokio::test(start_paused = true)]
async fn a_request_larger_than_a_minutes_tokens_is_told_so() {
    let limits = NodeLimits::default();
    let refusal = limits.enter(&key(Limits { tpm: Some(600), ..NONE }, NONE), 601).await.unwrap_err();
    assert_eq!(refusal.retry_after, None);
    assert!(refusal.message.contains("larger than the 600 tokens"));
}

#[tokio::test(start_paused = true)]
async fn a_place_at_once_is_given_back_with_the_request() {
    let limits = NodeLimits::default();
    let key = key(Limits { concurrency: Some(1), ..NONE }, NONE);
    let room = limits.enter(&key, 0).await.unwrap();
    assert_eq!(limits.enter(&key, 0).await.unwrap_err().retry_after, Some(AT_ONCE_RETRY));
    drop(room);
    assert!(limits.enter(&key, 0).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_full_channel_is_waited_for_briefly() {
    let limits = NodeLimits::default();
    let channel = channel(Limits { concurrency: Some(1), ..NONE });
    let room = limits.enter_channel(&channel, 0, Duration::ZERO).await.unwrap();
    assert_eq!(limits.enter_channel(&channel, 0, Duration::ZERO).await.unwrap_err(), AT_ONCE_RETRY);
    assert_eq!(limits.enter_channel(&channel, 0, WAIT_FOR_ROOM).await.unwrap_err(), AT_ONCE_RETRY);
    let waiting = limits.enter_channel(&channel, 0, WAIT_FOR_ROOM);
    let (entered, ()) = tokio::join!(waiting, async {
        tokio::time::sleep(WAIT_FOR_ROOM / 2).await;
        drop(room);
    });
    assert!(entered.is_ok());
}
