"""
Addresses that others give us to call: which of them we call, so that nobody looks inside by us.

An address is read by one strict shape, and by nothing else: what browsers would guess at is
refused. A name is looked up once, every address behind it must be public, and the connection goes
to one of these very addresses. Sources: the registries of special-purpose addresses of IANA (RFC
6890), RFC 6052 and 8215 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo).
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from baohao.app.ports import AddressRefused

URL_MAX = 500
#: Where https is; another port is somebody's printer or database.
HTTPS_PORT = 443

_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?P<host>\[[0-9a-f:.]{2,45}\]|[a-z0-9.-]{1,253})"
    r"(?::(?P<port>[1-9][0-9]{0,4}))?"
    # Neither fragments nor what has to be written in per cent.
    r"(?P<target>/[A-Za-z0-9._~!$&'()*+,;=:@/?%-]*)?",
    re.ASCII,
)
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
#: The last label begins with a letter: whatever ends in a number is an IPv4 address to somebody.
_NAME = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])", re.ASCII)

#: IPv4 that is not the public's, where `is_global` says nothing of it.
_NOT_PUBLIC_4 = (
    IPv4Network("192.0.0.0/24"),  # protocol assignments
    IPv4Network("192.88.99.0/24"),  # relays of 6to4
    IPv4Network("224.0.0.0/4"),  # multicast
)
#: The public's IPv6; every embedding of IPv4 but two lies outside of it.
_PUBLIC_6 = IPv6Network("2000::/3")
_NOT_PUBLIC_6 = (
    IPv6Network("2001::/23"),  # protocol assignments; Teredo embeds IPv4
    IPv6Network("2001:db8::/32"),  # documentation
    IPv6Network("2002::/16"),  # 6to4 embeds IPv4
    IPv6Network("3fff::/20"),  # documentation
)

#: Somebody's own net: private use (RFC 1918, RFC 4193), and what VPNs of one's own use (RFC 6598).
_OWN = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
    )
)

Resolve = Callable[[str, int], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where a message goes."""

    is_https: bool
    #: A name or an address as it is written in a URL, without brackets.
    host: str
    port: int
    #: Path and query.
    target: str
    #: This machine, by name or number, and that is allowed.
    is_loopback: bool = False

    @property
    def authority(self) -> str:
        """The host as the header of that name says it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (HTTPS_PORT if self.is_https else 80) else f"{host}:{self.port}"


def read(url: str, *, allow_loopback: bool = False, allow_own: bool = False) -> Address:
    """
    Read an address by its looks alone; raises `AddressRefused`.

    `allow_loopback`: this machine may be called as well, in plain http and on any port.
    `allow_own`: so may one's own net, and any name, for that may lead there.
    """
    found = _URL.fullmatch(url) if len(url) <= URL_MAX else None
    if found is None:
        raise AddressRefused(
            reason="write https://, a name in small letters (xn-- for others), and a path"
        )
    host = found["host"].strip("[]")
    literal = _literal(found["host"])
    is_loopback = host == "localhost" or (literal is not None and literal.is_loopback)
    address = Address(
        is_https=found["scheme"] == "https",
        host=host,
        port=int(found["port"] or (HTTPS_PORT if found["scheme"] == "https" else 80)),
        target=found["target"] or "/",
        is_loopback=allow_loopback and is_loopback,
    )
    if address.is_loopback or (allow_own and (literal is None or is_own(str(literal)))):
        return address
    if not address.is_https:
        raise AddressRefused(reason="only https")
    if address.port != HTTPS_PORT:
        raise AddressRefused(reason=f"only port {HTTPS_PORT}")
    if literal is None and not _NAME.fullmatch(host):
        raise AddressRefused(reason="the name is not one of the public network")
    if literal is not None and not is_public(str(literal)):
        raise AddressRefused(reason="it is not an address of the public network")
    return address


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses behind a name; raises OSError."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


def addresses(address: Address, resolve: Resolve = resolve) -> Sequence[str]:
    """
    Return where to connect to: every address behind the name, looked up once.

    Raises `AddressRefused` where one of them is not public, OSError where there is none.
    """
    found = resolve(address.host, address.port)
    if not found:
        raise OSError("the name has no address")
    for each in found:
        if not is_public(each) and not (address.is_loopback and _is_loopback(each)):
            raise AddressRefused(reason="it leads out of the public network")
    return found


def is_public(text: str) -> bool:
    """Whether an address is one of the public network, and embeds no other one."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    if isinstance(address, IPv4Address):
        return address.is_global and not any(address in net for net in _NOT_PUBLIC_4)
    # A zone ("%eth0") names a network card of ours.
    if address.scope_id is not None or address not in _PUBLIC_6:
        return False
    return not any(address in net for net in _NOT_PUBLIC_6)


def is_own(text: str) -> bool:
    """Whether an address is of this machine, or of a net that is somebody's own."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return address.is_loopback or any(address in net for net in _OWN)


def _is_loopback(text: str) -> bool:
    try:
        return ip_address(text).is_loopback
    except ValueError:
        return False


def _literal(host: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a host is, and `None` for a name."""
    try:
        return IPv6Address(host[1:-1]) if host.startswith("[") else IPv4Address(host)
    except ValueError:
        return None
