// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// What links in mails lead to: the token behind the # is sent, on a click, with a chosen password where there is one to
// choose. Everything is shown as text, never as markup.

const PAGES = {
  "/invitation": {
    title: "Choose a password",
    send: "Set the password",
    path: "/api/v1/auth/accept-invitation",
    body: (token, password) => ({ token, password }),
    done: (answer) => `Done. Sign in as ${answer.username}.`,
  },
  "/reset-password": {
    title: "Choose a new password",
    send: "Set the password",
    path: "/api/v1/auth/reset-password",
    body: (token, password) => ({ token, new_password: password }),
    done: () => "Done. Sign in with the new password.",
  },
  "/verify-email": {
    title: "Is this your address?",
    send: "Yes, it is mine",
    path: "/api/v1/auth/verify-email",
    body: (token) => ({ token }),
    done: (answer) => `Done. ${answer.email} is yours.`,
  },
};

const page = PAGES[location.pathname];
const form = document.getElementById("form");
const said = document.getElementById("said");
const send = document.getElementById("send");
const token = location.hash.slice(1).replace(/^token=/, "");

function say(text, good) {
  said.textContent = text;
  said.className = good ? "state good" : "state bad";
}

document.title = `${page.title} · CSMS Lite`;
document.getElementById("title").textContent = page.title;
send.textContent = page.send;
if (page.body.length === 1) document.getElementById("choose").remove();

if (!token) {
  form.hidden = true;
  say("This address has no link in it: open the whole link that you were given.", false);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password")?.value;
  if (password !== document.getElementById("again")?.value) return say("The two passwords differ.", false);
  send.disabled = true;
  try {
    const answer = await fetch(page.path, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify(page.body(token, password)),
    });
    const body = answer.status === 204 ? {} : await answer.json();
    if (!answer.ok) return say(body.detail, false);
    history.replaceState(null, "", location.pathname); // the link is spent
    form.hidden = true;
    say(page.done(body), true);
  } catch {
    say("The server cannot be reached. Try again in a moment.", false);
  } finally {
    send.disabled = false;
  }
});
