//! Many accounts: from one machine, from one function, and from a state machine with one function per account.

use std::collections::BTreeSet;
use std::io::{BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::binary::{Run, natless, natless_with_credentials};
use crate::support::function::{Answer, Function, request};
use crate::support::moto::{Moto, python};
use crate::support::python::run;

const ENOUGH: Duration = Duration::from_mins(3);

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Copies of the recorded accounts of this repository, each under an id of its own: they were all recorded as one account.
fn recordings(folder: &Path) -> Vec<String> {
    let stories = ["three-tier", "hub-and-spoke", "partial-permissions"];
    let accounts = stories.into_iter().zip(["111122223333", "222233334444", "333344445555"]);
    accounts
        .map(|(story, id)| {
            copy_as(&root().join("mocks/accounts").join(story), &folder.join(id), id);
            id.to_owned()
        })
        .collect()
}

/// Copies a folder and puts another account's id in place of the recorded one.
fn copy_as(from: &Path, to: &Path, id: &str) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a type").is_dir() {
            copy_as(&entry.path(), &target, id);
        } else {
            let text = std::fs::read_to_string(entry.path()).expect("text");
            std::fs::write(target, text.replace("123456789012", id)).expect("writable");
        }
    }
}

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).expect("JSON")
}

fn assert_valid(merged: &Value) {
    let schema = read(&root().join("reports/schema/natless-organization-1.schema.json"));
    let validator = jsonschema::validator_for(&schema).expect("a valid schema");
    let errors: Vec<String> = validator.iter_errors(merged).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn ids_of(list: &Value) -> BTreeSet<String> {
    list.as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn accounts_are_read_judged_and_folded_from_one_machine() {
    let folder = tempfile::tempdir().expect("a folder");
    let replay = folder.path().join("replay");
    std::fs::create_dir(&replay).expect("a folder");
    let ids = recordings(&replay);
    let replay = replay.to_str().expect("UTF-8");
    let scan = |more: &[&str]| -> Run {
        let arguments = ["scan", "--organization", "--replay", replay];
        natless(folder.path(), &[&arguments, more].concat())
    };
    scan(&["--out", "out", "--quiet"]).expect_code(1);
    let merged = read(&folder.path().join("out/organization.json"));
    assert_valid(&merged);
    assert_eq!(ids_of(&merged["accounts"]), ids.iter().cloned().collect());
    assert_eq!(merged["missing"], json!([]));
    for id in &ids {
        let alone = natless(folder.path(), &["scan", "--replay", &format!("{replay}/{id}"), "--format", "json"]).json();
        let among = read(&folder.path().join("out").join(id).join("report.json"));
        assert_eq!(among["scores"], alone["scores"], "{id}");
        assert_eq!(among["findings"], alone["findings"], "{id}");
    }
    // Every account at once, one after the other, and from stdout: the same report.
    for at_once in ["1", "8"] {
        let printed = scan(&["--format", "json", "--accounts-at-once", at_once]).expect_code(1).json();
        assert_eq!(printed, merged);
    }
    let reports: Vec<String> = ids.iter().map(|id| format!("out/{id}/report.json")).collect();
    let reports: Vec<&str> = reports.iter().map(String::as_str).collect();
    let again = natless(folder.path(), &[&["merge", "--format", "json"], reports.as_slice()].concat()).expect_code(1).json();
    assert_eq!(again["totals"], merged["totals"]);

    let some = scan(&["--format", "json", "--accounts", &format!("{},999999999999", ids[0])]).expect_code(1).json();
    assert_eq!(ids_of(&some["accounts"]), BTreeSet::from([ids[0].clone()]));
    assert_eq!(ids_of(&some["missing"]), BTreeSet::from(["999999999999".to_owned()]));
    let nobody = scan(&["--accounts", "999999999999"]).expect_code(2);
    assert!(nobody.stderr.contains("999999999999"), "{}", nobody.stderr);
}

#[test]
fn wrong_options_are_refused_before_anything_is_read() {
    let folder = tempfile::tempdir().expect("a folder");
    for (arguments, said) in [
        (vec!["--accounts", "1"], "an account id has 12 digits"),
        (vec!["--role-name", "a/b"], "a role is named by"),
        (vec!["--role-arn", "arn:aws:iam::111122223333:role/x"], "cannot be used with"),
        (vec!["--snapshot", "s.json"], "cannot be used with"),
        (vec!["--format", "sarif"], "a report over many accounts is written as terminal, json, markdown or csv"),
    ] {
        let refused = natless(folder.path(), &[&["scan", "--organization"], arguments.as_slice()].concat()).expect_code(2);
        assert!(refused.stderr.contains(said), "{}", refused.stderr);
    }
    let alone = natless(folder.path(), &["scan", "--accounts", "111122223333"]).expect_code(2);
    assert!(alone.stderr.contains("--organization"), "{}", alone.stderr);
}

#[test]
fn an_organization_is_listed_and_each_account_entered_in_its_role() {
    let folder = tempfile::tempdir().expect("a folder");
    let moto = Moto::start();
    let made = moto.seed("organization.py");
    let scan =
        ["scan", "--organization", "--endpoint-url", &moto.url(), "--region", "eu-west-1", "--external-id", "x", "--out", "out"];
    let told = natless_with_credentials(folder.path(), &scan);
    let merged = read(&folder.path().join("out/organization.json"));
    assert_valid(&merged);
    let wanted: BTreeSet<String> =
        made["accounts"].as_array().expect("accounts").iter().map(|id| id.as_str().expect("an id").to_owned()).collect();
    assert_eq!(ids_of(&merged["accounts"]), wanted, "{}", told.stderr);
    let names: BTreeSet<&str> =
        merged["accounts"].as_array().expect("accounts").iter().filter_map(|account| account["name"].as_str()).collect();
    assert!(names.contains("shop") && names.contains("data"), "{names:?}");
    for id in &wanted {
        assert_eq!(read(&folder.path().join("out").join(id).join("report.json"))["account"]["id"], **id);
    }

    // The same from one invocation of the function.
    let mailbox = moto.seed("mailbox.py");
    let mut function = Function::start(folder.path(), &[("AWS_ENDPOINT_URL", &moto.url())]);
    let event = json!({"accounts": wanted, "regions": ["eu-west-1"],
        "deliver": {"s3": mailbox["s3"], "formats": ["json"], "sns": mailbox["topic"], "event_bus": mailbox["bus"]}});
    let answer = function.invoke(&event, ENOUGH).response();
    assert_eq!((&answer["accounts"], &answer["missing"]), (&wanted.len().into(), &0.into()), "{answer}");
    assert_eq!(answer["account_failures"], json!([]));
    let keys = moto.keys("natless-reports");
    assert_eq!(keys.iter().filter(|key| key.ends_with("/report.json")).count(), wanted.len());
    let merged = keys.iter().find(|key| key.ends_with("/organization.json")).expect("a merged report");
    assert_valid(&serde_json::from_slice(&moto.object("natless-reports", merged).expect("a report")).expect("JSON"));
    let arrived = moto.run("mailbox.py", &["read"]);
    assert_eq!(arrived["topic"].as_array().expect("messages").len(), 1, "one message for all of them");
    assert_eq!(arrived["bus"].as_array().expect("events").len(), wanted.len() + 1);
}

/// Functions behind one address, as many at once as are asked for: what stands in for Lambda.
fn fleet(listener: TcpListener, folder: &Path, url: Arc<Mutex<String>>, change: fn(&mut Value)) {
    let (folder, idle) = (folder.to_owned(), Arc::new(Mutex::new(Vec::<Function>::new())));
    std::thread::spawn(move || {
        for (number, stream) in listener.incoming().flatten().enumerate() {
            let (folder, idle, url) = (folder.join(number.to_string()), Arc::clone(&idle), url.lock().expect("no panic").clone());
            std::thread::spawn(move || {
                let rested = idle.lock().expect("no panic").pop();
                let mut function = rested.unwrap_or_else(|| {
                    std::fs::create_dir(&folder).expect("a folder");
                    Function::start(&folder, &[("AWS_ENDPOINT_URL", &url)])
                });
                serve(stream, &mut function, change);
                idle.lock().expect("no panic").push(function);
            });
        }
    });
}

fn serve(stream: TcpStream, function: &mut Function, change: fn(&mut Value)) {
    let mut writer = stream.try_clone().expect("a stream");
    let Some(asked) = request(&mut BufReader::new(stream)) else { return };
    assert_eq!(asked.target, "/natless");
    let mut event: Value = serde_json::from_slice(&asked.body).expect("JSON");
    change(&mut event);
    let (header, body) = match function.invoke(&event, ENOUGH) {
        Answer::Response(body) => ("", body),
        Answer::Error { body, .. } => ("X-Function-Error: Unhandled\r\n", body),
    };
    let body = body.to_string();
    let head = format!("HTTP/1.1 200 OK\r\nconnection: close\r\n{header}content-length: {}\r\n\r\n", body.len());
    writer.write_all(format!("{head}{body}").as_bytes()).expect("moto listens");
}

/// Makes the role of one member lead to another account.
fn lead_astray(event: &mut Value) {
    if let Some(role) = event["role_arn"].as_str().filter(|_| event["account"].as_str().is_some_and(is_failing)) {
        let (_, name) = role.rsplit_once('/').expect("a role");
        event["role_arn"] = format!("arn:aws:iam::999999999999:role/{name}").into();
    }
}

/// The member that fails: told by its first scan, whichever it is.
fn is_failing(id: &str) -> bool {
    static FAILING: Mutex<Option<String>> = Mutex::new(None);
    let mut failing = FAILING.lock().expect("no panic");
    failing.get_or_insert_with(|| id.to_owned()) == id
}

#[test]
fn the_state_machine_scans_every_account_and_one_that_fails_is_a_gap() {
    let folder = tempfile::tempdir().expect("a folder");
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let moto = Moto::with_functions(&format!("http://{}", listener.local_addr().expect("an address")));
    fleet(listener, folder.path(), Arc::new(Mutex::new(moto.url())), lead_astray);
    let mut command = Command::new(python());
    command.arg(root().join("tests/deploy/organization.py")).args([moto.url().as_str(), "natless"]);
    let printed = run("organization.py", command.env("PYTHONDONTWRITEBYTECODE", "1"));
    let night: Value = serde_json::from_str(&printed).expect("JSON");
    assert_eq!(night["status"], "SUCCEEDED", "{night}");
    let bucket = night["bucket"].as_str().expect("a bucket");
    let keys = moto.keys(bucket);
    let merged = keys.iter().find(|key| key.ends_with("/organization.json")).unwrap_or_else(|| panic!("no report in {keys:#?}"));
    let merged: Value = serde_json::from_slice(&moto.object(bucket, merged).expect("a report")).expect("JSON");
    assert_valid(&merged);
    let (audited, missing) = (ids_of(&merged["accounts"]), ids_of(&merged["missing"]));
    assert_eq!((audited.len(), missing.len()), (4, 1), "{merged}");
    assert!(audited.contains(night["management"].as_str().expect("an id")));
    let why = merged["missing"][0]["why"].as_str().expect("a reason");
    assert!(why.contains("are of account 999999999999"), "{why}");
    for id in &audited {
        assert!(
            keys.iter().any(|key| key.contains(&format!("/reports/{id}/")) && key.ends_with("/report.json")),
            "{id}: {keys:#?}"
        );
        assert!(keys.iter().any(|key| key.contains(&format!("/history/{id}-"))), "{id}");
    }
}
