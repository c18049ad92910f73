"""Whether a contact looks private (SD-7), or tells where somebody works who must not be found. Pure.

It is a warning and no refusal: small voluntary organisations and the self-employed do work from a free mailbox, and
whose mobile a number belongs to, no digit tells. To refuse them would keep those out of the directory whom it has to
make known. Who maintains the entry is told, and decides.
"""

from typing import Final

from kith.directory.v1.directory_pb2 import Service
from services.directory.openreferral import confidentiality

_PRIVATE_MAILBOXES: Final = frozenset({
    "aol.com", "aol.co.uk", "blueyonder.co.uk", "btinternet.com", "btopenworld.com", "fastmail.com", "gmail.com",
    "gmx.com", "gmx.co.uk", "googlemail.com", "hotmail.co.uk", "hotmail.com", "icloud.com", "live.co.uk", "live.com",
    "mac.com", "mail.com", "me.com", "msn.com", "ntlworld.com", "outlook.com", "proton.me", "protonmail.com",
    "sky.com", "talktalk.net", "tiscali.co.uk", "virginmedia.com", "yahoo.co.uk", "yahoo.com", "ymail.com",
})  # fmt: skip


def is_private_mailbox(email: str) -> bool:
    """Whether an e-mail address is at a provider of private mailboxes."""
    return email.rpartition("@")[2].strip().lower() in _PRIVATE_MAILBOXES


def tells_place(phone: str, kind: Service.Kind) -> bool:
    """Whether a number tells by its dialling code where a refuge may be (DOMAIN 2.5)."""
    return kind == Service.KIND_DOMESTIC_ABUSE and confidentiality.geographic(phone)
