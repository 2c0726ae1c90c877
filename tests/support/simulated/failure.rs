//! Failures in the words of each service.

use super::request::Call;
use super::server::Reply;
use super::xml::Xml;

/// An answer that is an error.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) status: u16,
    pub(super) code: String,
    pub(super) message: String,
    /// Region a bucket really lies in, of a redirect.
    pub(super) bucket_region: Option<String>,
}

/// What a call gives.
pub(super) type Answer = Result<Reply, Failure>;

impl Failure {
    pub(super) fn new(status: u16, code: &str, message: impl Into<String>) -> Self {
        Self { status, code: code.to_owned(), message: message.into(), bucket_region: None }
    }

    /// The caller may not make this call.
    pub(super) fn denied(call: &Call) -> Self {
        let action = format!("{}:{}", call.service, call.operation);
        match call.service {
            "ec2" => Self::new(
                403,
                "UnauthorizedOperation",
                format!("You are not authorized to perform this operation. No identity-based policy allows the {action} action"),
            ),
            "s3" | "s3control" => Self::new(403, "AccessDenied", "Access Denied"),
            "sts" | "route53" => Self::new(403, "AccessDenied", format!("User is not authorized to perform: {action}")),
            "cloudwatch" => Self::new(403, "AccessDeniedException", format!("User is not authorized to perform: {action}")),
            _ => Self::new(400, "AccessDeniedException", "You don't have permissions to access this resource."),
        }
    }

    /// Too many requests.
    pub(super) fn throttled(call: &Call) -> Self {
        let (status, code) = match call.service {
            "ec2" => (503, "RequestLimitExceeded"),
            "s3" | "s3control" => (503, "SlowDown"),
            "sts" | "route53" => (400, "Throttling"),
            "organizations" => (400, "TooManyRequestsException"),
            _ => (400, "ThrottlingException"),
        };
        Self::new(status, code, "Rate exceeded")
    }

    /// AWS failed.
    pub(super) fn server_error(call: &Call) -> Self {
        let code = match call.service {
            "ec2" | "s3" | "s3control" => "InternalError",
            "organizations" => "ServiceException",
            "directconnect" => "DirectConnectServerException",
            "pricing" => "InternalErrorException",
            "cloudwatch" => "InternalServiceFault",
            _ => "InternalFailure",
        };
        Self::new(500, code, "An internal error has occurred")
    }

    /// The request was signed by a clock that is too far from AWS's.
    ///
    /// Sources: "Common errors" of the EC2 API Reference (`RequestExpired`), S3 "Error responses" (`RequestTimeTooSkewed`), and of
    /// the other services' API references (`RequestExpired`).
    pub(super) fn skewed(call: &Call) -> Self {
        let (status, code) = match call.service {
            "s3" | "s3control" => (403, "RequestTimeTooSkewed"),
            _ => (400, "RequestExpired"),
        };
        Self::new(status, code, "The difference between the request time and the server's time is too large")
    }

    /// The resource lies in another region.
    pub(super) fn elsewhere() -> Self {
        let message = "The bucket you are attempting to access must be addressed using the specified endpoint.";
        Self { bucket_region: Some("ap-southeast-2".to_owned()), ..Self::new(301, "PermanentRedirect", message) }
    }

    /// The same with what the caller sent for the server's eyes only, as a careless server repeats it.
    pub(super) fn indiscreet(mut self, call: &Call) -> Self {
        let token = call.session_token.as_deref().unwrap_or("none");
        self.message = format!("{} (Credential={}, X-Amz-Security-Token={token})", self.message, call.access_key);
        self
    }

    /// The session of the caller is over.
    pub(super) fn expired(call: &Call) -> Self {
        let (status, code) = match call.service {
            "ec2" => (400, "RequestExpired"),
            "s3" | "s3control" => (400, "ExpiredToken"),
            "sts" | "route53" => (403, "ExpiredToken"),
            _ => (400, "ExpiredTokenException"),
        };
        Self::new(status, code, "The security token included in the request is expired")
    }

    /// There is no such operation.
    pub(super) fn unknown_operation(call: &Call) -> Self {
        let (status, code) = match call.service {
            "ec2" | "sts" => (400, "InvalidAction"),
            "s3" | "s3control" => (501, "NotImplemented"),
            _ => (400, "UnknownOperationException"),
        };
        Self::new(status, code, format!("the simulated AWS has no operation `{}`", call.operation))
    }

    /// A token for the next page that was never given out, or to another call.
    pub(super) fn bad_token(call: &Call) -> Self {
        let code = match call.service {
            "ec2" | "route53" => "InvalidPaginationToken",
            "s3" | "s3control" => "InvalidArgument",
            "organizations" => "InvalidInputException",
            "pricing" => "InvalidNextTokenException",
            _ => "InvalidNextToken",
        };
        Self::new(400, code, "the token is not valid for this request")
    }

    /// A parameter out of its range, or missing.
    pub(super) fn bad_parameter(call: &Call, message: impl Into<String>) -> Self {
        let code = match call.service {
            "ec2" | "cloudwatch" => "InvalidParameterValue",
            "s3" | "s3control" => "InvalidArgument",
            "route53" => "InvalidInput",
            "organizations" => "InvalidInputException",
            "pricing" => "InvalidParameterException",
            _ => "ValidationError",
        };
        Self::new(400, code, message)
    }

    /// The error as the protocol of the service writes it.
    pub(super) fn reply(&self, service: &str) -> Reply {
        let reply = match service {
            "ec2" => Reply::xml(Xml::document("Response", "", |xml| {
                xml.node("Errors", |xml| self.element(xml)).text("RequestID", super::server::REQUEST_ID);
            })),
            "s3" => Reply::xml(Xml::document("Error", "", |xml| self.fields(xml))),
            "organizations" | "directconnect" | "pricing" => {
                let body = serde_json::json!({ "__type": self.code, "message": self.message, "Message": self.message });
                Reply::json(&body).header("x-amzn-errortype", &self.code)
            }
            "cloudwatch" => super::cloudwatch::error(self),
            _ => Reply::xml(Xml::document("ErrorResponse", "", |xml| {
                self.element(xml);
                xml.text("RequestId", super::server::REQUEST_ID);
            })),
        };
        let reply = reply.status(self.status);
        match &self.bucket_region {
            Some(region) => reply.header("x-amz-bucket-region", region),
            None => reply,
        }
    }

    fn element(&self, xml: &mut Xml) {
        xml.node("Error", |xml| self.fields(xml));
    }

    fn fields(&self, xml: &mut Xml) {
        xml.text("Code", &self.code).text("Message", &self.message);
    }
}
