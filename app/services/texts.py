"""Pure: which characters a text of one line may have, the same wherever it comes from, and as the API describes it."""

from __future__ import annotations

import re

UNSEEN = r"\u0000-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff"
"""Control characters, and what is not seen or turns the direction of writing: a part of a character class."""
LINE = f"^[^{UNSEEN}]*$"
"""A JSON Schema's pattern of a text of one line, which may be empty."""
NAME = rf"^[^{UNSEEN}]*[^\s{UNSEEN}][^{UNSEEN}]*$"
"""The same with something in it that is no space."""
_LINE = re.compile(rf"[^{UNSEEN}\ud800-\udfff]*")


EMAIL = rf"[^@\s{UNSEEN}]{{1,64}}@[^@\s{UNSEEN}]{{1,189}}"
"""A JSON Schema's pattern of an e-mail address, without its ends. Whether it works only a mail can tell."""
_EMAIL = re.compile(EMAIL)


def is_line(text: str) -> bool:
    """Whether people can see the whole text in one line; does not depend on what a version of Unicode knows."""
    return _LINE.fullmatch(text) is not None


def is_email(text: str) -> bool:
    """Whether this may be an e-mail address."""
    return _EMAIL.fullmatch(text) is not None
