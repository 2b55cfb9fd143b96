// Keeps the blocks of a page that change up to date. Everything else works without: a reload shows the same.
//
// An element with data-live="name" holds the template's block of that name. When the stream tells of a change, the block is
// fetched from the page's own address, as the server renders it. With data-conversation="id" only that one's changes count.

const stream = document.body.dataset.stream;
const blocks = [...document.querySelectorAll("[data-live]")];
const announcer = document.getElementById("announcer");
const state = document.getElementById("live-state");
const shown = new Map();
const underWay = new Map();
let source = null;

function tell(isOn) {
  if (!state) return;
  state.hidden = false;
  state.classList.toggle("off", !isOn);
}

function isBeingSelected(block) {
  const selection = document.getSelection();
  return !selection.isCollapsed && block.contains(selection.anchorNode);
}

function swap(block, html) {
  if (shown.get(block) === html) return;
  const before = block.querySelector("[data-announce]")?.textContent;
  const focused = block.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const unfolded = [...block.querySelectorAll("details[open][id]")].map(({ id }) => id);
  const folder = block.contains(document.activeElement) ? document.activeElement.closest("details[id]")?.id : null;
  block.innerHTML = html;
  for (const id of unfolded) document.getElementById(id)?.setAttribute("open", "");
  if (folder) document.getElementById(folder)?.firstElementChild.focus({ preventScroll: true });
  shown.set(block, html);
  if (focused) block.querySelector(`a[href="${CSS.escape(focused)}"]`)?.focus({ preventScroll: true });
  const after = block.querySelector("[data-announce]")?.textContent;
  if (after && after !== before) announcer.textContent = after;
}

async function refresh(block) {
  if (underWay.has(block)) {
    underWay.set(block, true); // once more, when this one is done
    return;
  }
  underWay.set(block, false);
  try {
    const answer = await fetch(location.href, { headers: { "X-Block": block.dataset.live }, cache: "no-store" });
    if (!answer.headers.has("X-Block")) {
      close(); // not logged in any more
      tell(false);
      return;
    }
    const html = await answer.text();
    if (isBeingSelected(block)) setTimeout(refresh, 2000, block);
    else swap(block, html);
  } catch {
    tell(false); // the network is away: the stream comes back with it, and with the stream a fresh block
  } finally {
    const again = underWay.get(block);
    underWay.delete(block);
    if (again) refresh(block);
  }
}

function open() {
  if (source) return;
  source = new EventSource(stream);
  source.addEventListener("begun", () => {
    tell(true);
    blocks.forEach(refresh); // what happened before the stream began
  });
  source.addEventListener("changed", (event) => {
    const ids = JSON.parse(event.data);
    blocks.filter(({ dataset }) => !dataset.conversation || ids.includes(dataset.conversation)).forEach(refresh);
  });
  source.addEventListener("error", () => tell(false));
}

function close() {
  source?.close();
  source = null;
}

if (stream && blocks.length) {
  // A browser keeps few connections to one host: pages that nobody looks at give theirs back.
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", () => document.hidden || open());
}
