"""The pages' content policy, asked of a real browser: what is not ours does not become part of a page."""

from playwright.sync_api import Browser

from tests.browser.test_inbox import log_in
from tests.demo.process import Demo

#: Each tries one way to make code or elements of a text; gives the error's name, or what came of it.
_TRIES = """() => {
  const tried = (way) => { try { way(); return "done"; } catch (error) { return error.name; } };
  const script = document.createElement("script");
  return {
    html: tried(() => { document.createElement("div").innerHTML = "<img src=x onerror=alert(1)>"; }),
    write: tried(() => { document.write("<b>x</b>"); }),
    frame: tried(() => { document.createElement("iframe").srcdoc = "<b>x</b>"; }),
    parser: tried(() => { new DOMParser().parseFromString("<b>x</b>", "text/html"); }),
    code: tried(() => { script.textContent = "alert(1)"; }),
    address: tried(() => { script.src = "/consola/estatico/console.js"; }),
    policy: tried(() => { trustedTypes.createPolicy("other", { createHTML: (html) => html }); }),
    again: tried(() => { trustedTypes.createPolicy("soporte", { createHTML: (html) => html }); }),
    text: tried(() => { document.createElement("div").textContent = "<b>x</b>"; }),
  };
}"""


def test_texts_become_elements_by_our_policy_and_by_no_other_way(browser: Browser, running: Demo) -> None:
    with browser.new_context(base_url=running.address, locale="es-CO") as context:
        page = context.new_page()
        log_in(page, running)
        page.wait_for_load_state("load")  # our scripts have made their policy
        found = page.evaluate(_TRIES)
        refused = {name for name, outcome in found.items() if outcome == "TypeError"}
        assert refused == {"html", "write", "frame", "parser", "code", "address", "policy", "again"}
        assert found["text"] == "done"
        made = page.evaluate(
            "async () => (await import('/consola/estatico/trusted.js')).fragment('<b>x</b>').content.firstChild.tagName"
        )
        assert made == "B"
        page.close()
