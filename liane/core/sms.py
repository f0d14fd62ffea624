"""Short text messages to a telephone, through whatever gateway the installation has.

They say that something waits, never what nor about whom: no name, no health data. ``LIANE_SMS_URL``
chooses: ``console:`` (prints), ``file:/path`` (appends a JSON line), ``https://…`` (a gateway that
takes a JSON POST of ``to`` and ``text``, with ``LIANE_SMS_TOKEN`` as bearer), empty (no SMS: who
has not seen is put on the list to call at once).
"""

import json
import re
import sys
import urllib.error
import urllib.request
from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.conf import settings

_MOBILE = re.compile(r"(?:\+33|0)[67]\d{8}")
_SECONDS = 10


class SmsFailed(RuntimeError):  # noqa: N818 (reads as a sentence where it is caught)
    """The gateway did not take the message."""


def mobile(number: str) -> str:
    """The number in international form when it is a French mobile, else nothing."""
    digits = re.sub(r"[\s.\-()]", "", number)
    if not _MOBILE.fullmatch(digits):
        return ""
    return "+33" + digits[1:] if digits.startswith("0") else digits


def enabled() -> bool:
    """Whether this installation can send any."""
    return bool(_address())


def send(to: str, text: str) -> None:
    """Hand one message to the gateway. Raises :class:`SmsFailed`."""
    parts = urlsplit(_address())
    if parts.scheme == "console":
        sys.stdout.write(f"SMS {to}: {text}\n")
    elif parts.scheme == "file":
        with Path(unquote(parts.path)).open("a", encoding="utf-8") as file:
            file.write(json.dumps({"to": to, "text": text}, ensure_ascii=False) + "\n")
    elif parts.scheme in {"https", "http"}:
        _post(_address(), to, text)
    else:
        raise SmsFailed("no gateway")


def _address() -> str:
    return str(getattr(settings, "LIANE_SMS_URL", ""))


def _post(url: str, to: str, text: str) -> None:
    token = str(getattr(settings, "LIANE_SMS_TOKEN", ""))
    request = urllib.request.Request(  # noqa: S310 (the scheme was checked)
        url,
        data=json.dumps({"to": to, "text": text}).encode(),
        headers={"Content-Type": "application/json"}
        | ({"Authorization": f"Bearer {token}"} if token else {}),
    )
    try:
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:  # noqa: S310
            if answer.status >= 300:
                raise SmsFailed(f"gateway answered {answer.status}")
    except (urllib.error.URLError, TimeoutError) as error:
        raise SmsFailed("gateway unreachable") from error
