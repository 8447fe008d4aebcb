"""
What identifies a number, a card, a device, a holder: read, checked, shown.

One file per kind. Every `parse_*` returns a canonical value or refuses with a `MalformedIdentifier`
that says what is wrong and where; given any text it raises nothing else. What is accepted is
written at the head of each file; what all of them do with blanks and full-width forms, in
`writing`. The patterns named there (`E164_NUMBER`, `ICCID_WRITTEN`, ...) are plain enough for any
regular-expression engine.
"""

from __future__ import annotations

from baohao.core.identifiers.activation_code import ActivationCode, parse_activation_code
from baohao.core.identifiers.bir import parse_bir
from baohao.core.identifiers.document import DocumentKind, HolderDocument, Sex
from baohao.core.identifiers.eid import Eid, parse_eid
from baohao.core.identifiers.hkid import parse_hkid
from baohao.core.identifiers.iccid import (
    Iccid,
    PartialIccid,
    iccid_issuer,
    parse_iccid,
    parse_printed_iccid,
)
from baohao.core.identifiers.imei import Imei, parse_imei
from baohao.core.identifiers.imsi import Imsi, imsi_network, parse_imsi
from baohao.core.identifiers.macau import MobileNetwork
from baohao.core.identifiers.mainland_id import parse_mainland_id
from baohao.core.identifiers.malformed import MalformedIdentifier
from baohao.core.identifiers.mrz import parse_mrz
from baohao.core.identifiers.number import (
    Number,
    NumberKind,
    display_number,
    is_macau,
    mask_number,
    number_kind,
    parse_number,
)

__all__ = [
    "ActivationCode",
    "DocumentKind",
    "Eid",
    "HolderDocument",
    "Iccid",
    "Imei",
    "Imsi",
    "MalformedIdentifier",
    "MobileNetwork",
    "Number",
    "NumberKind",
    "PartialIccid",
    "Sex",
    "display_number",
    "iccid_issuer",
    "imsi_network",
    "is_macau",
    "mask_number",
    "number_kind",
    "parse_activation_code",
    "parse_bir",
    "parse_eid",
    "parse_hkid",
    "parse_iccid",
    "parse_imei",
    "parse_imsi",
    "parse_mainland_id",
    "parse_mrz",
    "parse_number",
    "parse_printed_iccid",
]
