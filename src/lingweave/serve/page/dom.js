// Elements of the page. What is shown is only ever set as text: no document is read as HTML.

export const byId = (id) => document.getElementById(id);

// An element with properties (names with a dash are attributes) and children: nodes or texts.
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null) continue;
    if (name.includes("-") || name === "role" || name === "for") made.setAttribute(name, value);
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

export function drawn(tag, attributes = {}, ...children) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// The name of a language, in that language or else in English, so that it cannot turn its
// neighbours around.
export const own = (name, language) => element("bdi", { lang: language, dir: "auto" }, name);

const PLAIN = new Intl.NumberFormat("en");
export const number = (value) => PLAIN.format(value);
export const counted = (count, noun) => `${number(count)} ${noun}${count === 1 ? "" : "s"}`;
