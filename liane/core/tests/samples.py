"""Files made by hand for the tests of uploads: honest ones, and hostile ones."""

import functools
import gzip
import io
import struct
import zipfile
import zlib

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf
from PIL import Image

HTML = b"<!doctype html><script>alert(1)</script>"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
GPS = "N 43.7"


def picture(format_="PNG", size=(64, 48), mode="RGB", **options):
    out = io.BytesIO()
    Image.new(mode, size, 120).save(out, format_, **options)
    return out.getvalue()


def photo_with_gps(format_="JPEG"):
    exif = Image.Exif()
    exif[0x010F] = "Telephone de Claire"
    exif[0x0112] = 6
    exif.get_ifd(0x8825)[1] = GPS
    return picture(format_, size=(64, 48), exif=exif)


def png_of(width, height, body=b""):
    """A PNG that says it has these dimensions."""

    def chunk(name, data):
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
        + chunk(b"IDAT", body or zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")
    )  # fmt: skip


def png_with_text_bomb():
    good = picture("PNG")
    data = b"Comment\0\0" + zlib.compress(b"A" * 200_000_000, 9)
    bomb = (
        struct.pack(">I", len(data))
        + b"zTXt"
        + data
        + struct.pack(">I", zlib.crc32(b"zTXt" + data))
    )
    return good[:33] + bomb + good[33:]


def pdf(change=None, **options):
    """A PDF of one page, changed by ``change(pdf)`` before it is written."""
    document = Pdf.new()
    document.add_blank_page()
    if change is not None:
        change(document)
    out = io.BytesIO()
    document.save(out, **options)
    return out.getvalue()


def script(code="app.alert(1)"):
    return Dictionary(S=Name.JavaScript, JS=code)


def opening(action):
    return pdf(lambda document: document.Root.__setattr__("OpenAction", action))


def annotated(document, **entries):
    note = Dictionary(Type=Name.Annot, Rect=[0, 0, 9, 9], **entries)
    document.pages[0].Annots = Array([document.make_indirect(note)])


def note(**entries):
    return pdf(lambda document: annotated(document, **entries))


def named_script():
    return pdf(
        lambda document: document.Root.__setattr__(
            "Names", Dictionary(JavaScript=Dictionary(Names=Array(["a", script()])))
        )
    )


def page_action():
    return pdf(lambda document: document.pages[0].obj.__setattr__("AA", Dictionary(O=script())))


def field_action():
    return pdf(
        lambda document: document.Root.__setattr__(
            "AcroForm",
            Dictionary(Fields=Array([Dictionary(FT=Name.Tx, T="a", AA=Dictionary(K=script()))])),
        )
    )


def xfa():
    return pdf(
        lambda document: document.Root.__setattr__(
            "AcroForm", Dictionary(Fields=Array([]), XFA=document.make_stream(b"<xdp/>"))
        )
    )


def with_attachment():
    def attach(document):
        document.attachments["virus.exe"] = b"MZ"

    return pdf(attach)


def portfolio():
    return pdf(lambda document: document.Root.__setattr__("Collection", Dictionary(View=Name.D)))


def outside_stream():
    def change(document):
        stream = document.make_stream(b"")
        stream.stream_dict["/F"] = pikepdf.String("http://evil.example/x")
        document.Root.Thing = stream

    return pdf(change)


def chained_script():
    return note(
        Subtype=Name.Link, A=Dictionary(S=Name.URI, URI="https://a.fr", Next=Array([script()]))
    )


def hidden_in_object_stream():
    return pdf(
        lambda document: document.Root.__setattr__("OpenAction", document.make_indirect(script())),
        object_stream_mode=pikepdf.ObjectStreamMode.generate,
    )


def hex_named_script():
    """``/JavaScript`` written with ``#`` escapes, as a scanner of text would miss it."""
    plain = opening(script("app.alert(12345)"))
    escaped = plain.replace(b"/JavaScript", b"/#4aavaScript").replace(b"/JS", b"/#4aS")
    return escaped.replace(b"12345", b"1")  # the same length: every offset holds


def spaces(pieces, size):
    """``pieces`` times ``size`` spaces as zlib compresses them, of which one piece is compressed.

    A piece that ends with a full flush refers to nothing before it: the same bytes come again.
    """
    squeezer = zlib.compressobj(9, wbits=-15)
    piece = squeezer.compress(b" " * size) + squeezer.flush(zlib.Z_FULL_FLUSH)
    total = pieces * size
    low, high = 1 + 32 * total, total + 32 * (total * (total + 1) // 2)
    checksum = struct.pack(">HH", high % 65_521, low % 65_521)
    return b"\x78\xda" + piece * pieces + squeezer.flush() + checksum


@functools.cache
def object_stream_bomb():
    """A compressed object stream that swells to two gigabytes."""
    body = spaces(200, 10_000_000)
    head = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    stream = b"3 0 obj\n<</Type/ObjStm/N 1/First 4/Filter/FlateDecode/Length %d>>\nstream\n" % len(
        body
    )
    at = len(head)
    table = at + len(stream) + len(body) + len(b"\nendstream\nendobj\n")
    rows = b"".join(
        struct.pack(">BIH", *row)
        for row in [(0, 0, 0), (1, 9, 0), (2, 3, 0), (1, at, 0), (1, table, 0)]
    )
    xref = (
        b"4 0 obj\n<</Type/XRef/Size 5/W[1 4 2]/Root 1 0 R/Length %d>>\nstream\n" % len(rows)
        + rows + b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % table
    )  # fmt: skip
    return head + stream + body + b"\nendstream\nendobj\n" + xref


def deep_pdf():
    """Arrays nested two thousand times."""

    def change(document):
        inner = Array([])
        for _ in range(400):
            inner = Array([inner])
        document.Root.Deep = inner

    return pdf(change)


def zipped(*names):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, b"0" * 1000)
    return out.getvalue()


@functools.cache
def zip_bomb():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", b"0" * 50_000_000)
    return out.getvalue()


@functools.cache
def gzip_bomb():
    return gzip.compress(b"0" * 50_000_000)


def wav(extra=b""):
    sound = b"\0\x10" * 800
    parts = b"fmt " + struct.pack("<IHHIIHH", 16, 1, 1, 8000, 16000, 2, 16)
    parts += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", 4 + len(parts)) + b"WAVE" + parts + extra


def mp3(before=b"", after=b""):
    frame = b"\xff\xfb\x90\x00" + b"\0" * (144 * 128000 // 44100 - 4)
    return before + frame * 20 + after


def id3(body):
    size = len(body)
    return b"ID3\x03\0\0" + bytes((size >> shift) & 127 for shift in (21, 14, 7, 0)) + body


def ogg(codec=b"OpusHead" + b"\x01" * 11, extra=b""):
    def page(flags, number, body):
        return (
            b"OggS\0" + bytes([flags]) + struct.pack("<qIII", 0, 7, number, 0)
            + bytes([1, len(body)]) + body
        )  # fmt: skip

    return page(2, 0, codec) + page(0, 1, b"OpusTags") + page(4, 2, b"\x01" * 90) + extra


def box(name, body=b""):
    return struct.pack(">I4s", 8 + len(body), name) + body


def mp4(*handlers, brand=b"M4A ", extra=b""):
    tracks = b"".join(
        box(b"trak", box(b"mdia", box(b"hdlr", b"\0" * 8 + handler + b"\0" * 13)))
        for handler in handlers
    )
    return (
        box(b"ftyp", brand + b"\0\0\0\0" + brand) + box(b"moov", tracks) + box(b"mdat", b"\1" * 500)
        + extra
    )  # fmt: skip


def ebml(element, body, *, unknown=False):
    size = b"\x01" + b"\xff" * 7 if unknown else struct.pack(">I", len(body) | 0x10000000)
    return element + size + body


def webm(*tracks, doctype=b"webm", extra=b"", inside=b""):
    entries = b"".join(
        ebml(b"\xae", ebml(b"\x83", bytes([kind])) + ebml(b"\x86", codec)) for kind, codec in tracks
    )
    cluster = ebml(b"\x1f\x43\xb6\x75", ebml(b"\xa3", b"\x81\0\0\x80" + b"\1" * 99), unknown=True)
    head = ebml(b"\x1aE\xdf\xa3", ebml(b"\x42\x82", doctype))
    body = ebml(b"\x16\x54\xae\x6b", entries) + inside + cluster
    return head + ebml(b"\x18\x53\x80\x67", body, unknown=True) + extra
