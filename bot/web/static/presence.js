// Tells that this ticket is open here, and that somebody types; shows who else is at it. All of it is forgotten by the server
// a little after the page is closed or the network is gone.

import { fragment } from "./trusted.js";

const place = document.querySelector("[data-presence]");
const BEAT = 20_000;
const TYPING = 5_000;
const WRITING_LASTS = 11_000;
let typedAt = 0;
let again = 0;

function form(doing) {
  return new URLSearchParams({ csrf: place.dataset.csrf, doing });
}

function show(html) {
  const fresh = fragment(html);
  if (fresh.content.textContent.trim() !== place.textContent.trim()) place.replaceChildren(fresh.content);
  clearTimeout(again);
  // Nobody tells that they have stopped.
  if (place.querySelector(".here-writing")) again = setTimeout(tell, WRITING_LASTS, "looking");
}

async function tell(doing) {
  if (document.hidden) return;
  try {
    const sent = { method: "POST", body: form(doing), headers: { "X-Block": "presence" }, redirect: "manual" };
    const answer = await fetch(place.dataset.presence, sent);
    if (answer.headers.has("X-Block")) show(await answer.text());
  } catch {
    // The network is away: the next beat tells it.
  }
}

if (place) {
  setInterval(tell, BEAT, "looking");
  document.addEventListener("visibilitychange", () => tell("looking"));
  document.addEventListener("present", ({ detail }) => {
    if (!detail || detail.includes(place.dataset.ticket)) tell("looking");
  });
  document.addEventListener("input", ({ target }) => {
    if (target.id !== "text" || !target.value.trim() || Date.now() - typedAt < TYPING) return;
    typedAt = Date.now();
    tell("writing");
  });
  window.addEventListener("pagehide", () => navigator.sendBeacon(place.dataset.presence, form("gone")));
}
