// The tab with the audit of the model in use, and the tabs themselves.

import { byId, element } from "./dom.js";
import { ask } from "./server.js";

export function tabs(failed) {
  const pairs = ["search", "audit"].map((name) => [byId(`${name}-tab`), byId(`${name}-view`)]);
  let filled = false;
  function select(i) {
    pairs.forEach(([tab, view], j) => {
      tab.setAttribute("aria-selected", i === j);
      tab.tabIndex = i === j ? 0 : -1;
      view.hidden = i !== j;
    });
    document.body.classList.toggle("auditing", i === 1);
    document.title = i === 1 ? "Audit – lingweave" : "Search – lingweave";
    if (i === 1 && !filled) fill();
  }
  async function fill() {
    filled = true;
    try {
      // The address is good for once, as a frame cannot send a key.
      const { url } = await ask("v1/audit-ticket", undefined, undefined, "POST");
      const frame = element("iframe", { title: "Audit of the model in use", src: url });
      frame.setAttribute("sandbox", "");
      pairs[1][1].replaceChildren(frame);
    } catch (error) {
      filled = false;
      select(0);
      failed(error);
    }
  }
  pairs.forEach(([tab], i) => {
    tab.addEventListener("click", () => select(i));
    tab.addEventListener("keydown", (event) => {
      const steps = { ArrowRight: 1, ArrowLeft: 1, Home: i, End: 1 - i };
      if (!(event.key in steps)) return;
      event.preventDefault();
      const next = (i + steps[event.key]) % 2;
      select(next);
      pairs[next][0].focus();
    });
  });
  byId("tabs").hidden = false;
}
