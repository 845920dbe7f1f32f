// The keys: / to the query, arrows through the hits, Enter opens one, Esc goes back.

import { byId } from "./dom.js";

export function keyboard() {
  const query = byId("query");
  const list = byId("hits");
  const to = (hit) => {
    for (const one of list.children) one.tabIndex = one === hit ? 0 : -1;
    hit.focus();
    hit.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("keydown", (event) => {
    if (event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector("dialog[open]") || byId("search-view").hidden) return;
    const inText = event.target.matches("input:not([type=radio], [type=checkbox], [type=range])");
    if (event.key === "/" && !inText) {
      event.preventDefault();
      query.focus();
      query.select();
    } else if (event.key === "Escape" && event.target !== query) {
      query.focus();
    }
  });

  query.addEventListener("keydown", (event) => {
    if (event.isComposing || event.key !== "ArrowDown" || !list.firstElementChild) return;
    event.preventDefault();
    to(list.firstElementChild);
  });

  list.addEventListener("focusin", (event) => {
    const hit = event.target.closest("li.hit");
    if (hit) for (const one of list.children) one.tabIndex = one === hit ? 0 : -1;
  });

  list.addEventListener("keydown", (event) => {
    const hit = event.target.closest("li.hit");
    if (event.isComposing || !hit) return;
    const next = {
      ArrowDown: hit.nextElementSibling ?? hit,
      ArrowUp: hit.previousElementSibling ?? query,
      Home: list.firstElementChild,
      End: list.lastElementChild,
    }[event.key];
    if (next === query) query.focus();
    else if (next) to(next);
    else if (event.key === "Enter" && event.target === hit) open(hit);
    else return;
    event.preventDefault();
  });
}

// Opens, or closes again, all that a hit has folded away.
function open(hit) {
  const whole = hit.querySelector("button.open:not([hidden])");
  const versions = hit.querySelector("details");
  const opened = versions?.open || whole?.getAttribute("aria-expanded") === "true";
  if (whole && (whole.getAttribute("aria-expanded") === "true") === Boolean(opened)) whole.click();
  if (versions) versions.open = !opened;
}
