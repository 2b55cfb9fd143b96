// Puts the new content of a block in place of the old one, and takes nothing from whoever is at work in it.

import { fragment } from "./trusted.js";

// Name of a block → what puts it in place, for blocks that need more care than the others.
export const takers = new Map();

function isBeingSelected(block) {
  const selection = document.getSelection();
  return !selection.isCollapsed && block.contains(selection.anchorNode);
}

function wayTo(element) {
  if (element.id) return `#${CSS.escape(element.id)}`;
  const href = element.getAttribute("href");
  if (href) return `a[href="${CSS.escape(href)}"]`;
  if (element.name) return `${element.localName}[name="${CSS.escape(element.name)}"][value="${CSS.escape(element.value)}"]`;
  if (element.localName === "summary" && element.parentElement.id) return `#${CSS.escape(element.parentElement.id)} > summary`;
  return null;
}

function isChanged(control) {
  if (control.localName !== "select") return control.value !== control.defaultValue;
  return [...control.options].some((option) => option.selected !== option.defaultSelected);
}

// What was begun in a block: folds that were opened, and controls with an id whose value is not the page's any more.
function begunIn(block) {
  const controls = [...block.querySelectorAll("input[id]:not([type=file]), textarea[id], select[id]")].filter(isChanged);
  return {
    open: [...block.querySelectorAll("details[open][id]")].map(({ id }) => id),
    typed: controls.map(({ id, value }) => [id, value]),
  };
}

function carryOver(block, { open, typed }) {
  open.forEach((id) => block.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", ""));
  for (const [id, value] of typed) {
    const control = block.querySelector(`#${CSS.escape(id)}`);
    if (control) control.value = value;
  }
}

export function wordsOf(block) {
  return block.querySelector("[data-announce]")?.textContent;
}

function replace(block, html) {
  const fresh = fragment(html);
  if (fresh.innerHTML === block.innerHTML) return;
  const focused = block.contains(document.activeElement) ? document.activeElement : null;
  const way = focused && wayTo(focused);
  const selection = focused && "selectionStart" in focused ? [focused.selectionStart, focused.selectionEnd] : null;
  const begun = begunIn(block);
  block.replaceChildren(fresh.content);
  carryOver(block, begun);
  const again = way && block.querySelector(way);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (selection && selection[0] !== null) again.setSelectionRange(...selection);
}

// Put it in place; returns what is to be announced, if anything. False: not now, somebody is copying from it or pressing a
// button in it, and a button that goes while it is held down was pressed in vain.
export function show(block, html) {
  if (isBeingSelected(block) || block.querySelector("button:active, summary:active, a:active")) return false;
  const before = wordsOf(block);
  (takers.get(block.dataset.live) ?? replace)(block, html);
  const after = wordsOf(block);
  return after && after !== before ? after : "";
}
