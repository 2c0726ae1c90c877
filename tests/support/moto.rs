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
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("loopback has a free port").port();
        let child = Command::new(python())
            .args(["-m", "moto.server", "-H", "127.0.0.1", "-p", &port.to_string()])
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
        let printed =
            run(script, Command::new(python()).arg(scripts().join(script)).arg(self.url()).env("PYTHONDONTWRITEBYTECODE", "1"));
        serde_json::from_str(&printed).unwrap_or_else(|error| panic!("{script} printed no JSON: {error}"))
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
