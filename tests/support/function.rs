//! The real `bootstrap` of the Lambda function, behind a Lambda Runtime API of the tests' own.
//!
//! Source: Lambda Developer Guide, "Using the Lambda runtime API for custom runtimes".

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;

/// What the function made of an event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    /// Its response.
    Response(Value),
    /// Its error, as `POST /runtime/invocation/{id}/error` takes it.
    Error {
        /// Header `Lambda-Runtime-Function-Error-Type`.
        kind: String,
        /// Body with `errorType` and `errorMessage`.
        body: Value,
    },
}

impl Answer {
    /// The response, where there is one.
    pub(crate) fn response(self) -> Value {
        match self {
            Self::Response(value) => value,
            Self::Error { body, .. } => panic!("the function failed: {body}"),
        }
    }

    /// The error message, where there is one.
    pub(crate) fn message(self) -> String {
        match self {
            Self::Error { body, .. } => body["errorMessage"].as_str().expect("a message").to_owned(),
            Self::Response(value) => panic!("no error: {value}"),
        }
    }
}

/// An invocation that the function has not polled yet.
struct Invocation {
    id: String,
    event: String,
    deadline_ms: u128,
}

/// The Runtime API of one function.
struct RuntimeApi {
    invocations: Mutex<Receiver<Invocation>>,
    answers: Sender<(String, Answer)>,
    /// When the function first asked for an invocation.
    polled: Sender<Instant>,
}

/// A running function; killed when dropped.
pub(crate) struct Function {
    child: Child,
    invocations: Sender<Invocation>,
    answers: Receiver<(String, Answer)>,
    invoked: usize,
    /// Time from the start of the process to its first poll.
    pub(crate) cold_start: Duration,
    log: PathBuf,
}

impl Function {
    /// Starts the function in a folder of its own with these variables, and waits for its first poll.
    pub(crate) fn start(folder: &Path, variables: &[(&str, &str)]) -> Self {
        Self::start_program(Path::new(env!("CARGO_BIN_EXE_natless-lambda")), folder, variables)
    }

    /// The same with another build of the program.
    pub(crate) fn start_program(program: &Path, folder: &Path, variables: &[(&str, &str)]) -> Self {
        let bootstrap = folder.join("bootstrap");
        if !bootstrap.exists() {
            std::os::unix::fs::symlink(program, &bootstrap).expect("a link");
        }
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let address = listener.local_addr().expect("an address");
        let (invocations, waiting) = channel();
        let (sender, answers) = channel();
        let (polled, first_poll) = channel();
        let api = Arc::new(RuntimeApi { invocations: Mutex::new(waiting), answers: sender, polled });
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let api = Arc::clone(&api);
                std::thread::spawn(move || serve(&api, stream));
            }
        });
        let log = folder.join("log.txt");
        let file = std::fs::File::create(&log).expect("a log");
        let begun = Instant::now();
        let child = Command::new(&bootstrap)
            .env_clear()
            .env("PATH", "/usr/bin:/bin")
            .env("TMPDIR", folder)
            .env("AWS_LAMBDA_RUNTIME_API", address.to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "natless")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512")
            .env("AWS_EC2_METADATA_DISABLED", "true")
            .env("AWS_REGION", "eu-west-1")
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "testing")
            .envs(variables.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("a log"))
            .stderr(file)
            .spawn()
            .expect("the function starts");
        let first = first_poll.recv_timeout(Duration::from_secs(30)).expect("the function polls");
        Self { child, invocations, answers, invoked: 0, cold_start: first - begun, log }
    }

    /// Invokes the function with this much time until its deadline, and waits for what it makes of the event.
    pub(crate) fn invoke(&mut self, event: &Value, time: Duration) -> Answer {
        self.invoke_raw(&event.to_string(), time)
    }

    /// The same with any text as event.
    pub(crate) fn invoke_raw(&mut self, event: &str, time: Duration) -> Answer {
        self.invoked += 1;
        let id = format!("00000000-0000-0000-0000-{:012}", self.invoked);
        let deadline = SystemTime::now() + time;
        let deadline_ms = deadline.duration_since(UNIX_EPOCH).expect("after 1970").as_millis();
        self.invocations.send(Invocation { id: id.clone(), event: event.to_owned(), deadline_ms }).expect("the function listens");
        let (answered, answer) =
            self.answers.recv_timeout(time).unwrap_or_else(|_| panic!("no answer before the deadline: {}", self.state()));
        assert_eq!(answered, id);
        answer
    }

    /// What the function wrote so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(&self.log).expect("a log")
    }

    /// What may explain why it is slow.
    fn state(&self) -> String {
        format!("started in {:?}, {} bytes at most, log:\n{}", self.cold_start, self.peak_memory(), self.log())
    }

    /// The lines of metrics so far.
    pub(crate) fn metrics(&self) -> Vec<Value> {
        let lines: Vec<Value> = self.log().lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        lines.into_iter().filter(|line| line.get("_aws").is_some()).collect()
    }

    /// Largest memory of the process so far, in bytes. Source: proc(5), `VmHWM`.
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running process");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("VmHWM");
        line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
    }
}

impl Drop for Function {
    fn drop(&mut self) {
        // Killing a process that has ended already is no failure.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Answers the requests of one connection.
fn serve(api: &RuntimeApi, stream: TcpStream) {
    let Ok(clone) = stream.try_clone() else { return };
    let (mut reader, mut writer) = (BufReader::new(clone), stream);
    while let Some(request) = request(&mut reader) {
        let parts: Vec<&str> = request.target.trim_start_matches('/').split('/').collect();
        let written = match parts.as_slice() {
            ["2018-06-01", "runtime", "invocation", "next"] => {
                // Nobody waits for a second poll.
                let _ = api.polled.send(Instant::now());
                let next = api.invocations.lock().unwrap_or_else(PoisonError::into_inner).recv();
                let Ok(Invocation { id, event, deadline_ms }) = next else { return };
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\nLambda-Runtime-Aws-Request-Id: {id}\r\n\
                     Lambda-Runtime-Deadline-Ms: {deadline_ms}\r\n\
                     Lambda-Runtime-Invoked-Function-Arn: arn:aws:lambda:eu-west-1:111122223333:function:natless\r\n\r\n",
                    event.len()
                );
                writer.write_all(format!("{head}{event}").as_bytes())
            }
            ["2018-06-01", "runtime", "invocation", id, how @ ("response" | "error")] => {
                let body: Value = serde_json::from_slice(&request.body).unwrap_or(Value::Null);
                let kind = request.header("lambda-runtime-function-error-type").unwrap_or_default().to_owned();
                let answer = if *how == "response" { Answer::Response(body) } else { Answer::Error { kind, body } };
                let _ = api.answers.send(((*id).to_owned(), answer));
                writer.write_all(b"HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n")
            }
            _ => writer.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
        };
        if written.is_err() {
            return;
        }
    }
}

/// An HTTP request.
pub(crate) struct Request {
    /// What is asked for, such as `/2018-06-01/runtime/invocation/next`.
    pub(crate) target: String,
    /// Names in lower case, and values.
    headers: Vec<(String, String)>,
    /// The body.
    pub(crate) body: Vec<u8>,
}

impl Request {
    fn header(&self, wanted: &str) -> Option<&str> {
        self.headers.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str())
    }
}

/// The next request of a connection; `None` where it ends.
pub(crate) fn request(reader: &mut BufReader<TcpStream>) -> Option<Request> {
    let mut first = String::new();
    if reader.read_line(&mut first).ok()? == 0 {
        return None;
    }
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let mut request = Request { target, headers: Vec::new(), body: Vec::new() };
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        request.headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    request.body = if request.header("transfer-encoding") == Some("chunked") {
        chunks(reader)?
    } else {
        let length = request.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        let mut body = vec![0; length];
        reader.read_exact(&mut body).ok()?;
        body
    };
    Some(request)
}

fn chunks(reader: &mut BufReader<TcpStream>) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let length = usize::from_str_radix(line.trim().split(';').next()?, 16).ok()?;
        let mut chunk = vec![0; length + 2];
        reader.read_exact(&mut chunk).ok()?;
        if length == 0 {
            return Some(body);
        }
        body.extend(chunk.into_iter().take(length));
    }
}
