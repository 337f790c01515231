"""XML, HTML and Markdown: what is read and written, and what attackers send."""

from typing import Any

import pytest

from app.sdk import File, Json

pytestmark = pytest.mark.anyio
FEED = '<a xmlns="urn:x" xmlns:m="urn:m"><m:b m:id="1">x<c/>y</m:b><!-- no --><d>  </d></a>'


@pytest.mark.parametrize(
    ("config", "text", "wanted"),
    [
        ({}, FEED, {"a": {"b": {"@id": "1", "c": None, "#text": "xy"}, "d": None}}),
        ({"namespaces": True, "path": ".//{urn:m}b/@nothing"}, FEED, None),
        ({"namespaces": True, "path": "{urn:m}b"}, FEED, [{"@{urn:m}id": "1", "{urn:x}c": None, "#text": "xy"}]),
        ({"path": "/a/b"}, FEED, [{"@id": "1", "c": None, "#text": "xy"}]),
        ({"path": "//c"}, FEED, [None]),
        ({"path": "b[@id='2']"}, FEED, []),
        ({}, "<a><![CDATA[<b>]]></a>", {"a": "<b>"}),
        (
            {},
            File("a.xml", "text/xml", '<?xml version="1.0" encoding="iso-8859-1"?><a>\xfc</a>'.encode("latin-1")).value(),
            {"a": "ü"},
        ),
    ],
    ids=lambda value: str(value)[:50],
)
async def test_xml_is_read(run: Any, refused: Any, config: dict[str, Json], text: Json, wanted: Json) -> None:
    if wanted is None:
        assert (await refused("fmt.xml", config, text)).code == "PATH_INVALID"
    else:
        assert (await run("fmt.xml", config, text)).value == wanted


BOMB = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]><a>&c;</a>'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("<a><b></a>", "line 1, column 9"),
        ("", "line 1"),
        (BOMB, "not allowed"),
        ('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', "not allowed"),
        ('<!DOCTYPE a SYSTEM "http://127.0.0.1:1/a.dtd"><a/>', "not allowed"),
        ('<?xml version="1.0" encoding="no-such"?><a/>', "not allowed"),
    ],
)
async def test_xml_that_is_refused(refused: Any, text: str, words: str) -> None:
    error = await refused("fmt.xml", {}, text)
    assert (error.code, words in error.message) == ("NOT_XML", True), error.message


async def test_xml_nested_too_deep(refused: Any) -> None:
    assert (await refused("fmt.xml", {}, "<a>" * 200 + "</a>" * 200)).code == "TOO_DEEP"


async def test_xml_there_and_back(run: Any) -> None:
    data = {"order": {"@id": "7", "@note": 'a"<&', "line": ["x & y", {"@n": "1", "#text": "z"}], "empty": None}}
    text = (await run("fmt.xml", {"operation": "build"}, data)).value
    assert text.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<order id="7"')
    assert (await run("fmt.xml", {}, text)).value == data


@pytest.mark.parametrize(
    ("data", "code"),
    [({}, "ROOT_INVALID"), ({"a": 1, "b": 2}, "ROOT_INVALID"), ({"a": [1]}, "ROOT_INVALID"), ({"a b": 1}, "NAME_INVALID"),
     ({"a": {"@<": 1}}, "NAME_INVALID"), ("a", "ROOT_INVALID")],
    ids=str,
)  # fmt: skip
async def test_data_that_cannot_be_xml(refused: Any, data: Json, code: str) -> None:
    assert (await refused("fmt.xml", {"operation": "build"}, data)).code == code


async def test_letters_that_xml_does_not_know_are_left_out(run: Any) -> None:
    text = (await run("fmt.xml", {"operation": "build", "declaration": False}, {"a": "x\x00y\x0bz"})).value
    assert text == "<a>xyz</a>"


PAGE = """<html><head><title>T</title><style>p{}</style></head><body><h1> Big  <i>news</i></h1><p>one<br>two</p>
<table><tr><th>a<th></tr><tr><td>1<td>2</table><a href="/x?a=1">X</a><a href="javascript:alert(1)">Y</a><a>Z</a></body></html>"""


@pytest.mark.parametrize(
    ("config", "wanted"),
    [
        ({"fields": [{"name": "h", "selector": "h1"}, {"name": "no", "selector": "h6"}]}, {"h": "Big news", "no": None}),
        ({"fields": [{"name": "h", "selector": "i", "take": "html"}]}, {"h": "<i>news</i>"}),
        ({"fields": [{"name": "h", "selector": "h1", "take": "inner_html"}]}, {"h": " Big  <i>news</i>"}),
        (
            {"fields": [{"name": "l", "selector": "a", "take": "attribute", "all": True}]},
            {"l": ["/x?a=1", "javascript:alert(1)", None]},
        ),
        ({"each": "td", "fields": [{"name": "n"}]}, [{"n": "1"}, {"n": "2"}]),
        ({"operation": "text"}, "Big news\none\ntwo\na\n1 2\nXYZ"),
        ({"operation": "links", "base_url": "https://a.example/b/"}, [{"text": "X", "url": "https://a.example/x?a=1"}]),
        ({"operation": "tables"}, [[{"a": "1", "column_2": "2"}]]),
    ],
    ids=str,
)
async def test_html(run: Any, config: dict[str, Json], wanted: Json) -> None:
    found = (await run("fmt.html", config, PAGE)).value
    if config.get("operation") == "text":
        assert [line.strip() for line in found.splitlines() if line.strip()] == wanted.splitlines()
    else:
        assert found == wanted


@pytest.mark.parametrize(
    "attack",
    [
        "<img src=x onerror=alert(1)>",
        "<svg><script>alert(1)</script></svg>",
        "<a href='javascript:alert(1)'>x</a>",
        "<a href='jAvA&#115;cript:alert(1)'>x</a>",
        "<iframe src='https://a.example'></iframe>",
        "<math><mtext><table><mglyph><style><img src=x onerror=alert(1)>",
        "<p style='background:url(javascript:alert(1))'>x</p>",
        "<form action=https://a.example><input name=p></form>",
    ],
)
async def test_html_and_markdown_of_attackers_are_harmless(run: Any, attack: str) -> None:
    for block, config in (("fmt.html", {"operation": "sanitise"}), ("fmt.markdown", {})):
        clean = (await run(block, config, attack)).value.lower()
        tags = [part.partition(">")[0] for part in clean.split("<")[1:]]
        assert not any(word in tag for tag in tags for word in ("script", "onerror", "iframe", "style", "form")), clean


async def test_a_selector_that_is_none(refused: Any) -> None:
    error = await refused("fmt.html", {"fields": [{"name": "a"}, {"name": "b", "selector": "a[["}]}, PAGE)
    assert (error.code, "fields.1" in error.message) == ("SELECTOR_INVALID", True)


@pytest.mark.parametrize(
    ("config", "text", "wanted"),
    [
        ({}, "| a |\n|---|\n| ~~b~~ |", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td><s>b</s></td>\n"
                                        "</tr>\n</tbody>\n</table>\n"),
        ({"line_breaks": True}, "a\nb", "<p>a<br>\nb</p>\n"),
        ({"operation": "from_html"}, "<h1>A</h1><p>b <b>c</b><script>x</script></p><ol><li>d</ol>", "# A\n\nb **c**\n\n1. d\n"),
        ({}, "", ""),
    ],
    ids=str,
)  # fmt: skip
async def test_markdown(run: Any, config: dict[str, Json], text: str, wanted: str) -> None:
    assert (await run("fmt.markdown", config, text)).value == wanted


async def test_markdown_does_not_hang_on_what_is_made_for_it(run: Any) -> None:
    for attack in ("[" * 20_000, "*a " * 10_000, "`" * 20_000, "> " * 5_000):
        assert (await run("fmt.markdown", {}, attack)).value
