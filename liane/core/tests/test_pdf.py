"""PDF files: made where Pango is, said where it is not, closed to the outside everywhere."""

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pikepdf
import pytest
from django.template import engines

from liane.core import pdf

needs_pango = pytest.mark.skipif(not pdf.available(), reason=pdf.MISSING)


@pytest.fixture
def template(monkeypatch):
    """A template whose markup is given as it is."""

    def written(name, context):
        source = '{% extends "pdf/base.html" %}{% block title %}Bilan{% endblock %}'
        source += "{% block content %}" + context["markup"] + "{% endblock %}"
        return engines["django"].from_string(source).render(context)

    monkeypatch.setattr(pdf, "render_to_string", written)


@needs_pango
def test_a_document_is_tagged_and_titled(template) -> None:
    made = pdf.render("any.html", {"markup": "<h1>Bilan d’autonomie</h1><p>Élève 12</p>"})
    with pikepdf.open(io.BytesIO(made)) as document:
        assert document.Root.MarkInfo.Marked
        assert str(document.docinfo["/Title"]) == "Bilan"
        assert len(document.pages) == 1


@needs_pango
def test_nothing_is_fetched(template, tmp_path) -> None:
    asked: list[str] = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self):  # noqa: N802
            asked.append(self.path)
            self.send_error(404)

    secret = tmp_path / "secret.txt"
    secret.write_text("x")
    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    try:
        markup = f'<img alt="" src="{here}/a.png"><link rel="stylesheet" href="{here}/b.css">'
        markup += f'<link rel="attachment" href="file://{secret}"><p>fin</p>'
        made = pdf.render("any.html", {"markup": markup})
    finally:
        server.shutdown()
        server.server_close()
    assert asked == []
    with pikepdf.open(io.BytesIO(made)) as document:
        assert len(document.attachments) == 0


@needs_pango
def test_an_endless_document_is_refused(template) -> None:
    with pytest.raises(ValueError, match="too long"):
        pdf.render("any.html", {"markup": "x" * (pdf.LARGEST + 1)})


def test_without_pango_the_start_says_so_and_nothing_is_made(monkeypatch) -> None:
    monkeypatch.setattr(pdf, "available", lambda: False)
    (warning,) = pdf.pango_is_there(None)
    assert (warning.id, "libpango" in str(warning)) == ("liane.W004", True)
    with pytest.raises(pdf.PdfUnavailable):
        pdf.render("pdf/base.html", {})


def test_with_pango_the_start_says_nothing(monkeypatch) -> None:
    monkeypatch.setattr(pdf, "available", lambda: True)
    assert pdf.pango_is_there(None) == []
