// The search page: its state is what the address says; every change of it is a new search.

import { addressOf, DEFAULTS, searchOf, stateOf } from "./address.js";
import { tabs } from "./audit.js";
import { byId, counted, element, number } from "./dom.js";
import { hitElements, offerWhole } from "./hits.js";
import { keyboard } from "./keyboard.js";
import { picker } from "./languages.js";
import { ask } from "./server.js";
import { showShares } from "./shares.js";
import { theme } from "./theme.js";

const NOTES = {
  as_scored: "The best of all languages in the order of their scores: what a plain index gives.",
  balanced: "The best of each language in turns, so that no language crowds the others out.",
  preferred: "Chosen languages first, as far as the weight goes.",
};

let stats = null;
let languages = new Map();
let state = { ...DEFAULTS };
let pickers = {};
let running = null;

async function start() {
  theme();
  keyboard();
  byId("form").addEventListener("submit", (event) => {
    event.preventDefault();
    if (stats === null) return load();
    change({ query: byId("query").value.trim(), k: DEFAULTS.k }, true);
  });
  byId("query").focus();
  await load();
}

async function load() {
  notice();
  try {
    stats = await ask("v1/stats");
  } catch (error) {
    refused(error, load);
    // A server that is starting will soon be ready.
    if (error.code === "starting") setTimeout(load, 1000 * (error.retry ?? 2));
    return;
  }
  languages = new Map(stats.languages.map((one) => [one.code, one]));
  const held = `${counted(stats.passages, "passage")} in ${counted(stats.languages.length, "language")}`;
  byId("index").textContent = held;
  byId("index").title = stats.model;
  byId("version").textContent = stats.version;
  byId("query").maxLength = stats.limits.query_characters;
  byId("rerank-label").hidden = !stats.rerank;
  byId("mode").hidden = stats.modes.length < 2;
  for (const label of byId("mode").querySelectorAll("label")) {
    label.hidden = !stats.modes.includes(label.dataset.mode);
  }
  if (stats.audit && byId("tabs").hidden) tabs((error) => refused(error));
  pickers = {
    languages: picker(byId("languages"), stats.languages, {
      title: "Search in",
      all: "all languages",
      changed: (codes) => change({ languages: codes, k: DEFAULTS.k }),
    }),
    preferred: picker(byId("preferred-languages"), stats.languages, {
      title: "Prefer",
      changed: (codes) => change({ preferred: codes }),
    }),
  };
  listen();
  fromAddress();
}

let listening = false;

function listen() {
  if (listening) return;
  listening = true;
  for (const name of ["dial", "mode"]) {
    byId(name).addEventListener("change", (event) => change({ [name]: event.target.value }));
  }
  for (const name of ["explain", "fold", "rerank"]) {
    byId(name).addEventListener("change", (event) => change({ [name]: event.target.checked }));
  }
  byId("weight").addEventListener("input", (event) => (byId("weight-shown").value = event.target.value));
  byId("weight").addEventListener("change", (event) => change({ weight: Number(event.target.value) }));
  byId("more").addEventListener("click", () => change({ k: Math.min(stats.limits.k, state.k + 10) }));
  window.addEventListener("popstate", fromAddress);
}

function fromAddress() {
  state = stateOf(location.hash, stats);
  byId("query").value = state.query;
  show();
  search();
}

// A new question is a step that Back takes back; a turned dial is not.
function change(parts, step = false) {
  state = { ...state, ...parts };
  const address = addressOf(state);
  if (step && address !== location.hash) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  show();
  search();
}

function show() {
  for (const name of ["dial", "mode"]) {
    byId(name).querySelector(`input[value=${state[name]}]`).checked = true;
  }
  for (const name of ["explain", "fold", "rerank"]) byId(name).checked = state[name];
  byId("dial-note").textContent = NOTES[state.dial];
  byId("preferred").hidden = state.dial !== "preferred";
  byId("weight").value = byId("weight-shown").value = state.weight;
  pickers.languages.set(state.languages);
  pickers.preferred.set(state.preferred);
  const chips = state.conditions.map(([field, value], i) => {
    const said = element("bdi", { dir: "auto" }, `${field} = ${value}`);
    const label = `Without the condition ${field} = ${value}`;
    const button = element("button", { type: "button", className: "chip", "aria-label": label }, said, " ×");
    button.setAttribute("aria-pressed", true);
    button.addEventListener("click", () => change({ conditions: state.conditions.filter((_, j) => j !== i) }));
    return element("li", {}, button);
  });
  byId("conditions").replaceChildren(...chips);
  byId("conditions").hidden = chips.length === 0;
}

function narrow(field, value) {
  const others = state.conditions.filter(([other]) => other !== field);
  change({ conditions: [...others, [field, value]], k: DEFAULTS.k });
}

async function search() {
  running?.abort();
  const mine = (running = new AbortController());
  notice();
  if (!state.query) return showHits(null);
  byId("found").setAttribute("aria-busy", "true");
  try {
    const answer = await ask("v1/search", searchOf(state), mine.signal);
    if (running === mine) showHits(answer);
  } catch (error) {
    if (running !== mine || error.name === "AbortError") return;
    showHits(null);
    refused(error, search);
  } finally {
    if (running === mine) byId("found").setAttribute("aria-busy", "false");
  }
}

function showHits(answer) {
  const list = byId("hits");
  const hits = answer?.hits ?? [];
  const inside = list.contains(document.activeElement) ? document.activeElement.closest("li") : null;
  const again = inside?.dataset.id;
  const view = { ...state, languages, size: stats.passages };
  list.replaceChildren(...hitElements(hits, view, narrow));
  offerWhole(list);
  if (again !== undefined) {
    const same = [...list.children].find((one) => one.dataset.id === again);
    (same ?? byId("query")).focus();
  }
  const searched = state.languages.length
    ? stats.languages.filter((one) => state.languages.includes(one.code))
    : stats.languages;
  showShares(byId("shares"), hits, languages, searched);
  byId("more").hidden = hits.length < state.k || state.k >= stats.limits.k;
  byId("status").textContent = answer === null ? "" : told(hits, answer.milliseconds);
  byId("found").classList.toggle("empty", answer === null);
}

function told(hits, milliseconds) {
  if (hits.length) return `${counted(hits.length, "hit")} · ${number(Math.round(milliseconds))} ms`;
  const narrowed = state.languages.length || state.conditions.length;
  const words = state.mode === "words" ? "No passage shares a word with it; try meaning." : "Nothing was found.";
  return narrowed ? "Nothing fits in what was chosen; search in all languages or take a condition away." : words;
}

const ADVICE = {
  too_many: "Too many searches at once.",
  busy: "The server has too much to do.",
  starting: "The server is getting ready.",
  stopping: "The server is about to stop.",
  timeout: "The search took too long.",
};

function refused(error, again) {
  if (!("code" in error)) console.error(error);
  const text = ADVICE[error.code] ?? error.message;
  const wait = error.retry && error.code !== "starting" ? ` Try again in ${counted(error.retry, "second")}.` : "";
  const parts = [element("span", {}, text + wait)];
  if (again) {
    const button = element("button", { type: "button" }, "Try again");
    button.addEventListener("click", () => again());
    parts.push(" ", button);
  }
  byId("notice").replaceChildren(element("p", { className: "notice" }, ...parts));
}

function notice() {
  byId("notice").replaceChildren();
}

start();
