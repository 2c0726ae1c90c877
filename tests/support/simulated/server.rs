//! HTTP/1.1 on loopback: connections, requests, answers, and what goes wrong on the wire.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use natless::model::Inventory;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::oneshot;

use super::failure::{Answer, Failure};
use super::fault::FaultKind;
use super::request::{Call, Request};
use super::{State, cloudwatch, directconnect, ec2, organizations, pricing, route53, s3, s3control, sts};

/// Request id of every answer: nothing may depend on it.
pub(super) const REQUEST_ID: &str = "11111111-2222-3333-4444-555555555555";

/// An HTTP answer.
#[derive(Debug)]
pub(super) struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Vec<u8>,
}

impl Reply {
    fn new(content_type: &str, body: Vec<u8>) -> Self {
        Self { status: 200, headers: vec![("content-type", content_type.to_owned())], body }
    }

    pub(super) fn xml(body: String) -> Self {
        Self::new("text/xml;charset=UTF-8", body.into_bytes())
    }

    pub(super) fn json(body: &serde_json::Value) -> Self {
        Self::new("application/x-amz-json-1.1", body.to_string().into_bytes())
    }

    pub(super) fn cbor(body: Vec<u8>) -> Self {
        Self::new("application/cbor", body).header("smithy-protocol", "rpc-v2-cbor")
    }

    /// A policy document, the body of `GetBucketPolicy`.
    pub(super) fn policy(body: &str) -> Self {
        Self::new("application/json", body.as_bytes().to_vec())
    }

    pub(super) fn header(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }

    pub(super) fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    fn head(&self, fault: Option<FaultKind>) -> String {
        let now = clock(fault).strftime("%a, %d %b %Y %H:%M:%S GMT");
        let mut head = format!("HTTP/1.1 {} -\r\ndate: {now}\r\ncontent-length: {}\r\n", self.status, self.body.len());
        let ids = [("x-amzn-requestid", REQUEST_ID), ("x-amz-request-id", REQUEST_ID)];
        let headers = self.headers.iter().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in ids.into_iter().chain(headers) {
            for part in [name, ": ", value, "\r\n"] {
                head.push_str(part);
            }
        }
        head.push_str("\r\n");
        head
    }
}

/// What AWS takes for now.
fn clock(fault: Option<FaultKind>) -> jiff::Timestamp {
    let skew = if fault == Some(FaultKind::ClockSkew) { jiff::SignedDuration::from_hours(1) } else { jiff::SignedDuration::ZERO };
    jiff::Timestamp::now() + skew
}

/// Most seconds between the clocks of AWS and of a caller. Source: IAM User Guide, "Signature Version 4", "Request expiration".
const CLOCKS_APART: i64 = 300;

/// What the answer to a call is made from.
#[derive(Debug)]
pub(super) struct Context<'a> {
    pub(super) call: &'a Call,
    pub(super) inventory: &'a Inventory,
    /// Most items on any page.
    pub(super) page_size: Option<usize>,
    /// Whether lists of buckets come without their regions.
    pub(super) hide_bucket_regions: bool,
    /// What goes wrong with pages.
    pub(super) pages: Option<FaultKind>,
}

/// Starts the thread that serves; it ends when told to, or when the sender is dropped.
pub(super) fn spawn(state: Arc<State>) -> (SocketAddr, oneshot::Sender<()>, JoinHandle<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime for the server");
    let listener = {
        let _entered = runtime.enter();
        // A scan of many regions connects hundreds of times at once: a short queue would cost a second per retry.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("a free port on loopback");
        socket.listen(4096).expect("a listening socket")
    };
    let address = listener.local_addr().expect("the address it listens on");
    let (stop, stopped) = oneshot::channel();
    let serve = move || {
        runtime.block_on(async {
            tokio::select! {
                () = accept(listener, state) => {}
                _ = stopped => {}
            }
        });
    };
    let thread = std::thread::Builder::new().name("simulated-aws".to_owned()).spawn(serve).expect("a thread");
    (address, stop, thread)
}

async fn accept(listener: TcpListener, state: Arc<State>) {
    while let Ok((stream, _peer)) = listener.accept().await {
        let state = Arc::clone(&state);
        tokio::spawn(async move {
            // A client that goes away is no failure of the server.
            let _ = serve(stream, &state).await;
        });
    }
}

/// Room for most requests (bytes), so that one read takes them in.
const REQUEST_ROOM: usize = 4096;

/// Answers the requests of one connection, one after the other.
async fn serve(mut stream: TcpStream, state: &State) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(REQUEST_ROOM);
    while let Some(request) = read_request(&mut stream, &mut buffer).await? {
        // The latency runs from here on: a burst of requests is noted before the first answer is made, so that the answers
        // do not wait for one another.
        let due = tokio::time::Instant::now() + state.latency;
        tokio::task::yield_now().await;
        let (reply, fault) = answer(state, request);
        if !state.latency.is_zero() {
            tokio::time::sleep_until(due).await;
        }
        let head = reply.head(fault);
        match fault {
            Some(FaultKind::Hang) => std::future::pending().await,
            Some(FaultKind::Reset) => {
                stream.set_zero_linger()?;
                return Ok(());
            }
            Some(FaultKind::TruncatedBody) => {
                stream.write_all(head.as_bytes()).await?;
                stream.write_all(&reply.body[..reply.body.len() / 2]).await?;
                return stream.shutdown().await;
            }
            Some(FaultKind::SlowDrip) => {
                stream.write_all(head.as_bytes()).await?;
                for byte in &reply.body {
                    tokio::time::sleep(Duration::from_millis(500)).await;
                    stream.write_all(&[*byte]).await?;
                }
            }
            _ => {
                let mut bytes = head.into_bytes();
                bytes.extend_from_slice(&reply.body);
                stream.write_all(&bytes).await?;
            }
        }
    }
    Ok(())
}

/// The next request of a connection; `None` when the client has closed it.
async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Request>> {
    loop {
        let mut headers = [httparse::EMPTY_HEADER; 64];
        let mut parsed = httparse::Request::new(&mut headers);
        let status = parsed.parse(buffer).map_err(std::io::Error::other)?;
        if let httparse::Status::Complete(head) = status {
            let headers: BTreeMap<String, String> = parsed
                .headers
                .iter()
                .map(|header| (header.name.to_ascii_lowercase(), String::from_utf8_lossy(header.value).into_owned()))
                .collect();
            let length: usize = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
            let method = parsed.method.unwrap_or_default().to_owned();
            let target = parsed.path.unwrap_or_default().to_owned();
            if buffer.len() >= head + length {
                let body = buffer[head..head + length].to_vec();
                buffer.drain(..head + length);
                return Ok(Some(Request { method, target, headers, body }));
            }
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
}

/// The answer to a request, and what goes wrong with it on the wire.
fn answer(state: &State, request: Request) -> (Reply, Option<FaultKind>) {
    let call = match Call::read(request) {
        Ok(call) => call,
        Err(message) => return (Failure::new(403, "MissingAuthenticationToken", message).reply("sts"), None),
    };
    let key = (call.service.to_owned(), call.region.clone(), call.operation.clone());
    *state.calls.lock().unwrap_or_else(PoisonError::into_inner).entry(key.clone()).or_default() += 1;
    let fault = state.faults.strike(&call);
    let context = Context {
        call: &call,
        inventory: &state.inventory,
        page_size: state.page_size,
        hide_bucket_regions: state.hide_bucket_regions,
        pages: fault.filter(|kind| kind.is_about_pages()),
    };
    let quota_is_left = state.quotas.take(&call);
    let answer = match fault {
        _ if !quota_is_left => {
            *state.throttled.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_default() += 1;
            Err(Failure::throttled(&call))
        }
        Some(FaultKind::Deny) => Err(Failure::denied(&call).indiscreet(&call)),
        Some(FaultKind::Throttle) => Err(Failure::throttled(&call)),
        Some(FaultKind::ServerError) => Err(Failure::server_error(&call).indiscreet(&call)),
        Some(FaultKind::ExpiredToken) => Err(Failure::expired(&call).indiscreet(&call)),
        Some(FaultKind::Redirect) => Err(Failure::elsewhere()),
        Some(FaultKind::ClockSkew) if !in_time(&call) => Err(Failure::skewed(&call).indiscreet(&call)),
        Some(FaultKind::HalfADocument) => Ok(spoilt(&context, |body| body[..body.len() / 2].to_vec())),
        Some(FaultKind::OtherDocument) => Ok(spoilt(&context, |_| other_document(call.service))),
        Some(FaultKind::Garbage) => Ok(spoilt(&context, |_| b"\x00\xffno answer of AWS<<".to_vec())),
        Some(FaultKind::WrongContentType) => {
            Ok(Reply::new("text/html", b"<!doctype html><html><body>Please sign in to the proxy.</body></html>".to_vec()))
        }
        _ => dispatch(&context),
    };
    (answer.unwrap_or_else(|failure| failure.reply(call.service)), fault)
}

/// An answer that looks well, whatever it would have been, with another body.
fn spoilt(context: &Context<'_>, body: impl FnOnce(&[u8]) -> Vec<u8>) -> Reply {
    let sound = dispatch(context).unwrap_or_else(|failure| failure.reply(context.call.service));
    Reply { status: 200, body: body(&sound.body), ..sound }
}

/// Whether a request bears the time of the clock that is an hour ahead.
fn in_time(call: &Call) -> bool {
    call.signed_at.is_some_and(|at| (clock(Some(FaultKind::ClockSkew)).as_second() - at).abs() <= CLOCKS_APART)
}

/// A sound document that answers nothing that natless asks.
fn other_document(service: &str) -> Vec<u8> {
    match service {
        "organizations" | "directconnect" | "pricing" => br#"{"Weather":[{"Sky":"grey"}]}"#.to_vec(),
        // A map of one text to another.
        "cloudwatch" => b"\xa1\x67Weather\x64grey".to_vec(),
        _ => b"<?xml version=\"1.0\"?><Weather><Sky>grey</Sky></Weather>".to_vec(),
    }
}

fn dispatch(context: &Context<'_>) -> Answer {
    match context.call.service {
        "ec2" => ec2::answer(context),
        "s3" => s3::answer(context),
        "s3control" => s3control::answer(context),
        "sts" => sts::answer(context),
        "route53" => route53::answer(context),
        "organizations" => organizations::answer(context),
        "directconnect" => directconnect::answer(context),
        "pricing" => pricing::answer(context),
        _ => cloudwatch::answer(context),
    }
}
