"""Checks of amounts, sharing keys and drop-out rules."""

from collections.abc import Iterator

from liane.pathways.protocols.findings import Finding, unknown
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.money import STRUCTURE, Dropout, Sharing
from liane.pathways.protocols.phases import EVERY_PROFILE, Phase
from liane.pathways.protocols.plan import known
from liane.pathways.protocols.reading import Path
from liane.pathways.protocols.values import cents_to_euros

WHOLE = 10_000


def amounts(protocol: Protocol) -> Iterator[Finding]:
    """Each profile has its amount; each act that is paid has its tariff."""
    profiles = {one.id for one in protocol.profiles}
    tariffs = {one.code for one in protocol.acts if one.tariff is not None}
    for place, phase in enumerate(protocol.phases):
        at: Path = ("phases", place)
        if phase.pays == "flat":
            yield from _by_profile(phase, at, profiles)
        if phase.pays == "acts":
            for number, one in enumerate(phase.requires):
                for code in one.acts:
                    if code not in tariffs:
                        said = f"« {code} » n’a pas de tarif : « tariff » sur l’acte."
                        yield Finding((*at, "requires", number, "acts"), said)


def _by_profile(phase: Phase, at: Path, profiles: set[str]) -> Iterator[Finding]:
    for name in phase.amounts:
        if name != EVERY_PROFILE and name not in profiles:
            yield unknown((*at, "amounts", name), name, "profil", profiles)
    for name in sorted(profiles) or [EVERY_PROFILE]:
        if name not in phase.amounts and EVERY_PROFILE not in phase.amounts:
            said = "pour tous" if name == EVERY_PROFILE else f"du profil « {name} »"
            yield Finding((*at, "amounts"), f"le montant {said} manque ; à compléter sinon.")


def totals(protocol: Protocol) -> Iterator[Finding]:
    """The amounts of the sequences make the total of the profile, once all are known."""
    profiles = {one.id for one in protocol.profiles}
    flat = [one for one in protocol.phases if one.pays == "flat"]
    for name, total in protocol.totals.items():
        if name not in profiles:
            yield unknown(("totals", name), name, "profil", profiles)
        parts = [known(one.amounts.get(name, one.amounts.get(EVERY_PROFILE))) for one in flat]
        whole = known(total)
        if whole is not None and None not in parts and sum(parts) != whole:
            said = f"{cents_to_euros(sum(parts))} en séquences, {cents_to_euros(whole)} au total."
            yield Finding(("totals", name), said)


def sharing(protocol: Protocol) -> Iterator[Finding]:
    """The key of the protocol names who exists, and does not give more than the whole."""
    if protocol.sharing is not None:
        yield from of_key(protocol, protocol.sharing, ("sharing",))
    elif any(one.pays in {"flat", "acts"} for one in protocol.phases):
        said = "aucune clé de répartition : chaque équipe devra fixer la sienne."
        yield Finding(("sharing",), said, True)


def of_key(protocol: Protocol, key: Sharing, at: Path) -> Iterator[Finding]:
    """The same for a key agreed by a team."""
    codes = {one.code for one in protocol.acts}
    groups = {STRUCTURE, *(one.code for one in protocol.professions)}
    by_acts = any(one.pays == "acts" for one in protocol.phases)
    for place, step in enumerate(key.shares):
        path: Path = (*at, "shares", place)
        if step.kind == "per_act" and step.to not in codes:
            yield unknown((*path, "to"), step.to or "", "acte", codes)
        if step.kind in {"fixed", "percent"} and step.to not in groups:
            yield unknown((*path, "to"), step.to or "", "structure ou profession", groups)
        if step.kind == "tariff" and not by_acts:
            yield Finding((*path, "kind"), "« tariff » a besoin d’une séquence « pays: acts ».")
    percents = [one.percent for one in key.shares if one.percent is not None]
    if sum(percents) > WHOLE:
        yield Finding((*at, "shares"), f"les parts font {_percent(sum(percents))}, plus de 100 %.")
    only = key.remainder == "none" and len(percents) == len(key.shares)
    if only and sum(percents) < WHOLE:
        said = f"les parts font {_percent(sum(percents))} % ; sans reste, il faut 100 %."
        yield Finding((*at, "shares"), said)


def _percent(points: int) -> str:
    return f"{points / 100:g}".replace(".", ",")


def dropout(protocol: Protocol) -> Iterator[Finding]:
    """Drop-out rules name what exists; each paid sequence that can stop early has one."""
    there = {one.id for one in protocol.phases}
    for place, rule in enumerate(protocol.dropout):
        for name in rule.phases:
            if name not in there:
                yield unknown(("dropout", place, "phases"), name, "phase", there)
        yield from _levels(protocol, rule, ("dropout", place))
    for place, phase in enumerate(protocol.phases):
        when = phase.complete_when
        covered = any(not rule.phases or phase.id in rule.phases for rule in protocol.dropout)
        if when and when.met != "elapsed" and phase.pays in {"flat", "acts"} and not covered:
            said = "aucune règle de fin anticipée (« dropout ») : rien n’en serait conclu."
            yield Finding(("phases", place), said, True)


def _levels(protocol: Protocol, rule: Dropout, at: Path) -> Iterator[Finding]:
    wanted = {
        one.id
        for phase in protocol.phases
        if not rule.phases or phase.id in rule.phases
        for one in phase.requires
    }
    for number, level in enumerate(rule.levels):
        for name in level.requires:
            if name not in wanted:
                yield unknown((*at, "levels", number, "requires", name), name, "exigence", wanted)
