"""Pages of the mail that found no conversation."""

from uuid import UUID

from django.contrib import messages as toasts
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render

from liane.core.errors import Refused
from liane.core.http import Request
from liane.core.ids import parse
from liane.core.routes import Policy, route
from liane.messaging import unmatched


@route(Policy.PROFESSIONAL, audit="mail", methods=("GET", "HEAD"))
def index(request: Request) -> HttpResponse:
    """The mails that one may settle."""
    return render(request, "messaging/mail.html", {"waiting": unmatched.waiting()})


@route(Policy.PROFESSIONAL, audit="mail")
def mail(request: Request, mail_id: UUID) -> HttpResponse:
    """One mail: attach it to a conversation, or file it with a reason."""
    found = unmatched.one(mail_id)
    error, status = "", 200
    if request.method == "POST":
        try:
            if "reason" in request.POST:
                unmatched.dismiss(mail_id, request.POST["reason"])
                toasts.success(request, "Classé.")
                return redirect("mail")
            thread_id = parse(request.POST.get("thread"))
            if thread_id is None:
                raise Http404
            message = unmatched.attach(mail_id, thread_id)
            return redirect(f"/messages/{message.thread_id}/#m-{message.pk}")
        except Refused as refusal:
            error, status = refusal.message, 422
    context = {"found": found, "error": error}
    return render(request, "messaging/mail_one.html", context, status=status)
