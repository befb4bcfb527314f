import pytest

from erpnext_connector.sandbox.collation import fold, fold_characters, fold_pattern


@pytest.mark.parametrize(("one", "other"), [("KÄSE ", "kase"), ("Straße", "STRASSE"), ("é", "E"), ("ｗｉｄｅ", "wide")])
def test_case_accents_and_spaces_at_the_end_do_not_count(one, other):
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("ø", "o"), ("ł", "l"), (" a", "a"), ("1/2", "12")])
def test_other_letters_spaces_in_front_and_signs_do_count(one, other):
    assert fold(one) != fold(other)


def test_signs_come_before_digits_before_letters_before_ideograms_before_emoji():
    assert sorted(["日", "b", "😀", "É", "1", "-x", "_x", "a"], key=fold) == [
        "_x",
        "-x",
        "1",
        "a",
        "b",
        "É",
        "日",
        "😀",
    ]


def test_emoji_are_all_equal():
    assert fold("🔩") == fold("😀")


def test_a_pattern_keeps_its_wildcards_and_loses_none_of_the_text():
    assert fold_pattern("%a_") == f"%{fold_characters('a')}_"
    assert fold_pattern(r"50\%") == fold_characters("50%")
    assert "%" not in fold_characters("50%")


def test_nothing_stays_nothing():
    assert fold(None) is None
    assert fold_characters(None) is None
