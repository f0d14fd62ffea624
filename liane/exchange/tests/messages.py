"""Hospital messages for tests, built from the few things a case is about."""

from pathlib import Path

HOSPITAL = "CH DE DAX&400011177&M"
AUTHORITY = "CH DE DAX&400011177&N"


def field_files() -> list[Path]:
    """Messages that nobody here wrote, where the checkout has them beside it."""
    here = Path(__file__).resolve()
    folders = (parent / "shared" / "data" / "adt" for parent in here.parents)
    folder = next((one for one in folders if one.is_dir()), None)
    return sorted(folder.glob("*.er7")) if folder else []


def adt(
    event: str,
    at: str = "20261102081200",
    *,
    control: str = "",
    recorded: str = "",
    visit: str = "SEJ1",
    name: str = "DUPONT^JEANNE^JEANNE^^^^L",
    birth: str = "19410312",
    sex: str = "F",
    ipp: str = "000123",
    ins: str = "",
    pv1_class: str = "I",
    unit: str = "Cardiologie",
    unit_code: str = "6101",
    movement: str | None = "",
    action: str = "INSERT",
    original: str = "",
    pv2: str = "",
    pid_end: str = "",
    pv1_end: str = "",
    extra: tuple[str, ...] = (),
    end: str = "\r",
) -> bytes:
    """An ADT message; ``movement=None`` leaves ZBE out."""
    recorded = recorded or at
    control = control or f"{event}-{recorded}-{movement}"
    numbers = f"{ipp}^^^{AUTHORITY}^PI" if ipp else ""
    if ins:
        numbers += f"~{ins}^^^ASIP-SANTE-INS-NIR&1.2.250.1.213.1.4.8&ISO^INS"
    lines = [
        f"MSH|^~\\&|GAM|CH DE DAX|LIANE|LIANE|{recorded}||ADT^{event}^ADT_A01|{control}|P"
        "|2.5^FRA^2.11|||||FRA|UNICODE UTF-8|FR||2.11^IHE_FRANCE-2.11-PAM",
        f"EVN||{recorded}||||{at}|",
        f"PID|1||{numbers}||{name}||{birth}|{sex}{pid_end}",
        f"PV1|1|{pv1_class}|^^^{HOSPITAL}^O{'|' * 16}{visit}^^^{AUTHORITY}^VN{pv1_end}",
    ]
    if pv2:
        lines.append(f"PV2|{pv2}")
    if movement is not None:
        number = movement or f"M-{event}-{at}"
        lines.append(
            f"ZBE|{number}^CH DE DAX^400011177|{at}||{action}|N|{original}"
            f"|{unit}^^^^^{AUTHORITY}^UF^^^{unit_code}||HMS"
        )
    return (end.join([*lines, *extra]) + end).encode()
