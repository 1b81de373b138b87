"""The flags' snapshot as the edge reads it: its schema and its largest size. Imports nothing: the edge carries it.

The edge has 128 MB and about 1/14 of a CPU, 5 s for an answer, and a round trip to the bucket of 150 ms and more.

- 512 KiB of the most expensive kind (JsonLogic) take 80 ms to parse and compile on a whole core, about 1.1 s there,
  and 20 MB. With the second that a request may wait for the bytes, the answer comes within 5 s
- 200 KiB come within 6 round trips of a new connection (TCP, TLS, and four until the window has grown), which is
  0.9 s at 150 ms each. They hold about 10,000 target users, whose hashes gzip can't pack
"""

from __future__ import annotations

SCHEMA = 1

MAX_RAW_BYTES = 512 * 1024
MAX_GZIPPED_BYTES = 200 * 1024

MAX_READ_BYTES = 2 * MAX_RAW_BYTES
"""What the edge still unpacks. A file with more than 40 flags is applied in several transactions: between two of them
the table holds flags of the old set and of the new one, each within the limit."""
