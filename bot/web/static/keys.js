// Keyboard shortcuts, unless the agent has switched them off. No single key acts while something is being typed or a dialog is
// open, and none sends or resolves: at most one leads to the button that does. Ctrl+Enter in the box sends the reply.

const { keys, root } = document.body.dataset;
const PATIENCE = 1500; // milliseconds for the second key of "g i"
const TYPED_INTO = "input, textarea, select, [contenteditable]";
const dialog = document.getElementById("keys-dialog");
let since = -Infinity; // when "g" was pressed

function focus(selector) {
  const found = document.querySelector(selector);
  if (!found) return false;
  found.focus();
  found.scrollIntoView({ block: "center" });
  return true;
}

function press(selector) {
  const found = document.querySelector(selector);
  found?.click();
  return Boolean(found);
}

function go(path) {
  location.assign(root + path);
  return true;
}

// From the marked row to the next one; from nowhere to the first.
function move(by) {
  const links = [...document.querySelectorAll("#live .number a")];
  const at = links.indexOf(document.activeElement);
  const next = links[at < 0 ? 0 : at + by];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return Boolean(next);
}

const SINGLE = {
  j: () => move(1),
  k: () => move(-1),
  "/": () => focus("#buscar") || go("/#buscar"),
  a: () => press("button[name=trigger][value=assign]"),
  e: () => focus("button[name=trigger][value=resolve]"),
  r: () => focus("#text"),
  n: () => focus("#note"),
  t: () => focus("#put"),
  "?": () => (dialog ? (dialog.showModal(), true) : false),
};
const AFTER_G = { i: () => go("/"), m: () => go("/?mias=si"), n: () => go("/?no_leidas=si") };

function act(event) {
  if (document.activeElement?.closest("#live .number") && event.key.startsWith("Arrow")) {
    return { ArrowDown: () => move(1), ArrowUp: () => move(-1) }[event.key]?.() ?? false;
  }
  const key = event.key.toLowerCase();
  if (key === "g") {
    since = event.timeStamp;
    return true;
  }
  const follows = event.timeStamp - since < PATIENCE;
  since = -Infinity;
  const table = follows && key in AFTER_G ? AFTER_G : SINGLE;
  return Object.hasOwn(table, key) && table[key]();
}

if (keys === "on") {
  dialog?.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  document.addEventListener("keydown", (event) => {
    const busy = event.defaultPrevented || event.isComposing || event.repeat && !/^([jk]|Arrow.*)$/.test(event.key);
    if (busy || event.altKey) return;
    if (event.ctrlKey || event.metaKey) {
      if (event.key === "Enter" && event.target.id === "text") press("#reply button:not([formaction], [type=button])");
      return;
    }
    if (event.target.closest(TYPED_INTO) || document.querySelector("dialog[open]")) return;
    if (act(event)) event.preventDefault();
  });
}
