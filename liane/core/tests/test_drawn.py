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
