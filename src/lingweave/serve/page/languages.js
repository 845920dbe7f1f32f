// Chips to choose languages with, from two to some hundreds.

import { counted, element, number, own } from "./dom.js";

const FEW = 14;

// Fills `root`; `changed` is told the codes whenever some were chosen.
export function picker(root, languages, { title, all, changed }) {
  let chosen = new Set();
  let open = languages.length <= FEW;
  let wanted = "";
  const names = new Map();
  for (const one of languages) names.set(one.own_name, (names.get(one.own_name) ?? 0) + 1);

  const chips = element("ul", { className: "chips", "aria-label": title });
  const field = element("input", {
    type: "search",
    className: "narrow",
    placeholder: "Find a language",
    "aria-label": `Find a language: ${title}`,
    autocomplete: "off",
  });
  const unfold = element("button", { type: "button", className: "plain", "aria-expanded": "false" });
  const total = languages.reduce((sum, one) => sum + one.passages, 0);
  const everything = all ? chip(element("span", {}, all), total, `${all}, ${counted(total, "passage")}`) : null;
  const buttons = new Map(languages.map((one) => [one.code, chipOf(one)]));

  everything?.addEventListener("click", () => choose([]));
  field.addEventListener("input", () => {
    wanted = field.value.trim().toLowerCase();
    show();
  });
  field.addEventListener("keydown", (event) => {
    // Enter would send the form; here it takes the first language that is left.
    if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      const first = wanted && languages.find(fits);
      if (first) toggle(first.code);
    } else if (event.key === "Escape" && field.value) {
      event.stopPropagation();
      field.value = wanted = "";
      show();
    }
  });
  unfold.addEventListener("click", () => {
    open = !open;
    field.value = wanted = "";
    show();
    if (open) field.focus();
  });

  function chip(name, count, label) {
    const parts = [name, element("span", { className: "count" }, number(count))];
    return element("button", { type: "button", className: "chip", "aria-label": label }, ...parts);
  }

  function chipOf(one) {
    const label = one.own_name || one.name;
    const name = own(label, one.code);
    // Several codes may call themselves the same.
    const twin = names.get(one.own_name) > 1;
    const shown = twin ? element("span", {}, name, element("small", {}, ` ${one.code}`)) : name;
    const said = label === one.name ? label : `${label}, ${one.name}`;
    const made = chip(shown, one.passages, `${said} (${one.code}), ${counted(one.passages, "passage")}`);
    made.title = `${one.name} (${one.code})`;
    made.dataset.code = one.code;
    made.addEventListener("click", () => toggle(one.code));
    return made;
  }

  const fits = (one) =>
    [one.code, one.name, one.own_name].some((name) => name.toLowerCase().includes(wanted));

  function toggle(code) {
    choose(chosen.has(code) ? [...chosen].filter((other) => other !== code) : [...chosen, code]);
  }

  function choose(codes) {
    chosen = new Set(codes);
    show();
    changed([...chosen]);
  }

  function show() {
    const many = languages.length > FEW;
    const visible = languages.filter(
      (one, i) => (open ? fits(one) : i < FEW) || (chosen.has(one.code) && !wanted),
    );
    const made = visible.map((one) => element("li", {}, buttons.get(one.code)));
    if (everything && !wanted) made.unshift(element("li", {}, everything));
    const focused = document.activeElement;
    chips.replaceChildren(...made);
    if (focused !== document.activeElement && chips.contains(focused)) focused.focus();
    everything?.setAttribute("aria-pressed", chosen.size === 0);
    for (const [code, button] of buttons) button.setAttribute("aria-pressed", chosen.has(code));
    field.hidden = !many || !open;
    unfold.hidden = !many;
    unfold.textContent = open ? "Fewer" : `All ${languages.length} languages`;
    unfold.setAttribute("aria-expanded", open);
    root.classList.toggle("unfolded", many && open);
  }

  root.classList.add("picker");
  root.replaceChildren(element("div", { className: "picker-head" }, element("span", { className: "label" }, title), field, unfold), chips);
  show();
  return {
    set(codes) {
      chosen = new Set(codes);
      show();
    },
  };
}
