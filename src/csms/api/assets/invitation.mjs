// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// Sends the token behind the # with the chosen password; everything is shown as text, never as markup.

const form = document.getElementById("form");
const said = document.getElementById("said");
const token = location.hash.slice(1);

function say(text, good) {
  said.textContent = text;
  said.className = good ? "state good" : "state bad";
}

if (!token) {
  form.hidden = true;
  say("This address has no invitation in it: open the whole link that you were given.", false);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const password = document.getElementById("password").value;
  if (password !== document.getElementById("again").value) return say("The two passwords differ.", false);
  const button = form.querySelector("button");
  button.disabled = true;
  try {
    const answer = await fetch("/api/v1/auth/accept-invitation", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token, password }),
    });
    const body = await answer.json();
    if (!answer.ok) return say(body.detail, false);
    history.replaceState(null, "", location.pathname); // the link is spent
    form.hidden = true;
    say(`Done. Sign in as ${body.username}.`, true);
  } catch {
    say("The server cannot be reached. Try again in a moment.", false);
  } finally {
    button.disabled = false;
  }
});
