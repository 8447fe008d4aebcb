"""No request ever leaves for a private address, however it is written or looked up."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping, Sequence

import pytest

from baohao.app.ports import AddressRefused
from baohao.outside import addresses
from baohao.outside.addresses import Address
from baohao.outside.webhooks import Webhooks

PUBLIC, PUBLIC_6 = "93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c"
#: Names as a directory may have them.
NAMES: Mapping[str, Sequence[str]] = {
    "hooks.example.com": [PUBLIC],
    "six.example.com": [PUBLIC_6, PUBLIC],
    "xn--fiq228c.example.com": [PUBLIC],
    "localhost": ["127.0.0.1", "::1"],
    "localhost.": ["127.0.0.1"],
    "me.localhost": ["127.0.0.1"],
    "localtest.example.com": ["127.0.0.1"],
    "127.0.0.1.names.example.com": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "instance-data": ["169.254.169.254"],
    "printer.local": ["192.168.1.9"],
    "ten.example.com": ["10.0.0.1"],
    "some.example.com": [PUBLIC, "10.0.0.1"],
    "six-some.example.com": [PUBLIC, "::1"],
    "mapped.example.com": ["::ffff:10.0.0.1"],
    "ula.example.com": ["fd00:ec2::254"],
    "link.example.com": ["fe80::1%eth0"],
    "nat64.example.com": ["64:ff9b::a00:1"],
    "sixtofour.example.com": ["2002:a00:1::1"],
    "teredo.example.com": ["2001:0:4136:e378:8000:63bf:f5ff:fffe"],
    "cgn.example.com": ["100.64.0.1"],
    "null.example.com": ["0.0.0.0"],
    "none.example.com": [],
    "noise.example.com": ["not an address"],
}
PRIVATE_HOSTS = """
    127.0.0.1 127.1 127.0.1 127.255.255.254 2130706433 017700000001 0x7f000001 0x7F000001 0x7f.1
    0x7f.0.0.1 0177.0.0.1 0177.0.0.01 00177.0.0.1 127.0x0.0.1 127.0.0.0x1 127.000.000.001 0
    0.0.0.0 0x0 00000000 0.1.2.3 10.0.0.1 10.1 10.255.255.255 167772161 0xa000001 012.0.0.1
    172.16.0.1 172.31.255.255 172.16.1 192.168.0.1 192.168.1 3232235521 0xc0a80001 0300.0250.0.1
    169.254.169.254 169.254.43518 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe 0251.0376.0251.0376
    100.64.0.1 100.127.255.254 198.18.0.1 198.19.255.255 192.0.0.1 192.0.0.171 192.0.2.1
    198.51.100.1 203.0.113.1 192.88.99.1 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255
    4294967295 127.0.0.1. 10.0.0.1. [::] [::1] [0:0:0:0:0:0:0:1] [0000::1] [::ffff:127.0.0.1]
    [::ffff:7f00:1] [::ffff:10.0.0.1] [::ffff:169.254.169.254] [::ffff:8.8.8.8] [::127.0.0.1]
    [::7f00:1] [::ffff:0:127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::10.0.0.1] [64:ff9b::8.8.8.8]
    [64:ff9b:1::a00:1] [2002:7f00:1::] [2002:a00:1::1] [2002:c0a8:1::1] [2001::1]
    [2001:0:4136:e378:8000:63bf:3fff:fdd2] [2001:2::1] [2001:10::1] [2001:20::1] [2001:db8::1]
    [3fff::1] [100::1] [5f00::1] [fe80::1] [fe80::1%25eth0] [fe80::1%eth0] [fec0::1] [fc00::1]
    [fd00:ec2::254] [fd12:3456:789a::1] [ff02::1] [ff0e::1] [::1]:443 localhost localhost.
    me.localhost LOCALHOST localtest.example.com 127.0.0.1.names.example.com
    metadata.google.internal instance-data printer.local ten.example.com some.example.com
    six-some.example.com mapped.example.com ula.example.com link.example.com nat64.example.com
    sixtofour.example.com teredo.example.com cgn.example.com null.example.com none.example.com
    noise.example.com
"""
ODD_URLS = [
    "http://hooks.example.com/",
    "HTTPS://hooks.example.com/",
    "https:/hooks.example.com/",
    "https:hooks.example.com/",
    "//hooks.example.com/",
    "hooks.example.com",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_SET",
    "dict://127.0.0.1:11211/",
    "data:text/plain,hello",
    "https://hooks.example.com:22/",
    "https://hooks.example.com:80/",
    "https://hooks.example.com:8443/",
    "https://hooks.example.com:0/",
    "https://hooks.example.com:65979/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:0443/",
    "https://hooks.example.com:443:22/",
    "https://hooks.example.com:443@10.0.0.1/",
    "https://hooks.example.com@127.0.0.1/",
    "https://127.0.0.1@hooks.example.com/",
    "https://user:word@hooks.example.com/",
    "https://hooks.example.com%40127.0.0.1/",
    "https://hooks.example.com\\@127.0.0.1/",
    "https://127.0.0.1\\.hooks.example.com/",
    "https://127.0.0.1#.hooks.example.com/",
    "https://hooks.example.com#@127.0.0.1/",
    "https://127.0.0.1?.hooks.example.com/",
    "https://hooks.example.com/#part",
    "https://%31%32%37.0.0.1/",
    "https://127%2e0.0.1/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://\u2460\u2461\u2466.\u24ea.\u24ea.\u2460/",
    "https://127\u30020\u30020\u30021/",
    "https://l\u014dcalhost/",
    "https://\u4fdd\u865f.example.com/",
    "https://hooks.example.com\u3002/",
    "https://hooks.example.com\x00.10.0.0.1/",
    "https://hooks.example.com\t/",
    "https://hooks.example.com\r\nHost: 127.0.0.1/",
    "https://hooks.example.com/\r\nX: y",
    "https://hooks.example.com/ HTTP/1.1",
    "https://hooks.example.com/\n",
    " https://hooks.example.com/",
    "https://hooks.example.com /",
    "https://hooks..example.com/",
    "https://.example.com/",
    "https://-hooks.example.com/",
    "https://hooks_x.example.com/",
    "https://hooks.example.com./",
    "https://::1/",
    "https://[::1/",
    "https://::1]/",
    "https://[[::1]]/",
    "https://[127.0.0.1]/",
    "https://[::ffff:127.0.0.1%25lo]/",
    "https://hooks.example.1/",
    "https://hooks.example.0x1/",
    "https://[v1.a:b]/",
    "https:///",
    "https://",
    "",
    "https://hooks.example.com/" + "a" * 500,
]
URLS = [*(f"https://{host}/hooks" for host in PRIVATE_HOSTS.split()), *ODD_URLS]


def lenient(host: str, port: int) -> Sequence[str]:
    """Look a name up as resolvers do, who take every writing of IPv4 for an address."""
    if host in NAMES:
        return NAMES[host]
    try:
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except OSError:
        return [host]


TLS = ssl.create_default_context()


class Network:
    """Where connections would have gone."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def connect(self, address: str, port: int, timeout_s: float) -> socket.socket:
        self.asked.append((address, port))
        raise ConnectionRefusedError


def test_there_are_as_many_forms_as_we_say() -> None:
    assert len(set(URLS)) == len(URLS) >= 150


@pytest.mark.parametrize("url", URLS)
def test_nothing_goes_to_an_address_that_is_not_public(url: str) -> None:
    network = Network()
    sent = Webhooks(resolve=lenient, connect=network.connect, tls=TLS).send(
        url, "m", "{}", ["whsec_aGE="]
    )
    assert (network.asked, sent.status) == ([], 0)
    assert not sent.is_taken


@pytest.mark.parametrize(
    ("url", "asked"),
    [
        ("https://hooks.example.com/hooks?to=1", [PUBLIC]),
        ("https://hooks.example.com", [PUBLIC]),
        ("https://hooks.example.com:443/", [PUBLIC]),
        ("https://six.example.com/", [PUBLIC_6, PUBLIC]),
        ("https://xn--fiq228c.example.com/", [PUBLIC]),
        (f"https://{PUBLIC}/", [PUBLIC]),
        (f"https://[{PUBLIC_6}]/", [PUBLIC_6]),
    ],
)
def test_what_is_public_is_called_at_the_very_address(url: str, asked: list[str]) -> None:
    network = Network()
    sent = Webhooks(resolve=lenient, connect=network.connect, tls=TLS).send(
        url, "m", "{}", ["whsec_aGE="]
    )
    assert network.asked == [(address, 443) for address in asked]
    assert sent.outcome == "no connection"


class Rebinding:
    """A directory that says something else the second time."""

    def __init__(self) -> None:
        self.asked = 0

    def resolve(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return [PUBLIC] if self.asked == 1 else ["169.254.169.254"]


class LooksTwice(Webhooks):
    """The red twin: it checks what it looked up, and connects to what it looks up again."""

    def _opened(self, address: Address, there: Sequence[str], ends: float) -> socket.socket:
        return super()._opened(address, self._resolve(address.host, address.port), ends)


def test_a_name_is_looked_up_once() -> None:
    network, names = Network(), Rebinding()
    webhooks = Webhooks(resolve=names.resolve, connect=network.connect, tls=TLS)
    webhooks.send("https://hooks.example.com/", "m", "{}", ["whsec_aGE="])
    assert (network.asked, names.asked) == ([(PUBLIC, 443)], 1)


def test_whoever_looks_twice_is_led_inside() -> None:
    network, names = Network(), Rebinding()
    webhooks = LooksTwice(resolve=names.resolve, connect=network.connect, tls=TLS)
    webhooks.send("https://hooks.example.com/", "m", "{}", ["whsec_aGE="])
    assert network.asked == [("169.254.169.254", 443)]


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080/x", "http://localhost:9/", "https://[::1]:7/", "http://[::1]/"]
)
def test_this_machine_is_called_only_where_that_is_allowed(url: str) -> None:
    with pytest.raises(AddressRefused):
        addresses.read(url)
    assert addresses.read(url, allow_loopback=True).authority in url


@pytest.mark.parametrize(
    "url", ["http://10.0.0.1/", "http://hooks.example.com/", "https://[fe80::1]/"]
)
def test_loopback_is_all_that_is_allowed_then(url: str) -> None:
    network = Network()
    webhooks = Webhooks(allow_loopback=True, resolve=lenient, connect=network.connect, tls=TLS)
    with pytest.raises(AddressRefused):
        webhooks.check(url)
    assert webhooks.send(url, "m", "{}", ["whsec_aGE="]).outcome == "address refused"
    assert network.asked == []


def test_no_other_name_leads_to_this_machine_even_then() -> None:
    network = Network()
    webhooks = Webhooks(allow_loopback=True, resolve=lenient, connect=network.connect, tls=TLS)
    for host in ("localtest.example.com", "ten.example.com", "link.example.com"):
        webhooks.send(f"https://{host}/", "m", "{}", ["whsec_aGE="])
    assert network.asked == []
