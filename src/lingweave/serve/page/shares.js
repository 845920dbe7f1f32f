// Which languages the hits are in, beside what each holds of what was searched.

import { element, number, own } from "./dom.js";

export function showShares(root, hits, languages, searched) {
  const found = new Map();
  for (const hit of hits) found.set(hit.language, (found.get(hit.language) ?? 0) + 1);
  root.hidden = hits.length === 0 || searched.length < 2;
  if (root.hidden) return;
  const total = searched.reduce((sum, one) => sum + one.passages, 0);
  const order = [...found].sort((one, other) => other[1] - one[1]);
  const rows = order.map(([code, count]) => {
    const one = languages.get(code);
    const share = (one?.passages ?? 0) / total;
    const bar = element("span", { className: "bar", "aria-hidden": "true" });
    bar.style.setProperty("--found", count / hits.length);
    bar.style.setProperty("--held", share);
    const percent = share < 0.001 ? "<0.1" : (100 * share).toFixed(share < 0.1 ? 1 : 0);
    return element(
      "li",
      { title: `${one?.name ?? code}: ${count} of ${hits.length} hits, ${percent} % of what was searched` },
      own(one?.own_name || code, code),
      element("span", { className: "count" }, String(count)),
      bar,
      element("span", { className: "unseen" }, `hits of ${hits.length}; ${percent} % of what was searched`),
    );
  });
  const missing = searched.length - searched.filter((one) => found.has(one.code)).length;
  const none = missing ? `None in ${number(missing)} other language${missing === 1 ? "" : "s"}.` : "Every language is there.";
  root.replaceChildren(
    element("h2", {}, "Languages of these hits"),
    element("ul", {}, ...rows),
    element("p", { className: "quiet" }, none, " ", element("span", { className: "key" }, element("span", { className: "tick", "aria-hidden": "true" }), "share of what was searched")),
  );
}
