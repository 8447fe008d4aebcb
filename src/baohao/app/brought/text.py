"""Which encoding a file is in, as far as its bytes tell."""

from __future__ import annotations

import codecs

from baohao.app.brought.wrong import FileBinary

#: Characters that lists of cards are full of; a text read in the wrong encoding has none of them.
_COMMON = frozenset(
    "的一是不了在人有我他这這中大来來上国國个個到说說们們为為子和你地出道也时時年月日得就那要下以生会會"
    "号號码碼运運营營商电電话話短信卡移动動联聯通充值续續费費期余餘额額备備注註名称稱产產品牌香港澳门門"
    "台湾灣英美泰国國最后後次保活周週天激态態用币幣种種金主备妈媽爸号日程张張陈陳李王家公司银銀行微信支付宝寶"
)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decoded(data: bytes, file: str) -> str:
    """Return a file's text; raises `FileBinary` for what is none."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _plain(data.decode(encoding, errors="replace"), file)
    if (text := _tried(data, "utf-8")) is not None:
        return _plain(text, file)
    # Both read many texts of the other, into characters that nobody writes.
    texts = [t for e in ("gb18030", "big5hkscs") if (t := _tried(data, e)) is not None]
    if not texts:
        return _plain(data.decode("cp1252", errors="replace"), file)
    return _plain(max(texts, key=lambda text: sum(c in _COMMON for c in text)), file)


def _tried(data: bytes, encoding: str) -> str | None:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError:
        return None


def _plain(text: str, file: str) -> str:
    if "\0" in text:
        raise FileBinary(file=file)
    return text
