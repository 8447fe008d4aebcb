"""
Macau's numbering as data: whose code is whose.

Source: Dispatch of the Secretary for Transport and Public Works (STOP) 25/2025; checked 2026-11-22.
Which operator a *phone number* was given to is not here on purpose: numbers move between operators.
"""

from __future__ import annotations

from dataclasses import dataclass

#: The country code, and the prefix that leads abroad when it is dialled.
COUNTRY_CODE = "853"
INTERNATIONAL_PREFIX = "00"

#: Eight digits without area code or trunk prefix; the first tells mobile (6) from fixed (2, 8).
NATIONAL_DIGITS = 8
MOBILE_HEADS = "6"
FIXED_HEADS = "28"

MOBILE_COUNTRY_CODE = "455"


@dataclass(frozen=True, slots=True, kw_only=True)
class MobileNetwork:
    """A network as an IMSI names it (ITU-T E.212)."""

    #: Mobile country code, three digits.
    mcc: str
    #: Mobile network code, two digits in Macau.
    mnc: str
    #: The operator the code is assigned to.
    operator: str


#: Mobile network code -> network.
NETWORKS = {
    mnc: MobileNetwork(mcc=MOBILE_COUNTRY_CODE, mnc=mnc, operator=operator)
    for mnc, operator in {
        "01": "CTM",
        "02": "China Telecom (Macau)",
        "03": "Hutchison",
        "04": "CTM",
        "05": "Hutchison",
        "07": "China Telecom (Macau)",
    }.items()
}

#: First seven digits of an ICCID -> issuer. None is listed for China Telecom (Macau).
ISSUER_HEADS = {"8985301": "CTM", "8985303": "Hutchison"}
