// Picks a canned reply: "/" at the start of the box opens a combobox (after the WAI-ARIA pattern), which puts the reply in.
//
// The replies stand in the page, filled for its ticket; without this script a list and a button do the same. Nothing is sent.

import { fold } from "./fold.js";

const PLACE = /\{([^{}\n]{0,60})\}/g;
let box = null;
let hints = null;
let text = null;

// Which variables still stand in the text is told as long as they do.
function tellUnresolved() {
  const standing = new Set([...text.value.matchAll(PLACE)].map((found) => fold(found[1])));
  let some = false;
  for (const hint of hints.querySelectorAll("[data-variable]")) {
    hint.hidden = !standing.has(hint.dataset.variable);
    some ||= !hint.hidden;
  }
  hints.firstElementChild.hidden = !some;
}

function startPicker() {
  const plain = box.querySelector("[data-plain]");
  const opener = box.querySelector("[data-open]");
  const picker = box.querySelector("[data-picker]");
  const words = picker.querySelector("[role=combobox]");
  const list = picker.querySelector("[role=listbox]");
  const none = picker.querySelector("[data-none]");
  const replies = [...plain.querySelectorAll("option[data-text]")].map((option, at) => {
    const item = document.createElement("li");
    const head = document.createElement("span");
    const body = document.createElement("span");
    item.id = `picker-${at}`;
    item.setAttribute("role", "option");
    head.className = "picker-head";
    head.textContent = option.textContent;
    body.className = "picker-body";
    body.textContent = option.dataset.text;
    item.append(head, body);
    return { item, text: option.dataset.text, found: fold(`${option.textContent} ${option.dataset.text}`) };
  });
  let shown = [];
  let chosen = 0;
  let slash = false; // it was opened by one, which the reply takes the place of

  function mark(at) {
    chosen = at;
    for (const [n, { item }] of shown.entries()) item.setAttribute("aria-selected", String(n === at));
    if (shown.length) {
      words.setAttribute("aria-activedescendant", shown[at].item.id);
      shown[at].item.scrollIntoView({ block: "nearest" });
    } else {
      words.removeAttribute("aria-activedescendant");
    }
  }

  function filter() {
    const asked = fold(words.value).replace(/^\//, "").split(" ").filter(Boolean);
    shown = replies.filter(({ found }) => asked.every((word) => found.includes(word)));
    list.replaceChildren(...shown.map(({ item }) => item));
    none.hidden = shown.length > 0;
    mark(0);
  }

  function open(bySlash) {
    slash = bySlash;
    words.value = "";
    picker.hidden = false;
    words.setAttribute("aria-expanded", "true");
    filter();
    words.focus();
    picker.scrollIntoView({ block: "nearest" });
  }

  function close() {
    picker.hidden = true;
    words.setAttribute("aria-expanded", "false");
  }

  function insert(reply) {
    close();
    const start = slash ? 0 : text.selectionStart;
    text.setRangeText(reply.text, start, slash ? 1 : text.selectionEnd, "end");
    text.dispatchEvent(new Event("input", { bubbles: true }));
    text.focus();
    const place = reply.text.search(PLACE);
    if (place >= 0) text.setSelectionRange(start + place, start + reply.text.indexOf("}", place) + 1);
  }

  words.addEventListener("input", filter);
  words.addEventListener("keydown", (event) => {
    const last = shown.length - 1;
    const moves = { ArrowDown: chosen < last ? chosen + 1 : 0, ArrowUp: chosen > 0 ? chosen - 1 : last };
    if (event.isComposing) return;
    if (event.key in moves) {
      if (shown.length) mark(moves[event.key]);
    } else if (event.key === "Enter") {
      if (shown.length) insert(shown[chosen]);
    } else if (event.key === "Escape") {
      close();
      text.focus();
    } else {
      return;
    }
    event.preventDefault();
  });
  words.addEventListener("blur", close);
  list.addEventListener("mousedown", (event) => event.preventDefault()); // the focus stays where it is
  list.addEventListener("click", (event) => {
    const reply = shown.find(({ item }) => item.contains(event.target));
    if (reply) insert(reply);
  });
  opener.addEventListener("click", () => open(false));
  text.addEventListener("input", (event) => {
    if (event.data === "/" && !event.isComposing && text.selectionStart === 1) open(true);
  });
  plain.hidden = true;
  opener.hidden = false;
}

function start() {
  box = document.querySelector("[data-canned]");
  hints = document.querySelector("[data-unresolved]");
  text = (box ?? hints)?.closest("form")?.querySelector("textarea[name=text]");
  if (!text) return;
  text.addEventListener("input", tellUnresolved);
  if (box) startPicker();
}

start();
document.addEventListener("boxmade", start); // the box came while the page was open
