"""Django's test client with signed requests: botocore signs, nothing goes over a wire."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from django.test import Client

HOST = "testserver"


class Signer(S3SigV4Auth):
    """Leaves what a test says of the body as it is."""

    said = ""

    def payload(self, request: AWSRequest) -> str:
        return self.said or str(super().payload(request))


class SigningClient(Client):
    """Signs each request with an access key and its secret; no key signs nothing."""

    def __init__(self, key: str = "", secret: str = "", *, region: str = "us-east-1", **options: Any) -> None:
        super().__init__(**options)
        self.key, self.secret, self.region = key, secret, region

    def generic(  # type: ignore[override]
        self, method: str, path: str, data: Any = b"", content_type: str = "", secure: bool = False,
        *, headers: Any = None, **extra: Any,
    ) -> Any:  # fmt: skip
        """Send the request, with its Authorization header."""
        body = data.encode() if isinstance(data, str) else bytes(data or b"")
        request = AWSRequest(method, f"http://{HOST}{path}", headers=dict(headers or {}), data=body)
        if content_type and "Content-Type" not in request.headers:
            request.headers["Content-Type"] = content_type
        kind = request.headers.get("Content-Type", "")
        if self.key:
            signer = Signer(Credentials(self.key, self.secret), "s3", self.region)
            signer.said = request.headers.get("x-amz-content-sha256", "")
            signer.add_auth(request)
        signed = {name: value for name, value in request.headers.items() if name.lower() != "content-type"}
        environ = {"HTTP_" + name.upper().replace("-", "_"): value for name, value in signed.items()}
        # As a server has it, also for an empty body.
        environ |= {
            "QUERY_STRING": urlsplit(path).query,
            "CONTENT_LENGTH": str(len(body)),
            "CONTENT_TYPE": kind,
        }
        environ = {**environ, "HTTP_HOST": HOST, **extra}
        answer: Any = super().generic(method, path, body, kind, secure, **environ)
        if answer.streaming:  # Read at once, so that nothing stays open where a test looks at headers only.
            answer.streaming_content = [b"".join(answer.streaming_content)]
        return answer
