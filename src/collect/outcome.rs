//! The only place where an SDK error becomes a value, an absence or the makings of a gap.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::{DispatchFailure, SdkError};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_types::request_id::RequestId;

use super::aws::guard::NotInTable;
use super::aws::tape::{NotRecorded, hide};
use super::calls::ApiCall;
use crate::model::GapKind;

/// What became of a call.
#[derive(Debug)]
pub(crate) enum Outcome<O> {
    /// AWS answered.
    Value(O),
    /// AWS answered that there is none.
    Absent,
    /// No answer that could be used.
    Failed(Failure),
}

impl<O> Outcome<O> {
    /// The word for it in the log: the kind of a failure, never what an answer holds.
    pub(crate) fn word(&self) -> &str {
        match self {
            Self::Value(_) => "answered",
            Self::Absent => "absent",
            Self::Failed(failure) => failure.kind.as_str(),
        }
    }
}

/// Why a call gave no answer that could be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) kind: GapKind,
    pub(crate) code: String,
    pub(crate) message: String,
    pub(crate) request_id: Option<String>,
}

impl Failure {
    /// A failure that AWS did not name itself.
    pub(crate) fn new(kind: GapKind, code: &str, message: impl Into<String>) -> Self {
        Self { kind, code: code.to_owned(), message: message.into(), request_id: None }
    }
}

/// Codes by which services ask to slow down.
///
/// Source: AWS SDKs and Tools Reference Guide, "Retry behavior"; EC2 API Reference, "Error codes for the Amazon EC2 API".
pub(crate) const THROTTLE_CODES: &[&str] = &[
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
    "LimitExceededException",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "RequestThrottled",
    "RequestThrottledException",
    "SlowDown",
    "ThrottledException",
    "Throttling",
    "ThrottlingException",
    "TooManyRequests",
    "TooManyRequestsException",
    "TransactionInProgressException",
];

/// Codes by which services refuse who asks, whatever the reason.
///
/// Source: EC2 API Reference, "Error codes for the Amazon EC2 API"; IAM and S3 "Common errors" pages.
const DENIED_CODES: &[&str] = &[
    "AccessDenied",
    "AccessDeniedException",
    "AccountProblem",
    "AllAccessDisabled",
    "AuthFailure",
    "AuthorizationError",
    "Blocked",
    "ExpiredToken",
    "ExpiredTokenException",
    "IncompleteSignature",
    "InvalidAccessKeyId",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "InvalidSignatureException",
    "InvalidToken",
    "MissingAuthenticationToken",
    "NotAuthorized",
    "NotSignedUp",
    "OptInRequired",
    "RequestExpired",
    "RequestTimeTooSkewed",
    "SignatureDoesNotMatch",
    "SubscriptionRequiredException",
    "UnauthorizedAccess",
    "UnauthorizedOperation",
    "UnrecognizedClientException",
];

/// Codes of an endpoint that does not know the call.
const UNSUPPORTED_CODES: &[&str] = &[
    "ActionNotSupported",
    "InvalidAction",
    "MethodNotAllowed",
    "NotImplemented",
    "UnknownOperation",
    "UnknownOperationException",
    "Unsupported",
    "UnsupportedOperation",
    "UnsupportedOperationException",
];

/// Codes of a failure on AWS's side.
const SERVER_CODES: &[&str] = &[
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServiceError",
    "InternalServiceException",
    "ServiceException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
];

/// What became of a call, told by its result.
pub(crate) fn classify<O, E>(call: &ApiCall, result: Result<O, SdkError<E, HttpResponse>>) -> Outcome<O>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let error = match result {
        Ok(value) => return Outcome::Value(value),
        Err(error) => error,
    };
    if let Some(code) = ProvideErrorMetadata::code(&error)
        && call.absent.contains(&code)
    {
        return Outcome::Absent;
    }
    Outcome::Failed(failure(&error))
}

/// The makings of a gap.
pub(crate) fn failure<E>(error: &SdkError<E, HttpResponse>) -> Failure
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let mut failure = match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let message = error.message().map_or_else(|| details(context.err()), str::to_owned);
            let silent = || format!("the answer has status {status} and no message");
            answered(status, error.code(), if message.is_empty() { silent() } else { message })
        }
        SdkError::ResponseError(context) => answered(context.raw().status().as_u16(), None, chain(error)),
        SdkError::TimeoutError(_) => Failure::new(GapKind::TimedOut, "Timeout", chain(error)),
        SdkError::DispatchFailure(dispatch) => not_sent(error).unwrap_or_else(|| transport(dispatch, error)),
        SdkError::ConstructionFailure(_) => {
            not_sent(error).unwrap_or_else(|| Failure::new(GapKind::Unsupported, "RequestNotBuilt", chain(error)))
        }
        _ => Failure::new(GapKind::Malformed, "UnknownFailure", chain(error)),
    };
    failure.message = presentable(&failure.message);
    failure.request_id = error.request_id().or_else(|| error.meta().extra("aws_request_id")).map(str::to_owned);
    failure
}

/// Why a call gave no answer, in one line: `AccessDenied: not authorized`.
pub(crate) fn failure_in_words<E>(error: &SdkError<E, HttpResponse>) -> String
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    let Failure { code, message, .. } = failure(error);
    if message.is_empty() { code } else { format!("{code}: {message}") }
}

/// An answer that is an error: its code decides, without a code its HTTP status does.
fn answered(status: u16, code: Option<&str>, message: String) -> Failure {
    let kind = match code {
        Some(code) if THROTTLE_CODES.contains(&code) => GapKind::Throttled,
        Some(code) if DENIED_CODES.contains(&code) => GapKind::Denied,
        Some(code) if UNSUPPORTED_CODES.contains(&code) => GapKind::Unsupported,
        Some(code) if SERVER_CODES.contains(&code) => GapKind::ServerError,
        _ => match status {
            429 => GapKind::Throttled,
            401 | 403 => GapKind::Denied,
            408 | 504 => GapKind::TimedOut,
            501 => GapKind::Unsupported,
            500.. => GapKind::ServerError,
            // An error that came with success, such as a body that does not parse.
            200..300 => GapKind::Malformed,
            // Every other refusal: the call as such is not accepted there.
            _ => GapKind::Unsupported,
        },
    };
    let code = match code {
        Some(code) => code.to_owned(),
        None if (200..300).contains(&status) => "UnreadableAnswer".to_owned(),
        None => format!("Http{status}"),
    };
    Failure { kind, code, message, request_id: None }
}

/// A request that never left, for a reason of our own or of the credentials.
fn not_sent(error: &(dyn Error + 'static)) -> Option<Failure> {
    for cause in causes(error) {
        if let Some(missing) = cause.downcast_ref::<NotRecorded>() {
            return Some(Failure::new(GapKind::Unsupported, "NotRecorded", missing.to_string()));
        }
        if let Some(refused) = cause.downcast_ref::<NotInTable>() {
            return Some(Failure::new(GapKind::Unsupported, "NotInCallTable", refused.to_string()));
        }
        if let Some(credentials) = cause.downcast_ref::<CredentialsError>() {
            let code = match credentials {
                CredentialsError::CredentialsNotLoaded(_) => "CredentialsNotLoaded",
                CredentialsError::ProviderTimedOut(_) => "CredentialsTimedOut",
                CredentialsError::InvalidConfiguration(_) => "CredentialsConfiguration",
                _ => "CredentialsError",
            };
            return Some(Failure::new(GapKind::Denied, code, chain(credentials)));
        }
    }
    None
}

fn transport(dispatch: &DispatchFailure, error: &(dyn Error + 'static)) -> Failure {
    let code = if dispatch.is_timeout() {
        "ConnectTimeout"
    } else if dispatch.is_io() {
        "ConnectionFailed"
    } else {
        "DispatchFailure"
    };
    Failure::new(GapKind::TimedOut, code, chain(error))
}

/// A call whose time was up while it waited to be tried again, by its latest answer; `None` where that does not tell why.
pub(crate) fn unrepeated(status: u16, throttle: Option<&str>) -> Option<Failure> {
    let failure = answered(status, throttle, "the time for the call was up before it could be tried again".to_owned());
    matches!(failure.kind, GapKind::Throttled | GapKind::ServerError | GapKind::Malformed).then_some(failure)
}

/// The code by which an answer asks to slow down. Read from the raw answer, as it is asked of every attempt.
pub(crate) fn throttle_code(status: u16, body: &[u8], headers: &str) -> Option<&'static str> {
    if status < 400 {
        return None;
    }
    let body = String::from_utf8_lossy(body);
    let named = THROTTLE_CODES.iter().copied().find(|code| {
        body.contains(&format!(">{code}<"))
            || names_code(&body, code)
            || headers.split(['\n', ';', ':', '#', ',']).any(|part| part == *code)
    });
    named.or_else(|| (status == 429).then_some("TooManyRequests"))
}

/// Whether a JSON or CBOR body ends a string with this code, as in `com.amazonaws.organizations#TooManyRequestsException"`.
fn names_code(body: &str, code: &str) -> bool {
    body.match_indices(code).any(|(at, _)| {
        let before = body.as_bytes().get(at.wrapping_sub(1)).copied();
        let after = body.as_bytes().get(at + code.len()).copied();
        before.is_none_or(|byte| byte == b'"' || byte == b'#' || !byte.is_ascii())
            && after.is_none_or(|byte| byte == b'"' || !byte.is_ascii())
    })
}

/// An error and its causes.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Longest message that is kept, in characters: an endpoint may answer anything.
const LONGEST_MESSAGE: usize = 2_000;

/// A message without secrets and of bounded length.
fn presentable(message: &str) -> String {
    let message = hide(message);
    if message.chars().nth(LONGEST_MESSAGE).is_none() {
        return message;
    }
    message.chars().take(LONGEST_MESSAGE).chain(['…']).collect()
}

/// What the layers of the SDK say only to pass an error on.
const WRAPPERS: &[&str] = &[
    "dispatch failure",
    "service error",
    "unhandled error",
    "io error",
    "other",
    "failed to construct request",
    "client error (Connect)",
    "client error (SendRequest)",
    "an error occurred while loading credentials",
    // An answer without code and message.
    "Error",
];

fn says_nothing(said: &str) -> bool {
    said.is_empty() || WRAPPERS.contains(&said) || said.starts_with("Error { aws_request_id")
}

/// An error and its causes in one line, without repeating what a cause already says.
pub(crate) fn chain(error: &(dyn Error + 'static)) -> String {
    let details = details(error);
    if details.is_empty() { error.to_string() } else { details }
}

/// What an error and its causes say, in one line; empty where all of them only pass something on.
fn details(error: &(dyn Error + 'static)) -> String {
    let mut text = String::new();
    for cause in causes(error) {
        let said = cause.to_string();
        let said = said.split_whitespace().collect::<Vec<_>>().join(" ");
        let said = WRAPPERS.iter().find_map(|wrapper| said.strip_prefix(wrapper)?.strip_prefix(": ")).unwrap_or(&said);
        if says_nothing(said) || text.contains(said) {
            continue;
        }
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(said);
    }
    text
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::operation::get_bucket_policy::GetBucketPolicyError;
    use aws_smithy_runtime_api::client::result::ConnectorError;
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;
    use crate::collect::calls::{DESCRIBE_VPCS, GET_BUCKET_POLICY};

    fn response(status: u16) -> HttpResponse {
        let mut response = HttpResponse::new(StatusCode::try_from(status).unwrap(), SdkBody::empty());
        response.headers_mut().insert("x-amzn-requestid", "req-1");
        response
    }

    fn service_error(status: u16, code: &str) -> SdkError<GetBucketPolicyError, HttpResponse> {
        let meta = ErrorMetadata::builder().code(code).message("as AWS says it").build();
        SdkError::service_error(GetBucketPolicyError::generic(meta), response(status))
    }

    fn failed(outcome: Outcome<()>) -> Failure {
        match outcome {
            Outcome::Failed(failure) => failure,
            other => panic!("expected a failure, got {other:?}"),
        }
    }

    #[test]
    fn a_missing_policy_is_an_answer_and_only_where_the_table_says_so() {
        assert!(matches!(classify::<(), _>(&GET_BUCKET_POLICY, Err(service_error(404, "NoSuchBucketPolicy"))), Outcome::Absent));
        let elsewhere = failed(classify(&DESCRIBE_VPCS, Err(service_error(404, "NoSuchBucketPolicy"))));
        assert_eq!(elsewhere.kind, GapKind::Unsupported);
    }

    #[test]
    fn codes_decide_before_status() {
        for (status, code, kind) in [
            (403, "AccessDenied", GapKind::Denied),
            (403, "UnauthorizedOperation", GapKind::Denied),
            (400, "ExpiredToken", GapKind::Denied),
            (400, "RequestExpired", GapKind::Denied),
            (401, "OptInRequired", GapKind::Denied),
            (503, "RequestLimitExceeded", GapKind::Throttled),
            (400, "Throttling", GapKind::Throttled),
            (503, "SlowDown", GapKind::Throttled),
            (500, "InternalError", GapKind::ServerError),
            (503, "SomethingNew", GapKind::ServerError),
            (400, "InvalidAction", GapKind::Unsupported),
            (501, "NotImplemented", GapKind::Unsupported),
            (301, "PermanentRedirect", GapKind::Unsupported),
        ] {
            let failure = failed(classify(&GET_BUCKET_POLICY, Err(service_error(status, code))));
            assert_eq!((failure.kind, failure.code.as_str()), (kind, code));
            assert_eq!(failure.message, "as AWS says it");
            assert_eq!(failure.request_id.as_deref(), Some("req-1"));
        }
    }

    #[test]
    fn an_answer_that_does_not_parse_is_malformed_unless_it_is_an_error_page() {
        let garbage = |status| SdkError::<GetBucketPolicyError, _>::response_error("no XML", response(status));
        assert_eq!(failed(classify(&GET_BUCKET_POLICY, Err(garbage(200)))).kind, GapKind::Malformed);
        let page = failed(classify(&GET_BUCKET_POLICY, Err(garbage(502))));
        assert_eq!((page.kind, page.code.as_str()), (GapKind::ServerError, "Http502"));
    }

    #[test]
    fn transport_failures_are_timed_out() {
        let lost = ConnectorError::io("connection refused".into());
        let failure = failed(classify(&GET_BUCKET_POLICY, Err(SdkError::<GetBucketPolicyError, _>::dispatch_failure(lost))));
        assert_eq!((failure.kind, failure.code.as_str()), (GapKind::TimedOut, "ConnectionFailed"));
        assert!(failure.message.contains("connection refused"), "{}", failure.message);
        let late = failed(classify(&GET_BUCKET_POLICY, Err(SdkError::<GetBucketPolicyError, _>::timeout_error("30 s"))));
        assert_eq!((late.kind, late.code.as_str()), (GapKind::TimedOut, "Timeout"));
    }

    #[test]
    fn a_message_tells_the_cause_and_not_who_passed_it_on() {
        let lost = ConnectorError::io("connection refused".into());
        let error = SdkError::<GetBucketPolicyError, _>::dispatch_failure(lost);
        assert_eq!(failure(&error).message, "connection refused");
        let bare = GetBucketPolicyError::generic(ErrorMetadata::builder().build());
        let silent = failure(&SdkError::service_error(bare, response(500)));
        assert_eq!((silent.code.as_str(), silent.message.as_str()), ("Http500", "the answer has status 500 and no message"));
    }

    #[test]
    fn a_message_holds_no_secret_and_is_not_endless() {
        // S3 and STS repeat what should have been signed.
        let said = "should have been 'POST\n/\nx-amz-security-token:IQoJb3JpZ2lu\n\nhost' Signature=0123456789abcdef";
        let meta = ErrorMetadata::builder().code("SignatureDoesNotMatch").message(said).build();
        let told = failure(&SdkError::service_error(GetBucketPolicyError::generic(meta), response(403))).message;
        assert!(!told.contains("IQoJ") && !told.contains("0123456789abcdef") && told.contains("host"), "{told}");
        let meta = ErrorMetadata::builder().code("X").message("m".repeat(1_000_000)).build();
        let told = failure(&SdkError::service_error(GetBucketPolicyError::generic(meta), response(400))).message;
        assert_eq!(told.chars().count(), LONGEST_MESSAGE + 1);
    }

    #[test]
    fn missing_credentials_are_denied() {
        let missing = ConnectorError::other(Box::new(CredentialsError::not_loaded("nothing found")), None);
        let failure = failed(classify(&GET_BUCKET_POLICY, Err(SdkError::<GetBucketPolicyError, _>::dispatch_failure(missing))));
        assert_eq!((failure.kind, failure.code.as_str()), (GapKind::Denied, "CredentialsNotLoaded"));
    }

    #[test]
    fn a_call_that_ran_out_of_time_between_attempts_is_told_by_its_latest_answer() {
        for (status, code, kind) in
            [(503, Some("SlowDown"), GapKind::Throttled), (500, None, GapKind::ServerError), (200, None, GapKind::Malformed)]
        {
            let failure = unrepeated(status, code).unwrap();
            assert_eq!(failure.kind, kind);
            assert!(failure.message.contains("time"), "{}", failure.message);
        }
        assert_eq!(unrepeated(400, None), None);
    }

    #[test]
    fn throttles_are_told_from_the_raw_answer() {
        assert_eq!(throttle_code(503, b"<Code>RequestLimitExceeded</Code>", ""), Some("RequestLimitExceeded"));
        let json = br#"{"__type":"com.amazonaws.organizations#TooManyRequestsException"}"#;
        assert_eq!(throttle_code(400, json, ""), Some("TooManyRequestsException"));
        assert_eq!(throttle_code(400, b"", "ThrottlingException:http://internal"), Some("ThrottlingException"));
        assert_eq!(throttle_code(429, b"", ""), Some("TooManyRequests"));
        assert_eq!(throttle_code(503, b"<Code>Unavailable</Code>", ""), None);
        assert_eq!(throttle_code(200, b"<x>Throttling</x>", ""), None);
        assert_eq!(throttle_code(403, b"<Message>NoThrottlingHere</Message>", ""), None);
    }
}
