"""
What a directory says of somebody, and whether it is believed.

Allauth trusts a token that it fetched itself without looking at the signature, and knows no nonce.
Here both are asked for, with the issuer, the audience and the times.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

import jwt
from allauth.socialaccount.providers.oauth2.client import OAuth2Error

#: What a token may be signed with: never a secret that both sides know.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512")
#: How far the directory's clock may be from ours (seconds).
LEEWAY_S = 60
#: In `acr`: what REFEDS, Microsoft and OpenID call two factors, or one that cannot be fished for.
TWO_FACTORS = frozenset(
    {
        "https://refeds.org/profile/mfa",
        "http://schemas.microsoft.com/claims/multipleauthn",
        "http://schemas.openid.net/pape/policies/2007/06/multi-factor",
        "phr",
        "phrh",
    }
)

Claims = Mapping[str, Any]


class NotBelieved(OAuth2Error):  # type: ignore[misc]  # noqa: N818 - named like the refusals
    """What came from the directory is not what it would say; the message is for the log."""


def signed(token: str, *, keys: Mapping[str, Any], issuer: str, client: str) -> Claims:
    """Return what a token says; raises `NotBelieved` unless the directory says it to us, now."""
    try:
        kid = jwt.get_unverified_header(token).get("kid")
        found = [each for each in jwt.PyJWKSet.from_dict(dict(keys)).keys if each.key_id == kid]
        if kid is None or len(found) != 1:
            raise NotBelieved("its key is not known")
        claims: dict[str, Any] = jwt.decode(
            token,
            key=found[0],
            algorithms=ALGORITHMS,
            issuer=issuer,
            audience=client,
            leeway=LEEWAY_S,
            options={"require": ["iss", "aud", "exp", "iat", "sub"]},
        )
    except jwt.PyJWTError as wrong:
        raise NotBelieved(type(wrong).__name__) from None
    # A token for several is good for the one alone that asked for it.
    is_for_several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if (is_for_several or "azp" in claims) and claims.get("azp") != client:
        raise NotBelieved("it was made for another")
    return claims


def are_closed(described: Mapping[str, Any], issuer: str) -> bool:
    """Say whether nobody in between reads, or changes, what is said to a directory."""
    if not issuer.startswith("https://"):
        # It is on this machine, or the setting would have been refused.
        return True
    asked = [name for name in described if name.endswith(("_endpoint", "_uri"))]
    return all(str(described[name]).startswith("https://") for name in asked)


def answers(claims: Claims, nonce: str) -> bool:
    """Say whether a token answers what was asked, and not something of before."""
    said = claims.get("nonce")
    return isinstance(said, str) and hmac.compare_digest(said.encode(), nonce.encode())


def uid(claims: Claims) -> str:
    """Return who it is, of all people of all directories."""
    return sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()


def role(claims: Claims, claim: str, roles: tuple[tuple[str, str], ...]) -> str:
    """Return the role that the directory gives somebody; empty: none."""
    said = claims.get(claim)
    values = {said} if isinstance(said, str) else set()
    if isinstance(said, list):
        values = {each for each in said if isinstance(each, str)}
    return next((each for value, each in roles if value in values), "")


def has_two_factors(claims: Claims) -> bool:
    """Say whether the directory asked for a second factor itself (RFC 8176)."""
    methods, level = claims.get("amr"), claims.get("acr")
    return (isinstance(methods, list) and "mfa" in methods) or (
        isinstance(level, str) and level in TWO_FACTORS
    )


def asked_since(claims: Claims, at: float) -> bool:
    """Say whether somebody told the directory who they are after an instant."""
    said = claims.get("auth_time")
    if not isinstance(said, int | float) or isinstance(said, bool):
        return False
    return said >= at - LEEWAY_S
