"""Forms sent by our own script (`static/liane/liane.js`), which must know whether they arrived.

A browser's `fetch` follows a redirect unseen: the next page would be read twice, and its one-time
messages lost. To a request that says ``X-Liane-Send`` a redirect is therefore answered as 204 with
the address in ``X-Liane-Location``; the script then goes there.
"""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase


class SendMiddleware:
    """Turn the redirect that follows a scripted POST into an address that the script follows."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; cookies set by the view (session, one-time messages) are kept."""
        response = self.get_response(request)
        if not (300 <= response.status_code < 400 and request.headers.get("X-Liane-Send")):
            return response
        answer = HttpResponse(
            status=204, headers={"X-Liane-Location": response.headers["Location"]}
        )
        answer.cookies = response.cookies
        return answer
