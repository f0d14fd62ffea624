"""A made-up protocol of two sequences, small enough to work out by hand.

Each sequence is worth 301,01 €: 50,00 € to the structure, the rest by acts. The person owes 20 %
unless exempted; the fund pays each professional.
"""

ESSAI = """
schema: 1
key: essai
version: 2026-01
title: Parcours d’essai
sources: [{id: a, text: Arrêté d’essai, ref: essai, checked: 2026-01-01, mark: verified}]
legal: {reference: Arrêté d’essai}
valid_from: 2026-01-01
payer: cpam
professions: [{code: dieteticien, label: diététicien}, {code: psychologue, label: psychologue}]
acts:
  - {code: diet, label: Consultation diététique, professions: [dieteticien]}
  - {code: psy, label: Séance de psychologue, professions: [psychologue]}
phases:
  - id: s1
    label: Première séquence
    article: art. 2
    starts: {anchor: debut}
    max_length: {months: 6}
    pays: flat
    amounts: {"*": "301.01"}
    requires:
      - {id: diet, label: Consultations diététiques, acts: [diet], min: 1, max: 4, article: art. 3}
      - {id: psy, label: Séances de psychologue, acts: [psy], min: 2, max: 4, article: art. 3}
    complete_when: {met: all, article: art. 4}
    documents: [compte-rendu]
  - id: s2
    label: Seconde séquence
    article: art. 2
    starts: {after: s1}
    max_length: {months: 6}
    pays: flat
    amounts: {"*": "100.00"}
    requires: [{id: diet2, label: Suivi diététique, acts: [diet], min: 1, max: 2, article: art. 3}]
    complete_when: {met: all, article: art. 4}
anchors: [{id: debut, label: Inclusion, from: inclusion}]
sharing:
  label: Partage d’essai
  article: art. 5
  shares: [{id: coordination, kind: fixed, to: structure, amount: "50.00"}]
  remainder: acts
patient_share: {kind: rate, rate: "20", exemptions: [ald], article: art. 6}
documents: [{code: compte-rendu, label: Compte rendu, blocks: billing}]
"""
