"""What is sent to do harm: strings, numbers, bodies and headers that no client would send."""

from __future__ import annotations

import gzip
import json

DEEP = 100_000
MEGABYTE = 1_000_000


def _json(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


#: Texts that are sound as Unicode; NUL comes first, for databases stop there.
TEXTS = (
    "\0",
    "\0+85366120001",
    "+85366120001\0",
    "",
    " ",
    "a" * 10_000,
    "\u202e10002166358+",  # written from right to left
    "\u2066+85366120001\u2069",
    "e" + "\u0301" * 500,
    "\u200b+8536612\u200d0001",
    "\ufeff+85366120001",
    "＋８５３６６１２０００１",
    "+853٦٦١٢٠٠٠١",
    "😀" * 50,
    "\ue000\ufdd0\U0010ffff",
    "\x1b[2J\x7f\x85\u2028",
    "line\r\nSet-Cookie: a=b",
    "'; DROP TABLE lines; --",
    "{number} {0} %s %n {number.__class__}",
    "../../../etc/passwd",
    "<script>alert(1)</script>",
    "$.a[0]`~1/~0",
    "NaN",
    "-0",
    "1e400",
    "null",
    "9" * 5_000,
    "999999 years",
    "00000000-0000-0000-0000-000000000000",
    "ffffffff-ffff-ffff-ffff-ffffffffffff",  # of a year that no calendar has
    "999999y",
    "0 months",
    # Times: a leap second, the ends of the calendar, days and offsets that do not exist.
    "2026-12-31T23:59:60Z",
    "0001-01-01T00:00:00+14:00",
    "0001-01-01T00:00:00Z",
    "9999-12-31T23:59:59-14:00",
    "9999-12-31T23:59:59Z",
    "2027-02-29T00:00:00Z",
    "2027-01-01T24:00:00Z",
    "2027-01-01T00:00:00+99:99",
    "2027-01-01T00:00:00",
    "2027-01-01t00:00:00.123456789z",
    "2027-W01-1T00:00:00Z",
    "-2027-01-01T00:00:00Z",
    "99999999999999999999",
)
#: The same as tokens of JSON, and what is no Unicode.
STRINGS = (
    *(_json(text) for text in TEXTS),
    b'"\\ud800"',
    b'"\\udfff\\ud800"',
    b'"a\\ud83d"',
    b'"\xed\xa0\x80"',  # a lone surrogate as bytes
    b'"\xc0\xaf"',  # overlong
    b'"\xf0\x80\x80\xaf"',
    b'"\xff\xfe"',
    b'"\x00"',
    b'"\n"',
    b'"\\x41"',
    b'"',
)
#: Tokens of the wrong type, and numbers that are none.
TOKENS = (
    b"null",
    b"true",
    b"[]",
    b"{}",
    b"[[[]]]",
    b'{"": {"\\u0000": 1}}',
    b"0",
    b"-0",
    b"-0.0",
    b"-1",
    b"1.5",
    b"NaN",
    b"Infinity",
    b"-Infinity",
    b"1e400",
    b"-1e400",
    b"1e-400",
    b"9223372036854775808",
    b"18446744073709551616",
    b"9" * 400,
    b"9" * 5_000,  # more digits than Python turns into a number
    b"0x10",
    b"01",
    b"",
    b"@",
)
#: Too large for one field, or too deep; once for each body is enough.
MONSTERS = (
    b"9" * MEGABYTE,
    b'"' + b"a" * MEGABYTE + b'"',
    b"[" * DEEP + b"]" * DEEP,
    b"[" * DEEP,
    b'{"a":' * DEEP + b"1" + b"}" * DEEP,
    b"[" * 10_000 + b"]" * 10_000,  # within what is read at all
    b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
)


def bodies(good: bytes) -> list[bytes]:
    """Return whole bodies that are none, of one that is good."""
    return [
        b"",
        b" ",
        b"null",
        b"[]",
        b"{}",
        b"1",
        b'"x"',
        b"NaN",
        b"\0",
        b"\xff",
        b"\xef\xbb\xbf" + good,
        good.decode().encode("utf-16"),
        good.decode().encode("utf-32-be"),
        good[:-1],
        good + b"x",
        good + good,
        good + b"\0",
        # Each field twice.
        good[:-1] + b"," + good[1:],
        b'{"\\u0000":1,' + good[1:],
        b'{"\\ud800":1,' + good[1:],
        b'{"__proto__":{},' + good[1:],
        b" " * MEGABYTE + good,
        gzip.compress(good),
        *MONSTERS,
    ]


#: Values of a header; what is no HTTP at all is in `NOT_HTTP`.
HEADERS = (
    b"",
    b" ",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"\xc3\xa9",
    "😀".encode(),
    "\u202ekey".encode(),
    b"a\tb",
    b"a\x80b",
    b"a" * 200,
    b"a" * 201,
    b"a" * 20_000,
    b'"',
    b'W/"1"',
    b"*",
    b"1e400",
    b"-0",
    b"{number}%s",
    b"key, key",
)
#: Bytes that a header cannot hold; a key with them cannot be sent.
NOT_HTTP = (b"a\0b", b"a\nb", b"a\rb", b"a\r\n b", b"a\x01b", b"a\x7fb")
MEDIA_TYPES = (
    b"text/plain",
    b"application/xml",
    b"application/x-www-form-urlencoded",
    b"multipart/form-data; boundary=x",
    b"multipart/form-data",
    b"APPLICATION/JSON",
    b"application/json; charset=utf-16",
    b"application/json, text/plain",
    b"application/\xff",
    b"",
    b"/",
)
#: Of paths and queries: what percent signs hide.
ESCAPED = (
    b"%00",
    b"%ED%A0%80",
    b"%C0%AF",
    b"%FF%FE",
    b"%",
    b"%zz",
    b"%u0041",
    b"%2e%2e%2f%2e%2e",
    b"%2F",
    b"%3F%23",
    b"%0d%0aSet-Cookie:a",
    b"+",
    b"&&&=&;",
    b"x" + b"&a=1" * 50,
    b"a" * 50_000,
)
