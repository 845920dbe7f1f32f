// Light or dark: as the system has it, until somebody chooses.

import { byId } from "./dom.js";

const KEPT = "lingweave-theme";
const ORDER = ["auto", "light", "dark"];
const SIGNS = { auto: "◐", light: "☀", dark: "☾" };

export function theme() {
  const button = byId("theme");
  let now = read();
  function apply() {
    if (now === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = now;
    button.textContent = SIGNS[now];
    button.title = `Colours: ${now}`;
    button.setAttribute("aria-label", `Colours: ${now}`);
  }
  button.addEventListener("click", () => {
    now = ORDER[(ORDER.indexOf(now) + 1) % 3];
    try {
      localStorage.setItem(KEPT, now);
    } catch {
      // Where nothing may be kept, it holds until the page is left.
    }
    apply();
  });
  apply();
}

function read() {
  try {
    const kept = localStorage.getItem(KEPT);
    return ORDER.includes(kept) ? kept : "auto";
  } catch {
    return "auto";
  }
}
