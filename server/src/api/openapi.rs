//! The OpenAPI document: at `/api/openapi.json`, and printed by `turnpike openapi`.
//!
//! Each handler describes itself; what every operation shares (problem documents, who may call, `Idempotency-Key`) is added
//! here, from the table of routes, so it cannot be forgotten. A test compares the document with the table.

use super::{
    alerts, audit,
    authorisation::{Access, Cell, ROUTES, Route},
    budgets, catalogue, channels, closing, codes, events, events_log, export, groups, health, import, keys, ledger,
    margin, members, models, people, prices, probe,
    problem::{PROBLEM_JSON, ProblemDocument},
    reconciliation, requests, routes, statements, summary, tenants, topups, usage,
};
use axum::response::IntoResponse;
use http::{Method, header};
use std::sync::LazyLock;
use utoipa::{
    Modify, OpenApi,
    openapi::{
        Content, Object, OpenApi as Document, PathItem, Ref, RefOr, ResponseBuilder, Type,
        path::{Operation, ParameterBuilder, ParameterIn},
        security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme},
    },
};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Turnpike management API",
        version = "1",
        description = "Money is a decimal string in USD, prices are decimal strings in USD per million units, times are RFC 3339 in \
            UTC, ids are strings. Lists take `limit` and `cursor`. Errors are RFC 9457 problem documents. A POST with an \
            Idempotency-Key happens once. A field that is not built yet is refused by name, never ignored."
    ),
    paths(
        serve,
        tenants::create, tenants::list, tenants::show, tenants::change,
        ledger::balance, ledger::adjust, ledger::transfers,
        budgets::create, budgets::list, budgets::change, budgets::remove,
        statements::list, statements::create, statements::show, statements::csv, export::download,
        topups::fees, topups::create, topups::list, topups::list_of_tenant, topups::show, topups::check, topups::refund,
        topups::refund_request, codes::create, codes::list, codes::revoke, codes::redeem, closing::preview, closing::close,
        keys::create, keys::list, keys::show, keys::change, keys::rotate, keys::revoke,
        people::create_user, people::users, members::add, members::list, members::change, members::remove,
        channels::create, channels::list, channels::show, channels::change, channels::remove, probe::test,
        probe::models::discover, health::show, health::reset,
        alerts::create, alerts::list, alerts::change, alerts::remove, alerts::test,
        alerts::create_of_tenant, alerts::list_of_tenant, alerts::change_of_tenant, alerts::remove_of_tenant,
        alerts::test_of_tenant, alerts::events_of_tenant,
        routes::list, routes::show, routes::set, routes::remove, routes::explain,
        models::list, catalogue::list, import::differences, import::take_over, prices::set, prices::versions, prices::clear, prices::cancel,
        groups::create, groups::list, groups::show, groups::change, groups::remove,
        usage::list, usage::csv, summary::show, events::follow, events_log::list, requests::show,
        margin::show, margin::csv, reconciliation::show, audit::list,
    ),
    components(schemas(ProblemDocument)),
    modifiers(&Shared),
)]
struct Described;

static TEXT: LazyLock<String> = LazyLock::new(|| Described::openapi().to_pretty_json().unwrap_or_default());

/// Row by row of the table, whether the route takes a query.
static QUERIES: LazyLock<Vec<bool>> = LazyLock::new(|| {
    let mut document = Described::openapi();
    let takes = |route: &Route| {
        let operation = operation(document.paths.paths.get_mut(route.path)?, &route.method)?;
        Some(operation.parameters.as_ref()?.iter().any(|one| one.parameter_in == ParameterIn::Query))
    };
    ROUTES.iter().map(takes).map(Option::unwrap_or_default).collect()
});

/// Whether `ROUTES[row]` is described as taking a query; one that is not refuses any.
pub fn takes_query(row: usize) -> bool {
    QUERIES.get(row).copied().unwrap_or_default()
}

/// The document.
pub fn openapi() -> String {
    TEXT.clone()
}

/// The document, for programs.
#[utoipa::path(get, path = "/api/openapi.json", tag = "about", responses((status = 200, description = "This document")))]
pub async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], TEXT.as_str())
}

/// What every operation shares.
struct Shared;

impl Modify for Shared {
    fn modify(&self, document: &mut Document) {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("A management token.")).build();
        let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
            "turnpike_session",
            "The console's session; changes pass an Origin check.",
        ));
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
        for route in ROUTES {
            let item = document.paths.paths.get_mut(route.path);
            if let Some(operation) = item.and_then(|item| operation(item, &route.method)) {
                operation.operation_id = Some(name(&route.method, route.path));
                share(operation, &route.method, &route.access);
            }
        }
    }
}

/// `get_tenants_id_balance`: generated clients call their functions so.
fn name(method: &Method, path: &str) -> String {
    let path =
        path.trim_start_matches("/api/").trim_start_matches("v1/").replace(['{', '}'], "").replace(['/', '.'], "_");
    format!("{}_{path}", method.as_str().to_lowercase())
}

fn operation<'a>(item: &'a mut PathItem, method: &Method) -> Option<&'a mut Operation> {
    match *method {
        Method::GET => item.get.as_mut(),
        Method::PUT => item.put.as_mut(),
        Method::POST => item.post.as_mut(),
        Method::PATCH => item.patch.as_mut(),
        Method::DELETE => item.delete.as_mut(),
        _ => None,
    }
}

fn share(operation: &mut Operation, method: &Method, access: &Access) {
    if access.nobody == Cell::Open {
        return;
    }
    let problem = Content::new(Some(Ref::from_schema_name("Problem")));
    let response = ResponseBuilder::new().description("What was wrong").content(PROBLEM_JSON, problem).build();
    for said in operation.responses.responses.values_mut() {
        if let RefOr::T(said) = said
            && said.description.is_empty()
        {
            said.description = "Done".to_owned();
        }
    }
    operation.responses.responses.insert("default".to_owned(), response.into());
    let scheme = |name: &str| SecurityRequirement::new::<_, [String; 0], String>(name, []);
    operation.security = Some(vec![scheme("token"), scheme("session")]);
    let admins_only = matches!((access.member, access.other_tenant), (Cell::Closed(_), Cell::Closed(_)));
    let note = if admins_only { "For admins." } else { "For admins and members of the tenant." };
    let said = operation.description.take().map(|text| format!("{text}\n\n{note}"));
    operation.description = Some(said.unwrap_or_else(|| note.to_owned()));
    if *method == Method::POST {
        let key = ParameterBuilder::new()
            .name("Idempotency-Key")
            .parameter_in(ParameterIn::Header)
            .description(Some("Makes the call happen once; repeats within a day get the first answer."))
            .schema(Some(Object::with_type(Type::String)))
            .build();
        operation.parameters.get_or_insert_default().push(key);
    }
}
