"""CSV and Excel: there and back, peculiar files, limits, formulas."""

import base64
import io
import zipfile
from datetime import datetime
from typing import Any

import openpyxl
import pytest

from app.sdk import File, Json

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("config", "text", "wanted"),
    [
        ({}, "a,b\n1,2\n", [{"a": "1", "b": "2"}]),
        ({}, "a\tb\n1\t2", [{"a": "1", "b": "2"}]),
        ({}, "\ufeffa|b\n\n1|x,y\n", [{"a": "1", "b": "x,y"}]),
        ({}, 'a,b\n"1\n2","say ""hi"""\n', [{"a": "1\n2", "b": 'say "hi"'}]),
        ({}, "a,a,,a\n1,2,3,4", [{"a": "1", "a_2": "2", "column_3": "3", "a_3": "4"}]),
        ({}, "a,b\n1\n", [{"a": "1", "b": None}]),
        ({"header": False, "delimiter": ";"}, "1;2\n3\n", [["1", "2"], ["3"]]),
        ({"skip": 1, "limit": 1}, "report\na,b\n1,2\n3,4", [{"a": "1", "b": "2"}]),
        ({"convert": True}, "a,b,c,d,e,f\n007,-1.50,1e5,true,,12345678901234567890",
         [{"a": "007", "b": -1.5, "c": "1e5", "d": True, "e": None, "f": "12345678901234567890"}]),
        ({}, "", []),
        ({}, "only a heading", []),
    ],
    ids=str,
)  # fmt: skip
async def test_csv_is_read(run: Any, config: dict[str, Json], text: str, wanted: Json) -> None:
    assert (await run("fmt.csv", config, text)).value == wanted


async def test_csv_in_other_letters(run: Any) -> None:
    file = File("a.csv", "text/csv", "n;ü\n1;é".encode("windows-1252")).value()
    assert (await run("fmt.csv", {"encoding": "windows-1252"}, file)).value == [{"n": "1", "ü": "é"}]


@pytest.mark.parametrize(
    ("config", "value", "code", "words"),
    [
        ({}, "a,b\n1,2,3", "CSV_INVALID", "line 2: 3 fields"),
        ({}, "a\n" + "1\n" * 10_001, "TOO_MANY_ITEMS", "10,000 rows"),
        ({"header": False}, ",".join("a" * 1_001), "CSV_INVALID", "columns"),
        ({}, "a\n" + "x" * 1_000_001, "CSV_INVALID", "field larger"),
        ({}, File("a", "text/csv", b"\xff\xfe").value(), "FILE_INVALID", "utf-8"),
        ({"operation": "build"}, {"a": 1}, "ITEMS_INVALID", "list"),
        ({"operation": "build"}, [1], "ITEMS_INVALID", "item 1"),
    ],
    ids=lambda value: str(value)[:40],
)
async def test_csv_that_cannot_be(refused: Any, config: dict[str, Json], value: Json, code: str, words: str) -> None:
    error = await refused("fmt.csv", config, value)
    assert (error.code, words in error.message) == (code, True), error.message


async def test_csv_is_written_and_read_again(run: Any) -> None:
    rows = [{"a": "x;y", "b": 'say "hi"\n'}, {"c": 1.5, "a": None}, {"b": {"x": [1]}}]
    text = (await run("fmt.csv", {"operation": "build", "delimiter": ";"}, rows)).value
    assert (await run("fmt.csv", {"convert": True, "delimiter": ";"}, text)).value == [
        {"a": "x;y", "b": 'say "hi"\n', "c": None},
        {"a": None, "b": None, "c": 1.5},
        {"a": None, "b": '{"x": [1]}', "c": None},
    ]


async def test_formulas_are_marked_unless_wanted(run: Any) -> None:
    rows = [["=1+1", "@x", -1, "a"]]
    assert (await run("fmt.csv", {"operation": "build"}, rows)).value == "'=1+1,'@x,-1,a\r\n"
    assert (await run("fmt.csv", {"operation": "build", "safe": False}, rows)).value == "=1+1,@x,-1,a\r\n"


async def test_a_csv_file_begins_with_its_mark(run: Any) -> None:
    file = (await run("fmt.csv", {"operation": "build_file", "filename": "x.csv"}, [["ü"]])).value
    assert (file["filename"], base64.b64decode(file["base64"])) == ("x.csv", "\ufeffü\r\n".encode())


async def test_a_workbook_there_and_back(run: Any) -> None:
    tables = {"Orders": [{"id": 7, "note": "=1+1", "more": [1], "on": True, "x": 1.5}, {"id": 8, "new": "ü"}], "Empty": []}
    file = (await run("fmt.xlsx", {"operation": "write", "filename": "a.xlsx"}, tables)).value
    assert (await run("fmt.xlsx", {"operation": "sheets"}, file)).value == ["Orders", "Empty"]
    assert (await run("fmt.xlsx", {}, file)).value == [
        {"id": 7, "note": "'=1+1", "more": "[1]", "on": True, "x": 1.5, "new": None},
        {"id": 8, "note": None, "more": None, "on": None, "x": None, "new": "ü"},
    ]
    assert (await run("fmt.xlsx", {"cells": "a2:b2", "header": False}, file)).value == [[7, "'=1+1"]]
    assert (await run("fmt.xlsx", {"sheet": "Empty"}, file)).value == []


async def test_a_workbook_that_excel_made(run: Any) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(["when", None, "sum"])
    sheet.append([datetime(2026, 12, 24, 18), 1, "=A1"])
    content = io.BytesIO()
    book.save(content)
    rows = (await run("fmt.xlsx", {}, File("a.xlsx", "x", content.getvalue()).value())).value
    assert rows == [{"when": "2026-12-24T18:00:00", "column_2": 1, "sum": None}]


def zipped(**files: bytes) -> dict[str, Json]:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return File("a.xlsx", "x", content.getvalue()).value()


@pytest.mark.parametrize(
    ("config", "value", "code"),
    [
        ({}, "a,b", "FILE_INVALID"),
        ({}, zipped(a=b"x"), "FILE_INVALID"),
        ({}, zipped(bomb=b"\x00" * 100_000_001), "FILE_TOO_LARGE"),
        ({"operation": "write"}, "text", "ITEMS_INVALID"),
        ({"operation": "write"}, {"a/b": []}, "SHEET_INVALID"),
        ({"operation": "write"}, [5], "ITEMS_INVALID"),
    ],
    ids=["text", "another zip", "bomb", "no list", "bad name", "no rows"],
)
async def test_a_workbook_that_cannot_be(refused: Any, config: dict[str, Json], value: Json, code: str) -> None:
    assert (await refused("fmt.xlsx", config, value)).code == code


async def test_a_sheet_that_is_not_there(run: Any, refused: Any) -> None:
    file = (await run("fmt.xlsx", {"operation": "write"}, [])).value
    error = await refused("fmt.xlsx", {"sheet": "Nothing"}, file)
    assert (error.code, "Sheet1" in error.message) == ("SHEET_UNKNOWN", True)
