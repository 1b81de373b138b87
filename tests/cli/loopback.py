"""Small HTTP servers on loopback that stand in for what moto does not have."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from botocore.exceptions import ClientError

from tests.support.moto.aws import NAMES, Aws

Answer = tuple[int, str, bytes]
"""Status, Content-Type, body."""


@contextmanager
def serving(
    answer: Callable[[str], Answer], headers: Callable[[str], Mapping[str, str]] = lambda _: {}
) -> Iterator[str]:
    """The URL of a server that answers every GET and POST by its path, with more headers if need be."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            status, content_type, body = answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(body)))
            for name, value in headers(self.path).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET  # noqa: N815  http.server's name

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  its name there
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    worker = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    worker.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        worker.join()
        server.server_close()


def cdn(aws: Aws) -> Callable[[str], Answer]:
    """Serves the site bucket, and `latest` as the table has it."""

    def answer(path: str) -> Answer:
        widget, folder, name = path.removeprefix("/").split("/", 2)
        if folder == "latest" or folder.startswith("~"):
            folder = f"v{aws.state.channel(widget, 'latest').version}"
        try:
            found = aws.s3.get_object(Bucket=NAMES.site_bucket, Key=f"{widget}/{folder}/{name}")
        except ClientError:
            return 404, "text/plain", b"nothing here"
        return 200, found["ContentType"], found["Body"].read()

    return answer


def version_of(aws: Aws) -> Callable[[str], Mapping[str, str]]:
    """The header by which the CDN names the version that it serves."""

    def headers(path: str) -> Mapping[str, str]:
        widget, folder, _ = path.removeprefix("/").split("/", 2)
        named = folder.removeprefix("v") if folder[:1] == "v" else aws.state.channel(widget, "latest").version
        return {"x-amz-meta-version": str(named)}

    return headers


def stack_with_output(key: str, value: str) -> Callable[[str], Answer]:
    """CloudFormation's answer to DescribeStacks."""
    body = f"""<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult>
    <Stacks><member><StackName>{NAMES.stack}</StackName><StackStatus>CREATE_COMPLETE</StackStatus>
    <CreationTime>2026-11-23T10:00:00Z</CreationTime><Outputs><member><OutputKey>{key}</OutputKey>
    <OutputValue>{value}</OutputValue></member></Outputs></member></Stacks>
    </DescribeStacksResult></DescribeStacksResponse>"""
    return lambda _: (200, "text/xml", body.encode())


def denied(_: str) -> Answer:
    """What a query API answers to credentials that may not."""
    return (
        403,
        "text/xml",
        b"<ErrorResponse><Error><Code>AccessDenied</Code><Message>not authorized</Message></Error></ErrorResponse>",
    )
