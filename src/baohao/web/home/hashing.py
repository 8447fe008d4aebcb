"""How passwords are kept at home: as elsewhere, with the memory of a small machine."""

from __future__ import annotations

from django.contrib.auth.hashers import Argon2PasswordHasher


class SmallArgon2(Argon2PasswordHasher):
    """
    Argon2id with 19 MiB and 2 passes, OWASP's least; Django takes 100 MiB for each sign-in.

    The text that is kept names both, so that either house reads the other's.
    """

    memory_cost, time_cost, parallelism = 19 * 1024, 2, 1
