"""Explanations in French, made when somebody asks: each line says its rule, article and acts.

Nothing here computes: it names what ``settling`` decided. Persons are never named; payees are the
caller's identifiers, turned into names by ``called``.
"""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from liane.bundles.engine.results import Line, Missing, Refusal, SequenceState, Settlement
from liane.bundles.engine.sharing import REMAINDER
from liane.pathways.protocols.facts import Act, Case
from liane.pathways.protocols.format import Protocol
from liane.pathways.protocols.values import cents_to_euros

MONTHS = (
    "janvier", "février", "mars", "avril", "mai", "juin",
    "juillet", "août", "septembre", "octobre", "novembre", "décembre",
)  # fmt: skip
REASONS = {
    "unknown_act": "le protocole ne connaît pas cet acte",
    "unconfirmed": "en attente de la confirmation du professionnel",
    "elsewhere": "compté dans un autre forfait : un acte ne compte qu’une fois",
    "before_inclusion": "antérieur à l’inclusion",
    "after_end": "postérieur à la fin du suivi",
    "suspended": "fait pendant une suspension",
    "remote": "ne peut pas être fait à distance",
    "profession": "n’est pas ouvert à cette profession",
    "no_sequence": "aucune séquence ne le demande pour ce profil",
    "not_open": "la séquence n’est pas encore ouverte ce jour-là",
    "closed": "la séquence était déjà achevée",
    "expired": "le délai de la séquence était passé",
    "renewal": "pas de nouvelle période sans renouvellement",
    "maximum": "nombre maximal atteint",
    "order": "un acte doit être fait avant celui-ci",
    "spacing": "trop proche du précédent",
    "window": "hors de la période permise",
    "cap": "plafond atteint",
    "payee": "aucun bénéficiaire ce jour-là (professionnel non signataire)",
}
STATES = {
    "waiting": "pas encore ouverte",
    "open": "en cours",
    "complete": "achevée",
    "partial": "arrêtée avant son terme, due en partie",
    "abandoned": "abandonnée, rien n’est dû",
    "expired": "délai passé, rien n’est dû",
    "to_complete": "règle à compléter avant de conclure",
    "never": "jamais commencée, rien n’est dû",
}
ENDS = {
    "completed": "parcours achevé", "drop_out": "abandon", "death": "décès",
    "move": "déménagement", "refusal": "refus de la personne",
}  # fmt: skip
STOPPED = {"never", "abandoned", "partial"}
COUNTING = {"maximum", "order", "spacing"}
DOCUMENTLESS = {"amount": "le montant", "sharing": "la clé de répartition"}


class Explained(NamedTuple):
    """One sentence, and what it rests on: rule ids, article, intervention ids."""

    text: str
    rule: str
    article: str
    acts: tuple[Any, ...] = ()


def euros(cents: int) -> str:
    """4500 as « 45,00 € », thousands apart."""
    whole, part = cents_to_euros(abs(cents)).split(".")
    grouped = f"{int(whole):,}".replace(",", "\u202f")
    return f"{'−' if cents < 0 else ''}{grouped},{part}\u00a0€"


def day(on: dt.date) -> str:
    """« 6 avril 2026 », « 1er » for the first."""
    return f"{'1er' if on.day == 1 else on.day} {MONTHS[on.month - 1]} {on.year}"


def explain(
    protocol: Protocol,
    case: Case,
    settlement: Settlement,
    called: Callable[[str], str] = str,
) -> Iterator[Explained]:
    """Every sentence of a settlement: sequences, then lines, refusals, and what is missing."""
    acts = {act.id: act for act in case.acts}
    words = _Words(protocol, acts, end=_end(case))
    for sequence in settlement.sequences:
        yield words.sequence(sequence)
        for line in settlement.lines:
            if line.sequence == sequence.id:
                yield words.line(line, called(line.payee))
    for refusal in settlement.refusals:
        yield words.refusal(refusal)
    for missing in settlement.missing:
        yield words.missing(missing)


def _end(case: Case) -> str:
    """Why and when the follow-up ended, in words; empty while it runs."""
    if case.ended_on is None:
        return ""
    reason = ENDS.get(case.end_reason or "", "")
    return f"suivi terminé le {day(case.ended_on)}" + (f", {reason}" if reason else "")


class _Words:
    """Labels and articles of a definition by rule."""

    def __init__(self, protocol: Protocol, acts: dict[Any, Act], *, end: str) -> None:
        self.acts, self.end = acts, end
        self.labels = {one.code: one.label for one in protocol.acts}
        self.phases = {one.id: one.label for one in protocol.phases}
        self.papers = {one.code: one.label for one in protocol.documents}
        self.rules: dict[str, tuple[str, str]] = {}
        self.needs: dict[tuple[str, str], tuple[str, str]] = {}
        for phase in protocol.phases:
            self.rules[phase.id] = (phase.label, phase.article)
            for one in phase.requires:
                self.needs[phase.id, one.id] = (one.label, one.article)
        for rule in (*protocol.windows, *protocol.caps, *protocol.dropout):
            self.rules[rule.id] = (rule.label, rule.article)
        if protocol.suspended:
            self.rules["suspended"] = ("suspension", protocol.suspended.article)

    def sequence(self, one: SequenceState) -> Explained:
        label, article = self.rules.get(one.rule) or self.rules[one.phase]
        name = self.phases[one.phase]
        number = f" ({one.id.partition(':')[2]})" if ":" in one.id else ""
        text = f"{name}{number} : {STATES[one.state]}"
        if one.closed_on:
            text += f" le {day(one.closed_on)}"
        if one.amount_cents:
            text += f", {euros(one.amount_cents)}"
        elif one.amount_cents is None and one.closed_on:
            text += ", montant à compléter"
        if one.state == "partial":
            text += f" ({label})"
        if one.state in STOPPED and self.end:
            text += f" : {self.end}"
        if one.unmet:
            text += f". Manque : {', '.join(self._lacking(one.phase, name) for name in one.unmet)}"
        return Explained(f"{text}.", one.rule, article, one.acts)

    def _lacking(self, phase: str, name: str) -> str:
        need = self.needs.get((phase, name))
        return DOCUMENTLESS.get(name) or (need[0] if need else self.papers.get(name, name))

    def line(self, one: Line, payee: str) -> Explained:
        count = len(one.acts)
        text = f"{payee} : {euros(one.cents)}"
        if one.role == "structure":
            text += " pour la structure"
        elif count:
            text += f" pour {count} acte{'s' if count > 1 else ''} : {self._acts(one.acts)}"
        shares = {"assurance maladie": one.amo_cents, "complémentaire": one.amc_cents,
                  "la personne": one.patient_cents}  # fmt: skip
        if one.amc_cents or one.patient_cents:
            said = ", ".join(f"{who} {euros(cents)}" for who, cents in shares.items() if cents)
            text += f" ; {said}"
        rule = one.rule.replace(REMAINDER, "reste")
        return Explained(f"{text} (règle {rule} ; {one.article}).", one.rule, one.article, one.acts)

    def refusal(self, one: Refusal) -> Explained:
        phase = one.sequence.partition(":")[0]
        need = self.needs.get((phase, one.rule)) if one.code in COUNTING else None
        label, article = need or self.rules.get(one.rule, ("", ""))
        verb = "en attente" if one.waiting else "refusé"
        if one.cents is not None:
            verb += f" pour {euros(one.cents)}"
        reason = REASONS[one.code]
        if label:
            reason += f", {label}"
        cited = f" (règle {one.rule} ; {article})" if article else ""
        text = f"{self._acts((one.act,))} : {verb}, {reason}{cited}."
        return Explained(text, one.rule, article, (one.act,))

    def missing(self, one: Missing) -> Explained:
        text = f"À compléter : {one.what}. Par : {one.who}."
        return Explained(text, one.path, "")

    def _acts(self, ids: tuple[Any, ...]) -> str:
        """Acts grouped by kind: « consultation (2 février 2026, 2 mars 2026) »."""
        days: dict[str, list[dt.date]] = {}
        for name in ids:
            act = self.acts.get(name)
            if act is not None:
                days.setdefault(act.code, []).append(act.on)
        return ", ".join(
            f"{self.labels.get(code, code)} ({', '.join(day(one) for one in sorted(held))})"
            for code, held in days.items()
        )
