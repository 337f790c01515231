"""The page of blocks is searched; pages of errors and of signing in say what to do next."""

from __future__ import annotations

import httpx

from tests.support.server import Client, ServerProcess

PAGE = {"Accept": "text/html"}


def test_blocks_are_found_by_words_of_their_names_and_descriptions(client: Client) -> None:
    found = client.get("/blocks?q=mail", headers=PAGE).text
    assert 'href="/blocks/email.send"' in found
    assert 'href="/blocks/condition"' not in found
    assert "No block fits" in client.get("/blocks?q=nothing+like+this", headers=PAGE).text
    assert 'href="/blocks/condition"' in client.get("/blocks", headers=PAGE).text


def test_blocks_are_found_in_the_language_of_the_page(client: Client) -> None:
    session = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    german = {**PAGE, "Cookie": f"{session}; blockyard_language=de"}
    assert 'href="/blocks/condition"' in client.get("/blocks?q=bedingung", headers=german).text


def test_whoever_is_asked_to_sign_in_is_told_that_it_goes_on(server: ServerProcess) -> None:
    asked = httpx.get(f"{server.url}/executions", headers=PAGE, follow_redirects=True).text
    assert "You come back to where you were." in asked
    assert "You come back" not in httpx.get(f"{server.url}/sign-in", headers=PAGE).text


def test_a_spent_link_says_so(server: ServerProcess) -> None:
    answer = httpx.get(f"{server.url}/invitation?token=spent", headers=PAGE)
    assert answer.status_code == 404
    assert "This link has ended" in answer.text
    assert 'href="/sign-in"' in answer.text
