from typing import Any

import pytest

from services.matching import KEY_SCHEMA, document_keys, hash_key, query_keys, strong_keys
from tests.unit.matching.descriptions import child

FULL: dict[str, Any] = {
    "given": "Wilhelmina",
    "family": "Featherstone",
    "date": [2014, 3, 4],
    "postcode": "NE1 4XX",
    "gender": "f",
    "nhs": "9990000018",
}
# Every single field wrong or missing, and the doubles that happen together.
WRONG: dict[str, dict[str, Any]] = {
    "given name wrong": {"given": "Zygmunt"},
    "given name missing": {"given": None},
    "given name a placeholder": {"given": "Baby girl"},
    "family name wrong": {"family": "Zwingli"},
    "family name missing": {"family": None},
    "date wrong": {"date": [2009, 9, 23]},
    "date missing": {"date": None},
    "postcode wrong": {"postcode": "LS6 1AB"},
    "postcode missing": {"postcode": None},
    "typos in both names": {"given": "Wilhelmyna", "family": "Fethersten"},
    "names swapped": {"given": "Featherstone", "family": "Wilhelmina"},
    "names swapped and moved": {"given": "Featherstone", "family": "Wilhelmina", "postcode": "LS6 1AB"},
    "moved and day wrong": {"postcode": "LS6 1AB", "date": [2014, 3, 17]},
    "moved and year wrong": {"postcode": "LS6 1AB", "date": [2012, 3, 4]},
    "moved and day and month swapped": {"postcode": "LS6 1AB", "date": [2014, 4, 3]},
    "moved and family name changed": {"postcode": "LS6 1AB", "family": "Zwingli"},
    "moved and given name wrong": {"postcode": "LS6 1AB", "given": "Zygmunt"},
    "moved and typos in both names": {"postcode": "LS6 1AB", "given": "Wilhelmyna", "family": "Fethersten"},
    "family name and day wrong": {"family": "Zwingli", "date": [2014, 3, 17]},
    "both names wrong": {"given": "Zygmunt", "family": "Zwingli"},
    "both names wrong and day wrong": {"given": "Zygmunt", "family": "Zwingli", "date": [2014, 3, 17]},
    "postcode slip and typos in both names": {
        "postcode": "NE1 4XY",
        "given": "Vilhelmina",
        "family": "Petherstone",
    },
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_child_is_met_though_this_is_wrong(wrong: dict[str, Any]) -> None:
    record, query = child({**FULL, "nhs": None}), child({**FULL, **wrong, "nhs": None})
    assert not document_keys(record).isdisjoint(query_keys(query))
    assert not document_keys(query).isdisjoint(query_keys(record))


@pytest.mark.parametrize(
    ("asked", "known"),
    [("Joe", "Joseph"), ("Ayesha", "Aisha"), ("Md", "Mohammed"), ("Sam", "Samantha"), ("Kate", "Catherine")],
)
def test_a_pet_form_is_keyed_as_the_names_that_it_stands_for(asked: str, known: str) -> None:
    rest = {"family": "Featherstone", "date": [2014, 3, 4]}
    shared = (
        document_keys(child({"given": known, **rest})) & query_keys(child({"given": asked, **rest})).keys()
    )
    assert any(key.startswith("names+date:") for key in shared)


def test_number_of_keys() -> None:
    assert 15 <= len(document_keys(child({**FULL, "nhs": None}))) <= 40
    many = {
        **FULL,
        "given": "Alex",
        "family": "Smith-Jones",
        "former": "Garcia Lopez",
        "former_postcode": "LS6 1AB",
    }
    assert len(document_keys(child(many))) == 40
    assert "number:9990000018" in document_keys(child(many))


def test_keys_of_two_very_common_names_and_a_year_are_made_finer() -> None:
    keys = document_keys(child({**FULL, "given": "Mohammed", "family": "Khan"}))
    assert not any(key.startswith(("names+year:", "names:", "family+given part:")) for key in keys)
    assert any(key.startswith("names+outcode:") for key in keys)
    assert any(key.startswith("names+month+year:") for key in keys)
    assert any(key.startswith("names+year:") for key in document_keys(child(FULL)))


def test_query_looks_a_year_around_at_a_lower_boost() -> None:
    boosts = query_keys(child(FULL))
    near, same = (
        max(boost for key, boost in boosts.items() if key.startswith("names+year:") and key.endswith(year))
        for year in ("2013", "2014")
    )
    assert near < same
    assert min(boosts.values()) >= 1


def test_no_fixed_abode_is_nobodys_shared_key() -> None:
    row = {"given": "Chidi", "family": "Okonkwo", "date": [2014, 3, 4]}
    assert document_keys(child({**row, "postcode": "ZZ99 3WZ"})) == document_keys(child(row))


def test_nothing_known_makes_no_keys() -> None:
    assert document_keys(child({})) == frozenset()
    assert query_keys(child({})) == {}
    assert strong_keys(child({})) == frozenset()


def test_strong_keys_are_few() -> None:
    many = {**FULL, "former": "Okonkwo", "former_postcode": "LS6 1AB"}
    assert 1 <= len(strong_keys(child(many))) <= 6


def test_hash_is_keyed_stable_and_fits_a_bigint() -> None:
    hashes = {hash_key(b"secret", f"family+date:{number}") for number in range(1000)}
    assert len(hashes) == 1000
    assert min(hashes) < 0 < max(hashes)
    assert all(-(2**63) <= number < 2**63 for number in hashes)
    # Stored in databases: the same for ever, until KEY_SCHEMA or the secret changes.
    assert hash_key(b"secret", "number:9990000018") == 8300322801506177371
    assert hash_key(b"secret", "number:9990000018") != hash_key(b"other", "number:9990000018")


def test_other_keys_are_another_schema() -> None:
    keys = "\n".join(sorted(document_keys(child({**FULL, "given": "Joe", "former": "O'Brien"}))))
    # When this fails on purpose: raise KEY_SCHEMA (and key_schema in model.json), then put both new numbers here.
    assert (KEY_SCHEMA, hash_key(b"golden", keys)) == (2, 7945480048288969341)
