"""What each role may do. A page says which acts it is for; nobody else learns that it is there."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """As what somebody works."""

    CLERK = "clerk"
    SUPERVISOR = "supervisor"
    PRODUCT = "product"
    FINANCE = "finance"
    AUDITOR = "auditor"
    ADMIN = "admin"
    #: Of an agent: who owns it, and who sells for it.
    OWNER = "owner"
    SELLER = "seller"


class Act(StrEnum):
    """What a page is for."""

    #: Find lines, renew, activate, take money at a counter.
    COUNTER = "counter"
    #: Approve as the second person.
    APPROVE = "approve"
    #: See the operator's figures and lines.
    CONSOLE = "console"
    #: Change plans, policies, promotions.
    PRODUCT = "product"
    #: Exceptions, days, revenue.
    MONEY = "money"
    #: Put lines right by hand, and on hold.
    MEND = "mend"
    AUDIT = "audit"
    #: Answer holders' messages.
    SUPPORT = "support"
    STAFF = "staff"
    #: The agent's portal · its money and its people.
    SELL = "sell"
    AGENCY = "agency"


MAY: dict[Role, frozenset[Act]] = {
    Role.CLERK: frozenset({Act.COUNTER, Act.SUPPORT}),
    Role.SUPERVISOR: frozenset({Act.COUNTER, Act.APPROVE, Act.CONSOLE, Act.MEND, Act.SUPPORT}),
    Role.PRODUCT: frozenset({Act.CONSOLE, Act.PRODUCT}),
    Role.FINANCE: frozenset({Act.CONSOLE, Act.MONEY, Act.APPROVE, Act.MEND}),
    Role.AUDITOR: frozenset({Act.CONSOLE, Act.AUDIT}),
    Role.ADMIN: frozenset(
        {Act.CONSOLE, Act.PRODUCT, Act.MONEY, Act.MEND, Act.AUDIT, Act.STAFF, Act.SUPPORT}
    ),
    Role.OWNER: frozenset({Act.SELL, Act.AGENCY}),
    Role.SELLER: frozenset({Act.SELL}),
}
