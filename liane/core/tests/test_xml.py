"""XML of others: no entity, no document type, no fetching, bounded in depth and in number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from liane.core import xml
from liane.core.errors import Refused

BOMB = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;&x;">]><a>&y;</a>'
OUTSIDE = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"bonjour",
        b"<a>",
        b"<a/><b/>",
        BOMB.encode(),
        BOMB.encode("utf-16"),
        BOMB.encode("utf-16-be"),
        OUTSIDE.encode(),
        b'<?xml version="1.0" encoding="UTF-7"?>' + OUTSIDE.encode("utf-7"),
        b'<?xml version="1.0" encoding="cp037"?><a/>',
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a>" + b"<b/>" * (xml.MOST_ELEMENTS + 1) + b"</a>",
        b"<a>&nbsp;</a>",
        b"\xff\xfe<\0a\0",
        b'<?xml version="1.0" encoding="utf-8"?><a>\xe9</a>',
    ],
)
def test_what_is_not_plain_xml_is_refused(content: bytes) -> None:
    with pytest.raises(Refused):
        xml.parse(content)


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "iso-8859-15", "windows-1252"])
def test_western_encodings_are_read(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><a>é</a>'
    assert xml.parse(text.encode(encoding)).text == "é"


def test_a_mark_at_the_head_is_read() -> None:
    assert xml.parse("<a>é</a>".encode("utf-16")).text == "é"
    assert xml.parse(b"\xef\xbb\xbf<a/>").tag == "a"


def test_nothing_larger_than_the_limit_is_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml, "LARGEST", 10)
    with pytest.raises(Refused, match="dépasse"):
        xml.parse(b"<a>12345678</a>")


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(content: bytes) -> None:
    try:
        xml.parse(content)
    except Refused:
        return
