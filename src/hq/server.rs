//! HTTP around the reception: four paths, bounded bodies, bounded concurrency.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::body::{Body, to_bytes};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Extension, Json, Router};
use serde_json::json;
use tokio::sync::Semaphore;

use super::{Hq, reception};
use crate::sync::keys::public_hex;
use crate::sync::wire::{Answer, ENVELOPE_MARGIN_BYTES, HELLO_BODY_MAX_BYTES, MEDIA_TYPE, REQUEST_MAX_BYTES};

/// Requests being worked on at once. They queue for one database; more would only hold memory.
const AT_ONCE: usize = 16;

/// How long a request waits for its turn before it is told to come back.
const TURN: Duration = Duration::from_secs(5);

/// How long a sender may take for a body: a full batch at 32 kbit/s.
const BODY: Duration = Duration::from_secs(20);

/// Who is at the other end.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub IpAddr);

#[derive(Clone)]
struct Shared {
    hq: Hq,
    room: Arc<Semaphore>,
}

/// The paths. A [`Peer`] must be put into each request's extensions.
pub fn router(hq: Hq) -> Router {
    Router::new()
        .route("/v1/hello", post(hello))
        .route("/v1/batch", post(batch))
        .route("/v1/status", get(status))
        .route("/healthz", get(|| async { "ok\n" }))
        .with_state(Shared { hq, room: Arc::new(Semaphore::new(AT_ONCE)) })
}

/// The wall clock, milliseconds since 1970 UTC.
pub fn now_ms() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}

async fn hello(State(shared): State<Shared>, body: Body) -> Response {
    let limit = HELLO_BODY_MAX_BYTES + ENVELOPE_MARGIN_BYTES;
    receive(shared, body, limit, |hq, bytes| hq.receive_hello(bytes, now_ms())).await
}

async fn batch(State(shared): State<Shared>, body: Body) -> Response {
    receive(shared, body, REQUEST_MAX_BYTES, |hq, bytes| hq.receive_batch(bytes, now_ms())).await
}

async fn receive(
    shared: Shared,
    body: Body,
    limit: usize,
    work: impl FnOnce(&Hq, &[u8]) -> reception::Response + Send + 'static,
) -> Response {
    let bytes = match tokio::time::timeout(BODY, to_bytes(body, limit)).await {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(_)) => {
            let text = format!("the request broke off, or is larger than {limit} bytes\n");
            return (StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
        }
        Err(_) => {
            let text = format!("the request was not there within {} s\n", BODY.as_secs());
            return (StatusCode::REQUEST_TIMEOUT, text).into_response();
        }
    };
    let Ok(Ok(_turn)) = tokio::time::timeout(TURN, shared.room.acquire()).await else {
        return signed(shared.hq.turn_away(&bytes, now_ms()));
    };
    let hq = shared.hq.clone();
    let (for_work, work) = (bytes.clone(), move |bytes: &[u8]| work(&hq, bytes));
    match tokio::task::spawn_blocking(move || work(&for_work)).await {
        Ok(response) => signed(response),
        Err(why) => {
            tracing::error!("a request ended in a panic: {why}");
            signed(shared.hq.turn_away(&bytes, now_ms()))
        }
    }
}

/// For this machine only: it names every station and how far each has come.
async fn status(State(shared): State<Shared>, Extension(Peer(address)): Extension<Peer>) -> Response {
    if !address.to_canonical().is_loopback() {
        return (StatusCode::FORBIDDEN, "asked from another machine: use `armoury-hq status` there\n")
            .into_response();
    }
    let hq = shared.hq.clone();
    let read =
        tokio::task::spawn_blocking(move || Ok::<_, super::StoreError>((hq.status()?, hq.log_size()?)));
    match read.await {
        Ok(Ok((stations, log_size))) => {
            let public_key = public_hex(&shared.hq.public_key());
            Json(json!({ "public_key": public_key, "log_size": log_size, "stations": stations }))
                .into_response()
        }
        Ok(Err(why)) => unavailable(&crate::sync::with_causes(&why)),
        Err(why) => unavailable(&why.to_string()),
    }
}

fn unavailable(why: &str) -> Response {
    tracing::error!("headquarters could not say how it is: {why}");
    (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")).into_response()
}

fn signed(response: reception::Response) -> Response {
    let status = match response.answer {
        Answer::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
        Answer::Refused(_) => StatusCode::FORBIDDEN,
        Answer::Need(_) | Answer::Fork(_) => StatusCode::CONFLICT,
        Answer::Held(_) | Answer::Receipt(_) | Answer::Quarantined(_) => StatusCode::OK,
    };
    (status, [(header::CONTENT_TYPE, MEDIA_TYPE)], response.bytes).into_response()
}
