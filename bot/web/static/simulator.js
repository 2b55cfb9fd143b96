// The simulator's page: shows what the server streams (phones, messages, ticks, typing, clock) and posts what the customer
// does. The server is the only truth: nothing is drawn before the stream has told it. All words come from the page.

const $ = (id) => document.getElementById(id);
const root = document.body.dataset.root;
const words = new Map([...$("words").content.querySelectorAll("data")].map((entry) => [entry.value, entry.textContent]));
const word = (key, values = {}) => (words.get(key) ?? "").replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
const piece = (name) => $(`piece-${name}`).content.firstElementChild.cloneNode(true);

const phones = new Map(); // address → phone as the server tells it, in its order
const unread = new Map(); // address → messages that came while another phone was on the screen
const drawn = new Map(); // message id → its element in the log
let current = ""; // the address whose phone is on the screen
let next = ""; // the address whose phone is to be there as soon as the stream has told of it
let stream = null;
let offline = false;
let isKnown; // tells those who wait that the first state is there
const known = new Promise((resolve) => { isKnown = resolve; });
let atEnd = true; // the log follows new messages unless the reader scrolled up

// ── Time: Colombia's, as the customers see it, on the product's clock ─────────────────────────────────────────────────────
const zone = { timeZone: "America/Bogota" };
const hour = new Intl.DateTimeFormat("es-CO", { ...zone, hour: "numeric", minute: "2-digit" });
const weekday = new Intl.DateTimeFormat("es-CO", { ...zone, weekday: "long", day: "numeric", month: "long" });
const dayKey = new Intl.DateTimeFormat("sv-SE", zone);
const DAY = 86_400_000;
let clock = { server: Date.now(), here: performance.now() };
const now = () => clock.server + performance.now() - clock.here;

function dayName(moment) {
  const key = dayKey.format(moment);
  if (key === dayKey.format(now())) return word("today");
  if (key === dayKey.format(now() - DAY)) return word("yesterday");
  return weekday.format(moment);
}

function setClock(iso) {
  clock = { server: Date.parse(iso), here: performance.now() };
  showClock();
}

function showClock() {
  const [time, day] = [hour.format(now()), weekday.format(now())];
  if ($("now").textContent !== time) $("now").textContent = time;
  if ($("now-day").textContent === day) return;
  $("now-day").textContent = day;
  showLog(); // "Hoy" has become "Ayer"
}

// ── Text as WhatsApp shows it: *bold* _italic_ ~strike~ ```code``` and links, as nodes and never as HTML ──────────────────
const marks = { "*": "strong", _: "em", "~": "s", "`": "code", "```": "code" };
const marked = /(?<![\p{L}\p{N}])(```|[*_~`])(?=\S)(.+?)(?<=\S)\1(?![\p{L}\p{N}])/su;
const linked = /https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]*_~]/;

function formatted(text) {
  const parts = document.createDocumentFragment();
  const link = linked.exec(text);
  const mark = marked.exec(text);
  const first = link && (!mark || link.index <= mark.index) ? link : mark;
  if (!first) {
    parts.append(text);
    return parts;
  }
  parts.append(text.slice(0, first.index));
  parts.append(first === link ? anchor(link[0]) : element(marks[mark[1]], mark[1].startsWith("`") ? mark[2] : formatted(mark[2])));
  parts.append(formatted(text.slice(first.index + first[0].length)));
  return parts;
}

function anchor(address) {
  const node = element("a", address);
  Object.assign(node, { href: address, target: "_blank", rel: "noopener noreferrer" });
  return node;
}

function element(name, content, className = "") {
  const node = document.createElement(name);
  node.append(content);
  if (className) node.className = className;
  return node;
}

// ── One message ───────────────────────────────────────────────────────────────────────────────────────────────────────────
const onlyEmoji = /^(?:\p{Extended_Pictographic}[\p{Emoji_Modifier}\u200d\ufe0f\p{Extended_Pictographic}]*){1,3}$/u;

function content(message) {
  const parts = message.media.map((file) => attachment(message.kind, file));
  if (message.location) parts.push(place(message.location));
  if (message.kind === "reaction") return [element("span", word("kind.reaction", { text: message.text }), "said")];
  if (message.kind === "button") parts.push(element("span", `${word("kind.button")} · ${message.choice}\n`, "said"));
  if (onlyEmoji.test(message.text)) parts.push(element("span", message.text, "emoji"));
  else if (message.text) parts.push(formatted(message.text));
  return parts.length ? parts : [element("span", word(message.kind === "text" ? "kind.empty" : `kind.${message.kind}`), "said")];
}

function attachment(kind, file) {
  if (file.content_type.startsWith("image/")) {
    const picture = document.createElement("img");
    Object.assign(picture, { src: `${root}/media/${file.key}`, alt: file.name || word("kind.image") });
    picture.addEventListener("load", () => { if (atEnd) toEnd(); });
    return picture;
  }
  if (kind === "audio") return fileCard("audio", [word("kind.audio"), file.content_type]);
  return fileCard("document", [file.name || word("kind.document"), file.content_type]);
}

function place({ latitude, longitude, label, address }) {
  return fileCard("location", [label || word("kind.location"), address, `${latitude}, ${longitude}`]);
}

function fileCard(symbol, lines) {
  const card = piece("file");
  card.querySelector("use").setAttribute("href", `#i-${symbol}`);
  card.querySelector("span").append(...lines.filter(Boolean).map((line, index) => element(index ? "small" : "b", line)));
  return card;
}

const symbols = { sending: "clock", queued: "tick", sent: "tick", delivered: "ticks", read: "ticks", failed: "failed" };

function update(node, message) {
  // A file that the line sends is fetched only after its message is here.
  if (node.dataset.files !== String(message.media.length)) {
    node.dataset.files = message.media.length;
    node.querySelector(".content").replaceChildren(...content(message));
  }
  node.classList.toggle("failed", message.status === "failed");
  node.dataset.status = message.status;
  const ticks = node.querySelector(".ticks");
  ticks.dataset.status = message.status;
  ticks.ariaLabel = ticks.title = word(`status.${message.status}`);
  ticks.querySelector("use").setAttribute("href", `#i-${symbols[message.status]}`);
  const why = node.querySelector(".why");
  why.hidden = message.status !== "failed";
  why.textContent = word(`why.${message.why}`, { n: message.number }) || word("why.other", { n: message.number });
  const again = node.querySelector(".again");
  again.hidden = message.times < 2;
  again.textContent = word("again", { n: message.times });
}

function bubble(message) {
  const node = piece("message");
  node.id = `m-${message.id}`;
  node.classList.add(message.mine ? "mine" : "theirs");
  node.querySelector("time").textContent = hour.format(new Date(message.at));
  node.querySelector("time").dateTime = message.at;
  update(node, message);
  return node;
}

// ── The log of the phone on the screen ────────────────────────────────────────────────────────────────────────────────────
function showLog() {
  const log = $("log");
  log.ariaBusy = "true"; // a phone that was switched to is not read out from its beginning
  log.replaceChildren();
  drawn.clear();
  atEnd = true;
  addNew();
  log.ariaBusy = "false";
}

function addNew() {
  const messages = phones.get(current)?.messages ?? [];
  for (const [index, message] of messages.entries()) {
    const node = drawn.get(message.id);
    if (node) update(node, message);
    else add(message, messages[index - 1]);
  }
  $("hint").hidden = !current || messages.length > 0;
  if (atEnd) toEnd();
  else $("to-end").hidden = false;
}

function add(message, before) {
  const at = new Date(message.at);
  const newDay = !before || dayKey.format(new Date(before.at)) !== dayKey.format(at);
  if (newDay) {
    const day = piece("day");
    day.firstElementChild.textContent = dayName(at);
    $("log").append(day);
  }
  const node = bubble(message);
  node.classList.toggle("turn", newDay || before.mine !== message.mine);
  drawn.set(message.id, node);
  $("log").append(node);
}

function toEnd() {
  $("scroll").scrollTop = $("scroll").scrollHeight;
  $("to-end").hidden = true;
}

// ── The list of phones, and who is there ──────────────────────────────────────────────────────────────────────────────────
const initials = (name) => name.split(/\s+/).slice(0, 2).map((part) => [...part][0] ?? "").join("").toUpperCase();

function preview({ mine, kind, text }) {
  const said = kind === "reaction" ? word("kind.reaction", { text }) : text || word(kind === "text" ? "kind.empty" : `kind.${kind}`);
  return (mine ? word("you") : "") + said.replace(/[*_~`]/g, "");
}

function showPhones() {
  $("phones").replaceChildren(...[...phones.values()].map((phone, index) => {
    const item = piece("phone");
    const [button, last, news] = [item.firstElementChild, phone.messages.at(-1), unread.get(phone.address) ?? 0];
    button.dataset.address = phone.address;
    button.ariaCurrent = String(phone.address === current);
    const fill = (selector, text) => { item.querySelector(selector).textContent = text; };
    fill(".avatar", initials(phone.profile_name));
    item.querySelector(".avatar").dataset.tint = index % 6;
    fill(".phone-name", phone.profile_name);
    fill(".phone-number", phone.number || word("username-only"));
    fill(".phone-last", last ? preview(last) : "");
    fill("time", last ? hour.format(new Date(last.at)) : "");
    fill(".unread", news);
    item.querySelector(".unread").ariaLabel = word("unread", { n: news });
    item.querySelector(".unread").hidden = news === 0;
    return item;
  }));
}

function showPresence() {
  const typing = Boolean(phones.get(current)?.typing) && !offline;
  const state = offline ? "offline" : typing ? "typing" : "online";
  const line = $("presence");
  if (line.dataset.state !== state) line.textContent = line.dataset[state];
  line.dataset.state = state;
  if ($("typing").hidden === typing) {
    $("typing").hidden = !typing;
    if (atEnd) toEnd();
  }
}

function open(address) {
  current = address;
  unread.delete(address);
  const phone = phones.get(address);
  $("owner").textContent = phone ? $("owner").dataset.template.replace("{name}", phone.profile_name) : "";
  sessionStorage.setItem("phone", address);
  showLog();
  showPhones();
  showPresence();
}

function bring(address) {
  next = phones.has(address) ? "" : address;
  if (next) return;
  open(address);
  connect(); // tells the server which phone is being looked at
}

// ── The stream: it begins with everything, so a lost connection costs nothing ─────────────────────────────────────────────
function connect() {
  stream?.close();
  const seen = document.visibilityState === "visible" && current ? `?${new URLSearchParams({ open: current })}` : "";
  stream = new EventSource(`${root}/events${seen}`);
  stream.onopen = () => { offline = false; showPresence(); };
  stream.onerror = () => { offline = true; showPresence(); };
  stream.addEventListener("state", (event) => { receive(JSON.parse(event.data)); });
}

function receive(state) {
  setClock(state.now);
  for (const phone of state.phones) keep(phone);
  for (const address of phones.keys()) if (!state.addresses.includes(address)) phones.delete(address);
  if (state.faults) showFaults(state.faults);
  if (phones.has(next)) bring(next);
  else if (phones.has(current)) {
    if (state.phones.some((phone) => phone.address === current)) addNew();
  } else {
    const last = sessionStorage.getItem("phone");
    bring(phones.has(last) ? last : state.addresses[0]);
  }
  if (state.phones.length) showPhones();
  showPresence();
  isKnown();
}

function keep(phone) {
  const before = phones.get(phone.address);
  const known = new Set(before?.messages.map((message) => message.id));
  const news = phone.messages.filter((message) => !message.mine && !known.has(message.id)).length;
  if (before && phone.address !== current) unread.set(phone.address, (unread.get(phone.address) ?? 0) + news);
  phones.set(phone.address, phone);
  const gone = [...known].some((id) => !phone.messages.some((message) => message.id === id));
  if (gone && phone.address === current) drawn.clear(), $("log").replaceChildren(); // the server forgot: it was started anew
}

function showFaults(faults) {
  for (const field of $("faults").querySelectorAll("input")) {
    const value = faults[field.name];
    if (field.type === "checkbox") field.checked = value !== 0;
    else if (field !== document.activeElement && (value !== 0 || "measure" in field.dataset)) field.value = value === "always" ? "" : value;
  }
}

function setFault(field) {
  const [on, count] = ["checkbox", "number"].map((type) => $("faults").querySelector(`[name="${field.name}"][type="${type}"]`));
  const often = Number(count.value) || "always";
  return post(`${root}/faults`, { name: field.name, value: on ? (on.checked ? often : 0) : Number(count.value) });
}

// ── Posting: each phone's messages one after the other, so that they keep their order ─────────────────────────────────────────────
const turns = new Map(); // what a post waits for: the one before it from the same phone

function post(path, body) {
  const whose = body.address ?? path;
  const answer = (turns.get(whose) ?? Promise.resolve()).then(() => send(path, body));
  turns.set(whose, answer.catch(() => undefined));
  return answer;
}

async function send(path, body) {
  const file = body instanceof Blob;
  const type = file ? body.type || "application/octet-stream" : "application/json";
  const response = await fetch(path, { method: "POST", headers: { "content-type": type }, body: file ? body : JSON.stringify(body) });
  const told = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(word(`problem.${told.problem}`) || word("problem.other", { n: response.status }));
  return told;
}

function complain(error) {
  const reason = error instanceof TypeError ? $("notice").dataset.offline : error.message;
  $("notice").textContent = $("notice").dataset.failed.replace("{reason}", reason);
  $("notice").hidden = false;
  setTimeout(() => { $("notice").hidden = true; }, 6000);
}

async function say(message) {
  toggleAttach(false);
  await known; // whoever types faster than the stream begins
  atEnd = true;
  return post(`${root}/messages`, { address: current, times: $("twice").checked ? 2 : 1, ...message });
}

async function sayFile(kind, file) {
  if (file.size > 5 * 1024 * 1024) throw new Error(word("problem.large"));
  const { id } = await post(`${root}/media?${new URLSearchParams({ name: file.name })}`, file);
  await say({ kind, media: id });
}

const advance = async (hours) => { setClock((await post(document.body.dataset.clock, { advance_hours: hours })).now); };

// ── What the customer does ────────────────────────────────────────────────────────────────────────────────────────────────
function toggleAttach(show) {
  $("attach").hidden = !show;
  $("attach-toggle").ariaExpanded = String(show);
}

const forms = {
  location: (data) => say({ kind: "location", location: { ...data, latitude: Number(data.latitude), longitude: Number(data.longitude) } }),
  button: (data) => say({ kind: "button", ...data }),
  reaction: (data) => say({ kind: "reaction", ...data }),
  "new-phone": async (data) => {
    const { address } = await post(`${root}/phones`, { profile_name: data.profile_name, phone: data.by === "phone" ? data.phone : "" });
    bring(address);
  },
};

async function submitDialog(form, submitter) {
  const error = form.querySelector(".form-error");
  try {
    await forms[form.dataset.form](Object.fromEntries(new FormData(form, submitter)));
    form.closest("dialog").close();
    form.reset();
    error.hidden = true;
  } catch (problem) {
    error.textContent = problem instanceof TypeError ? $("notice").dataset.offline : problem.message;
    error.hidden = false;
  }
}

function submitText() {
  const text = $("text").value;
  if (!text.trim()) return;
  $("text").value = "";
  say({ kind: "text", text }).catch((error) => { $("text").value ||= text; complain(error); });
}

const clicks = {
  viewTo: (view) => { $("stage").dataset.view = view; },
  dialog: (name) => { toggleAttach(false); $(`dialog-${name}`).showModal(); },
  close: (_, button) => { button.closest("dialog").close(); },
  say: (text) => say({ kind: "text", text }),
  send: (what) => say({ empty: { kind: "text", text: "" }, audio: { kind: "audio", media: "audio" }, sample: { kind: "image", media: "image" } }[what]),
  pick: (kind) => { $(`pick-${kind}`).click(); },
  advance: (hours) => advance(Number(hours)),
  address: (address) => { $("stage").dataset.view = "chat"; bring(address); $("text").focus({ preventScroll: true }); },
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  const name = button && Object.keys(clicks).find((key) => key in button.dataset);
  if (name) Promise.resolve(clicks[name](button.dataset[name], button)).catch(complain);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  event.preventDefault();
  if (form.id === "composer") submitText();
  else if (form.id === "advance") advance(Number(new FormData(form).get("hours"))).catch(complain);
  else submitDialog(form, event.submitter);
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.type === "file" && field.files[0]) {
    sayFile(field.id.slice(5), field.files[0]).catch(complain);
    field.value = "";
  } else if (field.closest("#faults")) {
    if (field.reportValidity()) setFault(field).catch(complain);
  } else if (field.name === "by") {
    const part = (name) => field.form.querySelector(`[data-for="${name}"]`);
    part("phone").hidden = field.value !== "phone";
    part("username").hidden = field.value === "phone";
  }
});

$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  submitText();
});
$("attach-toggle").addEventListener("click", () => { toggleAttach($("attach").hidden); });
$("to-end").addEventListener("click", toEnd);
$("no-faults").addEventListener("click", () => {
  for (const field of $("faults").querySelectorAll(":checked")) {
    field.checked = false;
    setFault(field).catch(complain);
  }
});
$("scroll").addEventListener("scroll", () => {
  const { scrollHeight, scrollTop, clientHeight } = $("scroll");
  atEnd = scrollHeight - scrollTop - clientHeight < 60;
  if (atEnd) $("to-end").hidden = true;
});
document.addEventListener("visibilitychange", () => { if (current) connect(); });
document.addEventListener("keydown", (event) => { if (event.key === "Escape") toggleAttach(false); });
if (matchMedia("(pointer: fine)").matches) $("text").focus();
setInterval(showClock, 1000);
connect();
