// Hits as a list: the text with its matches, where it stands, and its versions.

import { counted, drawn, element, number, own } from "./dom.js";
import { pieces, wordsOf } from "./words.js";

const LONG = 4000; // Characters of a text that are shown before it is opened.
const SCRIPTS = [
  ["arabic", /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u],
  ["tall", /[\p{Script=Devanagari}\p{Script=Bengali}\p{Script=Gurmukhi}\p{Script=Gujarati}\p{Script=Oriya}\p{Script=Tamil}\p{Script=Telugu}\p{Script=Kannada}\p{Script=Malayalam}\p{Script=Sinhala}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}\p{Script=Tibetan}\p{Script=Ethiopic}\p{Script=Ol_Chiki}\p{Script=Meetei_Mayek}]/u],
  ["dense", /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}]/u],
];

// Elements of the hits; `view` holds query, explain, the index's size and languages by code.
export function hitElements(hits, view, narrow) {
  const words = wordsOf(view.query);
  return hits.map((hit, i) => hitElement(hit, i + 1, words, view, narrow));
}

function hitElement(hit, place, words, view, narrow) {
  const made = element("li", { className: "hit", tabIndex: place === 1 ? 0 : -1 });
  made.dataset.id = hit.id;
  made.append(
    element("span", { className: "place", "aria-hidden": "true" }, String(place)),
    element(
      "div",
      { className: "body" },
      ...textOf(hit, words),
      factsOf(hit, view, narrow),
      view.explain && hit.ranks ? ranksOf(hit, place, view) : null,
      hit.versions.length ? versionsOf(hit, words, view) : null,
    ),
  );
  return made;
}

function textOf(hit, words) {
  const cutOff = hit.text.length > LONG;
  const shown = paragraph(hit, cutOff ? `${whole(hit.text.slice(0, LONG))} …` : hit.text, words);
  shown.classList.add("short");
  const more = element("button", { type: "button", className: "plain open", "aria-expanded": "false" }, "Show all");
  more.hidden = !cutOff;
  more.addEventListener("click", () => {
    const short = shown.classList.toggle("short");
    if (cutOff) fill(shown, short ? `${whole(hit.text.slice(0, LONG))} …` : hit.text, words, hit);
    more.textContent = short ? "Show all" : "Show less";
    more.setAttribute("aria-expanded", !short);
  });
  return [shown, more];
}

// Without the first half of a character that was cut in two.
const whole = (text) => text.replace(/[\ud800-\udbff]$/, "");

function paragraph(passage, text, words) {
  const known = passage.language !== "und";
  const made = element("p", {
    className: "text",
    lang: known ? passage.language : "",
    dir: known ? passage.direction : "auto",
  });
  const letters = text.slice(0, 400);
  const [script] = SCRIPTS.find(([, pattern]) => pattern.test(letters)) ?? [""];
  if (script) made.dataset.script = script;
  fill(made, text, words, passage);
  return made;
}

function fill(made, text, words, passage) {
  const parts = pieces(text, words, passage.language);
  made.replaceChildren(...parts.map(([piece, is]) => (is ? element("mark", {}, piece) : piece)));
}

function factsOf(hit, view, narrow) {
  const facts = element("p", { className: "facts" });
  facts.append(languageOf(hit, view));
  const score = hit.similarity ?? hit.score;
  const title = `similarity ${shown(hit.similarity)}, score in this list ${hit.score.toPrecision(4)}`;
  facts.append(element("span", { title, className: "score" }, `${hit.similarity === null ? "score" : "similarity"} ${shown(score)}`));
  facts.append(element("bdi", { className: "id", dir: "auto", title: `Passage ${hit.id} of document ${hit.document}` }, hit.id));
  for (const [field, value] of Object.entries(hit.metadata)) {
    const text = [element("bdi", { className: "field", dir: "auto" }, field), " ", element("bdi", { dir: "auto" }, String(value))];
    const button = element("button", { type: "button", className: "plain metadata", title: "Only passages with this" }, ...text);
    button.addEventListener("click", () => narrow(field, value));
    facts.append(button);
  }
  return facts;
}

const shown = (score) => (score === null ? "none" : Math.abs(score) < 10 ? score.toFixed(3) : score.toPrecision(4));

function languageOf(passage, view) {
  const one = view.languages.get(passage.language);
  const name = one?.name ?? passage.language;
  const label = one?.own_name || name;
  const parts = [own(label, passage.language)];
  if (label !== name) parts.push(" ", element("span", { className: "english" }, name));
  return element("span", { className: "language" }, ...parts);
}

// Both places as words, and on a line from 1 to the size of the index, in powers of ten.
function ranksOf(hit, place, view) {
  const { language, pool, words } = hit.ranks;
  const name = view.languages.get(hit.language)?.name ?? hit.language;
  const line = element("p", { className: "ranks" });
  line.append(ruler(language, pool, view.size));
  line.append(element("span", { className: "inside" }, `${ordinal(language)} in ${name}`));
  line.append(element("span", { className: "pool" }, `${ordinal(pool)} of all`));
  if (words !== null) line.append(element("span", {}, `${ordinal(words)} by words`));
  const plain = view.mode === "dense" && !view.rerank && !view.fold;
  if (plain && pool !== null && place <= view.k && pool > view.k) {
    line.append(element("span", { className: "hidden-hit" }, `as scored it would not be among the first ${view.k}`));
  }
  return line;
}

const RULES = new Intl.PluralRules("en", { type: "ordinal" });
const ENDINGS = { one: "st", two: "nd", few: "rd", other: "th" };
const ordinal = (rank) => (rank === null ? "too deep to count" : `${number(rank)}${ENDINGS[RULES.select(rank)]}`);

function ruler(language, pool, size) {
  const wide = 120;
  const decades = Math.max(1, Math.log10(Math.max(size, 10)));
  const at = (rank) => 5 + (wide - 10) * Math.min(1, Math.log10(rank) / decades);
  const made = drawn("svg", { class: "ruler", viewBox: `0 0 ${wide} 14`, width: wide, height: 14, "aria-hidden": "true" });
  made.append(drawn("line", { x1: 5, x2: wide - 5, y1: 7, y2: 7, class: "axis" }));
  for (let tens = 0; tens <= decades; tens++) {
    made.append(drawn("line", { x1: at(10 ** tens), x2: at(10 ** tens), y1: 4, y2: 10, class: "axis" }));
  }
  if (language !== null && pool !== null) {
    made.append(drawn("line", { x1: at(language), x2: at(pool), y1: 7, y2: 7, class: "gap" }));
  }
  if (pool !== null) made.append(drawn("circle", { cx: at(pool), cy: 7, r: 4, class: "pool-dot" }));
  if (language !== null) made.append(drawn("circle", { cx: at(language), cy: 7, r: 2.6, class: "inside-dot" }));
  return made;
}

function versionsOf(hit, words, view) {
  const named = element("span", { className: "names" });
  const codes = [...new Set(hit.versions.map((one) => one.language))];
  for (const code of codes.slice(0, 8)) {
    const one = view.languages.get(code);
    named.append(own(one?.own_name || code, code), " ");
  }
  if (codes.length > 8) named.append(`and ${codes.length - 8} more`);
  const count = counted(hit.versions.length, "other version");
  const made = element("details", { className: "versions" }, element("summary", {}, `${count} `, named));
  // Hundreds of versions of ten hits are many elements: they are made when they are looked at.
  made.addEventListener("toggle", () => {
    if (!made.open || made.children.length > 1) return;
    const each = hit.versions.map((one) => element("li", {}, languageOf(one, view), paragraph(one, one.text, words)));
    made.append(element("ul", {}, ...each));
  });
  return made;
}

// "Show all" is for texts that do not fit; how much fits is known only once they are on the page.
export function offerWhole(list) {
  for (const button of list.querySelectorAll("button.open")) {
    const text = button.previousElementSibling;
    if (text.classList.contains("short") && text.scrollHeight > text.clientHeight + 2) button.hidden = false;
  }
}
