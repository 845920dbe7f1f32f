"""Small tables of translations for the tests of filters."""

import pyarrow as pa

from lingweave.building.blocks import Block
from lingweave.table import ParallelTable


def table_of(passages, queries=None, **more):
    """A table of passages by language, with None at holes; queries are the same by default."""
    languages = list(passages)
    count = len(passages[languages[0]])
    queries = passages if queries is None else queries
    columns = {f"passage:{x}": pa.array(passages[x], pa.large_string()) for x in languages}
    columns |= {f"query:{x}": pa.array(queries[x], pa.large_string()) for x in languages}
    columns |= more.pop("columns", {})
    return ParallelTable.build(
        pa.array([f"r{i}" for i in range(count)]),
        pa.array(["set"] * count),
        pa.nulls(count, pa.string()),
        languages,
        columns,
        **more,
    )


def whole(table, reference="en"):
    """All of a table as one block."""
    return Block(table, slice(0, len(table)), reference)


def cells(verdicts, table):
    """(row, language) of verdicts, each once, in order."""
    pairs = zip(verdicts.rows.tolist(), verdicts.languages.tolist(), strict=True)
    return sorted({(row, table.languages[x] if x >= 0 else "*") for row, x in pairs})


def judged(check, passages, queries=None, reference="en"):
    """The cells that a filter condemns in a table of passages by language."""
    table = table_of(passages, queries)
    return cells(check(whole(table, reference)), table)


ENGLISH = [
    "The old bridge over the river was built by a family of stone masons.",
    "Every morning the baker opens the shop before the first train arrives.",
    "A long winter had covered the village and its fields with snow.",
    "Nobody in the town knew who had painted the door of the library green.",
]
SPANISH = [
    "El viejo puente sobre el río fue construido por una familia de canteros.",
    "Cada mañana el panadero abre la tienda antes de que llegue el primer tren.",
    "Un largo invierno había cubierto de nieve el pueblo y sus campos.",
    "Nadie en la ciudad sabía quién había pintado de verde la puerta de la biblioteca.",
]
RUSSIAN = [
    "Старый мост через реку был построен семьёй каменщиков.",
    "Каждое утро пекарь открывает лавку раньше, чем приходит первый поезд.",
    "Долгая зима покрыла деревню и её поля снегом.",
    "Никто в городе не знал, кто покрасил дверь библиотеки в зелёный цвет.",
]
THAI = [
    "สะพานเก่าข้ามแม่น้ำถูกสร้างโดยครอบครัวช่างหิน",
    "ทุกเช้าคนทำขนมปังเปิดร้านก่อนรถไฟขบวนแรกจะมาถึง",
    "ฤดูหนาวอันยาวนานปกคลุมหมู่บ้านและทุ่งนาด้วยหิมะ",
    "ไม่มีใครในเมืองรู้ว่าใครทาสีประตูห้องสมุดเป็นสีเขียว",
]


CLEAN = {"en": ENGLISH, "es": SPANISH, "ru": RUSSIAN, "th": THAI}


def with_fault(language, row, text):
    """The clean passages with one text replaced."""
    return CLEAN | {language: [*CLEAN[language][:row], text, *CLEAN[language][row + 1 :]]}
