//! A live moto server on loopback, installed by the tests themselves into a virtual environment under `target/`.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::python::{python as environment, run};

/// Folder of the Python side of the live tests.
pub(crate) fn scripts() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/live")
}

/// The Python of the live tests, with the packages of `tests/live/requirements.txt`.
pub(crate) fn python() -> PathBuf {
    environment("live-venv", &scripts().join("requirements.txt"))
}

/// A moto server of one test's own; stops when dropped.
#[derive(Debug)]
pub(crate) struct Moto {
    child: Child,
    port: u16,
}

impl Moto {
    /// Starts a server and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::serve(|port| ["-m", "moto.server", "-H", "127.0.0.1", "-p", port].map(str::to_owned).to_vec())
    }

    /// A server whose Lambda functions are invoked at this address, and whose state machines run.
    pub(crate) fn with_functions(forward_url: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/deploy/moto_with_functions.py");
        Self::serve(|port| vec![script.to_str().expect("UTF-8").to_owned(), port.to_owned(), forward_url.to_owned()])
    }

    fn serve(arguments: impl Fn(&str) -> Vec<String>) -> Self {
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback has a free port").port();
        let child = Command::new(python())
            .args(arguments(&port.to_string()))
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("moto starts");
        let server = Self { child, port };
        let deadline = Instant::now() + Duration::from_mins(1);
        while !server.answers() {
            assert!(Instant::now() < deadline, "moto gave no answer within a minute");
            std::thread::sleep(Duration::from_millis(100));
        }
        server
    }

    /// Address of the server.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Runs a script of `tests/live` against the server and returns the JSON it prints.
    pub(crate) fn seed(&self, script: &str) -> serde_json::Value {
        self.run(script, &[])
    }

    /// The same with more arguments behind the address.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> serde_json::Value {
        let mut command = Command::new(python());
        command.arg(scripts().join(script)).arg(self.url()).args(arguments).env("PYTHONDONTWRITEBYTECODE", "1");
        let printed = run(script, &mut command);
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{script} printed no JSON: {error}"))
    }

    /// The body of an object; `None` where there is none.
    pub(crate) fn object(&self, bucket: &str, key: &str) -> Option<Vec<u8>> {
        let (head, body) = self.get(&format!("/{bucket}/{key}"))?;
        head.split(' ').nth(1).is_some_and(|status| status == "200").then_some(body)
    }

    /// The keys of a bucket, in their order.
    pub(crate) fn keys(&self, bucket: &str) -> Vec<String> {
        let (_, body) = self.get(&format!("/{bucket}?list-type=2")).expect("moto answers");
        let listing = String::from_utf8(body).expect("UTF-8");
        let keys = listing.split("<Key>").skip(1).filter_map(|rest| rest.split("</Key>").next());
        keys.map(str::to_owned).collect()
    }

    /// Head and body of an answer.
    fn get(&self, path: &str) -> Option<(String, Vec<u8>)> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).ok()?;
        // Objects are private, and any signature will do.
        let signature = "Authorization: AWS4-HMAC-SHA256 Credential=testing/20261123/eu-west-1/s3/aws4_request, SignedHeaders=host, Signature=0";
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{}\r\n{signature}\r\n\r\n", self.port).as_bytes())
            .ok()?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).ok()?;
        let end = answer.windows(4).position(|window| window == b"\r\n\r\n")?;
        let body = answer.split_off(end + 4);
        Some((String::from_utf8_lossy(&answer).into_owned(), body))
    }

    fn answers(&self) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else { return false };
        let mut answer = String::new();
        stream.write_all(b"GET /moto-api/ HTTP/1.0\r\n\r\n").is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.starts_with("HTTP/1")
    }
}

impl Drop for Moto {
    fn drop(&mut self) {
        // Killing a process that has ended already is no failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
