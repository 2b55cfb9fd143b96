// The box to reply in: renewed around what is being typed, with the time that is left of the window, and with the files looked
// at before they are sent. The server decides all of it again.

import { takers } from "./blocks.js";
import { fragment } from "./trusted.js";

const MEGABYTE = 1024 * 1024;

function isBegun(form) {
  const { text, files } = form.elements;
  return text.value.trim() !== "" || files.files.length > 0;
}

function renewPart(old, fresh) {
  if (old.innerHTML === fresh.innerHTML) return;
  const isFocused = old.contains(document.activeElement);
  const isDraft = isFocused && document.activeElement.matches("[formaction]");
  old.replaceChildren(...fresh.cloneNode(true).childNodes);
  if (isFocused) old.querySelector(isDraft ? "[formaction]" : "button:not([formaction])")?.focus({ preventScroll: true });
}

// What was begun stays, with the way to keep it, also when there is nobody to send it to at the moment.
function strand(form) {
  form.querySelectorAll("button:not([formaction])").forEach((button) => button.remove());
  form.querySelector("[data-part=window]").replaceChildren();
}

takers.set("reply", (block, html) => {
  const fresh = fragment(html);
  const [form, freshForm] = [block.querySelector("#reply"), fresh.content.querySelector("#reply")];
  if (!form || (!freshForm && !isBegun(form))) {
    block.replaceChildren(fresh.content);
    if (freshForm) document.dispatchEvent(new CustomEvent("boxmade"));
    return;
  }
  for (const part of fresh.content.querySelectorAll("[data-part]")) {
    const old = block.querySelector(`[data-part="${part.dataset.part}"]`);
    if (old) renewPart(old, part);
  }
  if (!freshForm) strand(form);
});

let counted = null;
let endsAt = 0;

function count() {
  const left = document.querySelector("[data-left]");
  if (!left) return;
  if (left !== counted) {
    counted = left;
    endsAt = Date.now() + Number(left.dataset.left) * 1000;
  }
  const minutes = Math.max(0, Math.floor((endsAt - Date.now()) / 60_000));
  left.querySelector("[data-hours]").textContent = Math.floor(minutes / 60);
  left.querySelector("[data-minutes]").textContent = minutes % 60;
  left.querySelector(".left-hours").hidden = minutes < 60;
  left.classList.toggle("urgent", minutes < 60);
  if (Date.now() >= endsAt) {
    endsAt = Date.now() + 5000; // ask again, should the server's clock say that it is not over yet
    document.dispatchEvent(new CustomEvent("stale", { detail: ["head", "talk", "reply"] }));
  }
}

function objection(input) {
  const { most, tooMany, tooLarge } = input.dataset;
  if (input.files.length > Number(most)) return tooMany;
  const heavy = [...input.files].find(({ type, size }) => size > (type.startsWith("image/") ? 5 : 16) * MEGABYTE);
  return heavy ? tooLarge + heavy.name : "";
}

document.addEventListener("change", ({ target }) => {
  if (target.id !== "files" || !target.form) return;
  target.setCustomValidity(objection(target));
  target.reportValidity();
});

if (document.querySelector("[data-live=reply]")) setInterval(count, 1000);
