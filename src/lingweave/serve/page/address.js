// What is asked, in the address behind the #: it can be kept and sent on, and no server logs it.

export const DEFAULTS = Object.freeze({
  query: "",
  k: 10,
  dial: "as_scored",
  preferred: [],
  weight: 1,
  mode: "dense",
  languages: [],
  conditions: [],
  explain: false,
  fold: false,
  rerank: false,
});

export function addressOf(state) {
  const said = new URLSearchParams();
  if (state.query) said.set("q", state.query);
  for (const name of ["dial", "mode", "k", "weight"]) {
    if (state[name] !== DEFAULTS[name]) said.set(name, state[name]);
  }
  for (const name of ["languages", "preferred"]) {
    if (state[name].length) said.set(name, state[name].join(","));
  }
  for (const name of ["explain", "fold", "rerank"]) if (state[name]) said.set(name, "1");
  for (const one of state.conditions) said.append("where", JSON.stringify(one));
  return `#${said}`;
}

// The state that an address says, as far as this index can answer it.
export function stateOf(address, stats) {
  const said = new URLSearchParams(address.replace(/^#/, ""));
  const codes = new Set(stats.languages.map((one) => one.code));
  const among = (name, allowed) =>
    allowed.includes(said.get(name)) ? said.get(name) : DEFAULTS[name];
  const list = (name) => (said.get(name) ?? "").split(",").filter((code) => codes.has(code));
  const within = (name, low, high) => {
    const given = Number(said.get(name) ?? DEFAULTS[name]);
    return given >= low && given <= high ? given : DEFAULTS[name];
  };
  return {
    query: said.get("q") ?? "",
    k: Math.round(within("k", 1, stats.limits.k)),
    dial: among("dial", ["as_scored", "balanced", "preferred"]),
    preferred: list("preferred"),
    weight: within("weight", 0.5, 5),
    mode: among("mode", stats.modes),
    languages: list("languages"),
    conditions: said.getAll("where").flatMap(condition),
    explain: said.has("explain"),
    fold: said.has("fold"),
    rerank: said.has("rerank") && stats.rerank,
  };
}

function condition(text) {
  try {
    const [field, value] = JSON.parse(text);
    const fits = ["string", "number", "boolean"].includes(typeof value);
    return typeof field === "string" && fits ? [[field, value]] : [];
  } catch {
    return [];
  }
}

// The body of the search that a state asks for.
export function searchOf(state) {
  const preferring = state.dial === "preferred" && state.preferred.length > 0;
  return {
    query: state.query,
    k: state.k,
    where: {
      languages: state.languages.length ? state.languages : null,
      conditions: state.conditions.map(([field, value]) => ({ field, relation: "=", value })),
    },
    dial: preferring
      ? { kind: "preferred", languages: state.preferred, weight: state.weight }
      : { kind: state.dial === "preferred" ? "as_scored" : state.dial },
    mode: state.mode,
    explain: state.explain,
    fold: state.fold,
    rerank: state.rerank,
  };
}
