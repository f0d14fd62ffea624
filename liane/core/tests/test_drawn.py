"""Icons, faces and moments: drawn by functions, written like any component."""

import datetime as dt

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import timezone

from liane.core.templatetags.drawn import face, icon


def drawn(source: str, **values: object) -> str:
    return Template(source).render(Context(values))


def test_an_icon_is_decoration_unless_it_is_labelled():
    assert 'aria-hidden="true"' in icon("bell")
    assert 'role="img" aria-label="Alertes"' in icon("bell", label="Alertes")
    assert '#bell"' in drawn('{% cotton icon name="{{ which }}" / %}', which="bell")


def test_an_attribute_may_mix_words_and_values():
    source = '{% cotton icon name="{% if far %}hospital{% else %}home{% endif %}" / %}'
    assert "#hospital" in drawn(source, far=True)
    assert "#home" in drawn(source, far=False)


@pytest.mark.parametrize("source", ['name="{{ who }}"', ':name="who"'])
def test_what_a_component_is_given_is_escaped_once(source):
    page = drawn(f"{{% cotton face {source} label='{{{{ who }}}}' / %}}", who="Aïda <b> d'Or")
    assert 'aria-label="Aïda &lt;b&gt; d&#x27;Or"' in page
    assert "<b>" not in page
    assert ">AO<" in page


def test_a_face_keeps_its_colour():
    assert face("Claire Aubert") == face("Claire Aubert")
    assert "CA" in face("Claire Aubert")


def test_a_moment_says_itself_to_people_and_to_machines():
    at = timezone.make_aware(dt.datetime(2025, 3, 1, 8, 5))
    page = drawn('{% cotton time :at="at" class="end" / %}', at=at)
    assert 'datetime="2025-03-01T08:05:00+01:00"' in page
    assert 'title="samedi 1 mars 2025, 08:05"' in page
    assert 'class="num end"' in page
    assert drawn('{% cotton time :at="at" / %}', at=None) == ""


@pytest.mark.parametrize(
    "source",
    [
        '{% cotton icon name="bell" onclick="go()" / %}',
        "{% cotton icon / %}",
        '{% cotton icon name="bell" %}words{% endcotton %}',
    ],
)
def test_what_a_component_does_not_declare_is_refused_when_it_compiles(source):
    with pytest.raises(TemplateSyntaxError):
        Template(source)


def test_a_component_holds_markup_and_named_slots_wherever_they_stand():
    page = drawn(
        '{% cotton sheet title="{{ title }}" level="3" class="mb-3" id="liste" %}'
        '{% if more %}{% cotton:slot head %}<a href="/x">{{ title }}</a>{% endcotton:slot %}'
        "{% endif %}{% cotton chip kind='late' %}en retard{% endcotton %}{% endcotton %}",
        title="Soins & <b>",
        more=True,
    )
    assert page.startswith('<section class="sheet mb-3" id="liste" aria-label="Soins &amp; &lt;b')
    assert (
        '<header><h3>Soins &amp; &lt;b&gt;</h3><a href="/x">Soins &amp; &lt;b&gt;</a></header>'
    ) in page
    assert '<span class="chip late"><span aria-hidden="true">⚠</span><span>en retard' in page


def test_a_slot_belongs_to_the_component_around_it():
    page = drawn(
        "{% cotton row_item %}{% cotton row-item tag='li' %}{% cotton:slot end %}fin"
        "{% endcotton:slot %}dedans{% endcotton %}{% endcotton %}"
    )
    inner = '<li class="row-item "><div class="grow">dedans</div><div class="end">fin</div></li>'
    assert page == f'<div class="row-item "><div class="grow">{inner}</div></div>'


def test_what_a_component_does_not_know_is_passed_on_to_its_element_escaped():
    page = drawn(
        '{% cotton button type="button" data-opens="{{ target }}" hidden %}Ouvrir{% endcotton %}',
        target='"><script>',
    )
    assert 'type="button" data-opens="&quot;&gt;&lt;script&gt;" hidden>Ouvrir</button>' in page
    link = drawn('{% cotton button href="/a?b=1&amp;c={{ c }}" %}x{% endcotton %}', c="é&")
    assert link.startswith('<a class="btn btn-main " href="/a?b=1&amp;c=é&amp;">')
