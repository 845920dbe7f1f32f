// Words of a query, found again in texts of any script.

// Writers of these leave no spaces between words.
const UNSPACED =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]/u;
const SHORTEST = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u;
const RUN = /[\p{L}\p{M}\p{N}_]+/gu;
const segmenters = new Map();

// [word, start] of each word, as ICU cuts them; runs of letters where the browser cannot.
function cut(text, language) {
  if (!("Segmenter" in Intl)) return [...text.matchAll(RUN)].map((one) => [one[0], one.index]);
  const known = language && language !== "und" ? language : "en";
  if (!segmenters.has(known)) {
    let made;
    try {
      made = new Intl.Segmenter(known, { granularity: "word" });
    } catch {
      made = new Intl.Segmenter("en", { granularity: "word" });
    }
    segmenters.set(known, made);
  }
  const parts = [...segmenters.get(known).segment(text)].filter((part) => part.isWordLike);
  return parts.map((part) => [part.segment, part.index]);
}

const plain = (word) => word.normalize("NFKC").toLowerCase();
const length = (word) => [...word].length;

// What to look for: short words, mostly grammar, only where the query has no others.
export function wordsOf(query) {
  const all = new Set(cut(query, "und").map(([word]) => plain(word)));
  const tells = (word) => /\p{N}/u.test(word) || length(word) > (UNSPACED.test(word) ? 1 : 3);
  const long = [...all].filter(tells);
  return new Set(long.length ? long : all);
}

// Whether a word is looked for across the cuts, which depend on what stands around it; a short one
// of an alphabet would be found within others.
const sought = (word) => UNSPACED.test(word) && length(word) >= (SHORTEST.test(word) ? 2 : 5);

// [text, whether it is one of the words] of each piece of a text.
export function pieces(text, words, language) {
  const spans = [];
  for (const [word, start] of cut(text, language)) {
    if (words.has(plain(word))) spans.push([start, start + word.length]);
  }
  const lower = text.toLowerCase();
  // Where lower case has another length, places would not be the same.
  if (lower.length === text.length) {
    for (const word of words) {
      if (!sought(word)) continue;
      for (let at = lower.indexOf(word); at >= 0; at = lower.indexOf(word, at + word.length)) {
        spans.push([at, at + word.length]);
      }
    }
  }
  spans.sort((one, other) => one[0] - other[0] || one[1] - other[1]);
  const made = [];
  let done = 0;
  for (const [start, end] of spans) {
    if (end <= done) continue;
    const from = Math.max(start, done);
    if (from > done) made.push([text.slice(done, from), false]);
    made.push([text.slice(from, end), true]);
    done = end;
  }
  if (done < text.length) made.push([text.slice(done), false]);
  return made;
}
