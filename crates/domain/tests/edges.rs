//! Who may know whom: any edge between our crates that ARCHITECTURE.md does not name fails here.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand};
use std::collections::{BTreeMap, BTreeSet};

/// A crate and the crates of ours it may use, tests aside.
const ALLOWED: [(&str, &[&str]); 9] = [
    ("domain", &[]),
    ("protocol", &["domain"]),
    ("engine", &["domain", "protocol"]),
    ("store", &["domain"]),
    ("sandbox", &[]),
    ("testkit", &["domain"]),
    ("app", &["domain", "store"]),
    ("frontend", &["app"]),
    ("server", &["app", "domain", "engine", "protocol", "sandbox", "store"]),
];

/// What does IO, holds a clock or a runtime.
const IO: [&str; 10] = ["tokio", "sqlx", "reqwest", "hyper", "axum", "redis", "leptos", "rand", "uuid", "rustix"];

#[expect(clippy::unwrap_used, reason = "a test's own preparation")]
fn workspace() -> Metadata {
    MetadataCommand::new().no_deps().exec().unwrap()
}

#[test]
fn no_crate_knows_more_than_it_may() {
    let metadata = workspace();
    let ours: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let allowed: BTreeMap<&str, &[&str]> = ALLOWED.into_iter().collect();
    assert_eq!(ours, allowed.keys().copied().collect(), "every crate is listed");
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            let edge = dependency.kind == DependencyKind::Normal && ours.contains(dependency.name.as_str());
            let known = allowed[package.name.as_str()].contains(&dependency.name.as_str());
            assert!(!edge || known, "{} must not depend on {}", package.name, dependency.name);
        }
    }
}

#[test]
fn domain_and_protocol_do_no_io() {
    for package in workspace().packages.iter().filter(|package| matches!(package.name.as_str(), "domain" | "protocol"))
    {
        for dependency in package.dependencies.iter().filter(|d| d.kind == DependencyKind::Normal) {
            assert!(!IO.contains(&dependency.name.as_str()), "{} must not use {}", package.name, dependency.name);
        }
    }
}

/// Fault points are for tests: nothing that is released may switch them on.
#[test]
fn only_tests_are_built_with_fault_points() {
    for package in workspace().packages {
        let by_default = package.features.iter().filter(|(name, _)| name.as_str() != "faults");
        for (name, enables) in by_default {
            assert!(!enables.iter().any(|feature| feature.ends_with("faults")), "{}: {name}", package.name);
        }
        for dependency in package.dependencies.iter().filter(|it| it.features.iter().any(|name| name == "faults")) {
            assert_eq!(dependency.kind, DependencyKind::Development, "{} of {}", dependency.name, package.name);
        }
    }
}
