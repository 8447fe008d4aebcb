"""In the demo, where there is no mail server: mails are shown where messages to numbers are."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from baohao.web.desk import desk


class ToHandset(BaseEmailBackend):
    """Shows mails beside messages."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Show them."""
        texts = desk().house.texts
        for each in email_messages:
            for to in each.to:
                if texts is not None:
                    texts.send(to, str(each.body))
        return len(email_messages)
