//! `natless policy`: decides policies from files, without an account.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand, ValueEnum};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{TextFormat, terminal};
use crate::error::{Error, exit};
use crate::model::{is_account_id, is_organization_id};
use crate::policy::{
    Attachment, Judge, Membership, Outcome, Policy, PolicyKind, Presence, Principal, Request, Scope, Verdict, evaluate,
    new_access, parse,
};
use crate::report::{policy_text, policy_v1};

const CHECK_HELP: &str = "\
Examples:
  natless policy check bucket.json --kind bucket --account 111122223333 --organization o-a1b2c3d4e5
  aws s3api get-bucket-policy --bucket logs --query Policy --output text | natless policy check - --kind bucket --account 111122223333

Exit codes: 0 every question answered, 2 no valid policy, 3 an answer is unknown.";

const COMPARE_HELP: &str = "\
Examples:
  natless policy compare old.json new.json --kind bucket --account 111122223333

Exit codes: 0 NEW permits nothing that OLD does not, 1 it does, 2 no valid policy, 3 unknown.";

const EVALUATE_HELP: &str = "\
One request per line:
  {\"id\":1,\"policy\":{..},\"endpoint_policies\":[..],\"request\":{\"principal\":null,\"action\":\"s3:GetObject\",
   \"resource\":\"arn:aws:s3:::bucket/key\",\"resource_account\":\"111122223333\",\"context\":{\"aws:SourceVpce\":\"vpce-0aa\"}}}

`principal` is an ARN, a service or null for an anonymous request. What it tells of itself (aws:PrincipalArn and the like) need not
stand in `context`; a key that is null there is absent. A policy may also be given as text. The decision is the resource policy's own: no
identity policy is assumed.

Exit codes: 0 every line decided, 2 a line cannot be read, 3 a decision is unknown.";

#[derive(Debug, Args)]
pub(super) struct PolicyArgs {
    #[command(subcommand)]
    command: PolicyCommand,
}

#[derive(Debug, Subcommand)]
enum PolicyCommand {
    /// Say whom a policy lets through, with a request for each answer that one shows
    #[command(after_help = CHECK_HELP)]
    Check(CheckArgs),
    /// Say whether a policy permits anything that another does not
    #[command(after_help = COMPARE_HELP)]
    Compare(CompareArgs),
    /// Decide single requests from lines of JSON
    #[command(after_help = EVALUATE_HELP)]
    Evaluate(EvaluateArgs),
}

#[derive(Debug, Args)]
struct CheckArgs {
    /// File with the policy, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the policy is attached to
    #[arg(long, value_name = "KIND")]
    kind: AttachedTo,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Account that owns the bucket or endpoint
    #[arg(long, value_name = "ID", value_parser = account)]
    account: String,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

#[derive(Debug, Args)]
struct CompareArgs {
    /// File with the old policy, or - for standard input
    #[arg(value_name = "OLD")]
    old: PathBuf,
    /// File with the new policy, or - for standard input
    #[arg(value_name = "NEW")]
    new: PathBuf,
    /// Type of both policies
    #[arg(long = "type", value_name = "TYPE", default_value = "resource")]
    of: PolicyType,
    /// What the policies are attached to, where they are resource policies [default: bucket]
    #[arg(long, value_name = "KIND", conflicts_with = "of")]
    kind: Option<AttachedTo>,
    #[command(flatten)]
    scope: ScopeArgs,
    /// Account that owns the resource
    #[arg(long, value_name = "ID", value_parser = account, default_value = "111122223333")]
    account: String,
    /// Text for people or JSON for programs
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: TextFormat,
}

#[derive(Debug, Args)]
struct EvaluateArgs {
    /// File with one request per line, or - for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// What the policies are attached to
    #[arg(long, value_name = "KIND", default_value = "bucket")]
    kind: AttachedTo,
}

/// Who counts as inside, and where the resource is.
#[derive(Debug, Args)]
struct ScopeArgs {
    /// Organization of the account; without it the account is taken to be in none
    #[arg(long, value_name = "ID", value_parser = organization)]
    organization: Option<String>,
    /// Another account or organization that counts as inside
    #[arg(long, value_name = "ID", num_args = 1.., value_delimiter = ',', value_parser = trusted)]
    trusted: Vec<String>,
    /// ARN of the bucket [default: the first one that the policy names]
    #[arg(long, value_name = "ARN", value_parser = bucket_arn)]
    resource: Option<String>,
    /// Region of the bucket or endpoint
    #[arg(long, value_name = "REGION")]
    region: Option<String>,
}

/// What a policy is attached to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AttachedTo {
    /// An S3 bucket.
    Bucket,
    /// An interface endpoint.
    Endpoint,
    /// A gateway endpoint.
    GatewayEndpoint,
}

/// The type of a policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PolicyType {
    /// Of a user, group or role.
    Identity,
    /// Of a bucket, endpoint or other resource.
    Resource,
}

impl From<AttachedTo> for Attachment {
    fn from(kind: AttachedTo) -> Self {
        match kind {
            AttachedTo::Bucket => Self::Bucket,
            AttachedTo::Endpoint => Self::Endpoint,
            AttachedTo::GatewayEndpoint => Self::GatewayEndpoint,
        }
    }
}

impl ScopeArgs {
    fn scope(&self, attachment: Attachment, account: &str) -> Scope {
        let mut scope = Scope::new(attachment, account);
        if let Some(id) = &self.organization {
            scope.organization = Membership::In { id: id.clone(), accounts: None };
        }
        let (organizations, accounts): (BTreeSet<String>, BTreeSet<String>) =
            self.trusted.iter().cloned().partition(|id| id.starts_with("o-"));
        (scope.trusted_organizations, scope.trusted_accounts) = (organizations, accounts);
        if let Some(partition) = self.resource.as_deref().and_then(|arn| arn.split(':').nth(1)) {
            partition.clone_into(&mut scope.partition);
        }
        scope.resource.clone_from(&self.resource);
        scope.region.clone_from(&self.region);
        scope
    }
}

pub(super) fn run(args: &PolicyArgs) -> Result<u8, Error> {
    match &args.command {
        PolicyCommand::Check(args) => check(args),
        PolicyCommand::Compare(args) => compare(args),
        PolicyCommand::Evaluate(args) => evaluate_lines(args),
    }
}

fn check(args: &CheckArgs) -> Result<u8, Error> {
    let policy = read_policy(&args.file, PolicyKind::Resource)?;
    let scope = args.scope.scope(args.kind.into(), &args.account);
    let answers = Judge::new(&policy, &scope).answers();
    match args.format {
        TextFormat::Text => terminal::print(&policy_text::render_answers(&policy, &answers, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&policy_v1::render_answers(&policy, &answers)?)?,
    }
    let unknown = answers.iter().any(|answer| answer.verdict == Verdict::Unknown);
    Ok(if unknown { exit::INCOMPLETE } else { exit::CLEAN })
}

fn compare(args: &CompareArgs) -> Result<u8, Error> {
    let (kind, attachment) = match args.of {
        PolicyType::Identity => (PolicyKind::Identity, Attachment::Identity),
        PolicyType::Resource => (PolicyKind::Resource, args.kind.map_or(Attachment::Bucket, Attachment::from)),
    };
    if args.old.as_os_str() == "-" && args.new.as_os_str() == "-" {
        return Err(Error::Usage { problem: "standard input holds one policy", help: "give the other one as a file" });
    }
    let (old, new) = (read_policy(&args.old, kind)?, read_policy(&args.new, kind)?);
    let outcome = new_access(&old, &new, &args.scope.scope(attachment, &args.account));
    match args.format {
        TextFormat::Text => terminal::print(&policy_text::render_comparison(&new, &outcome, terminal::columns()))?,
        TextFormat::Json => terminal::print_plain(&policy_v1::render_comparison(&new, &outcome)?)?,
    }
    Ok(match outcome {
        Outcome::Closed => exit::CLEAN,
        Outcome::Open(_) => exit::FINDINGS,
        Outcome::Unknown(_) => exit::INCOMPLETE,
    })
}

/// One line of input.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    #[serde(default)]
    id: Value,
    policy: Value,
    #[serde(default)]
    endpoint_policies: Vec<Value>,
    request: LineRequest,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LineRequest {
    #[serde(default)]
    principal: Option<String>,
    action: String,
    resource: String,
    #[serde(default)]
    resource_account: Option<String>,
    #[serde(default)]
    context: Map<String, Value>,
}

fn evaluate_lines(args: &EvaluateArgs) -> Result<u8, Error> {
    let text = read(&args.file)?;
    let mut unknown = false;
    for (number, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let bad = |problem: String| Error::Line { path: args.file.clone(), line: number + 1, problem };
        let line: Line = serde_json::from_str(line).map_err(|error| bad(error.to_string()))?;
        let policy = policy_of(&line.policy).map_err(&bad)?;
        let gates: Result<Vec<Policy>, String> = line.endpoint_policies.iter().map(policy_of).collect();
        let request = line.request.request().map_err(&bad)?;
        let evaluation = evaluate(&policy, args.kind.into(), &gates.map_err(&bad)?, &request);
        unknown |= evaluation.decision == crate::policy::Decision::Unknown;
        terminal::print_plain(&policy_v1::render_decision(&line.id, &evaluation)?)?;
    }
    Ok(if unknown { exit::INCOMPLETE } else { exit::CLEAN })
}

/// A policy that is given as JSON, or as text that holds JSON.
fn policy_of(value: &Value) -> Result<Policy, String> {
    let text = match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    };
    parse(&text, PolicyKind::Resource).map_err(|error| error.to_string())
}

impl LineRequest {
    fn request(self) -> Result<Request, String> {
        let mut stated = Vec::with_capacity(self.context.len());
        for (key, value) in self.context {
            let presence = match value {
                Value::Null => Presence::Absent,
                Value::Array(values) => Presence::Many(values.iter().map(|value| scalar(&key, value)).collect::<Result<_, _>>()?),
                value => Presence::One(scalar(&key, &value)?),
            };
            stated.push((key, presence));
        }
        let principal = Principal::parse(self.principal.as_deref());
        Ok(Request::new(principal, self.action, self.resource, self.resource_account.as_deref(), stated))
    }
}

fn scalar(key: &str, value: &Value) -> Result<String, String> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => {
            Err(format!("`{key}` in `context` is neither text nor a list of texts"))
        }
    }
}

fn read_policy(path: &Path, kind: PolicyKind) -> Result<Policy, Error> {
    let text = read(path)?;
    parse(&text, kind).map_err(|source| Error::Policy { path: path.to_owned(), source: Box::new(source) })
}

fn read(path: &Path) -> Result<String, Error> {
    let unreadable = |source| Error::Read { what: "policy", path: path.to_owned(), source };
    if path.as_os_str() == "-" {
        let mut text = String::new();
        std::io::stdin().lock().read_to_string(&mut text).map_err(unreadable)?;
        return Ok(text);
    }
    std::fs::read_to_string(path).map_err(unreadable)
}

fn account(text: &str) -> Result<String, String> {
    if is_account_id(text) { Ok(text.to_owned()) } else { Err("an account id has 12 digits".to_owned()) }
}

fn organization(text: &str) -> Result<String, String> {
    if is_organization_id(text) {
        Ok(text.to_owned())
    } else {
        Err("an organization id is written like `o-a1b2c3d4e5`".to_owned())
    }
}

fn trusted(text: &str) -> Result<String, String> {
    account(text).or_else(|_| organization(text)).map_err(|_| "neither an account id nor an organization id".to_owned())
}

fn bucket_arn(text: &str) -> Result<String, String> {
    let fields: Vec<&str> = text.splitn(6, ':').collect();
    match fields.as_slice() {
        ["arn", partition, "s3", _, _, name] if !partition.is_empty() && !name.is_empty() && !name.contains('*') => {
            Ok(text.trim_end_matches("/*").to_owned())
        }
        _ => Err("a bucket's ARN is written like `arn:aws:s3:::bucket`".to_owned()),
    }
}
