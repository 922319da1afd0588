//! `on_both!`: one test, run against SQLite and against PostgreSQL.

/// `on_both! { async fn what_holds(bed) { … } }` makes the tests `what_holds::sqlite` and `what_holds::postgres`.
#[macro_export]
macro_rules! on_both {
    ($($(#[doc = $doc:literal])* async fn $name:ident($bed:ident) $body:block)*) => {$(
        $(#[doc = $doc])*
        mod $name {
            use super::*;

            async fn contract($bed: $crate::support::Bed) $body

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                contract($crate::support::Bed::sqlite().await).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                contract($crate::support::Bed::postgres().await).await;
            }
        }
    )*};
}
