"""CDA R2: what we write has the structure of the French volume, and is read back; what others
send is shown inert."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from liane.core import xml
from liane.core.errors import Refused
from liane.exchange.cda import checks, narrative, reading
from liane.exchange.cda.names import HL7
from liane.exchange.tests import papers
from liane.patients import ins

N = {"h": HL7}
MADE = {"file": papers.wrapped, "plan": papers.plan, "note": papers.note}


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_has_the_structure_of_the_volume(name: str) -> None:
    assert checks.faults(xml.parse(MADE[name]().content)) == []


@pytest.mark.parametrize("name", MADE)
def test_what_is_written_is_read_back(name: str) -> None:
    made = MADE[name]()
    read = reading.read(made.content)
    assert read.title == made.head.title
    assert read.type_code == made.head.kind.type.code
    assert read.at == papers.AT
    assert read.version == 2
    assert read.author == "Mme Claire Aubert"
    assert read.house == "MSP des Pins & Landes"
    assert read.person == reading.Person(
        ins.parse(papers.MATRICULE), "LABORDE", "Odette Marie", "DUPONT", "F",
        papers.ODETTE.birth_date, "40088",
    )  # fmt: skip


def test_a_wrapped_file_comes_back_byte_for_byte() -> None:
    content = bytes(range(256)) * 300
    read = reading.read(papers.wrapped(content).content)
    assert read.level == 1
    assert read.wrapped == reading.Wrapped("application/pdf", content)


def test_a_plan_says_all_its_words_in_the_narrative_and_its_entries() -> None:
    root = xml.parse(papers.plan().content)
    said = " ".join(root.itertext())
    for goal in papers.PLAN.goals:
        for words in (goal.problem, goal.text, goal.indicator, goal.outcome):
            assert words in said
        for deed in goal.deeds:
            assert deed.text in said
            assert deed.who in said
    goals = root.findall(".//h:entry/h:observation[@moodCode='GOL']", N)
    assert len(goals) == 3
    assert len(goals[0].findall("h:entryRelationship[@typeCode='SPRT']", N)) == 2
    assert root.find("h:authorization/h:consent", N) is not None
    assert root.find(".//h:value[@code='GEN-068']", N) is not None


def test_a_plan_that_was_not_validated_does_not_say_so() -> None:
    made = papers.plan()
    from dataclasses import replace

    from liane.exchange.cda import bodies

    plan = replace(papers.PLAN, validated_on=None, goals=[], wishes=[], situation=[])
    root = xml.parse(bodies.care_plan(made.head, plan))
    assert checks.faults(root) == []
    assert root.find(".//h:value[@code='GEN-068']", N) is None


def test_the_checks_see_what_they_must() -> None:
    root = xml.parse(papers.wrapped().content)
    assert checks.faults(root) == []
    root.remove(root.find("h:custodian", N))
    first = root.find("h:title", N)
    root.remove(first)
    root.append(first)
    found = checks.faults(root)
    assert "order of ClinicalDocument" in found
    assert any(fault.startswith("missing: custodian") for fault in found)
    text = root.find("h:component/h:nonXMLBody/h:text", N)
    text.text = "pas du base64 !"
    assert "body is not base64" in checks.faults(root)
    broken = xml.parse(papers.plan().content)
    broken.find(".//h:content[@ID='pb1']", N).set("ID", "ailleurs")
    assert "reference to nothing: #pb1" in checks.faults(broken)


def test_without_a_qualified_identity_no_matricule_travels() -> None:
    from dataclasses import replace

    made = papers.wrapped(subject=replace(papers.ODETTE, matricule=None))
    assert papers.MATRICULE.encode() not in made.content
    assert reading.read(made.content).person.matricule is None


# ------------------------------------------------------------------ what others send

HOSTILE = """<text xmlns="urn:hl7-org:v3">
<paragraph onclick="steal()" style="position:fixed">Bonjour <content ID="a">&lt;script&gt;</content></paragraph>
<linkHtml href="javascript:alert(1)">lien</linkHtml><script>alert(1)</script>
<table><tbody><tr><td colspan="2" onmouseover="x()">A</td><td rowspan="99999999">B</td></tr></tbody></table>
<list listType="ordered"><item>un</item></list><renderMultiMedia referencedObject="x"/>
<iframe src="https://evil.example"/><svg><a/></svg></text>"""  # noqa: E501


def test_a_narrative_becomes_inert_markup() -> None:
    made = narrative.markup(etree.fromstring(HOSTILE))
    for word in ("onclick", "style", "href", "javascript", "<script", "<iframe", "<svg", "src"):
        assert word not in made
    assert "<p>Bonjour <span>&lt;script&gt;</span></p>" in made
    assert '<td colspan="2">A</td><td>B</td>' in made
    assert "<ol><li>un</li></ol>" in made
    assert "[image non affichée]" in made
    assert "lien" in made


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=80))
def test_no_words_of_a_narrative_become_markup(words: str) -> None:
    root = etree.Element(f"{{{HL7}}}text")
    child = etree.SubElement(root, f"{{{HL7}}}paragraph")
    child.text = child.tail = words
    child.set("ID", words)
    made = narrative.markup(root)
    parsed = etree.fromstring(f"<div>{made}</div>")
    assert [one.tag for one in parsed.iter()] == ["div", "p"]
    assert "".join(parsed.itertext()) == words * 2


def test_a_narrative_without_end_is_cut_and_says_so() -> None:
    root = etree.Element(f"{{{HL7}}}text")
    for _ in range(5):
        etree.SubElement(root, f"{{{HL7}}}paragraph").text = "x" * (narrative.MOST // 3)
    made = narrative.markup(root)
    assert len(made) < narrative.MOST * 1.1
    assert "trop long" in made


STATED = """<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<id root="1.2.3" extension="9"/><code code="34112-3" displayName="CR hospitalier (séjour)"/>
<effectiveTime value="20260301"/>
<recordTarget><patientRole><id root="1.2.250.1.213.1.4.8" extension="269054958815781"/>
<patient><name><family>LABORDE</family><given>Odette</given></name></patient></patientRole></recordTarget>
<component><structuredBody>
<component><section><code code="48765-2"/><title>Allergies</title><text><table><tbody>
<tr><td>Pénicilline</td><td>urticaire</td></tr><tr><td>Latex</td></tr></tbody></table></text></section></component>
<component><section><code code="11450-4"/><title>Problèmes</title><text><content ID="p1">Insuffisance cardiaque</content></text>
<entry><act><entryRelationship><observation><value xsi:type="CD"><originalText><reference value="#p1"/></originalText></value></observation></entryRelationship></act></entry></section></component>
<component><section><code code="10160-0"/><title>Traitements</title><text>voir ordonnance</text>
<entry><substanceAdministration><consumable><manufacturedProduct><manufacturedMaterial><code displayName="FUROSEMIDE 40 mg"/></manufacturedMaterial></manufacturedProduct></consumable></substanceAdministration></entry></section></component>
</structuredBody></component></ClinicalDocument>"""  # noqa: E501


def test_allergies_problems_and_treatments_are_offered_in_words() -> None:
    read = reading.read(STATED.encode())
    assert read.level == 3
    assert [section.title for section in read.sections] == ["Allergies", "Problèmes", "Traitements"]
    assert [(one.kind, one.words) for one in read.proposals] == [
        ("allergy", "Pénicilline · urticaire"),
        ("allergy", "Latex"),
        ("problem", "Insuffisance cardiaque"),
        ("treatment", "FUROSEMIDE 40 mg"),
    ]


def test_a_matricule_whose_key_is_wrong_is_not_taken_for_one() -> None:
    assert reading.read(STATED.encode()).person.matricule is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"<html/>", "ClinicalDocument absent"),
        (b'<ClinicalDocument xmlns="urn:hl7-org:v3"/>', "de qui il parle"),
        (
            b'<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole/></recordTarget>'
            b"</ClinicalDocument>",
            "pas de corps",
        ),
        (
            b'<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole/></recordTarget>'
            b'<component><nonXMLBody><text mediaType="application/x-msdownload">TVo=</text>'
            b"</nonXMLBody></component></ClinicalDocument>",
            "pas accepté",
        ),
        (
            b'<ClinicalDocument xmlns="urn:hl7-org:v3"><recordTarget><patientRole/></recordTarget>'
            b'<component><nonXMLBody><text mediaType="application/pdf" representation="B64">*'
            b"</text></nonXMLBody></component></ClinicalDocument>",
            "abîmé",
        ),
        (b"<!DOCTYPE x><ClinicalDocument/>", "entités"),
    ],
)
def test_what_cannot_be_read_says_why(content: bytes, words: str) -> None:
    with pytest.raises(Refused, match=words):
        reading.read(content)


@given(st.data())
def test_a_document_cut_anywhere_breaks_nothing(data: st.DataObject) -> None:
    content = papers.plan().content
    start = data.draw(st.integers(0, len(content) - 1))
    end = data.draw(st.integers(start, len(content)))
    try:
        reading.read(content[:start] + content[end:])
    except Refused as refusal:
        assert refusal.message  # noqa: PT017


def test_base64_may_be_folded() -> None:
    made = papers.wrapped(b"x" * 500)
    folded = made.content.replace(
        base64.b64encode(b"x" * 500),
        b"\r\n  ".join([base64.b64encode(b"x" * 500)[:300], base64.b64encode(b"x" * 500)[300:]]),
    )
    wrapped = reading.read(folded).wrapped
    assert wrapped is not None
    assert wrapped.content == b"x" * 500
