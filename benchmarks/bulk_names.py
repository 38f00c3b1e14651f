"""An S3 server that holds nothing but names: it answers ListObjectsV2 for any number of them.

    python benchmarks/bulk_names.py COUNT PORT

`s3://names/photos/0000/0000000.jpg` and so on, ten thousand in a folder. It shows what listing a
bucket costs who lists it; how long a store takes for its answers is another matter.
"""

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

PAGE = 1000
ENTRY = (
    "<Contents><Key>photos/{:04}/{:08}.jpg</Key><LastModified>2026-01-01T00:00:00.000Z"
    '</LastModified><ETag>"d41d8cd98f00b204e9800998ecf8427e"</ETag><Size>100000</Size>'
    "<StorageClass>STANDARD</StorageClass></Contents>"
)
ANSWER = (
    '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult '
    'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>names</Name><Prefix>photos/</Prefix>'
    "<KeyCount>{}</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>{}</IsTruncated>{}{}"
    "</ListBucketResult>"
)


class Names(BaseHTTPRequestHandler):
    """Answers for `count` names."""

    protocol_version = "HTTP/1.1"
    count = 0

    def do_GET(self) -> None:
        query = parse_qs(urlsplit(self.path).query)
        if query.get("max-keys") == ["1"] or "delimiter" in query:
            start, stop = 0, 1  # is there such a folder?
        else:
            start = int(query.get("continuation-token", ["0"])[0])
            stop = min(start + PAGE, self.count)
        entries = "".join(ENTRY.format(i // 10_000, i) for i in range(start, stop))
        more = stop < self.count
        token = f"<NextContinuationToken>{stop}</NextContinuationToken>" if more else ""
        body = ANSWER.format(stop - start, str(more).lower(), token, entries).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/xml")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_HEAD(self) -> None:
        is_bucket = urlsplit(self.path).path.strip("/") == "names"
        self.send_response(200 if is_bucket else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    Names.count = int(sys.argv[1])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[2])), Names).serve_forever()
