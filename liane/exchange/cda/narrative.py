"""The words of a CDA section as markup that cannot act: our own, from an element at a time.

A sender's style sheet is never run. Each element of the narrative block becomes one of a dozen
inert tags, its text escaped; links become their words, images their absence said; no attribute
passes but the spans of a table's cells, as small numbers.
"""

from html import escape

from django.utils.safestring import SafeString
from lxml import etree

from liane.exchange.cda.names import HL7

TAGS = {
    "content": "span", "paragraph": "p", "item": "li", "caption": "strong",
    "table": "table", "thead": "thead", "tbody": "tbody", "tfoot": "tfoot",
    "tr": "tr", "td": "td", "th": "th", "sub": "sub", "sup": "sup", "footnote": "small",
}  # fmt: skip
MOST = 400_000
"""Characters of markup for one section."""
DEEPEST = 60
CUT = "<p>[texte trop long : la suite manque]</p>"
WIDEST = 40


def markup(text: etree._Element | None) -> SafeString:
    """The inert markup of a section's ``text``; what exceeds :data:`MOST` is cut, and said so."""
    if text is None:
        return SafeString("")
    out: list[str] = []
    whole = _inside(text, out, [0], 0)
    return SafeString(
        "".join(out) + ("" if whole else "<p>[texte trop long : la suite manque]</p>")
    )


def words(element: etree._Element | None) -> str:
    """The plain words of an element, blanks drawn together."""
    if element is None:
        return ""
    return " ".join(" ".join(str(part) for part in element.itertext()).split())


def rows(text: etree._Element | None) -> list[str]:
    """The lines of a narrative that enumerates: table rows (heads apart), items, paragraphs."""
    if text is None:
        return []
    found = [
        " · ".join(filter(None, (words(cell) for cell in line if name(cell) == "td")))
        for line in text.iter(f"{{{HL7}}}tr")
    ]
    for tag in ("item", "paragraph", "content"):
        found = found if any(found) else [words(one) for one in text.iter(f"{{{HL7}}}{tag}")]
    return [line for line in found if line] or [words(text)]


def name(element: etree._Element) -> str:
    """The local name of an element."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


def _inside(element: etree._Element, out: list[str], size: list[int], depth: int) -> bool:
    """Write what an element holds. False when the bound was met."""
    whole = _write(element.text, out, size)
    for child in element:
        whole = whole and depth < DEEPEST and _one(child, out, size, depth + 1)
        whole = _write(child.tail, out, size) and whole
    return whole


def _one(element: etree._Element, out: list[str], size: list[int], depth: int) -> bool:
    local = name(element)
    if local == "br":
        out.append("<br>")
        return True
    if local == "renderMultiMedia":
        out.append("[image non affichée]")
        return True
    tag = "ol" if local == "list" and element.get("listType") == "ordered" else TAGS.get(local, "")
    tag = "ul" if local == "list" and not tag else tag
    if not tag:
        return _inside(element, out, size, depth)
    out.append(f"<{tag}{_spans(element) if tag in {'td', 'th'} else ''}>")
    whole = _inside(element, out, size, depth)
    out.append(f"</{tag}>")
    return whole


def _spans(element: etree._Element) -> str:
    said = ""
    for span in ("colspan", "rowspan"):
        value = element.get(span, "")
        if value.isascii() and value.isdigit() and 1 < int(value[:4]) <= WIDEST:
            said += f' {span}="{int(value)}"'
    return said


def _write(text: str | None, out: list[str], size: list[int]) -> bool:
    if not text:
        return True
    left = MOST - size[0]
    size[0] += len(text)
    out.append(escape(text[: max(left, 0)]))
    return len(text) <= left
