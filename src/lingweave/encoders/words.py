"""Words of any script: runs of letters where writers leave spaces, character bigrams elsewhere."""

import unicodedata

import regex

DEFINITION = (
    "NFKC, lowercase; words are runs of letters, marks, digits and _; runs of Han, Hiragana,"
    " Katakana, Thai, Lao, Khmer and Myanmar in them are cut into overlapping character bigrams (a"
    " run of one character is itself)"
)

_WORD = regex.compile(r"\w+")
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
# The prolonged sound mark and the half-voiced ones belong to both kana, and so to no script.
_RUNS = regex.compile(rf"[{_UNSPACED}\u3099-\u309c\u30fc]+|[^{_UNSPACED}\u3099-\u309c\u30fc]+")
_IS_UNSPACED = regex.compile(rf"[{_UNSPACED}\u30fc]")


def words(text: str) -> list[str]:
    """The words of a text, in order, by ``DEFINITION``.

    `str.isalnum` and Python's own ``\\w`` take vowel signs for gaps and would cut Hindi words to
    pieces; marks count as part of the word here, as Unicode's technical standard 18 has it.
    """
    found: list[str] = []
    for word in _WORD.findall(unicodedata.normalize("NFKC", text).lower()):
        if _IS_UNSPACED.search(word) is None:
            found.append(word)
            continue
        for run in _RUNS.findall(word):
            if _IS_UNSPACED.match(run) is None or len(run) == 1:
                found.append(run)
            else:
                found += [run[i : i + 2] for i in range(len(run) - 1)]
    return found
