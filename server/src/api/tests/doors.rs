//! Every server function of the console, asked by everybody: each is open and closed as the list of doors says.

use super::World;
use crate::{api::authorisation::Door, console::doors::DOORS};
use axum::{Router, body::Body};
use domain::{role::Role, secret::Password};
use http::{Method, Request, StatusCode, header};
use store::{change::Actor, words::Email};
use tower::ServiceExt;

const ORIGIN: &str = "http://relay.example.com";

/// A person at the console, or nobody.
struct Person {
    name: String,
    role: Option<Role>,
    admin: bool,
    cookie: Option<String>,
}

fn request(method: &Method, path: &str, arguments: &str) -> http::request::Builder {
    let uri = if *method == Method::GET { format!("{path}?{arguments}") } else { path.to_owned() };
    Request::builder()
        .method(method)
        .uri(uri)
        .header("host", "relay.example.com")
        .header("origin", ORIGIN)
        .header("accept", "application/json")
        .header("content-type", "application/x-www-form-urlencoded")
}

async fn sign_in(router: &Router, email: &str) -> String {
    let form = format!("email={}&password=correct%20horse%20battery", email.replace('@', "%40"));
    let request = request(&Method::POST, "/fn/sign_in", "").body(Body::from(form)).unwrap();
    let response = router.clone().oneshot(request).await.unwrap();
    let cookie = response.headers().get(header::SET_COOKIE).expect("a session").to_str().unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

impl Person {
    async fn ask(&self, router: &Router, method: &Method, path: &str, arguments: &str) -> StatusCode {
        let mut request = request(method, path, arguments);
        if let Some(cookie) = &self.cookie {
            request = request.header("cookie", cookie);
        }
        let body = if *method == Method::GET { Body::empty() } else { Body::from(arguments.to_owned()) };
        router.clone().oneshot(request.body(body).unwrap()).await.unwrap().status()
    }

    /// How they are refused at this door; `None`: they are not.
    fn refused(&self, door: Door) -> Option<StatusCode> {
        match door {
            Door::Anybody | Door::SignInPage => None,
            _ if self.cookie.is_none() => Some(StatusCode::UNAUTHORIZED),
            Door::Admin if !self.admin => Some(StatusCode::FORBIDDEN),
            Door::May(needed) if !self.admin && !self.role.is_some_and(|role| role.may(needed)) => {
                Some(StatusCode::FORBIDDEN)
            }
            _ => None,
        }
    }
}

async fn people(world: &World, router: &Router) -> Vec<Person> {
    let mut people = vec![Person { name: "nobody".into(), role: None, admin: false, cookie: None }];
    for role in Role::ALL {
        let email = format!("member-{}@example.com", role.word());
        let password = Password::new("correct horse battery".to_owned());
        let parsed = Email::parse(&email).unwrap();
        let member = Some((world.tenant, role));
        world.store.users().create(&Actor::system(), &parsed, &password, false, member).await.unwrap();
        let cookie = Some(sign_in(router, &email).await);
        people.push(Person { name: email, role: Some(role), admin: false, cookie });
    }
    let cookie = Some(sign_in(router, "admin@example.com").await);
    people.push(Person { name: "admin".into(), role: None, admin: true, cookie });
    people
}

#[tokio::test]
async fn every_function_is_open_and_closed_as_its_door_says() {
    let world = World::new().await;
    let router = crate::console::around(world.state.clone(), None);
    let places = [
        ("{tenant}", world.tenant.to_string()),
        ("{request}", world.request.to_string()),
        ("{key}", domain::ids::KeyId(77).to_string()),
        ("{channel}", domain::ids::ChannelId(77).to_string()),
        ("{statement}", domain::ids::StatementId(77).to_string()),
        ("{topup}", domain::ids::TopupId(77).to_string()),
        ("{batch}", domain::ids::BatchId(77).to_string()),
    ];
    let people = people(&world, &router).await;
    let mut tried = 0;
    for (method, path, door, arguments) in DOORS.iter().filter(|(_, path, ..)| path.starts_with("/fn/")) {
        if matches!(door, Door::Anybody | Door::SignInPage) {
            continue;
        }
        let arguments = places.iter().fold((*arguments).to_owned(), |text, (place, id)| text.replace(place, id));
        for person in &people {
            let status = person.ask(&router, method, path, &arguments).await;
            let told = format!("{method} {path} by {}: {status}", person.name);
            match person.refused(*door) {
                Some(expected) => assert_eq!(status, expected, "{told}"),
                None => {
                    let closed = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::BAD_REQUEST];
                    assert!(!closed.contains(&status) && !status.is_server_error(), "{told}");
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 150, "{tried} cells");
}
