"""Bodies of documents: a file wrapped (level 1), a note, a coordinated care plan (level 3)."""

import base64

from lxml.etree import _Element as Element

from liane.core.xml import written
from liane.exchange.cda import header
from liane.exchange.cda.facts import CarePlan, Deed, Goal, Head
from liane.exchange.cda.header import coded, sub
from liane.exchange.cda.names import TA_ASIP, Code

COMMENT = ("2.16.840.1.113883.10.20.1.40", "1.3.6.1.4.1.19376.1.5.3.1.4.2",
           "1.2.250.1.213.1.1.3.32")  # fmt: skip
"""FR-Commentaire-ER and its parents."""
SIMPLE = ("1.3.6.1.4.1.19376.1.5.3.1.4.13", "1.2.250.1.213.1.1.3.48")
"""FR-Simple-Observation and its parent."""
REQUEST = ("2.16.840.1.113883.10.20.1.25", "1.3.6.1.4.1.19376.1.5.3.1.1.20.3.1",
           "1.2.250.1.213.1.1.3.27")  # fmt: skip
"""FR-Demande-d-examen-ou-de-suivi and its parents."""
PROBLEMS = ("2.16.840.1.113883.10.20.1.11", "1.3.6.1.4.1.19376.1.5.3.1.3.6",
            "1.2.250.1.213.1.1.2.132")  # fmt: skip
DIRECTIVES = ("2.16.840.1.113883.10.20.1.1", "1.3.6.1.4.1.19376.1.5.3.1.3.34",
              "1.3.6.1.4.1.19376.1.5.3.1.3.35", "1.2.250.1.213.1.1.2.157")  # fmt: skip
PLAN = ("2.16.840.1.113883.10.20.1.10", "1.3.6.1.4.1.19376.1.5.3.1.3.36",
        "1.2.250.1.213.1.1.2.158")  # fmt: skip
SOCIAL = "1.2.250.1.213.1.1.2.44"
STATUS = "1.2.250.1.213.1.1.2.35"
PARTICIPANT = "1.2.250.1.213.1.1.3.109"


def wrapped(head: Head, content: bytes, media_type: str) -> bytes:
    """A file inside a CDA document of level 1."""
    root = header.document(head)
    body = sub(sub(root, "component"), "nonXMLBody")
    sub(
        body, "text", base64.b64encode(content).decode(), mediaType=media_type,
        representation="B64",
    )  # fmt: skip
    return written(root)


def note(head: Head, words: str) -> bytes:
    """A note: one section, its text as it was written, line by line, and a comment entry."""
    root = header.document(head)
    code = Code("48767-8", "Commentaire")
    made, text = header.section(header.structured(root), code, head.title)
    _lines(sub(text, "content", ID="note"), words)
    act = sub(sub(made, "entry"), "act", classCode="ACT", moodCode="EVN")
    _templates(act, COMMENT)
    coded(act, "code", code)
    sub(sub(act, "text"), "reference", value="#note")
    sub(act, "statusCode", code="completed")
    return written(root)


def care_plan(head: Head, plan: CarePlan) -> bytes:
    """A coordinated care plan in the sections of PPS-PAERPA. What the plan does not know is said
    to be unknown (nullFlavor), never made up."""
    root = header.document(head)
    body = header.structured(root)
    _problems(body, plan)
    _directives(body)
    _situation(body, plan)
    _goals(body, plan)
    _status(body, head, plan)
    return written(root)


def _lines(content: Element, words: str) -> None:
    first, *others = words.splitlines() or [""]
    content.text = first
    for line in others:
        sub(content, "br").tail = line


def _templates(parent: Element, templates: tuple[str, ...]) -> None:
    for template in templates:
        sub(parent, "templateId", root=template)


def _problems(body: Element, plan: CarePlan) -> None:
    problems = list(dict.fromkeys(goal.problem for goal in plan.goals if goal.problem))
    code = Code("11450-4", "Liste des problèmes actifs")
    made, text = header.section(body, code, "Problèmes", *PROBLEMS)
    rows = [[(f"pb{place}", words)] for place, words in enumerate(problems, 1)]
    header.table(text, ["Problème"], rows or [["Aucun problème formulé"]])
    for place, _ in enumerate(problems, 1):
        _problem(made, f"#pb{place}")


def _problem(parent: Element, reference: str) -> None:
    act = sub(sub(parent, "entry"), "act", classCode="ACT", moodCode="EVN")
    _templates(
        act,
        ("2.16.840.1.113883.10.20.1.27", "1.3.6.1.4.1.19376.1.5.3.1.4.5.1",
         "1.3.6.1.4.1.19376.1.5.3.1.4.5.2", "1.2.250.1.213.1.1.3.39"),
    )  # fmt: skip
    sub(act, "id", nullFlavor="NA")
    sub(act, "code", nullFlavor="NA")
    sub(act, "statusCode", code="active")
    sub(sub(act, "effectiveTime"), "low", nullFlavor="UNK")
    link = sub(act, "entryRelationship", typeCode="SUBJ", inversionInd="false")
    seen = sub(link, "observation", classCode="OBS", moodCode="EVN", negationInd="false")
    _templates(
        seen,
        ("2.16.840.1.113883.10.20.1.28", "1.3.6.1.4.1.19376.1.5.3.1.4.5",
         "1.2.250.1.213.1.1.3.37"),
    )  # fmt: skip
    sub(seen, "id", nullFlavor="NA")
    sub(
        seen, "code", code="G-1009", displayName="Diagnostic", codeSystem="1.2.250.1.213.2.12",
        codeSystemName="SNOMED 3.5",
    )  # fmt: skip
    sub(sub(seen, "text"), "reference", value=reference)
    sub(seen, "statusCode", code="completed")
    sub(sub(seen, "effectiveTime"), "low", nullFlavor="UNK")
    _said(seen, reference)


def _said(parent: Element, reference: str) -> None:
    """A value in words only: they are in the narrative."""
    value = sub(parent, "value", xsi_type="CD", nullFlavor="OTH")
    sub(sub(value, "originalText"), "reference", value=reference)


def _directives(body: Element) -> None:
    code = Code("42348-3", "Directives anticipées")
    made, text = header.section(body, code, "Directives anticipées", *DIRECTIVES)
    sub(text, "content", "Non renseigné dans ce plan", ID="directives")
    seen = sub(sub(made, "entry"), "observation", classCode="OBS", moodCode="EVN")
    _templates(
        seen,
        ("2.16.840.1.113883.10.20.1.17", "1.3.6.1.4.1.19376.1.5.3.1.4.13",
         "1.3.6.1.4.1.19376.1.5.3.1.4.13.7", "1.2.250.1.213.1.1.3.54"),
    )  # fmt: skip
    sub(seen, "id", nullFlavor="NA")
    coded(seen, "code", code)
    sub(sub(seen, "text"), "reference", value="#directives")
    sub(seen, "statusCode", code="completed")
    sub(seen, "effectiveTime", nullFlavor="UNK")
    sub(seen, "value", xsi_type="BL", nullFlavor="UNK")


def _situation(body: Element, plan: CarePlan) -> None:
    code = Code("34841-7", "Dispositions médico-sociales")
    made, text = header.section(body, code, "Situation et souhaits", SOCIAL)
    rows: list[list[object]] = [[label, words] for label, words in plan.situation]
    wishes = [(f"souhait{n}", label, words) for n, (label, words) in enumerate(plan.wishes, 1)]
    rows += [[label, (name, words)] for name, label, words in wishes]
    header.table(text, ["Rubrique", "Précision"], rows or [["Situation", "Non renseigné"]])
    for name, _, _ in wishes:
        _simple(sub(made, "entry"), Code("PAT-008", "Préférences de la personne", TA_ASIP,
                                         "TA_ASIP"), f"#{name}")  # fmt: skip


def _simple(parent: Element, code: Code, reference: str) -> Element:
    seen = sub(parent, "observation", classCode="OBS", moodCode="EVN")
    _templates(seen, SIMPLE)
    sub(seen, "id", nullFlavor="NA")
    coded(seen, "code", code)
    sub(sub(seen, "text"), "reference", nullFlavor="NA")
    sub(seen, "statusCode", code="completed")
    sub(seen, "effectiveTime", nullFlavor="UNK")
    _said(seen, reference)
    return seen


def _goals(body: Element, plan: CarePlan) -> None:
    code = Code("18776-5", "Plan de soins")
    made, text = header.section(body, code, "Plan de soins et d’aides", *PLAN)
    heads = ["Problème", "Objectif partagé", "Actions", "Intervenants", "Critère", "Bilan"]
    rows = [_row(place, goal) for place, goal in enumerate(plan.goals, 1)]
    header.table(text, heads, rows or [["Aucun objectif formulé", "", "", "", "", ""]])
    for place, goal in enumerate(plan.goals, 1):
        _goal(made, place, goal)


def _row(place: int, goal: Goal) -> list[object]:
    deeds = " ; ".join(" ".join(filter(None, (one.text, one.when))) for one in goal.deeds)
    people = " ; ".join(dict.fromkeys(one.who for one in goal.deeds if one.who))
    return [
        (f"probleme{place}", goal.problem),
        (f"objectif{place}", goal.text),
        (f"action{place}", deeds),
        people,
        (f"critere{place}", goal.indicator),
        (f"bilan{place}", goal.outcome),
    ]


def _goal(parent: Element, place: int, goal: Goal) -> None:
    aim = _request(sub(parent, "entry"), f"#probleme{place}")
    _said(aim, f"#objectif{place}")
    for deed in goal.deeds:
        _deed(sub(aim, "entryRelationship", typeCode="SPRT"), place, deed)
    outcome = _simple(
        sub(aim, "entryRelationship", typeCode="GEVL"),
        Code("ORG-012", "Bilan d'étape", TA_ASIP, "TA_ASIP"),
        f"#bilan{place}",
    )
    if goal.indicator:
        criterion = sub(sub(outcome, "precondition"), "criterion")
        sub(sub(criterion, "text"), "reference", value=f"#critere{place}")


def _request(parent: Element, reference: str, code: Code | None = None) -> Element:
    made = sub(parent, "observation", classCode="OBS", moodCode="GOL")
    _templates(made, REQUEST)
    sub(made, "id", nullFlavor="NA")
    if code is None:
        words = sub(sub(made, "code", nullFlavor="OTH"), "originalText")
        sub(words, "reference", value=reference)
    else:
        coded(made, "code", code)
    sub(sub(made, "text"), "reference", value=reference)
    sub(made, "statusCode", code="active")
    sub(made, "effectiveTime", nullFlavor="NAV")
    return made


def _deed(parent: Element, place: int, deed: Deed) -> None:
    code = Code("ORG-014", "Actions dont ETP", TA_ASIP, "TA_ASIP")
    made = _request(parent, f"#action{place}", code)
    sub(made, "value", xsi_type="CD", nullFlavor="NAV")
    if not deed.who:
        return
    part = sub(made, "participant", typeCode="PRF")
    sub(part, "templateId", root=PARTICIPANT)
    sub(part, "time", nullFlavor="UNK")
    role = sub(part, "participantRole")
    sub(role, "addr", nullFlavor="UNK")
    sub(role, "telecom", nullFlavor="UNK")
    sub(sub(role, "playingEntity"), "name", deed.who)


def _status(body: Element, head: Head, plan: CarePlan) -> None:
    code = Code("33557-0", "Etat d'achèvement")
    made, text = header.section(body, code, "Statut du document", STATUS)
    on = plan.validated_on
    words = f"validé le {on:%d/%m/%Y}" if on else "transmis, non encore validé"
    sub(text, "content", f"Statut du document : {words}", ID="statut")
    seen = sub(sub(made, "entry"), "observation", classCode="OBS", moodCode="EVN")
    _templates(seen, (*SIMPLE, "1.2.250.1.213.1.1.3.48.16"))
    sub(seen, "id", nullFlavor="NA")
    coded(seen, "code", Code("GEN-065", "Statut du document", TA_ASIP, "TA_ASIP"))
    sub(sub(seen, "text"), "reference", value="#statut")
    sub(seen, "statusCode", code="completed")
    sub(seen, "effectiveTime", value=f"{on or head.at:%Y%m%d}")
    value = ("GEN-068", "Validé") if on else ("GEN-067", "Complété")
    sub(
        seen, "value", xsi_type="CD", code=value[0], displayName=value[1], codeSystem=TA_ASIP,
        codeSystemName="TA_ASIP",
    )  # fmt: skip
