"""Languages of ours among the tokens of translation models."""

import pytest
from transformers.models.mbart50.tokenization_mbart50 import FAIRSEQ_LANGUAGE_CODES as MBART
from transformers.models.nllb.tokenization_nllb import FAIRSEQ_LANGUAGE_CODES as NLLB

from lingweave.building.translators.codes import languages_of
from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language

_M2M100 = """
af am ar ast az ba be bg bn br bs ca ceb cs cy da de el en es et fa ff fi fr fy ga gd gl gu ha he
hi hr ht hu hy id ig ilo is it ja jv ka kk km kn ko lb lg ln lo lt lv mg mk ml mn mr ms my ne nl
no ns oc or pa pl ps pt ro ru sd si sk sl so sq sr ss su sv sw ta th tl tn tr uk ur uz vi wo xh yi
yo zh zu
"""
M2M100 = _M2M100.split()
OPUS = ["deu", "cmn_Hans", "cmn_Hant", "srp_Cyrl", "srp_Latn", "pt_br", "por", "es_MX", "nob"]
WORDS = ["<s>", "</s>", "<unk>", "▁the", "__", "<2>", ">><<", "ab_CDE", "a" * 40]


@pytest.fixture(scope="module")
def nllb():
    return languages_of([*NLLB, *WORDS])


@pytest.fixture(scope="module")
def m2m100():
    return languages_of([*(f"__{code}__" for code in M2M100), *WORDS])


@pytest.mark.parametrize(
    ("tag", "token"),
    [
        ("en", "eng_Latn"), ("de", "deu_Latn"), ("zh", "zho_Hans"), ("zh-CN", "zho_Hans"),
        ("zh-TW", "zho_Hant"), ("zh-HK", "zho_Hant"), ("zh-Hant", "zho_Hant"), ("yue", "yue_Hant"),
        ("sr", "srp_Cyrl"), ("sr-Latn", None), ("uz-Cyrl", None), ("pa", "pan_Guru"),
        ("ks", "kas_Arab"), ("ks-Deva", "kas_Deva"), ("ko", "kor_Hang"), ("ja", "jpn_Jpan"),
        ("ar", "arb_Arab"), ("ar-EG", "arb_Arab"), ("arz", "arz_Arab"), ("fa", "pes_Arab"),
        ("fa-AF", "prs_Arab"), ("sw", "swh_Latn"), ("ms", "zsm_Latn"), ("lv", "lvs_Latn"),
        ("ne", "npi_Deva"), ("ps", "pbt_Arab"), ("qu", "quy_Latn"), ("om", "gaz_Latn"),
        ("sq", "als_Latn"), ("ku", "kmr_Latn"), ("ckb", "ckb_Arab"), ("mn", "khk_Cyrl"),
        ("yi", "ydd_Hebr"), ("no", "nob_Latn"), ("nb", "nob_Latn"), ("nn", "nno_Latn"),
        ("tl", "tgl_Latn"), ("ak", "aka_Latn"), ("tw", "twi_Latn"), ("tzm", "tzm_Tfng"),
        ("pt", "por_Latn"), ("pt-BR", "por_Latn"), ("iw", "heb_Hebr"), ("la", None),
    ],
)  # fmt: skip
def test_nllb(nllb, tag, token):
    assert nllb.family.name == "nllb"
    assert nllb.token(canonical(tag)) == token


def test_each_of_its_languages_has_a_token_of_its_own(nllb):
    # FLORES' own codes are BCP 47 once their parts are joined otherwise.
    tags = [code.replace("_", "-") for code in NLLB]
    assert all(is_language(tag) for tag in tags)
    assert [nllb.token(tag) for tag in tags] == NLLB


def test_m2m100(m2m100):
    assert len(m2m100.tokens) == len(M2M100)
    exceptions = {"ns": "nso"}
    for code in M2M100:
        assert m2m100.token(canonical(exceptions.get(code, code))) == f"__{code}__"
    assert m2m100.token("nb") == "__no__"
    assert m2m100.token("zh-CN") == "__zh__"
    assert m2m100.token("zh-TW") is None  # It writes the other characters.
    assert m2m100.token("nn") is None


def test_mbart50():
    known = languages_of([*MBART, *WORDS])
    assert (known.family.name, len(known.tokens)) == ("mbart50", len(MBART))
    for tag, token in (("de", "de_DE"), ("de-CH", "de_DE"), ("en", "en_XX"), ("zh", "zh_CN")):
        assert known.token(tag) == token
    assert known.token("zh-TW") is None


def test_madlad():
    codes = ["de", "zh", "zh_Latn", "sr", "fil", "iw", "pt", "gom_Latn"]
    known = languages_of([*(f"<2{code}>" for code in codes), "<2translate>", *WORDS])
    assert known.family.name == "madlad"
    assert known.family.source is False
    assert "<2translate>" not in known.tokens
    for tag, token in (
        ("de", "<2de>"), ("zh-CN", "<2zh>"), ("zh-Latn", "<2zh_Latn>"), ("he", "<2iw>"),
        ("sr-Latn", None), ("fil", "<2fil>"),
    ):  # fmt: skip
        assert known.token(tag) == token


def test_opus():
    known = languages_of([*(f">>{code}<<" for code in OPUS), *WORDS], "eng")
    for tag, code in (
        ("de", "deu"), ("zh", "cmn_Hans"), ("zh-TW", "cmn_Hant"), ("sr", "srp_Cyrl"),
        ("sr-Latn", "srp_Latn"), ("pt", "por"), ("pt-BR", "pt_br"), ("pt-PT", "por"),
        ("es", "es_MX"), ("no", "nob"),
    ):  # fmt: skip
        assert known.token(tag) == f">>{code}<<"
    known.check("model", "en-GB", ["de", "es"])
    with pytest.raises(
        LingweaveError, match=r"^model: translates from en \(English\), not from fr"
    ):
        known.check("model", "fr", ["de"])


@pytest.mark.parametrize(
    ("name", "pair"),
    [
        ("Helsinki-NLP/opus-mt-en-de", ("en", "de")),
        ("opus-mt-tc-big-en-fr", ("en", "fr")),
        ("models/opus-mt-mul-en", ("*", "en")),
        ("Helsinki-NLP/opus-mt-en-ROMANCE", ("en", "*")),
        ("Helsinki-NLP/opus-mt-gmw-gmw", ("*", "*")),
        ("my-model", (None, None)),
    ],
)
def test_a_pair_by_the_models_name(name, pair):
    assert languages_of(WORDS, of=name).pair == pair


def test_a_model_of_one_pair():
    known = languages_of(WORDS, "eng", "deu", "opus-mt-fr-es")
    known.check("model", "en", ["de"])
    with pytest.raises(LingweaveError, match=r"translates into de \(German\), not into es"):
        known.check("model", "en", ["de", "es"])
    with pytest.raises(LingweaveError, match="neither its vocabulary nor its name"):
        languages_of(WORDS).check("model", "en", ["de"])


def test_an_unknown_language_is_one_line_with_near_ones(nllb, m2m100):
    with pytest.raises(LingweaveError) as caught:
        nllb.check("model X", "en", ["de", "sr-Latn"])
    message = str(caught.value)
    assert message.startswith("model X: does not know sr-Latn (Serbian (Latin)); near ones")
    assert "hr (Croatian)" in message
    assert "\n" not in message
    with pytest.raises(LingweaveError, match=r"does not know arz .* ar \(Arabic\)"):
        m2m100.check("model X", "arz", ["de"])
    with pytest.raises(LingweaveError, match="does not know zh-TW"):
        m2m100.check("model X", "en", ["zh-TW"])
