//! Signals, and surroundings in which little works: one clear line, the exit code that the README promises, and no half file.

use std::ffi::{OsStr, OsString};
use std::fs::OpenOptions;
use std::io::Read as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use crate::support::binary::{Run, command, command_with_credentials, natless};
use crate::support::parallel::each;
use crate::support::{Fault, FaultKind, Options, SimulatedAws, accounts};

/// Longest that anything here takes, on a machine that does much else.
const PATIENCE: Duration = Duration::from_mins(2);

/// A recorded account.
const ACCOUNT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/mocks/accounts/three-tier");

/// Runs a shell script in `folder`, with the binary in `$NATLESS` and a recorded account in `$ACCOUNT`.
fn sh(folder: &Path, script: &str) -> Run {
    let mut shell = Command::new("sh");
    shell.env_clear().env("HOME", folder).env("PATH", "/usr/bin:/bin").current_dir(folder).stdin(Stdio::null());
    shell.env("NATLESS", env!("CARGO_BIN_EXE_natless")).env("ACCOUNT", ACCOUNT);
    shell.args(["-c", script]).output().expect("there is a shell").into()
}

/// A folder with a snapshot `s.json` and a report `report.json` in it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let scan = ["scan", "--replay", ACCOUNT, "--format", "json", "--snapshot", "s.json"];
    let run = natless(folder.path(), &scan).expect_code(1);
    std::fs::write(folder.path().join("report.json"), run.stdout).expect("writable");
    folder
}

/// What is in a folder, by name.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries.map(|x| x.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}

/// Asserts that the program ended by itself, with this code and one line on stderr that says all of `words`.
fn assert_one_line(run: &Run, code: i32, words: &[&str]) {
    assert_eq!(run.code, code, "{}", run.stderr);
    assert_eq!(run.stderr.trim_end().lines().count(), 1, "{}", run.stderr);
    for word in words {
        assert!(run.stderr.contains(word), "`{word}` is not in: {}", run.stderr);
    }
}

/// A program that is running.
struct Running {
    child: Child,
    /// What was read of its stderr.
    told: String,
}

impl Running {
    fn start(command: &mut Command) -> Self {
        let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts");
        Self { child, told: String::new() }
    }

    fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().expect("there is a shell").success(), "{kill}");
    }

    /// Waits until it tells something on stderr.
    fn wait_for_a_line(&mut self) {
        let stderr = self.child.stderr.as_mut().expect("a pipe");
        let mut byte = [0];
        while !self.told.ends_with('\n') && stderr.read(&mut byte).expect("readable") > 0 {
            self.told.push(char::from(byte[0]));
        }
    }

    /// What it leaves behind, once it has ended.
    fn end(self) -> Run {
        let child = self.child;
        let output = patiently("it does not end", move || child.wait_with_output().expect("a child"));
        let run = Run::from(output);
        Run { stderr: self.told + &run.stderr, ..run }
    }
}

/// Does what may wait for ever.
fn patiently<T: Send + 'static>(what: &str, work: impl FnOnce() -> T + Send + 'static) -> T {
    let (done, result) = channel();
    std::thread::spawn(move || done.send(work()));
    result.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("{what}"))
}

fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// An AWS that never answers what it is asked about endpoints.
fn hanging() -> SimulatedAws {
    let faults = vec![Fault { operation: Some("DescribeVpcEndpoints".to_owned()), kind: FaultKind::Hang, ..Fault::default() }];
    SimulatedAws::start(accounts::tidy_account(), Options { faults, ..Options::default() })
}

/// Waits until everything is asked, and everything but what hangs is answered.
fn wait_for_the_rest(aws: &SimulatedAws) {
    let asked = || aws.calls().values().sum::<u64>();
    wait_until("nothing hangs", || aws.calls().keys().any(|(_, _, operation)| operation == "DescribeVpcEndpoints"));
    let mut before = 0;
    wait_until("the scan asks on", || {
        std::thread::sleep(Duration::from_millis(500));
        std::mem::replace(&mut before, asked()) == asked()
    });
}

fn fifo(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("there is mkfifo").success());
}

#[test]
fn a_signal_in_mid_scan_reports_what_was_read() {
    each(vec!["INT", "TERM"], |signal| {
        let folder = tempfile::tempdir().expect("a folder");
        let aws = hanging();
        let scan = ["scan", "--format", "json", "--snapshot", "s.json", "--record", "rec", "--history", "past", "--endpoint-url"];
        let running = Running::start(command_with_credentials(folder.path()).args(scan).arg(aws.url()));
        wait_for_the_rest(&aws);
        running.signal(signal);
        let run = running.end();
        assert_one_line(&run, 130, &["stopping; what was read is reported"]);
        let report = run.json();
        let gaps = report["gaps"].as_array().expect("gaps");
        assert!(gaps.iter().any(|gap| gap["operation"] == "DescribeVpcEndpoints"), "{gaps:#?}");
        assert!(gaps.iter().all(|gap| gap["code"] == "Interrupted"), "{gaps:#?}");
        assert!(report["inventory_counts"]["vpc"].as_u64() > Some(0), "{}", report["inventory_counts"]);
        assert_eq!(names(&folder.path().join("past")), [""; 0], "half a scan is no measure for the next one");
        assert_eq!(names(folder.path()), ["past", "rec", "s.json"]);
        for again in [["analyze", "s.json"].as_slice(), &["scan", "--replay", "rec"]] {
            let run = natless(folder.path(), &[again, &["--format", "json"]].concat());
            assert!([0, 1, 3].contains(&run.code), "{}", run.stderr);
            assert_eq!(run.json()["inventory_counts"], report["inventory_counts"], "{again:?}");
        }
    });
}

#[test]
fn the_second_signal_ends_a_scan_at_once() {
    each(vec![("INT", "INT"), ("TERM", "INT"), ("INT", "TERM")], |(first, second)| {
        let folder = tempfile::tempdir().expect("a folder");
        // Nobody reads it, so that the snapshot is never written.
        fifo(&folder.path().join("pipe"));
        let aws = hanging();
        let scan = ["scan", "--snapshot", "pipe", "--out", "out", "--endpoint-url"];
        let mut running = Running::start(command_with_credentials(folder.path()).args(scan).arg(aws.url()));
        wait_for_the_rest(&aws);
        running.signal(first);
        running.wait_for_a_line();
        running.signal(second);
        let run = running.end();
        assert_eq!((run.code, run.stdout.as_str()), (130, ""), "{}", run.stderr);
        let lines: Vec<&str> = run.stderr.lines().collect();
        assert!(
            matches!(lines.as_slice(), [notice, error] if notice.contains("once more") && error.contains("stopped")),
            "{lines:?}"
        );
        assert_eq!(names(folder.path()), ["out", "pipe"]);
        assert_eq!(names(&folder.path().join("out")), [""; 0]);
    });
}

#[test]
fn where_nothing_is_read_from_aws_one_signal_ends_the_program() {
    let cases: Vec<Vec<&str>> = vec![
        vec!["analyze", "pipe"],
        vec!["simulate", "--snapshot", "pipe"],
        vec!["diff", "pipe", "pipe"],
        vec!["merge", "pipe"],
        vec!["config", "check", "pipe"],
        vec!["policy", "check", "pipe", "--kind", "bucket", "--account", "111122223333"],
    ];
    let cases = cases.into_iter().flat_map(|case| ["INT", "TERM"].map(|signal| (case.clone(), signal))).collect();
    each(cases, |(case, signal)| {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        fifo(&pipe);
        let running = Running::start(command(folder.path()).args(&case));
        // Opens when the program has opened it, too, which then waits for what is written into it: nothing.
        let writer = patiently("it reads no file", move || OpenOptions::new().write(true).open(pipe).expect("a pipe"));
        running.signal(signal);
        let run = running.end();
        drop(writer);
        assert_one_line(&run, 130, &["error: stopped before the end"]);
        assert_eq!((run.stdout.as_str(), names(folder.path())), ("", vec!["pipe".to_owned()]));
    });
}

#[test]
fn after_the_account_was_read_one_signal_ends_the_program() {
    each(vec!["INT", "TERM"], |signal| {
        let folder = tempfile::tempdir().expect("a folder");
        // Who opens it waits for somebody at its other end.
        fifo(&folder.path().join("undo.sh"));
        let running =
            Running::start(command(folder.path()).args(["fix", "--replay", ACCOUNT, "--format", "cli", "--quiet", "--out", "."]));
        wait_until("no changes", || folder.path().join("fix.sh").exists());
        std::thread::sleep(Duration::from_millis(200));
        running.signal(signal);
        assert_one_line(&running.end(), 130, &["error: stopped before the end"]);
        assert_eq!(names(folder.path()), ["fix.sh", "undo.sh"]);
    });
}

/// Whenever the program ends, what has its name is whole, and what has none yet is gone, but where nobody could take it away.
#[test]
fn no_half_file_stays() {
    let folder = folder();
    let analyze = ["analyze", "s.json", "--quiet", "--out"];
    let whole = folder.path().join("whole");
    natless(folder.path(), &[&analyze[..], &["whole"]].concat()).expect_code(1);
    let cases = ["TERM", "INT", "KILL"].into_iter().flat_map(|signal| [0, 3].map(move |drafts| (signal, drafts))).collect();
    each(cases, |(signal, drafts)| {
        let name = format!("{signal}-{drafts}");
        let out = folder.path().join(&name);
        let mut running = Running::start(command(folder.path()).args(analyze).arg(&name));
        let is_draft = |name: &String| name.starts_with(".natless-");
        // The place was seen to be writable, and at least so many reports are begun.
        let mut ended = false;
        wait_until("no draft", || {
            ended = running.child.try_wait().expect("a child").is_some();
            ended || (out.is_dir() && names(&out).iter().filter(|name| is_draft(name)).count() > drafts)
        });
        // Under load it may be done before anybody has looked.
        if !ended {
            running.signal(signal);
        }
        let run = running.end();
        assert!(signal == "KILL" || [130, 1].contains(&run.code), "{} {}", run.code, run.stderr);
        for name in names(&out) {
            if is_draft(&name) {
                assert_eq!(signal, "KILL", "{name} is left");
            } else {
                let read = |folder: &Path| std::fs::read(folder.join(&name)).expect("a report");
                assert!(read(&out) == read(&whole), "{name} is not whole");
            }
        }
    });
}

#[test]
fn a_full_disk_behind_stdout_is_told() {
    if !Path::new("/dev/full").exists() {
        return;
    }
    let folder = folder();
    let cases = vec![
        r#"scan --replay "$ACCOUNT" --quiet"#,
        r#"scan --replay "$ACCOUNT" --quiet --format json"#,
        "analyze s.json --format html",
        "fix --snapshot s.json --format cli --quiet",
        "simulate --snapshot s.json",
        "diff report.json report.json",
        "merge report.json --format csv",
        "checks",
        "explain vpc-nat-gateway-idle",
        "permissions",
        "prices",
        "man",
        "completions bash",
        "help scan",
        "--help",
        "--version",
    ];
    each(cases, |case| {
        let run = sh(folder.path(), &format!("\"$NATLESS\" {case} > /dev/full"));
        assert_one_line(&run, 2, &["error: ", "`standard output` cannot be written", "No space left"]);
    });
    // And where there is no place for the line, the exit code still tells.
    assert_eq!(sh(folder.path(), "\"$NATLESS\" checks > /dev/full 2> /dev/full").code, 2);
}

/// By default the system ends who writes more than `ulimit -f` allows.
#[test]
fn a_file_that_grows_too_large_is_told_and_the_old_one_stays() {
    let folder = folder();
    let (work, aws) = (folder.path(), SimulatedAws::start(accounts::rich_account(), Options::default()));
    let record = format!("scan --endpoint-url {} --record new --format json", aws.url());
    let cases = vec![
        (r#"scan --replay "$ACCOUNT" --format json --snapshot old/s.json"#, "old/s.json"),
        (r#"scan --replay "$ACCOUNT" --format html --out old"#, "old/report.html"),
        (r#"scan --replay "$ACCOUNT" --format json --history old"#, "old/123456789012-"),
        ("analyze s.json --format json --out old", "old/report.json"),
        ("fix --snapshot s.json --format terraform --out old", "old/fix.tf"),
        ("merge report.json --format json --out old", "old/organization.json"),
        (&record, "new/"),
        ("analyze s.json --format json > old/report.json", "standard output"),
    ];
    std::fs::create_dir(work.join("old")).expect("writable");
    for name in ["s.json", "report.html", "report.json", "fix.tf", "organization.json"] {
        std::fs::write(work.join("old").join(name), "old").expect("writable");
    }
    each(cases, |(case, name)| {
        let keys = "AWS_ACCESS_KEY_ID=AKIAIOSFODNN7EXAMPLE AWS_SECRET_ACCESS_KEY=testing AWS_REGION=eu-west-1";
        let run = sh(work, &format!("ulimit -f 1; {keys} exec \"$NATLESS\" --quiet {case}"));
        assert_one_line(&run, 2, &["error: ", name, "File too large"]);
    });
    assert_eq!(names(&work.join("old")), ["fix.tf", "organization.json", "report.html", "report.json", "s.json"]);
    for name in ["s.json", "report.html", "fix.tf", "organization.json"] {
        assert_eq!(std::fs::read_to_string(work.join("old").join(name)).expect("readable"), "old", "{name}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let folder = folder();
    let cases = vec![
        (r#"scan --replay "$ACCOUNT""#, 1),
        (r#"scan --replay "$ACCOUNT" --format json"#, 1),
        (r#"scan --replay "$ACCOUNT" --format html 2>&-"#, 1),
        ("analyze s.json --format sarif", 1),
        ("fix --snapshot s.json --format terraform --quiet", 1),
        ("checks", 0),
        ("checks --format json", 0),
        ("prices", 0),
        ("man", 0),
        ("completions zsh", 0),
        ("help scan", 0),
    ];
    each(cases, |(case, code)| {
        let run = sh(folder.path(), &format!("{{ \"$NATLESS\" {case}; echo $? >&3; }} 3> code.$$ | head -c 1; cat code.$$"));
        assert_eq!((run.stdout.get(1..), run.stderr.as_str()), (Some(format!("{code}\n").as_str()), ""), "{case}");
    });
    // The same for what is told beside the report.
    let script = r#"{ "$NATLESS" scan --replay "$ACCOUNT" --format json -vv 2>&1 > /dev/null; echo $? > code; } | head -n 1 > /dev/null; cat code"#;
    assert_eq!(sh(folder.path(), script).stdout, "1\n");
}

#[test]
fn closed_streams_change_no_exit_code() {
    let folder = folder();
    let cases = vec![
        (r#"scan --replay "$ACCOUNT" --out "$out""#, 1),
        ("analyze s.json --format json", 1),
        ("scan --replay none", 2),
        ("scan --no-such-option", 2),
        ("policy check - --kind bucket --account 111122223333", 2),
        ("checks -vv", 0),
    ];
    each(cases, |(case, code)| {
        for closed in ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"] {
            let run = sh(
                folder.path(),
                &format!("out=out.$$; \"$NATLESS\" {case} {closed}; code=$?; ls -A \"$out\" 2> /dev/null; exit $code"),
            );
            assert_eq!(run.code, code, "{case} {closed}: {}", run.stderr);
            // What is written into files is not mixed with what is told.
            assert!(!case.contains("$out") || run.stdout.contains("report.sarif"), "{case} {closed}: {}", run.stdout);
            assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
        }
    });
}

#[test]
fn places_that_cannot_be_written_are_told_before_anything_is_read() {
    let folder = folder();
    let work = folder.path();
    std::fs::write(work.join("file"), "mine").expect("writable");
    std::fs::create_dir_all(work.join("html/report.html")).expect("writable");
    std::fs::create_dir_all(work.join("undo/undo.sh")).expect("writable");
    for (from, to) in [("circle", "circle"), ("away", "none/x"), ("nowhere", "none")] {
        std::os::unix::fs::symlink(to, work.join(from)).expect("writable");
    }
    let long = "a".repeat(300);
    let scan = ["scan", "--format", "json", "--replay", ACCOUNT];
    let mut cases: Vec<(Vec<&str>, &str, &str)> = Vec::new();
    for option in ["--out", "--history"] {
        for (place, why) in
            [("file", "not a directory"), ("file/x", "Not a directory"), ("nowhere", "not a directory"), (&long, "too long")]
        {
            cases.push(([&scan[..], &[option, place]].concat(), place, why));
        }
    }
    for (place, why) in [
        ("file/x", "Not a directory"),
        ("html", "is a directory"),
        ("circle", "symbolic links"),
        ("away", "No such file"),
        (&long, "too long"),
    ] {
        cases.push(([&scan[..], &["--snapshot", place]].concat(), place, why));
    }
    cases.push((vec!["scan", "--replay", ACCOUNT, "--out", "html"], "html/report.html", "is a directory"));
    for (place, why) in [("file", "not a directory"), ("undo", "is a directory")] {
        cases.push((vec!["fix", "--snapshot", "s.json", "--format", "cli", "--out", place], place, why));
    }
    cases.push((vec!["scan", "--endpoint-url", "http://127.0.0.1:1", "--record", "file/x"], "file/x", "Not a directory"));
    if Path::new("/proc/self").exists() {
        cases.push(([&scan[..], &["--snapshot", "/proc/x"]].concat(), "/proc/x", "not found"));
        cases.push(([&scan[..], &["--out", "/proc/x"]].concat(), "/proc/x", "No such file"));
    }
    let before = names(work);
    each(cases, |(case, place, why)| {
        let run: Run = command_with_credentials(work).args(&case).output().expect("the binary starts").into();
        assert_one_line(&run, 2, &["error: ", &format!("`{place}"), why]);
        assert_eq!(run.stdout, "", "{case:?}");
    });
    assert_eq!(names(work), before);
    assert_eq!(names(&work.join("html")), ["report.html"]);
    assert_eq!(names(&work.join("undo")), ["undo.sh"], "no changes without their undo");
    assert!(work.join("circle").is_symlink());
}

#[test]
fn links_in_a_row_all_stay() {
    let folder = folder();
    for (from, to) in [("first", "second"), ("second", "third")] {
        std::os::unix::fs::symlink(to, folder.path().join(from)).expect("writable");
    }
    for _ in 0..2 {
        let scan = ["scan", "--replay", ACCOUNT, "--format", "json", "--snapshot", "first"];
        natless(folder.path(), &scan).expect_code(1);
        let is_link = |name: &str| folder.path().join(name).is_symlink();
        assert_eq!((is_link("first"), is_link("second"), is_link("third")), (true, true, false));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_no_text_are_names_all_the_same() {
    let folder = folder();
    let work = folder.path();
    let odd = OsStr::from_bytes(b"odd\xff\xfe");
    let run = |arguments: &[&OsStr]| -> Run { command(work).args(arguments).output().expect("the binary starts").into() };
    let words = |line: &'static str| line.split(' ').map(OsStr::new).collect::<Vec<_>>();
    let scan = [words("scan --quiet --format json --replay"), vec![OsStr::new(ACCOUNT)]].concat();
    for option in ["--snapshot", "--history", "--out"] {
        let place = OsString::from_iter([OsStr::new("new"), OsStr::new(option), odd]);
        run(&[&scan[..], &[OsStr::new(option), &place]].concat()).expect_code(1);
        assert!(work.join(&place).exists(), "{option}");
    }
    let snapshot = OsString::from_iter([OsStr::new("new--snapshot"), odd]);
    run(&[OsStr::new("analyze"), &snapshot]).expect_code(1);
    let cases = vec![
        vec![words("scan --replay"), vec![odd]],
        vec![words("analyze"), vec![odd]],
        vec![scan.clone(), words("--config"), vec![odd]],
        vec![words("policy check --kind bucket --account 111122223333"), vec![odd]],
        vec![words("merge"), vec![odd]],
    ];
    each(cases, |case| assert_one_line(&run(&case.concat()), 2, &["error: ", "`odd\u{fffd}\u{fffd}`"]));
}

/// Whoever names a profile must not get the account of another one because the name is no text.
#[test]
fn variables_that_are_no_text_are_refused_and_not_passed_over() {
    let folder = folder();
    let odd = OsStr::from_bytes(b"odd\xff\xfe");
    let aws = SimulatedAws::start(accounts::tidy_account(), Options::default());
    let url = aws.url();
    let live = ["scan", "--quiet", "--format", "json", "--endpoint-url", &url];
    let replayed = ["scan", "--quiet", "--format", "json", "--replay", ACCOUNT];
    let run = |variable: &str, arguments: &[&str]| -> Run {
        command_with_credentials(folder.path()).env(variable, odd).args(arguments).output().expect("the binary starts").into()
    };
    let read = ["AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_CONFIG_FILE"];
    each(read.to_vec(), |variable| {
        assert_one_line(&run(variable, &live), 2, &["error: ", &format!("`{variable}`"), "UTF-8"]);
        run(variable, &replayed).expect_code(1);
    });
    let passed_over = ["HOME", "TMPDIR", "COLUMNS", "TERM", "LANG", "NATLESS_ANYTHING"];
    each(passed_over.to_vec(), |variable| {
        run(variable, &live).expect_code(0);
        run(variable, &replayed).expect_code(1);
    });
}

#[test]
fn no_folder_for_temporary_files_and_none_to_work_in() {
    let folder = folder();
    for temporary in ["/none", "/proc"] {
        let script = format!(r#"TMPDIR={temporary} "$NATLESS" scan --replay "$ACCOUNT" --quiet --out out --snapshot new.json"#);
        sh(folder.path(), &script).expect_code(1);
    }
    let gone =
        |rest: &str| sh(folder.path(), &format!(r#"mkdir gone.$$; cd gone.$$; rmdir "../gone.$$"; exec "$NATLESS" {rest}"#));
    gone(r#"scan --replay "$ACCOUNT" --format json"#).expect_code(1);
    for rest in ["--out out", "--snapshot s.json", "--history past"] {
        assert_one_line(&gone(&format!(r#"scan --replay "$ACCOUNT" {rest}"#)), 2, &["cannot be written", "No such file"]);
    }
    assert_one_line(&gone("analyze s.json"), 2, &["`s.json` cannot be read", "No such file"]);
}

/// Runs a command on a terminal of `sys.argv[1]` columns, types `sys.argv[2]` after each second, and copies what it writes.
const TERMINAL: &str = r#"
import fcntl, os, pty, select, struct, sys, termios, time
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(sys.argv[1]), 0, 0))
    os.execv(sys.argv[3], sys.argv[3:])
typed, begun = sys.argv[2].encode(), time.monotonic()
while True:
    if typed and time.monotonic() - begun > 3:
        os.write(terminal, typed[:1])
        typed, begun = typed[1:], time.monotonic() - 2
    if terminal in select.select([terminal], [], [], 0.1)[0]:
        try:
            text = os.read(terminal, 65536)
        except OSError:
            break
        if not text:
            break
        os.write(1, text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"#;

fn on_terminal(folder: &Path, columns: u16, typed: &str, variables: &[(&str, &str)], arguments: &[&str]) -> Run {
    let mut python = Command::new("python3");
    python.env_clear().env("HOME", folder).env("TERM", "xterm").current_dir(folder).stdin(Stdio::null());
    python.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    python
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env("AWS_SECRET_ACCESS_KEY", "testing")
        .env("AWS_REGION", "eu-west-1");
    python.env("AWS_EC2_METADATA_DISABLED", "true").envs(variables.iter().copied());
    python.args(["-c", TERMINAL, &columns.to_string(), typed, env!("CARGO_BIN_EXE_natless")]).args(arguments);
    let output: Output = python.output().expect("the tests need Python 3");
    output.into()
}

#[test]
fn any_terminal_will_do() {
    let folder = folder();
    let sizes = [0, 1, 2, 7, 40, 80, 500, 65_535].map(|columns| (columns, vec![]));
    let variables = [("TERM", "dumb"), ("NO_COLOR", "1"), ("COLUMNS", "1"), ("COLUMNS", "99999999999999999999"), ("TERM", "")];
    let variables = variables.map(|variable| (80, vec![variable]));
    each(sizes.into_iter().chain(variables).collect(), |(columns, variables)| {
        let plain = variables.iter().any(|variable| [("TERM", "dumb"), ("NO_COLOR", "1")].contains(variable));
        for (arguments, code) in [(["analyze", "s.json"].as_slice(), 1), (&["checks"], 0), (&["scan", "--help"], 0)] {
            let run = on_terminal(folder.path(), columns, "", &variables, arguments).expect_code(code);
            assert!(run.stdout.len() > 1_000 && !run.stdout.contains("panicked"), "{}", run.stdout);
            assert!(!(plain && run.stdout.contains('\u{1b}')), "{variables:?}: {}", run.stdout);
        }
    });
}

#[test]
fn ctrl_c_on_a_terminal_clears_the_line_and_reports() {
    let terminals: [(u16, &[(&str, &str)]); 4] = [(80, &[]), (1, &[]), (80, &[("TERM", "dumb")]), (80, &[("NO_COLOR", "1")])];
    each(terminals.to_vec(), |(columns, variables)| {
        let folder = tempfile::tempdir().expect("a folder");
        let aws = hanging();
        let scan = ["scan", "--endpoint-url", &aws.url(), "--region", "eu-west-1"];
        let run = on_terminal(folder.path(), columns, "\u{3}", variables, &scan).expect_code(130);
        let (before, after) = run.stdout.split_once("stopping; what was read is reported").expect("a notice");
        assert!(after.contains("overall") && !after.contains("calls 1"), "{after}");
        let drawn = columns > 1 && !variables.contains(&("TERM", "dumb"));
        assert_eq!(before.contains("looking up the account"), drawn, "{before}");
    });
}
