// One click is one request, and none is ever repeated: a lost answer may have counted.
"use strict";

const counter = document.getElementById("counter");
const button = document.getElementById("increment");
const error = document.getElementById("error");

// What a person can do about it, by status; the service's own words come after it.
const advice = {
  502: "Something behind this page is broken.",
  503: "The counter is not available just now.",
  504: "The counter took too long. Your click may have counted.",
};

function fail(text) {
  error.textContent = text;
  error.hidden = false;
}

async function add() {
  button.setAttribute("aria-busy", "true");
  button.disabled = true;
  try {
    const answer = await fetch("/send", {
      method: "POST",
      cache: "no-store",
      signal: AbortSignal.timeout(15000),
    });
    const text = (await answer.text()).trim();
    if (answer.ok && /^\d{1,19}$/.test(text)) {
      // As text: the number may be larger than what a script counts exactly.
      counter.textContent = text;
      error.hidden = true;
      error.textContent = "";
    } else {
      const said = advice[answer.status] ?? "The counter could not be raised.";
      let then = "";
      if (answer.status === 503) {
        // Only who certainly was not counted is invited to try again.
        then = answer.headers.has("retry-after")
          ? " Your click was not counted: try again in a moment."
          : " Your click may have counted.";
      }
      fail(`${said}${then} (${answer.status})`);
    }
  } catch (cause) {
    fail(cause.name === "TimeoutError"
      ? "No answer. Your click may have counted."
      : "The page cannot reach its service. Are you online?");
  } finally {
    button.disabled = false;
    button.removeAttribute("aria-busy");
    button.focus();
  }
}

button.addEventListener("click", add);
