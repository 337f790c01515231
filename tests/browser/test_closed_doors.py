"""What a real browser makes of our cookies, policies and origins, when a page of somebody else is open beside ours."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.graphs import block, webhook
from tests.support.hooks import hook_url
from tests.support.peer import Peer, Reply
from tests.support.server import OWNER, Client, ServerProcess

HTML = {"Content-Type": "text/html"}
FOREIGN = """<!doctype html><title>foreign</title>
<form id="form" method="post" action="{url}/credentials" target="frame">
<input name="name" value="PLANTED"><input name="type" value="value"><input name="data.value" value="x"></form>
<iframe name="frame"></iframe>"""
SCRIPTS = """() => {
  const script = document.createElement("script");
  script.textContent = "window.ran = 'inline'";
  document.body.append(script);
  document.body.insertAdjacentHTML("beforeend", "<img id=probe src=data:, onerror=\\"window.ran = 'handler'\\">");
  const other = document.createElement("script");
  other.src = "data:text/javascript,window.ran='data'";
  document.body.append(other);
}"""


@pytest.fixture(scope="module")
def behind_tls(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server whose proxy on this machine says that browsers come by https."""
    process = ServerProcess(
        tmp_path_factory.mktemp("behind") / "data", environment={"BLOCKYARD_TRUSTED_PROXIES": "127.0.0.1"}
    ).start()
    Client(process.url).set_up()
    yield process
    process.stop()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser that does not complain: what is refused here shall be."""
    context = browser.new_context(extra_http_headers={"X-Forwarded-Proto": "https"})
    context.set_default_timeout(10_000)
    yield context
    context.close()


def signed_in(context: BrowserContext, server: ServerProcess) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/sign-in")
    page.get_by_label("E-mail or username").fill(OWNER["username"])
    page.get_by_label("Password").fill(OWNER["password"])
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Workflows", exact=True)).to_be_visible()
    return page


def test_a_browser_keeps_everybody_else_out(behind_tls: ServerProcess, context: BrowserContext) -> None:
    page = signed_in(context, behind_tls)

    [cookie] = context.cookies()
    assert cookie["name"] == "__Host-blockyard_session"
    assert (cookie["httpOnly"], cookie["secure"], cookie["sameSite"], cookie["path"]) == (True, True, "Lax", "/")
    assert page.evaluate("document.cookie") == ""

    page.evaluate(
        "window.broken = []; addEventListener('securitypolicyviolation', (event) => broken.push(event.violatedDirective))"
    )
    page.evaluate(SCRIPTS)
    page.wait_for_function("window.broken.length >= 3")
    assert page.evaluate("window.ran") is None

    owner = Client(behind_tls.url).sign_in()
    with Peer() as foreign:
        foreign.replies["/"] = Reply(FOREIGN.format(url=behind_tls.url), headers=HTML)
        other = context.new_page()
        other.goto(foreign.url)
        with other.expect_response(f"{behind_tls.url}/credentials") as answered:
            other.evaluate("document.getElementById('form').submit()")
        assert answered.value.status == 403, "the browser sent our cookie along, and it did not help"
        assert "__Host-blockyard_session" in answered.value.request.all_headers().get("cookie", "")
        read = "(url) => fetch(url, {credentials: 'include'}).then(() => 'read', () => 'refused')"
        assert other.evaluate(read, f"{behind_tls.url}/api/workflows") == "refused"
        listen = """(url) => new Promise((told) => {
          const socket = new WebSocket(url); socket.onopen = () => told("open"); socket.onerror = () => told("refused"); })"""
        assert other.evaluate(listen, f"{behind_tls.url}/api/ws".replace("http", "ws", 1)) == "refused"
        assert page.evaluate(listen, f"{behind_tls.url}/api/ws".replace("http", "ws", 1)) == "open", "our own page may"
    assert owner.get("/api/v1/credentials").json()["total"] == 0


def test_a_page_that_a_workflow_answers_is_nobody_on_our_site(behind_tls: ServerProcess, context: BrowserContext) -> None:
    signed_in(context, behind_tls)
    hook = webhook(methods=["GET"])
    answer = {"body": "<title>kept</title><script>document.title = 'ran'</script>", "headers": HTML}
    Client(behind_tls.url).sign_in().deployed(hook, block("end", "response", answer), edges=["hook>end"])
    page = context.new_page()
    page.goto(f"{hook_url(behind_tls, hook)}?token={hook['config']['webhook_secret']}")
    expect(page).to_have_title("kept")
    assert page.evaluate("window.origin") == "null"


def test_framing_is_refused(behind_tls: ServerProcess, context: BrowserContext) -> None:
    with Peer() as foreign:
        foreign.replies["/"] = Reply(f'<!doctype html><iframe src="{behind_tls.url}/sign-in"></iframe>', headers=HTML)
        page = context.new_page()
        page.goto(foreign.url)
        page.wait_for_function("frames.length === 1")
        assert all("Sign in" not in frame.content() for frame in page.frames)
