"""Model fields whose column holds sealed bytes, opened only when somebody reads the attribute.

The seal binds the model, the field and the row's own key: bytes copied from another row, another
column or another person do not open. Whoever must search by such a value keeps a digest column
beside it (`core.keys.digest`); lookups on the sealed column itself are refused.

``Model(…).save()`` and ``bulk_create`` work as ever. ``update()`` and ``bulk_update`` are refused
with TypeError, for they do not know the row a value belongs to.
"""

from typing import TYPE_CHECKING, Any, ClassVar

from django.core.exceptions import FieldError
from django.db import models
from django.db.models.query_utils import DeferredAttribute

from liane.core import keys

if TYPE_CHECKING:
    _TextBase = models.BinaryField[str, str]
    _BytesBase = models.BinaryField[bytes, bytes]
else:
    _TextBase = _BytesBase = models.BinaryField


class Sealed(bytes):
    """Bytes as the database holds them. Its text form says nothing."""

    def __repr__(self) -> str:
        return "<sealed>"

    __str__ = __repr__


class SealedAttribute(DeferredAttribute):
    """The attribute of a sealed field: opens on first access, then remembers."""

    field: Any

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is None:
            return self
        value = super().__get__(instance, cls)
        if isinstance(value, Sealed):
            opened = keys.open_(value, context=self.field.context(instance)) if value else b""
            value = instance.__dict__[self.field.attname] = self.field.decoded(opened)
        return value

    def __set__(self, instance: Any, value: Any) -> None:
        instance.__dict__[self.field.attname] = value


class _SealedField(models.BinaryField):  # type: ignore[type-arg]
    descriptor_class = SealedAttribute
    empty: ClassVar[Any]

    def decoded(self, plaintext: bytes) -> Any:
        """The Python value of ``plaintext``."""
        raise NotImplementedError

    def encoded(self, value: Any) -> bytes:
        """The bytes to seal for ``value``."""
        raise NotImplementedError

    def context(self, instance: models.Model) -> bytes:
        """What a value of this row is sealed for."""
        return f"{self.model._meta.label_lower}.{self.name}\0{instance.pk}".encode()

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> Sealed | None:
        """The stored bytes, still sealed."""
        return None if value is None else Sealed(bytes(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Seal a new value; bytes that nobody opened are written back as they were."""
        value = model_instance.__dict__.get(self.attname)
        if value is None or isinstance(value, Sealed):
            return value
        if not model_instance.pk:
            raise TypeError(f"{self.name} is sealed for its row: give the row its key first.")
        return Sealed(keys.seal(self.encoded(value), context=self.context(model_instance)))

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:
        """Let sealed bytes through, and nothing else."""
        if value is not None and value != b"" and not isinstance(value, Sealed):
            raise TypeError(f"{self.name} is sealed: set it on the row and save() the row.")
        return super().get_db_prep_value(value, connection, prepared)

    def get_default(self) -> Any:
        """The declared default, or nothing typed."""
        return self.default if self.has_default() else (None if self.null else self.empty)

    def to_python(self, value: Any) -> Any:
        """The value as it is: nothing here travels as base64."""
        return value

    def get_lookup(self, lookup_name: str) -> Any:
        """Only ``isnull`` can be asked of a sealed column."""
        if lookup_name != "isnull":
            raise FieldError(f"{self.name} is sealed: search by its digest column.")
        return super().get_lookup(lookup_name)

    def _check_str_default_value(self) -> list[Any]:
        return []


class EncryptedTextField(_SealedField, _TextBase):
    """Text, sealed in the database."""

    empty = ""

    def decoded(self, plaintext: bytes) -> str:
        """Text from UTF-8."""
        return plaintext.decode()

    def encoded(self, value: Any) -> bytes:
        """UTF-8; anything but text is a programming error."""
        if not isinstance(value, str):
            raise TypeError(f"{self.name} holds text, not {type(value).__name__}.")
        return value.encode()


class EncryptedBytesField(_SealedField, _BytesBase):
    """Bytes (a raw message, a received resource), sealed in the database."""

    empty = b""

    def decoded(self, plaintext: bytes) -> bytes:
        """The bytes themselves."""
        return plaintext

    def encoded(self, value: Any) -> bytes:
        """The bytes themselves; anything else is a programming error."""
        if not isinstance(value, bytes | bytearray | memoryview):
            raise TypeError(f"{self.name} holds bytes, not {type(value).__name__}.")
        return bytes(value)
