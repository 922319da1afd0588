//! What is read of usage: the file, pages, sums.

use crate::{bed::*, support::Bed};
use domain::{
    begun_id::begun,
    budget::Budgets,
    ids::{RequestId, TenantId},
    money::NanoUsd,
    ports::Ledger as _,
    record::EndState,
};
use futures::TryStreamExt as _;
use store::{
    Moment,
    usage::{self, Filter, GroupBy, Place},
};

const USD: i64 = 1_000_000_000;

async fn file(bed: &Bed, filter: Filter) -> String {
    let pieces: Vec<_> = usage::csv(bed.db.clone(), filter).try_collect().await.unwrap();
    String::from_utf8(pieces.concat()).unwrap()
}

async fn now(bed: &Bed) -> Moment {
    Moment::now(&bed.db).await.unwrap()
}

/// Three tenants, requests of several models and ends.
async fn place(bed: &Bed) -> (Node, Vec<TenantId>, Vec<RequestId>) {
    let node = Node::start(&bed.db, &bed.node_dir("n"));
    let (mut payers, mut requests) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        payers.push(tenant(&bed.db, 10 * USD).await);
    }
    for i in 0..30 {
        let mut opened = opened(payers[i % 3], 9_000);
        opened.model = if i % 2 == 0 { "a/b".into() } else { "=cmd()".into() };
        let hold = node.ledger.hold(&opened, &Budgets::default()).await.unwrap();
        let mut end = settlement(i64::try_from(i).unwrap() * 7);
        if i % 10 == 9 {
            end.end_state = EndState::Failed;
            end.status = 502;
            end.error_code = "upstream_error".into();
            end.client_request_id = Some("-1+\"2\",\r\n3".into());
            end.ttft_us = None;
            end.channel = None;
        }
        requests.push(opened.request);
        node.ledger.settle(hold, opened, end).await.unwrap();
    }
    node.ledger.flush().await;
    (node, payers, requests)
}

on_both! {
    async fn the_file_has_its_columns_in_order_and_sums_to_the_ledger(bed) {
        let (node, payers, requests) = place(&bed).await;
        let text = file(&bed, Filter::default()).await;
        let head = "request_id,time,tenant,key,model,channel,dialect,status,input_tokens,output_tokens,cache_read_tokens,\
                    cache_write_tokens,reasoning_tokens,unit_prices,cost_usd,latency_ms,ttft_ms,attempts,usage_source,\
                    end_state,error_code,price_version,";
        assert!(text.starts_with(head), "{text}");
        assert!(text.ends_with("\r\n") && !text.replace("\r\n", "").contains('\r'), "CRLF only");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let column = |name: &str| usage::COLUMNS.iter().position(|it| *it == name).unwrap();
        let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
        let ids: Vec<RequestId> = rows.iter().map(|row| row[0].parse().unwrap()).collect();
        let mut sorted = requests.clone();
        sorted.sort();
        assert_eq!(ids, sorted, "all rows, ascending");
        let sum: NanoUsd = rows.iter().map(|row| row[column("cost_usd")].parse::<NanoUsd>().unwrap()).sum();
        let ledger = number(&bed.db, "SELECT CAST(SUM(amount) AS BIGINT) FROM transfers WHERE kind = 'usage'").await;
        assert_eq!(sum, NanoUsd(ledger));
        let first = rows.iter().find(|row| row[0] == requests[1].to_string()).unwrap();
        assert_eq!(&first[column("model")], "'=cmd()");
        assert_eq!(&first[column("cost_usd")], "0.000000007");
        assert_eq!((&first[column("latency_ms")], &first[column("ttft_ms")]), ("124", "46"));
        assert_eq!(first[column("tenant")], payers[1].to_string());
        let failed = rows.iter().find(|row| &row[column("status")] == "502").unwrap();
        assert_eq!((&failed[column("ttft_ms")], &failed[column("channel")]), ("", ""));
        assert_eq!(&failed[column("client_request_id")], "'-1+\"2\",\r\n3");
        node.stop().await;
    }

    async fn requests_are_found_by_how_their_ids_begin_within_their_tenant(bed) {
        let (node, payers, requests) = place(&bed).await;
        let found = async |tenant: Option<TenantId>, text: &str| {
            let events = usage::among(&bed.db, tenant, &begun(text).unwrap(), 8).await.unwrap();
            events.into_iter().map(|event| event.request).collect::<Vec<_>>()
        };
        let id = requests[4];
        let text = id.to_string();
        assert_eq!(found(None, &text).await, [id]);
        assert_eq!(found(None, &text[..text.len() - 1]).await, [id]);
        assert_eq!(found(Some(payers[1]), &text).await, [id]);
        assert_eq!(found(Some(payers[0]), &text).await, [], "another's");
        assert_eq!(found(None, "cafe").await, [], "a time to come");
        let all = found(None, &text[..8]).await;
        assert_eq!(all.len(), 8);
        assert!(all.is_sorted_by(|newer, older| newer > older), "{all:?}");
        node.stop().await;
    }

    async fn a_file_longer_than_a_piece_is_whole(bed) {
        let node = Node::start(&bed.db, &bed.node_dir("n"));
        let payer = tenant(&bed.db, USD).await;
        for _ in 0..5 {
            futures::future::join_all((0..500).map(|_| node.request(payer, 10, 1))).await;
        }
        node.ledger.flush().await;
        assert_eq!(file(&bed, Filter::default()).await.matches("\r\n").count(), 2501);
        let empty = file(&bed, Filter { tenant: Some(TenantId(1)), ..Filter::default() }).await;
        assert_eq!(empty.matches("\r\n").count(), 1, "the header, always");
        node.assert_clean().await;
        node.stop().await;
    }

    async fn pages_hold_every_row_once_newest_first(bed) {
        let (node, payers, requests) = place(&bed).await;
        let (mut seen, mut before) = (Vec::new(), None);
        loop {
            let page = now(&bed).await.requests(&Filter::default(), before, 7).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(Place { time_us: last.time_us, request: last.request });
            seen.extend(page.iter().map(|event| event.request));
        }
        let mut sorted = requests.clone();
        sorted.sort_by(|a, b| b.cmp(a));
        assert_eq!(seen, sorted);
        let count = async |filter| now(&bed).await.requests(&filter, None, 100).await.unwrap().len();
        assert_eq!(count(Filter { tenant: Some(payers[0]), ..Filter::default() }).await, 10);
        assert_eq!(count(Filter { model: Some("a/b".into()), status: Some(200), ..Filter::default() }).await, 15);
        assert_eq!(count(Filter { status: Some(502), channel: Some(CHANNEL), ..Filter::default() }).await, 0);
        assert_eq!(count(Filter { key: Some(KEY), to_us: Some(0), ..Filter::default() }).await, 0);
        let one = usage::get(&bed.db, requests[1]).await.unwrap().unwrap();
        assert_eq!((one.attempts.len(), one.sale, one.usage.reasoning), (1, NanoUsd(7), 3));
        assert!(one.transfer.is_some());
        assert_eq!(usage::get(&bed.db, RequestId([9; 16])).await.unwrap(), None);
        node.stop().await;
    }

    async fn sums_from_rows_and_from_roll_ups_agree(bed) {
        let (node, payers, _) = place(&bed).await;
        let rolled = Filter::default();
        // Inside the hour before the first: that hour is read from rows.
        let from_rows = Filter { from_us: Some(store::time::now_us() / 3_600_000_000 * 3_600_000_000 - 3_599_999_999), ..Filter::default() };
        let groups: [&[GroupBy]; 6] = [
            &[],
            &[GroupBy::Model, GroupBy::Day],
            &[GroupBy::Tenant, GroupBy::Key],
            &[GroupBy::Channel],
            &[GroupBy::Slot(600_000_000), GroupBy::Model],
            &[GroupBy::Hour, GroupBy::Day, GroupBy::Tenant],
        ];
        let mut moment = now(&bed).await;
        for groups in groups {
            let sort = |mut lines: Vec<usage::Line>| {
                lines.sort_by_key(|line| (line.of.tenant, line.of.model.clone(), line.of.channel));
                lines
            };
            let one = sort(moment.summary(&rolled, groups).await.unwrap());
            let other = sort(moment.summary(&from_rows, groups).await.unwrap());
            assert_eq!(one, other);
            assert_eq!(one.iter().map(|line| line.requests).sum::<i64>(), 30);
            assert_eq!(one.iter().map(|line| line.errors).sum::<i64>(), 3);
        }
        let errors = Filter { errors: true, ..Filter::default() };
        assert_eq!(moment.requests(&errors, None, 100).await.unwrap().len(), 3);
        let of_one = Filter { tenant: Some(payers[0]), ..errors };
        assert_eq!(moment.total(&of_one).await.unwrap().failed, 1);
        node.stop().await;
    }

    async fn margins_add_up_to_the_ledger_line_by_line_and_in_the_file(bed) {
        let (node, payers, _) = place(&bed).await;
        let groups = [GroupBy::Model, GroupBy::Channel, GroupBy::Tenant];
        let all = usage::margins(&mut now(&bed).await, &Filter::default(), &groups).await.unwrap();
        assert!(all.are_whole());
        let ledger = number(&bed.db, "SELECT CAST(SUM(amount) AS BIGINT) FROM transfers WHERE kind = 'usage'").await;
        let rows = number(&bed.db, "SELECT CAST(SUM(cost) AS BIGINT) FROM usage_events").await;
        let sums = |of: fn(&usage::Line) -> NanoUsd| all.lines.iter().map(of).sum::<NanoUsd>();
        assert_eq!((sums(|line| line.sale), sums(|line| line.cost)), (NanoUsd(ledger), NanoUsd(rows)));
        assert_eq!((all.total.sale, all.total.margin()), (NanoUsd(ledger), NanoUsd(ledger - rows)));
        let file = String::from_utf8(usage::margin_csv(&all.lines).unwrap().to_vec()).unwrap();
        let mut reader = csv::Reader::from_reader(file.as_bytes());
        assert_eq!(reader.headers().unwrap(), &usage::MARGIN_COLUMNS.to_vec());
        let records: Vec<_> = reader.records().map(Result::unwrap).collect();
        let column = |name: &str| usage::MARGIN_COLUMNS.iter().position(|it| *it == name).unwrap();
        let margin: NanoUsd = records.iter().map(|row| row[column("margin_usd")].parse::<NanoUsd>().unwrap()).sum();
        assert_eq!((records.len(), margin), (all.lines.len(), all.total.margin()));
        assert!(records.iter().any(|row| &row[column("model")] == "'=cmd()"), "no cell is a formula");
        assert!(records.iter().any(|row| row[column("channel")].is_empty()), "none answered");
        let one = Filter { tenant: Some(payers[0]), ..Filter::default() };
        let of_one = usage::margins(&mut now(&bed).await, &one, &groups).await.unwrap();
        let same: Vec<_> = all.lines.iter().filter(|line| line.of.tenant == Some(payers[0])).collect();
        assert_eq!(of_one.lines.iter().map(|line| line.sale).sum::<NanoUsd>(), same.iter().map(|line| line.sale).sum());
        let odd = Filter { from_us: Some(1), ..Filter::default() };
        let refused = usage::margins(&mut now(&bed).await, &odd, &groups).await;
        assert!(matches!(refused, Err(store::Error::Invalid { field: "from", .. })));
        node.stop().await;
    }

    async fn how_long_requests_took_is_told_from_buckets_that_add_up(bed) {
        let (node, payers, _) = place(&bed).await;
        let hour = store::time::now_us() / 3_600_000_000 * 3_600_000_000 - 3_600_000_000;
        let mut moment = now(&bed).await;
        // From whole hours by the hour; from an odd minute by the minute.
        for from in [hour, hour + 60_000_000] {
            let filter = Filter { from_us: Some(from), ..Filter::default() };
            let all = moment.durations(&filter, &[]).await.unwrap().remove(&usage::Of::default()).unwrap();
            assert_eq!((all.latency.count(), all.ttft.count()), (30, 27), "three had no first token");
            let (latency, ttft) = (all.latency.percentile_us(950).unwrap(), all.ttft.percentile_us(500).unwrap());
            assert!((100_000..150_000).contains(&latency), "124 ms each, not {latency} µs");
            assert!((38_000..56_000).contains(&ttft), "46 ms each, not {ttft} µs");
            let by_model = moment.durations(&filter, &[GroupBy::Model, GroupBy::Slot(60_000_000)]).await.unwrap();
            let of = |model: &str| {
                let lines = by_model.iter().filter(|(of, _)| of.model.as_deref() == Some(model) && of.time_us.is_some());
                lines.map(|(_, it)| it.latency.count()).sum::<u64>()
            };
            assert_eq!((of("a/b"), of("=cmd()")), (15, 15));
            let one = Filter { tenant: Some(payers[0]), ..filter };
            let one = moment.durations(&one, &[GroupBy::Tenant]).await.unwrap();
            assert_eq!(one.into_values().map(|it| it.latency.count()).collect::<Vec<_>>(), [10]);
        }
        node.stop().await;
    }

    async fn what_is_posted_later_is_in_no_answer_of_a_moment(bed) {
        let (node, payers, _) = place(&bed).await;
        node.ledger.flush().await;
        let mut moment = now(&bed).await;
        let before = moment.tenant(0, payers[0]).await.unwrap();
        let late = opened(payers[0], 9_000);
        let hold = node.ledger.hold(&late, &Budgets::default()).await.unwrap();
        node.ledger.settle(hold, late, settlement(7)).await.unwrap();
        node.ledger.flush().await;
        let all = Filter::default();
        assert_eq!(moment.total(&all).await.unwrap().requests, 30);
        let lines = moment.summary(&all, &[GroupBy::Model]).await.unwrap();
        assert_eq!(lines.iter().map(|line| line.requests).sum::<i64>(), 30);
        assert_eq!(moment.durations(&all, &[]).await.unwrap()[&usage::Of::default()].latency.count(), 30);
        assert_eq!(moment.requests(&all, None, 100).await.unwrap().len(), 30);
        let wallet = moment.tenant(0, payers[0]).await.unwrap();
        assert_eq!((wallet.posted, wallet.spend), (before.posted, before.spend));
        assert_eq!(moment.transfers(payers[0], None, 1).await.unwrap()[0].balance, before.posted);
        let mut later = now(&bed).await;
        assert_eq!(later.total(&all).await.unwrap().requests, 31);
        assert_eq!(later.tenant(0, payers[0]).await.unwrap().posted, before.posted.saturating_sub(NanoUsd(7)));
        drop(moment);
        node.stop().await;
    }

    async fn a_list_of_tenants_has_wallets_and_spend_and_all_accounts_are_nothing(bed) {
        let (node, payers, _) = place(&bed).await;
        node.ledger.flush().await;
        let mut moment = now(&bed).await;
        let listed = moment.tenants(0, store::Page::first(10)).await.unwrap().rows;
        assert_eq!(listed.len(), 3);
        for overview in &listed {
            assert_eq!(overview.posted, NanoUsd(10 * USD - overview.spend.0));
            assert_eq!(moment.tenant(0, overview.tenant.id).await.unwrap().tenant, overview.tenant);
        }
        let spent: i64 = listed.iter().map(|overview| overview.spend.0).sum();
        assert_eq!(spent, (0..30).map(|i| i * 7).sum::<i64>());
        let later = store::time::now_us() + 7_200_000_000;
        assert_eq!(moment.tenant(later, payers[0]).await.unwrap().spend, NanoUsd(0), "nothing since then");
        assert!(matches!(moment.tenant(0, TenantId(1)).await, Err(store::Error::NotFound("tenant"))));
        assert_eq!(bed.store().tenants().names().await.unwrap().len(), 3);
        let accounts = store::ledger::accounts::house(&bed.db).await.unwrap();
        assert_eq!(accounts.iter().map(|(_, posted)| posted.0).sum::<i64>(), 0);
        let of = |name: &str| accounts.iter().find(|(kind, _)| kind == name).map(|(_, posted)| posted.0);
        assert_eq!((of("revenue"), of("wallet")), (Some(spent), Some(30 * USD - spent)));
        node.stop().await;
    }
}
