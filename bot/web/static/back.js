// Leads from a ticket back to the list as this tab showed it last: the same filters, search and order. Without it the way leads to
// the whole list.

const list = `${document.body.dataset.root}/`;
const KEY = "list";

if (location.pathname === list) sessionStorage.setItem(KEY, location.search);

function lead({ target }) {
  const link = target.closest(".back a");
  if (link?.pathname === list) link.search = sessionStorage.getItem(KEY) ?? "";
}

document.addEventListener("click", lead, true);
document.addEventListener("auxclick", lead, true);
