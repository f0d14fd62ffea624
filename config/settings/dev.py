"""One laptop: the embedded default and the demo. Static files are served from where they lie."""

from config.settings.base import *
from config.settings.base import STATIC_ROOT, STORAGES

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "liane.core.statics.Plain"},
}
WHITENOISE_USE_FINDERS = True
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
