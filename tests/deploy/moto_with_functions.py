#!/usr/bin/env python3
"""A moto server whose Lambda functions are answered by another server, and whose state machines really run.

  moto_with_functions.py PORT FORWARD_URL

An invocation becomes `POST FORWARD_URL/<function name>` with the payload as its body. The answer:
  200                                       the body is the function's result
  200 with `X-Function-Error: Unhandled`    the body is the function's error, {"errorType", "errorMessage"}
  429                                       Lambda is busy: TooManyRequestsException
  anything else, or none                    Lambda fails: ServiceException
"""
import os
import sys

import requests
from moto.awslambda.exceptions import LambdaClientError
from moto.awslambda.models import LambdaBackend
from moto.core.config import default_user_config

# Longest run of a function, in seconds, as AWS has it.
LONGEST = 900


def forwarded(url):
    """What stands in for moto's own `invoke`, which needs Docker."""

    def invoke(self, function_name, qualifier, body, headers, response_headers):
        function = self.get_function(function_name, qualifier)
        try:
            answer = requests.post(f"{url}/{function.function_name}", data=body or b"{}", timeout=LONGEST)
        except requests.RequestException as problem:
            raise refused(502, "ServiceException", str(problem)) from problem
        if answer.status_code == 429:
            raise refused(429, "TooManyRequestsException", "Rate Exceeded.")
        if answer.status_code != 200:
            raise refused(500, "ServiceException", f"the function's server answered {answer.status_code}")
        if error := answer.headers.get("X-Function-Error"):
            response_headers["x-amz-function-error"] = error
        response_headers["Content-Length"] = str(len(answer.content))
        return answer.content

    return invoke


def refused(status, name, message):
    problem = LambdaClientError(name, message)
    problem.code = status
    return problem


def main(port, url):
    os.environ["MOTO_PORT"] = port
    default_user_config["stepfunctions"] = {"execute_state_machine": True}
    LambdaBackend.invoke = forwarded(url.rstrip("/"))
    from moto.server import main as serve

    serve(["-H", "127.0.0.1", "-p", port])


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
