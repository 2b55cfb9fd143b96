// Keeps the blocks of a page that change up to date. Everything else works without: a reload shows the same.
//
// An element with data-live="name" holds the template's block of that name. When the stream tells of a change, the blocks are
// fetched together from the page's own address, as the server renders them. With data-conversation="id" only that one's
// changes count; with data-minutely time alone may change it. A "stale" event of the document names blocks to renew.

import { show } from "./blocks.js";
import "./back.js";
import "./reply.js";
import "./sending.js";
import "./presence.js";
import { fragment } from "./trusted.js";

const stream = document.body.dataset.stream;
const blocks = [...document.querySelectorAll("[data-live]")];
const announcer = document.getElementById("announcer");
const state = document.getElementById("live-state");
const wanted = new Set();
let isUnderWay = false;
let source = null;

function tell(isOn) {
  if (!state) return;
  state.hidden = false;
  state.classList.toggle("off", !isOn);
}

// One block comes as it is, several each in a template of its own.
function parted(html, names) {
  if (names.length === 1) return new Map([[names[0], html]]);
  return new Map([...fragment(html).content.children].map((one) => [one.dataset.block, one.innerHTML]));
}

async function renew(now) {
  const names = now.map(({ dataset }) => dataset.live);
  const answer = await fetch(location.href, { headers: { "X-Block": names.join(" ") }, cache: "no-store", redirect: "manual" });
  if (!answer.headers.has("X-Block")) {
    close(); // not logged in any more
    tell(false);
    return;
  }
  const html = parted(await answer.text(), names);
  const news = [];
  for (const block of now) {
    const said = html.has(block.dataset.live) ? show(block, html.get(block.dataset.live)) : "";
    if (said === false) setTimeout(refresh, 2000, [block]);
    else if (said) news.push(said);
  }
  if (news.length) announcer.textContent = news.join(" ");
}

async function refresh(some) {
  some.forEach((block) => wanted.add(block));
  if (isUnderWay) return; // they are fetched next
  isUnderWay = true;
  try {
    while (wanted.size) {
      const now = [...wanted];
      wanted.clear();
      await renew(now);
    }
  } catch {
    tell(false); // the network is away: the stream comes back with it, and with the stream fresh blocks
  } finally {
    isUnderWay = false;
  }
}

function open() {
  if (source) return;
  source = new EventSource(stream);
  source.addEventListener("begun", () => {
    tell(true);
    refresh(blocks); // what happened before the stream began
    document.dispatchEvent(new CustomEvent("present", { detail: null }));
  });
  source.addEventListener("changed", (event) => {
    const ids = JSON.parse(event.data);
    refresh(blocks.filter(({ dataset }) => !dataset.conversation || ids.includes(dataset.conversation)));
  });
  source.addEventListener("present", (event) => {
    document.dispatchEvent(new CustomEvent("present", { detail: JSON.parse(event.data) }));
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
  document.addEventListener("stale", ({ detail }) => refresh(blocks.filter(({ dataset }) => detail.includes(dataset.live))));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", () => document.hidden || open());
  setInterval(() => source && refresh(blocks.filter(({ dataset }) => "minutely" in dataset)), 60_000);
}
