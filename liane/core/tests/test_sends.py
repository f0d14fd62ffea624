"""A scripted POST learns where to go; anybody else is redirected as usual."""

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import RequestFactory

from liane.core.sends import SendMiddleware


def saved(request):
    response = HttpResponseRedirect("/messages/")
    response.set_cookie("messages", "Envoyé.")
    return response


def test_a_browser_without_script_is_redirected():
    response = SendMiddleware(saved)(RequestFactory().post("/messages/"))
    assert (response.status_code, response["Location"]) == (302, "/messages/")


def test_the_script_gets_the_address_and_the_cookies():
    response = SendMiddleware(saved)(RequestFactory().post("/", headers={"X-Liane-Send": "1"}))
    assert (response.status_code, response["X-Liane-Location"]) == (204, "/messages/")
    assert response.cookies["messages"].value == "Envoyé."


@pytest.mark.parametrize("status", [200, 404, 422])
def test_other_answers_pass_unchanged(status):
    middleware = SendMiddleware(lambda request: HttpResponse("x", status=status))
    response = middleware(RequestFactory().post("/", headers={"X-Liane-Send": "1"}))
    assert (response.status_code, response.content) == (status, b"x")
