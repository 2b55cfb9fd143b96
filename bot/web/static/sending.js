// Sends a reply so that a dead network takes nothing of it: the page stays, and the same form, with the same key, is sent until
// the server has answered. However often it arrives, one message comes of it. Without this script the browser sends the form.

const PAUSE = 3000;
const under = new WeakSet(); // forms that are on their way

function settle(form) {
  under.delete(form);
  form.elements.text.readOnly = false;
  form.removeAttribute("aria-busy");
}

function tell(form, which) {
  for (const name of ["away", "ended"]) form.querySelector(`[data-${name}]`).hidden = name !== which;
}

function pause() {
  return new Promise((resolve) => {
    setTimeout(resolve, PAUSE);
    window.addEventListener("online", resolve, { once: true });
  });
}

// The server's answer; a server that is away is a network that is away.
async function answerTo(form, body) {
  for (;;) {
    try {
      const answer = await fetch(form.action, { method: "POST", body });
      if (answer.status < 500) return answer;
    } catch {
      // The network is away.
    }
    tell(form, "away");
    await pause();
  }
}

async function send(form) {
  under.add(form);
  // What may have arrived already is not changed any more.
  form.elements.text.readOnly = true;
  form.setAttribute("aria-busy", "true");
  const answer = await answerTo(form, new FormData(form));
  settle(form);
  tell(form, "");
  if (!answer.redirected) {
    form.submit(); // refused: the page that says why is shown as it always is
  } else if (new URL(answer.url).pathname === location.pathname) {
    form.reset();
    history.replaceState(null, "", "#responder");
    location.reload();
  } else {
    tell(form, "ended");
  }
}

document.addEventListener("submit", (event) => {
  const { target: form, submitter } = event;
  if (form.id !== "reply" || submitter?.hasAttribute("formaction")) return;
  event.preventDefault();
  if (!under.has(form)) send(form);
});
