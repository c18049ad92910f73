"""DOMAIN 4.4: each noise function does what it says and leaves alone what it does not apply to."""

from datetime import date
from random import Random

import pytest

from deploy.demo.noise import addresses, dates, names


def seen(change: object, *given: object, draws: int = 200) -> set[object]:
    """Returns everything a random change makes of a value."""
    assert callable(change)
    rng = Random(7)
    return {change(*given, rng) for _ in range(draws)}


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Mohammed", "Md"),
        ("Hussain", "Husayn"),
        ("Ahmed", "Ahmad"),
        ("Fatima", "Fatimah"),
        ("Yusuf", "Joseph"),
        ("Aisha", "Ayesha"),
        ("Zainab", "Zaynab"),
        ("Abdul-Rahman", "Abdur-Rahman"),
        ("Oleksandr", "Alexander"),
        ("Katarzyna", "Kasia"),
        ("Nguyễn", "Nguyen"),
        ("Xu", "Hsu"),
        ("Chidinma", "Chidi"),
    ],
)
def test_respelt_knows_the_pairs_of_domain_4_4(name: str, other: str) -> None:
    found = seen(names.respelt, name)
    assert other in found
    assert name not in found


@pytest.mark.parametrize(("name", "other"), [("Smith", "Smyth"), ("Stephen", "Steven"), ("Clark", "Clarke")])
def test_sound_alike_pairs(name: str, other: str) -> None:
    assert other in seen(names.sound_alike, name)


def test_names_without_variants_stay() -> None:
    rng = Random(1)
    assert names.respelt("Hazelgate", rng) == "Hazelgate"
    assert names.sound_alike("Hazelgate", rng) == "Hazelgate"
    assert names.nickname("Hazelgate", rng) == "Hazelgate"
    assert names.mistyped("", rng) == ""
    assert names.misread("Evan", rng) == "Evan"


def test_nickname() -> None:
    assert seen(names.nickname, "William") == {"Will", "Billy", "Bill", "Liam"}


def test_mistyped_hits_one_neighbouring_key() -> None:
    for slip in seen(names.mistyped, "Olivia"):
        assert isinstance(slip, str)
        assert len(slip) == 6
        assert sum(a != b for a, b in zip(slip, "Olivia", strict=True)) == 1


def test_double_dropped() -> None:
    assert names.double_dropped("Holly") == "Holy"
    assert names.double_dropped("Aaron") == "Aron"
    assert names.double_dropped("Evan") == "Evan"


def test_misread_characters() -> None:
    assert seen(names.misread, "Lola") == {"L0la", "Lo1a"}


def test_transposed_keeps_the_first_letter() -> None:
    assert seen(names.transposed, "Olivia") == {"Oilvia", "Olviia", "Olivia", "Oliiva", "Olivai"} - {"Olivia"}
    assert names.transposed("Eve", Random(1)) == "Eve"


@pytest.mark.parametrize(
    ("name", "plain"),
    [("Zoë", "Zoe"), ("Siân", "Sian"), ("O’Brien", "O'Brien"), ("Michał", "Michal"), ("Nguyễn", "Nguyen")],
)
def test_unmarked(name: str, plain: str) -> None:
    assert names.unmarked(name) == plain


def test_unjoined() -> None:
    assert seen(names.unjoined, "Smith-Jones") == {"SmithJones", "Smith Jones"}
    assert seen(names.unjoined, "O'Brien") == {"OBrien"}
    assert seen(names.unjoined, "Ben Ali") == {"BenAli"}


def test_halves_of_a_double_barrelled_name() -> None:
    assert (names.first_half("Smith-Jones"), names.second_half("Smith-Jones")) == ("Smith", "Jones")
    assert (names.first_half("Smith"), names.second_half("Smith")) == ("Smith", "Smith")


@pytest.mark.parametrize(
    ("name", "rest"),
    [
        ("Abdul-Karim", "Karim"),
        ("O’Brien", "Brien"),
        ("MacDonald", "Donald"),
        ("McCarthy", "Carthy"),
        ("Ibn Yusuf", "Yusuf"),
        ("Mack", "Mack"),
        ("Macey", "Macey"),
    ],
)
def test_prefix_lost(name: str, rest: str) -> None:
    assert names.prefix_lost(name) == rest


def test_truncated_at_35_characters() -> None:
    assert names.truncated("A" * 40) == "A" * 35
    assert names.truncated("Ann") == "Ann"


def test_recased() -> None:
    assert seen(names.recased, "McKenzie") == {"MCKENZIE", "mckenzie"}


def test_order() -> None:
    assert names.swapped("Wei", "Chen") == ("Chen", "Wei")
    assert names.middle_as_first("Md", "Rahim") == ("Rahim", "Md")
    assert names.middle_as_first("Ann", "") == ("Ann", "")


def test_placeholders_of_the_unnamed() -> None:
    assert seen(names.placeholder, "male", None) == {"Baby", "Male Infant", "Baby Boy"}
    assert seen(names.placeholder, "female", 2) == {"Twin II", "Baby 2", "Twin 2"}


def test_day_and_month_swap_only_where_both_readings_exist() -> None:
    assert dates.day_month_swapped(date(2015, 3, 7)) == date(2015, 7, 3)
    assert dates.day_month_swapped(date(2015, 3, 17)) == date(2015, 3, 17)


@pytest.mark.parametrize("day", [date(2016, 2, 29), date(2015, 12, 31), date(2020, 1, 1), date(2019, 10, 10)])
def test_slipped_dates_are_other_possible_dates(day: date) -> None:
    assert day not in seen(dates.digit_slipped, day)
    assert {found.year for found in seen(dates.year_off, day) if isinstance(found, date)} == {
        day.year - 1,
        day.year + 1,
    }


def test_month_misheard() -> None:
    assert dates.month_misheard(date(2015, 1, 31)) == date(2015, 6, 30)
    assert dates.month_misheard(date(2015, 10, 3)) == date(2015, 10, 3)


def test_year_only() -> None:
    assert dates.year_only(date(2015, 1, 31)) == (2015, None, None)


def test_postcodes() -> None:
    assert addresses.letter_for_digit("ZY10 4AB") == "ZY1O 4AB"
    assert addresses.letter_for_digit("ZY2 3AB") == "ZY2 3AB"
    assert seen(addresses.partial, "ZY2 3AB") == {"ZY2", "ZY2 3"}
    assert seen(addresses.hand_typed, "ZY2 3AB") == {"ZY23AB", "zy2 3ab", "zy23ab"}


def test_flat_moves_between_lines() -> None:
    apart, together = ("Flat 3", "8 Mill Lane", "Millbrook"), ("Flat 3, 8 Mill Lane", "Millbrook")
    assert addresses.flat_moved(apart) == together
    assert addresses.flat_moved(together) == apart
    assert addresses.flat_moved(("8 Mill Lane", "Millbrook")) == ("8 Mill Lane", "Millbrook")
