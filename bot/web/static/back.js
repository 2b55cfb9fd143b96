// Leads from a ticket back to the list as this tab came from it: the same filters, search and order. Without it the way leads to
// the whole list.

const list = `${document.body.dataset.root}/`;
const KEY = "list";
const from = document.referrer ? new URL(document.referrer) : null;

if (from?.origin === location.origin && from.pathname === list) sessionStorage.setItem(KEY, from.search);

function lead({ target }) {
  const link = target.closest(".back a");
  if (link?.pathname === list) link.search = sessionStorage.getItem(KEY) ?? "";
}

document.addEventListener("click", lead, true);
document.addEventListener("auxclick", lead, true);
