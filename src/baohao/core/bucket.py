"""
Buckets: which of 4096 small databases a subject lives in.

The number is fixed for ever: it is the first column of every key, and rows are found by it.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import md5

#: 2 ** 12: at ten million lines some 2,400 each, few enough to lock, sum or hand on as one.
BUCKETS = 4096


# Kept: a batch asks a dozen times for the bucket of each of its subjects.
@lru_cache(maxsize=65536)
def bucket_of(subject: str) -> int:
    """
    Return the bucket, 0 to 4095, of a number, a holder, a card's identifier, or an account's owner.

    The text of an account, "float:agent-7:MOP", is in the bucket of its owner, so that all that an
    agent has lies together. The twin in SQL is `baohao_bucket`, which the tables check.

    >>> bucket_of("float:agent-7:MOP") == bucket_of("agent-7")
    True
    """
    if ":" in subject:
        subject = subject.split(":")[1]
    # Spread, not secrecy: md5 is what PostgreSQL computes fastest on every version since 15.
    digest = md5(subject.encode(), usedforsecurity=False).digest()
    return digest[0] << 4 | digest[1] >> 4
