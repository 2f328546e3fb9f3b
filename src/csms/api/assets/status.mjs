// SPDX-FileCopyrightText: The CSMS Lite contributors
// SPDX-License-Identifier: Apache-2.0
// Asks /readyz every few seconds and shows its words; everything is set as text, never as markup.

const EVERY_MS = 5000;
const summary = document.getElementById("summary");
const list = document.getElementById("checks");

function show(text, good) {
  if (summary.textContent !== text) summary.textContent = text; // said again, it would be read out again
  summary.className = good ? "state good" : "state bad";
}

async function ask() {
  try {
    const answer = await fetch("/readyz", { cache: "no-store" });
    const { checks } = await answer.json();
    show(answer.ok ? "Ready" : "Not ready", answer.ok);
    list.replaceChildren(
      ...Object.entries(checks).map(([name, word]) => {
        const item = document.createElement("li");
        const label = document.createElement("span");
        const value = document.createElement("span");
        label.textContent = name;
        value.textContent = String(word);
        value.className = word === "ok" ? "good" : "bad";
        item.append(label, value);
        return item;
      }),
    );
  } catch {
    show("No answer from this process", false);
    list.replaceChildren();
  }
}

async function keepAsking() {
  if (!document.hidden) await ask();
  setTimeout(keepAsking, EVERY_MS);
}

const copy = document.getElementById("copy");
if (navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById("ocpp").textContent);
    copy.textContent = "Copied";
  });
}
keepAsking();
