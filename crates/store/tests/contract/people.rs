//! Users, sign-in, sessions, tokens, set-up.

use crate::support::{me, name, tenant};
use domain::{
    role::Role,
    secret::{Password, SecretHash},
};
use futures::future::join_all;
use std::net::IpAddr;
use store::{
    Actor, Email, Error, Page, Store,
    members::{Member, Membership},
    sign_in::SignIn,
    sql,
    users::User,
};

const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1));

fn email(text: &str) -> Email {
    Email::parse(text).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(text.into())
}

async fn ann(store: &Store) -> User {
    store.users().create(&me(), &email("Ann@Example.com"), &password("correct horse"), true, None).await.unwrap()
}

on_both! {
    async fn the_right_password_lets_in_and_nothing_else_does(bed) {
        let store = bed.store();
        let user = ann(&store).await;
        let attempt = async |who: &str, what: &str| store.users().sign_in(&email(who), &password(what), HERE).await.unwrap();
        assert_eq!(attempt("ANN@example.com", "correct horse").await, SignIn::Welcome(user));
        assert_eq!(attempt("ann@example.com", "correct horsf").await, SignIn::Wrong);
        assert_eq!(attempt("bob@example.com", "correct horse").await, SignIn::Wrong);
        let kept = bed.db.fetch_one(sql!("SELECT password FROM users")).await.unwrap().text(0).unwrap();
        assert!(kept.starts_with("$argon2id$"));
    }

    async fn guesses_are_bounded_per_account_even_in_parallel(bed) {
        let store = bed.store();
        ann(&store).await;
        let who = email("ann@example.com");
        let guesses: Vec<_> = (0..25).map(|n| (password(&format!("wrong guess {n}")), IpAddr::from([10, 0, 0, n]))).collect();
        let done = join_all(guesses.iter().map(|(guess, from)| store.users().sign_in(&who, guess, *from))).await;
        let looked_at = done.iter().filter(|it| matches!(it, Ok(SignIn::Wrong))).count();
        assert_eq!(looked_at, 10, "{done:?}");
        let right = store.users().sign_in(&who, &password("correct horse"), IpAddr::from([10, 9, 9, 9])).await.unwrap();
        assert!(matches!(right, SignIn::TooMany { retry_after } if retry_after.as_secs() > 60), "{right:?}");
        bed.db.execute(sql!("UPDATE sign_in_failures SET window_start = 0")).await.unwrap();
        let right = store.users().sign_in(&who, &password("correct horse"), HERE).await.unwrap();
        assert!(matches!(right, SignIn::Welcome(_)), "the window ran out");
    }

    async fn guesses_are_bounded_per_network_whatever_the_account(bed) {
        let store = bed.store();
        bed.db.execute(sql!("INSERT INTO sign_in_failures VALUES ('address 2001:db8:1:2::/64', 50, $1)", i64::MAX / 4)).await.unwrap();
        let there = |text: &str| text.parse::<IpAddr>().unwrap();
        let from_there = store.users().sign_in(&email("x@y"), &password("whatever it is"), there("2001:db8:1:2:ffff::9")).await.unwrap();
        assert!(matches!(from_there, SignIn::TooMany { .. }));
        let beside = store.users().sign_in(&email("x@y"), &password("whatever it is"), there("2001:db8:1:3::9")).await.unwrap();
        assert_eq!(beside, SignIn::Wrong);
    }

    async fn a_success_forgets_the_accounts_failures(bed) {
        let store = bed.store();
        ann(&store).await;
        for _ in 0..3 {
            for _ in 0..9 {
                bed.db.execute(sql!("INSERT INTO sign_in_failures VALUES ('account ann@example.com', 9, $1) \
                    ON CONFLICT (subject) DO UPDATE SET failures = 9", store::time::now_us())).await.unwrap();
            }
            let right = store.users().sign_in(&email("ann@example.com"), &password("correct horse"), HERE).await.unwrap();
            assert!(matches!(right, SignIn::Welcome(_)));
        }
    }

    async fn an_address_belongs_to_one_person_whatever_its_case(bed) {
        let store = bed.store();
        ann(&store).await;
        let again = store.users().create(&me(), &email("ANN@EXAMPLE.COM"), &password("another one"), false, None).await;
        assert!(matches!(again, Err(Error::Conflict(_))));
    }

    async fn a_new_password_ends_all_sessions(bed) {
        let store = bed.store();
        let user = ann(&store).await;
        let id = SecretHash::of("cookie");
        let later = store::time::now_us() + 1_000_000_000;
        assert!(store.sessions().create(id, Some(user.id), b"{}", later).await.unwrap());
        let actor = Actor::user(user.id, None);
        let wrong = store.users().change_password(&actor, user.id, &password("not it at all"), &password("next password")).await;
        assert!(matches!(wrong, Err(Error::Invalid { field: "password", .. })));
        assert!(store.sessions().load(id).await.unwrap().is_some());
        store.users().change_password(&actor, user.id, &password("correct horse"), &password("next password")).await.unwrap();
        assert!(store.sessions().load(id).await.unwrap().is_none());
        let new = store.users().sign_in(&email("ann@example.com"), &password("next password"), HERE).await.unwrap();
        assert!(matches!(new, SignIn::Welcome(_)));
    }

    async fn a_session_lives_until_its_end_and_is_not_raised_from_the_dead(bed) {
        let store = bed.store();
        let (id, now) = (SecretHash::of("cookie"), store::time::now_us());
        assert!(store.sessions().create(id, None, b"a", now + 60_000_000).await.unwrap());
        assert!(!store.sessions().create(id, None, b"b", now + 60_000_000).await.unwrap(), "ids are not shared");
        assert!(store.sessions().save(id, None, b"c", now + 60_000_000).await.unwrap());
        assert_eq!(store.sessions().load(id).await.unwrap().unwrap(), (b"c".to_vec(), now + 60_000_000));
        store.sessions().delete(id).await.unwrap();
        assert!(!store.sessions().save(id, None, b"d", now + 60_000_000).await.unwrap());
        store.sessions().create(id, None, b"a", now - 1).await.unwrap();
        assert!(store.sessions().load(id).await.unwrap().is_none());
        store.prune().await.unwrap();
        assert!(bed.db.fetch_optional(sql!("SELECT 1 FROM sessions")).await.unwrap().is_none());
    }

    async fn members_come_change_and_go(bed) {
        let store = bed.store();
        let (acme, user) = (tenant(&store).await, ann(&store).await);
        let members = || store.members();
        members().add(&me(), acme, user.id, Role::Developer).await.unwrap();
        assert!(matches!(members().add(&me(), acme, user.id, Role::Owner).await, Err(Error::Conflict(_))));
        let theirs = Membership { tenant: acme, name: "Acme".into(), role: Role::Developer };
        assert_eq!(members().of(user.id).await.unwrap(), [theirs]);
        members().set_role(&me(), acme, user.id, Role::Viewer).await.unwrap();
        let seen = Member { user: user.clone(), role: Role::Viewer };
        assert_eq!(members().list(acme, Page::first(5)).await.unwrap().rows, [seen]);
        members().remove(&me(), acme, user.id).await.unwrap();
        assert!(members().list(acme, Page::first(5)).await.unwrap().rows.is_empty());
        assert!(matches!(members().remove(&me(), acme, user.id).await, Err(Error::NotFound("member"))));
        assert!(matches!(members().set_role(&me(), acme, user.id, Role::Owner).await, Err(Error::NotFound("member"))));
        let owner = Some((acme, Role::Owner));
        let bob = store.users().create(&me(), &email("bob@x"), &password("long enough"), false, owner).await.unwrap();
        let seen = Member { user: bob, role: Role::Owner };
        assert_eq!(members().list(acme, Page::first(5)).await.unwrap().rows, [seen]);
    }

    async fn members_are_never_left_without_an_owner(bed) {
        let store = bed.store();
        let (acme, ann) = (tenant(&store).await, ann(&store).await);
        let owner = Some((acme, Role::Owner));
        let bob = store.users().create(&me(), &email("bob@x"), &password("long enough"), false, owner).await.unwrap();
        let members = || store.members();
        members().add(&me(), acme, ann.id, Role::Viewer).await.unwrap();
        assert!(matches!(members().remove(&me(), acme, bob.id).await, Err(Error::Conflict(_))));
        assert!(matches!(members().set_role(&me(), acme, bob.id, Role::Admin).await, Err(Error::Conflict(_))));
        members().set_role(&me(), acme, ann.id, Role::Owner).await.unwrap();
        members().set_role(&me(), acme, bob.id, Role::Admin).await.unwrap();
        members().remove(&me(), acme, bob.id).await.unwrap();
        members().remove(&me(), acme, ann.id).await.unwrap();
        let actions: Vec<_> =
            store.audit().list(Some(&acme.to_string()), Page::first(9)).await.unwrap().rows.into_iter().map(|row| row.action).collect();
        assert_eq!(actions[..4], ["member.remove", "member.remove", "member.role", "member.role"]);
    }

    async fn a_member_of_an_older_build_is_an_owner(bed) {
        let store = bed.store();
        let (acme, ann) = (tenant(&store).await, ann(&store).await);
        bed.db.execute(sql!("INSERT INTO memberships VALUES ($1, $2, 'member', 0)", acme, ann.id)).await.unwrap();
        assert_eq!(store.members().of(ann.id).await.unwrap()[0].role, Role::Owner);
    }

    async fn a_token_works_until_it_is_revoked(bed) {
        let store = bed.store();
        let (made, secret) = store.tokens().create(&me(), &name("ci"), true).await.unwrap();
        assert_eq!(store.tokens().authenticate(secret.expose()).await.unwrap(), Some(made.clone()));
        for other in ["", "tp-admin-", "sk-tp-x", &secret.expose()[..20]] {
            assert_eq!(store.tokens().authenticate(other).await.unwrap(), None);
        }
        store.tokens().revoke(&me(), made.id).await.unwrap();
        assert_eq!(store.tokens().authenticate(secret.expose()).await.unwrap(), None);
        assert!(matches!(store.tokens().revoke(&me(), made.id).await, Err(Error::NotFound("token"))));
        let log = format!("{:?}", store.audit().list(None, Page::first(9)).await.unwrap());
        assert!(!log.contains(&secret.expose()[9..20]));
    }

    async fn the_set_up_link_makes_one_admin_once(bed) {
        let store = bed.store();
        let old = store.setup().link().await.unwrap().unwrap();
        let link = store.setup().link().await.unwrap().unwrap();
        assert!(!store.setup().is_valid(old.expose()).await.unwrap(), "the newer link replaced it");
        assert!(store.setup().is_valid(link.expose()).await.unwrap());
        let weak = store.setup().claim(link.expose(), &email("a@b"), &password("short")).await;
        assert!(matches!(weak, Err(Error::Invalid { .. })));
        let (first, second, secret) = (email("a@b"), email("c@d"), password("long enough"));
        let both = tokio::join!(
            store.setup().claim(link.expose(), &first, &secret),
            store.setup().claim(link.expose(), &second, &secret),
        );
        assert_eq!([both.0.is_ok(), both.1.is_ok()].iter().filter(|ok| **ok).count(), 1);
        assert!(store.setup().link().await.unwrap().is_none());
        assert!(store.setup().first_admin(&email("e@f"), &secret).await.unwrap().is_none());
    }

    async fn quick_start_knows_its_own(bed) {
        let store = bed.store();
        assert!(store.setup().is_untouched().await.unwrap());
        assert_eq!(store.setup().quickstart().await.unwrap(), None);
        store.setup().mark_quickstart("v1").await.unwrap();
        assert_eq!(store.setup().quickstart().await.unwrap().as_deref(), Some("v1"));
        tenant(&store).await;
        assert!(!store.setup().is_untouched().await.unwrap());
    }
}
