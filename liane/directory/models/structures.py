"""Professionals, organisations and the places where the ones work for the others."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from liane.core.models import AppendOnly, Authored, Base


class Address(models.Model):
    """A French postal address and how to reach somebody there."""

    line = models.CharField("adresse", max_length=200, blank=True)
    postcode = models.CharField("code postal", max_length=10, blank=True)
    city = models.CharField("commune", max_length=100, blank=True)
    insee = models.CharField("code commune", max_length=5, blank=True)
    phone = models.CharField("téléphone", max_length=20, blank=True)
    email = models.EmailField("messagerie", blank=True)

    class Meta:
        abstract = True

    @property
    def where(self) -> str:
        """One line: street, postcode and town."""
        town = f"{self.postcode} {self.city}".strip()
        return ", ".join(part for part in (self.line, town) if part)


class Organisation(Base, Address):
    """A structure: practice, MSP, CPTS, DAC, hospital, SSIAD, SAAD, pharmacy…"""

    class Kind(models.TextChoices):
        PRACTICE = "practice", "cabinet"
        MSP = "msp", "maison de santé"
        CDS = "cds", "centre de santé"
        CPTS = "cpts", "CPTS"
        DAC = "dac", "dispositif d’appui à la coordination"
        HOSPITAL = "hospital", "établissement de santé"
        ESMS = "esms", "établissement médico-social"
        SSIAD = "ssiad", "service de soins infirmiers à domicile"
        SAAD = "saad", "service d’aide à domicile"
        MEALS = "meals", "portage de repas"
        PHARMACY = "pharmacy", "pharmacie"
        LABORATORY = "laboratory", "laboratoire"
        MDPH = "mdph", "MDPH"
        OPERATOR = "operator", "opérateur de la plateforme"
        OTHER = "other", "autre structure"

    name = models.CharField("nom", max_length=200)
    kind = models.CharField("type", max_length=12, choices=Kind)
    finess = models.CharField("FINESS", max_length=9, blank=True)
    siret = models.CharField("SIRET", max_length=14, blank=True)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="parts"
    )
    authority = models.CharField(
        "domaine d’identification des patients", max_length=100, blank=True, db_index=True
    )
    external_id = models.CharField(max_length=60, blank=True, editable=False)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["external_id"],
                condition=~Q(external_id=""),
                name="organisation_external_id",
            ),
            models.UniqueConstraint(
                fields=["finess"], condition=~Q(finess=""), name="organisation_finess"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_health(self) -> bool:
        """True when its care staff belong to a care team by their mission (CSP L.1110-12)."""
        return self.kind not in {
            self.Kind.SAAD,
            self.Kind.MEALS,
            self.Kind.OPERATOR,
            self.Kind.OTHER,
        }


class Professional(Base):
    """A human being who works around persons, with or without an RPPS number."""

    rpps = models.CharField("RPPS", max_length=11, unique=True, null=True, blank=True)
    title = models.CharField("civilité d’exercice", max_length=10, blank=True)
    family = models.CharField("nom d’exercice", max_length=100)
    given = models.CharField("prénom d’exercice", max_length=100)
    profession = models.CharField("profession", max_length=5, blank=True)
    specialty = models.CharField("savoir-faire", max_length=10, blank=True)
    specialty_name = models.CharField(max_length=120, blank=True, editable=False)
    vouched_by = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="professional",
    )
    active = models.BooleanField(default=True)

    class Meta:
        indexes = [models.Index(fields=["family", "given"])]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """As colleagues say it: « Dr Roussel » is for greetings; here title, given, family."""
        return " ".join(part for part in (self.title, self.given, self.family) if part)

    @property
    def profession_label(self) -> str:
        """The profession in words, from the national nomenclature."""
        from liane.directory.nomenclatures import profession_label

        return profession_label(self.profession, self.specialty, self.specialty_name)


class Practice(Base, Address):
    """One professional working for one organisation, in one role (FHIR PractitionerRole)."""

    class Role(models.TextChoices):
        CARE = "care", "professionnel de santé"
        SOCIAL = "social", "professionnel social ou d’aide à domicile"
        COORDINATOR = "coordinator", "coordinateur ou coordinatrice"
        CASE_MANAGER = "case_manager", "gestionnaire de cas"
        SECRETARY = "secretary", "secrétariat"
        BILLING = "billing", "facturation"
        MANAGER = "manager", "direction"
        DPO = "dpo", "protection des données"
        IDENTITY = "identity", "identitovigilance"
        TECHNICAL = "technical_admin", "administration technique"

    professional = models.ForeignKey(
        Professional, on_delete=models.PROTECT, related_name="practices"
    )
    organisation = models.ForeignKey(
        Organisation, on_delete=models.PROTECT, related_name="practices"
    )
    role = models.CharField("rôle", max_length=20, choices=Role, default=Role.CARE)
    function = models.CharField("fonction", max_length=100, blank=True)
    started_on = models.DateField("depuis le", null=True, blank=True)
    ended_on = models.DateField("jusqu’au", null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["city", "role"])]

    def __str__(self) -> str:
        return f"{self.professional} · {self.organisation}"


class Post(Base, Address):
    """A post that can be a member of a circle: a service's shared inbox, held in turn."""

    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="posts")
    name = models.CharField("nom du poste", max_length=200)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.name} ({self.organisation})"


class Duty(Base):
    """Somebody holds a post from one moment to another; several may at once."""

    post = models.ForeignKey(Post, on_delete=models.CASCADE, related_name="duties")
    practice = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="duties")
    deputy = models.BooleanField("suppléance", default=False)
    starts_at = models.DateTimeField("début")
    ends_at = models.DateTimeField("fin", null=True, blank=True)


class Locum(Base):
    """A contract: ``locum`` works under their own identity in place of ``replaced``.

    ``changed_at``: when its dates were last said; who is paid for an act follows them.
    """

    replaced = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="locums")
    locum = models.ForeignKey(Practice, on_delete=models.PROTECT, related_name="replacing")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    changed_at = models.DateTimeField(default=timezone.now, editable=False)


class Absence(Base):
    """A professional is away; who writes to them sees it before sending."""

    practice = models.ForeignKey(Practice, on_delete=models.CASCADE, related_name="absences")
    starts_on = models.DateField("du")
    ends_on = models.DateField("au")
    replaced_by = models.ForeignKey(
        Practice, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )


class Word(models.Model):
    """One word of the directory's vocabulary: what is compared with what people type."""

    text = models.CharField(max_length=60, unique=True)


class WordGram(models.Model):
    """A trigram of a word: words that look alike share many."""

    gram = models.CharField(max_length=3)
    word = models.ForeignKey(Word, on_delete=models.CASCADE, related_name="grams")

    class Meta:
        indexes = [models.Index(fields=["gram", "word"])]


class Posting(models.Model):
    """Where a word stands: name or town of a professional or an organisation, words of an offer."""

    class Kind(models.TextChoices):
        PROFESSIONAL = "p"
        ORGANISATION = "o"
        SERVICE = "s"

    word = models.ForeignKey(Word, on_delete=models.CASCADE, related_name="postings")
    kind = models.CharField(max_length=1, choices=Kind)
    object_id = models.UUIDField()
    in_name = models.BooleanField(default=True)

    class Meta:
        indexes = [
            models.Index(fields=["word", "kind", "object_id"]),
            models.Index(fields=["kind", "object_id"]),
        ]


class Change(Base, Authored, AppendOnly):
    """One dated change of the directory by its users: contact data, absence, duty, contract."""

    object_id = models.UUIDField(db_index=True)
    what = models.CharField(max_length=60)
    before = models.CharField(max_length=300, blank=True)
    after = models.CharField(max_length=300, blank=True)
    at = models.DateTimeField(default=timezone.now)


class Department(models.Model):
    """A French department: INSEE code (``40``, ``2A``, ``974``)."""

    code = models.CharField(max_length=3, primary_key=True)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Epci(models.Model):
    """Communes that act together (EPCI à fiscalité propre): SIREN number."""

    code = models.CharField(max_length=9, primary_key=True)
    name = models.CharField(max_length=200)

    def __str__(self) -> str:
        return self.name


class Commune(models.Model):
    """A commune, or a district of Paris, Lyon or Marseille: INSEE code, never the postal one."""

    code = models.CharField(max_length=5, primary_key=True)
    name = models.CharField(max_length=100)
    search = models.CharField(max_length=100, db_index=True, editable=False)
    postcodes = models.CharField(max_length=200, blank=True)
    """Separated by spaces."""
    department = models.ForeignKey(
        Department, null=True, on_delete=models.PROTECT, related_name="communes"
    )
    epci = models.ForeignKey(Epci, null=True, on_delete=models.PROTECT, related_name="communes")
    latitude = models.FloatField(null=True)
    longitude = models.FloatField(null=True)
    """Degrees (WGS 84) of its centre, where a list gave them."""

    def __str__(self) -> str:
        return self.name


class Coverage(Base, Authored):
    """An organisation answers for a commune, an EPCI or a department; changes are in `Change`."""

    class Level(models.TextChoices):
        COMMUNE = "commune", "commune"
        EPCI = "epci", "intercommunalité"
        DEPARTMENT = "department", "département"

    organisation = models.ForeignKey(
        Organisation, on_delete=models.CASCADE, related_name="coverages"
    )
    level = models.CharField(max_length=10, choices=Level)
    code = models.CharField(max_length=9)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "level", "code"], name="coverage_once")
        ]
        indexes = [models.Index(fields=["level", "code"])]
