"""Sharing keys in words: what the team of a project agreed, step by step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass

from liane.core import acting
from liane.directory import second
from liane.pathways import catalogue, rules
from liane.pathways.models import Project, SharingAccord, SharingAgreement
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import STRUCTURE, Share, Sharing
from liane.pathways.protocols.plan import known

REMAINDERS = {
    "structure": "le reste à la structure",
    "acts": "le reste aux professionnels, selon leurs actes",
    "none": "rien ne reste : les parts font 100 %",
}
WEIGHTS = {"acts": "à parts égales par acte", "minutes": "selon la durée des actes"}


@dataclass(frozen=True)
class Key:
    """One key as its page shows it. ``row`` is None for the definition's own. ``waits``: nobody
    else confirmed it yet, and it governs nothing; ``mine``: whoever reads proposed it; ``alone``:
    nobody else could confirm it."""

    label: str
    article: str
    steps: list[str]
    row: SharingAgreement | None = None
    accord: SharingAccord | None = None
    waits: bool = False
    mine: bool = False
    alone: bool = False


def of_project(project: Project, protocol: Protocol) -> list[Key]:
    """The keys of a project, the latest first, the definition's own at the end; one that another
    followed before anybody confirmed it is left out. Two queries at most."""
    made: list[Key] = []
    me, proposed = acting.current().user_id, False
    rows = project.agreements.select_related("accord").order_by("-created_at")
    for row in rows:
        accord = getattr(row, "accord", None)
        if accord is None and proposed:
            continue
        proposed = True
        sharing = Sharing.model_validate(json.loads(row.key) | {"governs": row.governs})
        mine = accord is None and me is not None and row.author_user_id == me
        alone = mine and me is not None and not second.others(
            project.organisation_id, rules.RUNNERS, me
        )  # fmt: skip
        made.append(Key(
            sharing.label, sharing.article, list(steps(sharing, protocol)), row, accord,
            accord is None, mine, alone,
        ))  # fmt: skip
    if protocol.sharing is not None:
        own = protocol.sharing
        made.append(Key(own.label, own.article, list(steps(own, protocol))))
    return made


def steps(sharing: Sharing, protocol: Protocol) -> Iterator[str]:
    """The steps in order, then what becomes of the rest."""
    for share in sharing.shares:
        yield _step(share, protocol)
    yield REMAINDERS[sharing.remainder]
    if any(
        share.kind in {"fixed", "percent"} and share.to != STRUCTURE for share in sharing.shares
    ):
        yield f"la part d’un métier se divise {WEIGHTS[sharing.weights]}"


def _step(share: Share, protocol: Protocol) -> str:
    cents = known(share.amount) if share.amount is not None else None
    amount = f"{cents / 100:.2f} €".replace(".", ",") if cents is not None else "à compléter"
    if share.kind == "tariff":
        return "chaque acte à son tarif, à qui l’a fait"
    if share.kind == "per_act":
        return f"{amount} par « {catalogue.label_of(protocol, share.to or '')} », à qui l’a fait"
    names = catalogue.professions(protocol) | {STRUCTURE: "la structure"}
    who = names.get(share.to or "", share.to or "")
    if share.kind == "percent":
        return f"{(share.percent or 0) / 100:g} % du montant : {who}".replace(".", ",")
    return f"{amount} : {who}"
