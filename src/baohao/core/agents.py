"""
Agents: who sells for operators on their own account, and under which terms.

    Refusal
    └── AgentRefusal
        ├── AgentMalformed     a key or a name that cannot be used
        ├── AgentUnknown       nobody by that key
        ├── AgentKnown         somebody else has that key
        ├── AgentInactive      it sells no more
        └── AgentElsewhere     it does not sell for that operator
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from baohao.core.books.chart import AccountKind, account
from baohao.core.refusals import Refusal

#: As an account's owner is written, without what only e-mail addresses need.
_KEY = re.compile(r"[a-z0-9][a-z0-9_.-]{0,39}", re.ASCII)
NAME_MAX = 120


class AgentRefusal(Refusal):
    """The agent {agent} cannot do that."""

    code = "agent"


class AgentMalformed(AgentRefusal):
    """The agent's {part} is not valid: {reason}."""

    code = "agent.malformed"


class AgentUnknown(AgentRefusal):
    """There is no agent {agent}: register it first (agents add)."""

    code = "agent.unknown"


class AgentKnown(AgentRefusal):
    """There is an agent {agent} already, with other particulars: change it (agents change)."""

    code = "agent.known"


class AgentInactive(AgentRefusal):
    """The agent {agent} does not sell any more."""

    code = "agent.inactive"


class AgentElsewhere(AgentRefusal):
    """The agent {agent} does not sell for {operator}."""

    code = "agent.elsewhere"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """
    One agent.

    Raises `AgentMalformed`, or `CurrencyUnknown`.
    """

    #: Its principal, and the owner of its accounts; never changes.
    key: str
    name: str
    #: Keys of the operators that it sells for.
    operators: frozenset[str]
    #: Of its float: one agent, one currency.
    currency: str
    #: What the commission schedules call agents like this one; empty: the usual.
    tier: str = ""
    is_active: bool = True
    #: Told when the float falls below; `None`: never.
    float_alarm_minor: int | None = None

    def __post_init__(self) -> None:
        if _KEY.fullmatch(self.key) is None:
            reason = "write at most 40 of a-z, 0-9, _ . and -, as in agent-7"
            raise AgentMalformed(part="key", reason=reason)
        if not 0 < len(self.name) <= NAME_MAX or not self.name.isprintable():
            raise AgentMalformed(part="name", reason=f"it has 1 to {NAME_MAX} printable characters")
        if not self.operators:
            raise AgentMalformed(part="operators", reason="say whose lines it sells")
        if self.float_alarm_minor is not None and self.float_alarm_minor < 0:
            raise AgentMalformed(part="float alarm", reason="it is an amount of 0 or more")
        account(AccountKind.FLOAT, self.key, self.currency)

    @property
    def float_account(self) -> str:
        """The account that its sales are paid from."""
        return str(account(AccountKind.FLOAT, self.key, self.currency))
