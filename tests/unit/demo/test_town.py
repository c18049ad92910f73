"""The synthetic town as a whole (DOMAIN 4.1 to 4.3, 4.5): rates, ranges, determinism, nobody real."""

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from deploy.demo import frequencies as rates
from deploy.demo.catalogue import SENSITIVE_KINDS
from deploy.demo.identifiers import NhsNumbers, nhs_check_digit, upn_check_letter
from deploy.demo.model import AgencyRow, TrueChild
from deploy.demo.town import DEMO, TINY, Town, generate, main

REAL_AREAS = set(
    re.findall(
        r"\w+",
        "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT "
        "DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA "
        "LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE "
        "SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV "
        "YO ZE ",
    )
)
POSTCODE = re.compile(r"[A-PR-UWYZ][A-HK-Y]?[0-9]{1,2} [0-9][ABD-HJLNP-UW-Z]{2}")
DRAMA = re.compile(r"01632 960\d{3}|07700 900\d{3}|020 7946 0\d{3}|0808 157 0\d{3}|03069 990\d{3}")
UNIVERSAL = {"school", "general_practice", "health_visiting", "school_nursing", "early_years"}


@cache
def demo() -> Town:
    return generate(DEMO)


@cache
def children() -> dict[str, TrueChild]:
    return {child.truth_id: child for child in demo().children()}


@cache
def rows() -> tuple[AgencyRow, ...]:
    return tuple(demo().rows())


@cache
def extra_services() -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        if demo().directory.service[row.involvement.service].kind not in UNIVERSAL:
            found[row.truth_id].add(row.involvement.service)
    return found


def digest(town: Town) -> str:
    return hashlib.sha256(
        "\n".join(map(repr, [town.directory, town.story, *town.rows()])).encode()
    ).hexdigest()


def test_about_12000_rows_for_5000_children() -> None:
    assert len(children()) == DEMO + 1
    assert 11_400 <= len(rows()) <= 12_600


def measured() -> dict[str, tuple[float, float]]:
    """Returns, for each rate, what the town has and what the settings say."""
    town, known = demo().reference_date, list(children().values())
    count = len(known)
    older = [child for child in known if child.age(town) >= 11]
    sensitive = {row.truth_id for row in rows() if row.involvement.sensitive}
    households = Counter(Counter(child.household for child in known).values())
    families = sum(households.values())
    extra = extra_services()
    cafs = Counter(row.caf.status for row in rows() if row.caf)
    complete = [row for row in rows() if None not in row.birth_date]
    wrong = [
        row
        for row in complete
        if date(*map(int, map(str, row.birth_date))) != children()[row.truth_id].birth_date
    ]
    births = rates.MULTIPLE_BIRTH
    return {
        "multiple births": (sum(child.multiple_birth for child in known) / count, 2 * births / (1 + births)),
        "one child": (households[1] / families, 0.44),
        "two children": (households[2] / families, 0.41),
        "usual name": (sum(child.usual_given is not None for child in known) / count, rates.USUAL_NAME),
        "second home": (
            sum(child.second_home is not None for child in known) / count,
            rates.SECOND_PARENTAL_ADDRESS,
        ),
        "no fixed address": (sum(child.no_fixed_address for child in known) / count, rates.NO_FIXED_ADDRESS),
        "White British": (
            sum(child.community == "british" for child in known) / count,
            rates.COMMUNITIES["british"],
        ),
        "one or more extra": (sum(len(found) >= 1 for found in extra.values()) / count, 0.18),
        "three or more extra": (sum(len(found) >= 3 for found in extra.values()) / count, 0.04),
        "six or more extra": (sum(len(found) >= 6 for found in extra.values()) / count, 0.006),
        "open CAF": (cafs["open"] / count, rates.CAF_OPEN),
        "sensitive at 11 to 17": (len(sensitive) / len(older), rates.SENSITIVE_11_TO_17),
        "gender missing": (sum(row.gender is None for row in rows()) / len(rows()), rates.MISSING["gender"]),
        "birth date missing": (
            sum(row.birth_date == (None, None, None) for row in rows()) / len(rows()),
            rates.MISSING["birth_date"],
        ),
        "birth date wrong": (len(wrong) / len(complete), 0.010),
        "postcode missing": (
            sum(bool(row.addresses) and row.addresses[0].postcode is None for row in rows()) / len(rows()),
            rates.MISSING["postcode"],
        ),
    }


@pytest.mark.parametrize("feature", sorted(measured()))
def test_frequencies_of_domain_4_2(feature: str) -> None:
    found, wanted = measured()[feature]
    assert found == pytest.approx(wanted, rel=0.45 if wanted < 0.01 else 0.30 if wanted < 0.05 else 0.15)


def test_every_age_is_about_equally_common() -> None:
    ages = Counter(child.age(demo().reference_date) for child in children().values())
    assert set(ages) == set(range(18))
    assert min(ages.values()) > 0.7 * DEMO / 18
    assert max(ages.values()) < 1.35 * DEMO / 18


def test_common_names_are_common_and_most_people_differ() -> None:
    british = [child for child in children().values() if child.community == "british"]
    surnames = Counter(child.family for child in british)
    assert 0.006 < surnames["Smith"] / len(british) < 0.025
    assert len(surnames) > 0.3 * len(british)
    full = Counter((child.given, child.family, child.birth_date) for child in children().values())
    assert sum(count - 1 for count in full.values()) <= 3


@pytest.mark.parametrize("size", [TINY, DEMO])
def test_twins_exist_and_differ_by_given_name(size: int) -> None:
    born: dict[tuple[str, date], list[TrueChild]] = defaultdict(list)
    for child in generate(size).children():
        if child.multiple_birth:
            born[child.household, child.birth_date].append(child)
    pairs = [together for together in born.values() if len(together) > 1]
    assert pairs
    assert all(len({child.given for child in together}) == len(together) for together in pairs)


def test_dates_make_sense() -> None:
    reference = demo().reference_date
    for row in rows():
        stay = row.involvement
        assert (
            children()[row.truth_id].birth_date
            <= stay.start
            <= row.written_on
            <= (stay.end or reference)
            <= reference
        )


def test_rows_point_into_the_directory() -> None:
    directory = demo().directory
    systems = {(system.organisation, system.system) for system in directory.systems}
    for row in rows():
        service = directory.service[row.involvement.service]
        assert service.organisation == row.agency
        assert (row.agency, row.system) in systems
        assert (row.involvement.practitioner is None) != (row.involvement.team is None)
        if row.involvement.practitioner:
            assert directory.practitioner[row.involvement.practitioner].service == service.key
        if row.lead_professional:
            assert row.lead_professional in directory.practitioner
        assert (
            row.involvement.sensitive
            == (service.kind in SENSITIVE_KINDS)
            == (service.sensitivity == "sensitive")
        )
    for person in directory.people:
        assert person.practitioner in directory.practitioner
        assert person.organisation in directory.organisation


def test_caf_comes_from_its_holder_alone() -> None:
    kinds = {demo().directory.service[row.involvement.service].kind for row in rows() if row.caf}
    assert kinds == {"early_help", "school"}
    assert max(Counter(row.truth_id for row in rows() if row.caf).values()) == 1
    assert all(row.caf for row in rows() if row.lead_professional)


def test_agency_rules_of_domain_4_3() -> None:
    directory = demo().directory
    for row in rows():
        kind = directory.organisation[row.agency].kind
        if kind in ("school", "police", "voluntary"):
            assert row.nhs_number is None
        if kind != "school":
            assert row.upn is None
        if kind == "voluntary":
            assert all(not address.lines for address in row.addresses)
    assert any(row.birth_date_accuracy == "UUE" for row in rows())
    assert any(len(row.names) > 1 for row in rows())


def test_local_ids_are_unique_within_a_system() -> None:
    assert len({(row.agency, row.system, row.local_id) for row in rows()}) == len(rows())


def test_no_postcode_is_in_a_real_area() -> None:
    assert len(REAL_AREAS) == 124
    truth = {home.postcode for child in children().values() for home in child.homes if home.postcode}
    offices = {organisation.address.postcode for organisation in demo().directory.organisations}
    for postcode in truth | offices:
        assert postcode
        assert POSTCODE.fullmatch(postcode)
        assert re.split(r"\d", postcode)[0] not in REAL_AREAS
    for row in rows():
        for address in row.addresses:
            assert re.split(r"[\dOI]", (address.postcode or "ZY1").upper())[0] not in REAL_AREAS


def test_nobody_else_lives_at_the_storys_postcodes() -> None:
    others = {home.postcode for child in list(children().values())[1:] for home in child.homes}
    assert not others & {home.postcode for home in demo().story.child.homes}


def test_telephone_numbers_and_addresses_are_reserved_ones() -> None:
    directory = demo().directory
    contacts = [
        contact for o in directory.organisations for contact in (o.duty, o.information_sharing_adviser)
    ]
    phones = [place.phone for place in directory.organisations]
    phones += [place.phone for place in directory.services]
    phones += [place.phone for place in directory.practitioners]
    phones += [place.phone for place in contacts]
    assert all(DRAMA.fullmatch(phone) for phone in phones)
    addresses = [place.email for place in directory.services]
    addresses += [place.email for place in directory.practitioners]
    addresses += [place.email for place in contacts]
    assert all(re.fullmatch(r"[a-z0-9.'-]+@[a-z0-9-]+\.example\.org", address) for address in addresses)
    assert len({person.email for person in directory.practitioners}) == len(directory.practitioners)


def test_keys_and_names_of_the_directory_are_unique() -> None:
    directory = demo().directory
    assert 24 <= len(directory.organisations) <= 60
    for things in (
        directory.organisations,
        directory.services,
        directory.practitioners,
        directory.systems,
        directory.people,
    ):
        assert len({thing.key for thing in things}) == len(things)
    assert len({organisation.name for organisation in directory.organisations}) == len(
        directory.organisations
    )


def test_nhs_numbers_are_of_the_test_range_with_their_check_digit() -> None:
    assert nhs_check_digit("943476591") == 9  # the example of the NHS data dictionary, 943 476 5919
    numbers = [child.nhs_number for child in children().values() if child.nhs_number]
    assert len(set(numbers)) == len(numbers) > 0.99 * DEMO
    for number in numbers:
        assert number.startswith("999")
        assert nhs_check_digit(number[:9]) == int(number[9])


def test_nhs_numbers_run_out_without_repeating() -> None:
    numbers = NhsNumbers(1)
    given: set[str] = set()
    while (number := numbers.next()) is not None:
        assert number not in given
        given.add(number)
    assert len(given) > 900_000


def test_a_upn_belongs_to_one_child_and_has_its_check_letter() -> None:
    owners: dict[str, set[str]] = defaultdict(set)
    for row in rows():
        if row.upn:
            owners[row.upn].add(row.truth_id)
            assert row.upn[0] == upn_check_letter(row.upn[1:])
    assert owners
    assert all(len(children_of) == 1 for children_of in owners.values())


def test_same_arguments_same_town() -> None:
    assert digest(generate(TINY)) == digest(generate(TINY))
    assert digest(generate(TINY)) != digest(generate(TINY, seed=2))


def test_rows_can_be_iterated_again() -> None:
    town = generate(TINY)
    assert list(town.rows()) == list(town.rows())


def test_town_does_not_depend_on_the_hash_seed() -> None:
    program = "from tests.unit.demo.test_town import digest, generate; print(digest(generate(300)))"
    root = str(Path(__file__).parents[3])
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("0", "1")
    }
    assert found == {digest(generate(TINY))}


@pytest.mark.parametrize(("size", "seed"), [(1, 5), (TINY, 2)])
def test_the_story_is_the_same_in_every_town(size: int, seed: int) -> None:
    here, there = generate(size, seed), demo()
    assert here.story.child == there.story.child
    assert here.story.search == there.story.search
    assert [(row.names, row.addresses, row.involvement, row.caf) for row in here.story.rows] == [
        (row.names, row.addresses, row.involvement, row.caf) for row in there.story.rows
    ]
    assert here.directory.people == there.directory.people


def test_the_story_tells_the_whole_main_job() -> None:
    story = demo().story
    child, typed = story.child, story.search
    assert (typed.given, typed.family) not in {
        (name.given, name.family) for row in story.rows for name in row.names
    }
    assert typed.birth_date == child.birth_date
    assert typed.postcode == child.homes[-1].postcode
    assert len({row.agency for row in story.rows}) == len(story.rows)
    assert sum(row.involvement.sensitive for row in story.rows) == 1
    assert any(row.involvement.end for row in story.rows)
    assert [row.lead_professional for row in story.rows if row.caf] == ["prac-early-help-01"]
    looker = next(person for person in demo().directory.people if person.key == story.person)
    assert looker.practitioner not in {row.involvement.practitioner for row in story.rows}


def test_truth_of_a_row_is_never_its_local_id() -> None:
    assert all(row.truth_id not in row.local_id for row in rows())


def test_command_prints_json_lines(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    main(["--size", "20", "--seed", "3", "--json", str(file)])
    lines = file.read_text(encoding="utf-8").splitlines()
    assert len(lines) == len(list(generate(20, 3).rows()))
    assert json.loads(lines[0])["names"][0] == {
        "given": "Ameena",
        "family": "Khan",
        "other_given": "",
        "use": "official",
    }


def test_a_town_needs_a_child() -> None:
    with pytest.raises(ValueError, match="at least one child"):
        generate(0)
