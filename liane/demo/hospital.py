"""What the demo's hospital sends about Mme Dupont: real HL7 v2 ADT, French PAM profile.

For those who try the demo, and for its browser tests. Nothing here reads the database.
"""

import datetime as dt

from liane.demo.names import matricule
from liane.demo.territory import HOSPITAL_AUTHORITY, STRUCTURES
from liane.patients.ins import NIR_TEST

EVENTS = {
    "admission": ("A01", "I"),
    "uncertain": ("A01", "I"),
    "emergency": ("A04", "E"),
    "consultation": ("A04", "O"),
    "discharge": ("A03", "I"),
    "cancel-admission": ("A11", "I"),
    "cancel-discharge": ("A13", "I"),
}
"""What may be said: (HL7 event, class of the stay in PV1-2). ``uncertain`` is an admission of
somebody born a day after M. Simon, without a number: a human says whether it is him."""

CANCELS = {"A11": "A01", "A13": "A03"}
"""A cancellation names the movement that it takes back."""

IPP, ANOTHER_IPP = "810234", "904417"
DUPONT = "LABORDE^ODETTE^ODETTE MARIE^^^^L~DUPONT^ODETTE^^^^^D||19410307|F"
NEARLY_SIMON = "SIMON^PIERRE^PIERRE^^^^L||19380123|M"


def message(said: str, at: dt.datetime, *, visit: str = "DEMO1", unit: str = "Cardiologie") -> str:
    """One message of :data:`EVENTS`, at ``at`` (local time), lines ended by CR.

    Messages about the same stay share ``visit``. Raises KeyError for an unknown word.
    """
    event, stay_class = EVENTS[said]
    hospital = next(one for one in STRUCTURES if one.key == "hospital")
    stamp = f"{at:%Y%m%d%H%M%S}"
    taken_back = CANCELS.get(event, "")
    action = "CANCEL" if taken_back else "INSERT"
    finess = f"CHDAX&{hospital.finess}&M"
    number = matricule("F", dt.date(1941, 3, 7), "40088", 88)
    sure = said != "uncertain"
    ins = f"~{number.value}^^^ASIP-SANTE-INS-NIR&{NIR_TEST}&ISO^INS" if sure else ""
    lines = [
        f"MSH|^~\\&|GAM|CHDAX|LIANE|LIANE|{stamp}||ADT^{event}^ADT_A01|{visit}-{event}-{stamp}|P"
        "|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{stamp}||||{stamp}",
        f"PID|1||{IPP if sure else ANOTHER_IPP}^^^CHDAX&{HOSPITAL_AUTHORITY}&ISO^PI{ins}"
        f"||{DUPONT if sure else NEARLY_SIMON}",
        f"PV1|1|{stay_class}|^^^{finess}^O{'|' * 16}{visit}^^^CHDAX&{HOSPITAL_AUTHORITY}&ISO^VN",
        f"ZBE|{visit}-{taken_back or event}^CHDAX|{stamp}||{action}|N|{taken_back}"
        f"|{unit}^^^^^{finess}^UF^^^6101||HMS",
    ]
    return "\r".join(lines) + "\r"
