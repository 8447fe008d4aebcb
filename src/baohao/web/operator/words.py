"""How exceptions, roles and what was sold are said in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

SOLD = {
    "renewal": gettext_lazy("Renewal"),
    "activate": gettext_lazy("Activation"),
    "topup": gettext_lazy("Top-up"),
    "top_up": gettext_lazy("Top-up"),
    "restore": gettext_lazy("Restored"),
    "reversal": gettext_lazy("Taken back"),
    "": gettext_lazy("Fee"),
}
EXCEPTIONS = {
    "amount_differs": gettext_lazy("Another amount came than was asked for"),
    "no_order": gettext_lazy("Money came for an order that is not known"),
    "paid_twice": gettext_lazy("Money came twice for one order"),
    "other_gateway": gettext_lazy("Another gateway told of the payment"),
    "no_answer": gettext_lazy("The gateway does not answer"),
    "defect": gettext_lazy("A defect kept the money from being used"),
    "chargeback": gettext_lazy("The payer's bank took the money back"),
    "refund_declined": gettext_lazy("The gateway does not give the money back"),
    "refund_differs": gettext_lazy("The gateway gave back another amount"),
    "refund_unknown": gettext_lazy("A refund that is not known here"),
}
ROLES = {
    "clerk": gettext_lazy("Clerk"),
    "supervisor": gettext_lazy("Supervisor"),
    "product": gettext_lazy("Product manager"),
    "finance": gettext_lazy("Finance"),
    "auditor": gettext_lazy("Auditor"),
    "admin": gettext_lazy("Administrator"),
}
#: What was done in the console.
DEEDS = {
    "adjust": gettext_lazy("Put a line right"),
    "hold": gettext_lazy("Put a line on hold"),
    "lift": gettext_lazy("Lifted a hold"),
    "verify": gettext_lazy("Verified a journal"),
    "export": gettext_lazy("Exported a list"),
    "take": gettext_lazy("Took an exception"),
    "close": gettext_lazy("Closed an exception"),
    "refund": gettext_lazy("Gave money back"),
    "add": gettext_lazy("Added somebody"),
    "change": gettext_lazy("Changed what somebody may do"),
    "password": gettext_lazy("Gave a new password"),
    "directory": gettext_lazy("Followed the directory"),
    "end": gettext_lazy("Took somebody's sign-in away"),
    "return": gettext_lazy("Let somebody in again"),
    "draw": gettext_lazy("Drew renewals"),
    "evidence": gettext_lazy("Took an evidence pack"),
    "answer": gettext_lazy("Answered a holder's message"),
    "rescue": gettext_lazy("Took back a renewal of the wrong number"),
    "refuse": gettext_lazy("Did not take back a renewal of the wrong number"),
    "settle": gettext_lazy("Left a message without an answer"),
    "limit": gettext_lazy("Changed what one person may do alone"),
    "review": gettext_lazy("Looked at what was done alone"),
    "brand": gettext_lazy("Changed the brand"),
    "plan": gettext_lazy("Planned a campaign"),
    "look": gettext_lazy("Had lines looked at"),
    "approve": gettext_lazy("Approved a campaign"),
    "stop": gettext_lazy("Ended a campaign"),
    "write": gettext_lazy("Wrote a draft"),
    "propose": gettext_lazy("Proposed a draft"),
    "publish": gettext_lazy("Put a text in force"),
    "back": gettext_lazy("Took a proposal back"),
    "drop": gettext_lazy("Put a draft away"),
    "withdraw": gettext_lazy("Withdrew a promotion"),
}
OUTCOMES = {
    "gains": gettext_lazy("safe for longer"),
    "loses": gettext_lazy("safe for less long: not moved"),
    "same": gettext_lazy("safe for as long"),
    "unknown": gettext_lazy("not known well enough: not moved"),
    "refused": gettext_lazy("refused"),
    "moved": gettext_lazy("moved"),
    "held": gettext_lazy("on hold"),
    "lifted": gettext_lazy("lifted"),
}
#: How a text of a product manager stands.
STATES = {
    "draft": gettext_lazy("draft"),
    "proposed": gettext_lazy("waits for another person"),
    "published": gettext_lazy("published"),
    "withdrawn": gettext_lazy("withdrawn"),
}
#: Why a promotion is not given to a first renewal.
REASONS = {
    "outdone": gettext_lazy("not given: another promotion of its group is better"),
    "used_up": gettext_lazy("not given: it is used up"),
    "budget": gettext_lazy("not given: its money is used up"),
    "cohort": gettext_lazy("not given to these lines"),
    "not_yet": gettext_lazy("not given yet"),
    "over": gettext_lazy("over"),
    "nothing": gettext_lazy("it would give nothing"),
}
#: The kinds of stages as the numbering authority knows them.
STAGE_NAMES = {
    "stock": gettext_lazy("In stock"),
    "live": gettext_lazy("In use"),
    "grace": gettext_lazy("In grace"),
    "suspended": gettext_lazy("Deactivated"),
    "lost": gettext_lazy("Lost"),
    "quarantined": gettext_lazy("In quarantine"),
    "recycled": gettext_lazy("Free again"),
}
CAUSES = {
    "fraud": gettext_lazy("Fraud"),
    "dispute": gettext_lazy("Dispute"),
    "legal": gettext_lazy("By law"),
    "disaster": gettext_lazy("Disaster"),
}
