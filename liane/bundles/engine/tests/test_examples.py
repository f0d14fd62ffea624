"""Every shipped example runs; one that is wrong says what came out."""

import pytest

from liane.bundles.engine import run_examples
from liane.pathways.protocols import library

EVERY = [
    pytest.param(ran, id=f"{protocol.key}: {ran.name}")
    for protocol in library.shipped()
    for ran in run_examples(protocol)
]


@pytest.mark.parametrize("ran", EVERY)
def test_the_example_holds(ran):
    assert ran.gone == ()


@pytest.mark.parametrize(
    ("expected", "gone"),
    [
        ({"total": "181.00"}, ("total", "181.00", "180.00")),
        ({"eligible": "no"}, ("eligible", "no", "yes")),
        ({"criteria": {"ald": "not_met"}}, ("criteria.ald", "not_met", "met")),
        ({"sequences": {"parcours": "open"}}, ("sequences.parcours", "open", "complete")),
        ({"sequences": {"autre": "open"}}, ("sequences.autre", "open", "rien")),
        ({"amounts": {"parcours": "1.00"}}, ("amounts.parcours", "1.00", "180.00")),
        ({"shares": {"Dupin": "1.00"}}, ("shares", "Dupin 1.00", "Dupin 180.00")),
        ({"patient": "1.00"}, ("patient", "1.00", "0.00")),
        ({"missing": ["sharing"]}, ("missing", "sharing", "rien")),
        ({"refused": [{"rule": "x"}]}, ("refused", "x le …", "rien")),
    ],
)
def test_a_wrong_expectation_says_what_came_out(expected, gone):
    protocol = library.shipped().version("apres-cancer", "2020-12")
    first = protocol.examples[0]
    wrong = first.model_copy(update={"expect": type(first.expect).model_validate(expected)})
    (ran,) = run_examples(protocol.model_copy(update={"examples": (wrong,)}))
    assert [tuple(one) for one in ran.gone] == [gone]
