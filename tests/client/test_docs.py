"""
The page that leads a partner from a key to the first renewal works as it stands.

Its `bash` blocks are run by bash with the real curl, its `python` blocks one after the other, and
the `json` that it shows is held against what came. The address, the keys and words in capitals are
replaced. (`sh` blocks are run by tests/cli.)
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.api.serving import Served
from tests.client.conftest import SECRET

from baohao.api.problems import STATUSES

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "first-renewal.md"
TEXT = PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(bash|json|python)\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
SAID = re.compile(r"    # (\d{3})$", re.MULTILINE)
TOLD = re.compile(r"^HTTP/1.1 (\d{3})", re.MULTILINE)


def test_the_page_leads_to_a_renewal(
    served: Served, debian_tool: Callable[[str], str], tmp_path: Path
) -> None:
    for tool in ("curl", "openssl"):
        debian_tool(tool)
    served.open("+85366120001", "+85366120002")
    served.fund(500_000)
    known = {
        "http://127.0.0.1:8850": served.url,
        "bh_test_...": served.partner(is_sandbox=True).key,
        "bh_live_...": served.partner(label="signed", signing=SECRET).key,
        "BAOHAO_SECRET=...": f"BAOHAO_SECRET={SECRET}",
    }
    exports, heard, last, space = "", "", "", dict[str, Any]()
    ran = {"bash": 0, "json": 0, "python": 0}
    for kind, block in BLOCKS:
        written = replaced(block, known)
        ran[kind] += 1
        if kind == "python":
            exec(compile(written, PAGE.name, "exec"), space)
        elif kind == "json":
            assert shaped(json.loads(written), json.loads(last)), (written, last)
        elif written.startswith("export "):
            exports += written
        else:
            out = bash(exports + written)
            assert TOLD.findall(out) == SAID.findall(block), f"{written}\n{out}"
            heard, last = heard + out.lower(), out.rpartition("\n\n")[2]
            known |= learned(json.loads(last or "{}"))
    space["keep"].close()
    assert min(ran.values()) >= 2
    for header in ("Location:", "Idempotent-Replayed: true", *re.findall(r"RateLimit-\w+", TEXT)):
        assert header.lower() in heard
    assert served.balance() == 500_000 - 3 * 12_000


def bash(script: str) -> str:
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], capture_output=True, text=True, timeout=60
    )
    assert ran.returncode == 0, f"{script}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout.replace("\r", "")


def replaced(block: str, known: dict[str, str]) -> str:
    for word, value in known.items():
        block = block.replace(word, value)
    return block


def learned(told: dict[str, Any]) -> dict[str, str]:
    """The words in capitals that an answer explains."""
    return {"QUOTE": told["id"], "UNTIL": told["before"]} if "good_until" in told else {}


def shaped(shown: Any, came: Any) -> bool:
    """Whether what is shown is part of what came, but for the values themselves."""
    if isinstance(shown, dict):
        return isinstance(came, dict) and all(
            name in came and shaped(value, came[name]) for name, value in shown.items()
        )
    if isinstance(shown, list):
        return bool(came) and all(shaped(*pair) for pair in zip(shown, came, strict=False))
    return type(shown) is type(came)


def test_every_curl_of_the_page_is_run_and_says_how_it_ends() -> None:
    blocks = "".join(block for kind, block in BLOCKS if kind == "bash")
    assert TEXT.count("curl -si") == blocks.count("curl -si")
    # The one that fetches the ETag tells nothing itself.
    assert blocks.count("curl -si") == len(SAID.findall(blocks)) + 1


def test_the_page_names_every_status_of_the_problems() -> None:
    rows = re.findall(r"^\| (\d{3}) \| ((?:`[\w.]+` ?)+) \|$", TEXT, re.MULTILINE)
    told = {code: int(status) for status, codes in rows for code in re.findall(r"[\w.]+", codes)}
    assert told == STATUSES
