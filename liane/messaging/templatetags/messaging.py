"""Addresses that a message's menu needs."""

from typing import Any
from urllib.parse import urlencode

from django import template

from liane.core.registry import MessageAction

register = template.Library()


@register.simple_tag
def message_action(action: MessageAction, message: Any) -> str:
    """The address that turns ``message`` into something else."""
    path = action.path(message)
    return f"{path}{'&' if '?' in path else '?'}{urlencode({'message': message.pk})}"
