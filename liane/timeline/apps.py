from django.apps import AppConfig


class TimelineConfig(AppConfig):
    name = "liane.timeline"

    def ready(self) -> None:
        from liane.circle import rules
        from liane.circle.past import counted
        from liane.core import registry
        from liane.core.areas import Area
        from liane.core.registry import EntryKind, LeftPart, LiveRenderer, NoticeKind, Panel, Tab
        from liane.timeline import panels, written

        def readers(area: Area) -> frozenset[str]:
            return frozenset(
                role for role, rights in rules.RIGHTS.items() if "r" in rights.get(area, "")
            )

        note, document = "timeline/entry_note.html", "timeline/entry_document.html"
        clinical, filed = readers(Area.CLINICAL_NOTE), readers(Area.DOCUMENT)
        working = readers(Area.WORKING_FILE)
        registry.add_kinds(
            EntryKind("note.written", "Note", "note", "note", note, written.notes, roles=clinical),
            EntryKind(
                "note.corrected", "Note corrigée", "note", "edit", note, written.notes,
                in_timeline=False, roles=clinical,
            ),
            EntryKind(
                "vigilance.pinned", "Point de vigilance", "note", "pin",
                "timeline/entry_pinned.html", written.pins_by_id, roles=clinical,
            ),
            EntryKind(
                "vigilance.ended", "Point de vigilance retiré", "note", "pin",
                "timeline/entry_pin.html", written.pins_by_id, roles=clinical,
            ),
            EntryKind(
                "document.added", "Document", "document", "file", document,
                written.documents_by_id, roles=filed,
            ),
            EntryKind(
                "document.withdrawn", "Document retiré par son émetteur", "document", "file",
                roles=filed,
            ),
            EntryKind(
                "document.changed", "Document corrigé ou archivé", "document", "file", document,
                written.documents_by_id, in_timeline=False, roles=filed,
            ),
            EntryKind(
                "documents.gathered", "Documents rassemblés", "document", "file",
                in_timeline=False, roles=filed,
            ),
            EntryKind(
                "working.written", "Note interne", "note", "lock", load=written.working_by_id,
                in_timeline=False, roles=working,
            ),
        )  # fmt: skip
        registry.add_notices(
            NoticeKind("note.written", "Notes", panels.sentence, panels.link),
            NoticeKind("vigilance.pinned", "Notes", panels.sentence, panels.link),
            NoticeKind("document.added", "Documents", panels.sentence, panels.link),
        )
        for kind in ("note.written", "document.added"):
            registry.live_renderers[kind] = LiveRenderer(
                kind, panels.render_entry, targets=panels.shown_in
            )
        registry.tabs += [
            Tab("Fil", "fil/", 10, readers(Area.TIMELINE)),
            Tab("Documents", "documents/", 50, filed),
            Tab("Dossier interne", "dossier-interne/", 60, working),
        ]
        registry.left_parts.append(
            LeftPart(
                "working", "Notes internes de ma structure", ("note interne", "notes internes"), 20,
                "timeline/left.html",
                lambda ids: counted(written.past_working(), ids), written.left_working,
            )
        )  # fmt: skip
        registry.panels += [
            Panel("vigilances", "chips", 10, "timeline/panel_chips.html", panels.chips),
            Panel("stream", "main", 20, "timeline/panel_stream.html", panels.stream),
        ]
