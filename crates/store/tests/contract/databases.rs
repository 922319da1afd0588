//! The database layer itself: migrations, transactions, snapshots, errors.

use futures::future::join_all;
use store::{Db, Error, sql};

on_both! {
    async fn migrating_again_and_from_many_nodes_at_once_changes_nothing(bed) {
        let nodes = join_all((0..4).map(|_| Db::connect(&bed.url))).await;
        let done = join_all(nodes.iter().map(|node| node.as_ref().unwrap().migrate())).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
    }

    async fn an_altered_migration_is_refused(bed) {
        bed.db.execute(sql!("UPDATE schema_migrations SET checksum = 'x' WHERE number = 1")).await.unwrap();
        assert!(matches!(bed.db.migrate().await, Err(Error::Migration(1))));
    }

    async fn a_migration_of_a_newer_build_is_left_alone(bed) {
        bed.db.execute(sql!("INSERT INTO schema_migrations VALUES (9999, 'x', 0)")).await.unwrap();
        bed.db.migrate().await.unwrap();
    }

    async fn every_kind_of_value_survives_and_so_does_null(bed) {
        let mut tx = bed.db.begin().await.unwrap();
        tx.execute(sql!("CREATE TABLE v (n BIGINT, t TEXT)")).await.unwrap();
        tx.execute(sql!("INSERT INTO v VALUES ($1, $2), ($3, $4)", i64::MIN, "'; DROP TABLE v; -- \u{1f4a3}\n\"",
            None::<i64>, None::<String>)).await.unwrap();
        let rows = tx.fetch_all(sql!("SELECT n, t FROM v ORDER BY n IS NULL")).await.unwrap();
        assert_eq!(rows[0].int("n").unwrap(), i64::MIN);
        assert_eq!(rows[0].text(1).unwrap(), "'; DROP TABLE v; -- \u{1f4a3}\n\"");
        assert_eq!((rows[1].opt_int(0).unwrap(), rows[1].opt_text(1).unwrap()), (None, None));
        assert!(rows[1].int(0).is_err() && rows[0].int("nothing").is_err());
    }

    async fn a_dropped_transaction_leaves_nothing(bed) {
        let mut tx = bed.db.begin().await.unwrap();
        tx.execute(sql!("INSERT INTO settings VALUES ('a', 'b')")).await.unwrap();
        drop(tx);
        assert!(bed.db.fetch_optional(sql!("SELECT 1 FROM settings")).await.unwrap().is_none());
    }

    async fn a_snapshot_sees_one_moment_and_cannot_write(bed) {
        let mut snapshot = bed.db.snapshot().await.unwrap();
        bed.db.execute(sql!("INSERT INTO settings VALUES ('a', 'b')")).await.unwrap();
        assert!(snapshot.fetch_optional(sql!("SELECT 1 FROM settings")).await.unwrap().is_none());
        assert!(snapshot.execute(sql!("INSERT INTO settings VALUES ('c', 'd')")).await.is_err());
    }

    async fn writers_take_turns(bed) {
        bed.db.execute(sql!("INSERT INTO settings VALUES ('n', '0')")).await.unwrap();
        let bump = async || {
            let mut tx = bed.db.begin().await?;
            let read = store::Sql::built(format!("SELECT value FROM settings WHERE name = 'n'{}", tx.for_update()));
            let n: i64 = tx.fetch_one(read).await?.text(0)?.parse().unwrap();
            tx.execute(sql!("UPDATE settings SET value = $1 WHERE name = 'n'", (n + 1).to_string())).await?;
            tx.commit().await
        };
        let done = join_all((0..40).map(|_| bump())).await;
        assert!(done.iter().all(Result::is_ok), "{done:?}");
        let n = bed.db.fetch_one(sql!("SELECT value FROM settings WHERE name = 'n'")).await.unwrap();
        assert_eq!(n.text(0).unwrap(), "40");
    }

    async fn callers_who_leave_at_any_moment_leave_no_transaction_behind(bed) {
        let write = async |n: u32| {
            let mut tx = bed.db.begin().await?;
            tx.execute(sql!("INSERT INTO settings VALUES ($1, 'x')", format!("left {n}"))).await?;
            tx.fetch_all(sql!("SELECT * FROM settings")).await?;
            tx.commit().await
        };
        let other = Db::connect(&bed.url).await.unwrap();
        // Each caller is polled a little longer than the one before, so that every await point is left several times.
        for n in 0..240 {
            {
                let mut caller = std::pin::pin!(write(n));
                for _ in 0..n % 60 {
                    if futures::poll!(&mut caller).is_ready() {
                        break;
                    }
                    tokio::task::yield_now().await;
                }
            }
            // Through every connection there is: what one statement wrote, others see at once.
            other.execute(sql!("DELETE FROM settings")).await.unwrap();
            let ones = (0..4).map(|i: u32| bed.db.execute(sql!("INSERT INTO settings VALUES ($1, 'x')", i.to_string())));
            let done = join_all(ones).await;
            assert!(done.iter().all(Result::is_ok), "{n}: {done:?}");
            let seen = other.fetch_one(sql!("SELECT COUNT(*) FROM settings WHERE name < '4'")).await.unwrap();
            assert_eq!(seen.int(0).unwrap(), 4, "{n}: a connection was left inside a transaction");
        }
    }

    async fn constraints_are_told_apart(bed) {
        let insert = || bed.db.execute(sql!("INSERT INTO settings VALUES ('a', 'b')"));
        insert().await.unwrap();
        assert!(matches!(insert().await, Err(Error::Duplicate(_))));
        let orphan = bed.db.execute(sql!("INSERT INTO memberships VALUES (1, 2, 'member', 0)")).await;
        assert!(matches!(orphan, Err(Error::Constraint(_))), "{orphan:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_away_is_found_out_quickly() {
    let started = std::time::Instant::now();
    let closed_port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let db = Db::connect(&format!("postgres://postgres@127.0.0.1:{closed_port}/x")).await.unwrap();
    let error = db.ping().await.unwrap_err();
    assert!(error.is_transient(), "{error:?}");
    assert!(started.elapsed().as_secs() < 5);
}

#[tokio::test]
async fn a_url_of_another_database_is_refused() {
    assert!(matches!(Db::connect("mysql://x").await, Err(Error::Url(_))));
    assert!(matches!(Db::connect("").await, Err(Error::Url(_))));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_falls_silent_is_unavailable_and_works_again_when_it_speaks() {
    let bed = crate::support::Bed::postgres().await;
    let direct = url::Url::parse(&bed.url).unwrap();
    let way = crate::support::silence::Silence::before(direct.port().unwrap()).await;
    let mut url = direct.clone();
    url.set_port(Some(way.port)).unwrap();
    let db = Db::connect(url.as_str()).await.unwrap();
    let warm = join_all((0..32).map(|_| db.ping())).await;
    assert!(warm.iter().all(Result::is_ok), "{warm:?}");
    way.set(true);
    let started = std::time::Instant::now();
    // Twice as many as the pool has places: none may be lost to a connection that nobody answers.
    let asked = join_all((0..32).map(|_| db.ping())).await;
    assert!(asked.iter().all(|answer| matches!(answer, Err(error) if error.is_transient())), "{asked:?}");
    assert!(started.elapsed().as_secs() < 12);
    way.set(false);
    let again = join_all((0..32).map(|_| db.ping())).await;
    assert!(again.iter().all(Result::is_ok), "{again:?}");
}
