"""Text and links from data are harmless before anything else sees them."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from specxl.labels import MAX_LINK_LENGTH, clean_label, clean_link


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("DeepSeek R1", "DeepSeek R1"),
        ("  two\t\nlines  ", "two lines"),
        ("bell\x07 and C1 \x9b0m", "bell and C1 0m"),
        ("evil\u202egnp.exe", "evilgnp.exe"),
        ("zero\u200bwidth\ufeff", "zerowidth"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("e\u0301", "\u00e9"),
        (None, ""),
        (12.5, "12.5"),
        ("=HYPERLINK(1)", "=HYPERLINK(1)"),
    ],
)
def test_label_is_one_harmless_line(raw: object, clean: str) -> None:
    """Controls, invisible characters and odd spaces go; visible text stays, also where Excel would calculate it."""
    assert clean == clean_label(raw)


def test_long_label_is_cut_visibly() -> None:
    """A text over the limit ends in an ellipsis and fits the limit."""
    assert clean_label("x" * 300, limit=10) == "xxxxxxxxx\u2026"


@given(st.text(alphabet=st.characters(), max_size=300))
def test_cleaning_any_text_leaves_no_control(text: str) -> None:
    """Whatever the text, the result is short, encodable, idempotent and without control or surrogate characters."""
    label = clean_label(text)

    assert len(label) <= 120
    assert label == clean_label(label)
    assert not {"Cc", "Cs", "Cf"} & {unicodedata.category(char) for char in label}
    label.encode("utf-8")


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/SemiAnalysisAI/InferenceX/actions/runs/26829715287/attempts/1",
        "https://github.com/acme/bench/actions/runs/7/job/9",
        "https://github.com/acme/bench/commit/0123abc",
        "https://github.com/NVIDIA/srt-slurm/issues/51",
        "https://github.com/sgl-project/sglang/pull/27194/files",
        "https://inferencex.semianalysis.com/inference",
        "https://inferencemax.ai",
    ],
)
def test_known_link_passes(url: str) -> None:
    """A plain https link to a run, commit, issue or pull request, or to the site, is kept as it is."""
    assert url == clean_link(url)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://github.com/a/b/actions/runs/1?token=SECRET", "https://github.com/a/b/actions/runs/1"),
        ("https://github.com/a/b/pull/2#SECRET", "https://github.com/a/b/pull/2"),
        ("https://inferencex.semianalysis.com/inference?g_model=x&t=SECRET", "https://inferencex.semianalysis.com/inference"),
        ("https://github.com/a/b/issues/3?" + "q" * 300, "https://github.com/a/b/issues/3"),
    ],
)  # fmt: skip
def test_query_and_fragment_are_dropped(url: str, kept: str) -> None:
    """What follows the path may be a token; the link works without it."""
    assert clean_link(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        None,
        7,
        "",
        "http://github.com/a",
        "javascript:alert(1)",
        "https://github.com.evil.example/a",
        "https://user:secret@github.com/a",
        "https://github.com:8443/a",
        "https://github.com\\@evil.example/a",
        "https://evil.example/a",
        "https://github.com/a b",
        "https://github.com/\u202ea",
        "https://[github.com/a",
        "https://github.com/" + "a" * MAX_LINK_LENGTH,
        'https://github.com/"a',
        "https://github.com/a/b",
        "https://github.com/login?return_to=https://evil.example",
        "https://github.com/a/b/releases/download/v1/setup.exe",
        "https://github.com/a/b/archive/refs/heads/main.zip",
        "https://github.com/a/b/../../login/oauth/issues/3",
        "https://inferencex.semianalysis.com/../x",
    ],
)
def test_any_other_link_becomes_empty(url: object) -> None:
    """Other schemes, hosts and places, credentials, ports, strange characters and overlong links are dropped."""
    assert clean_link(url) == ""
