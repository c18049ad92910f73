"""A small made-up town: households with siblings and twins, and what agencies wrote down of each child.

Truth first, then records with the errors and rates of DOMAIN 4.2. Seeded; no person in it is real.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.matching import Description, Name, PartialDate

COMMUNITIES = (
    (
        60,
        "Oliver George Arthur Noah Leo Oscar Harry Jack Charlie Thomas Freddie William Joseph Samuel Ethan Daniel",
        "Olivia Amelia Isla Ava Lily Ivy Freya Florence Emily Ella Charlotte Alice Jessica Matilda Phoebe Hannah",
        (
            "Smith Jones Williams Taylor Brown Davies Evans Wilson Thomas Roberts Johnson Featherstone Blenkinsop "
            "Ramshaw Ridley Charlton Robson Dodds Heslop Armstrong MacDonald McGregor O'Brien O'Connor Smith-Jones "
            "Tate-Harrison Winterbottom Postlethwaite Thackray Ormerod Entwistle Fairclough Birtwistle"
        ),
    ),
    (
        20,
        "Mohammed Muhammad Ali Ahmed Yusuf Ibrahim Hamza Hassan Bilal Usman Zayn Omar Haris Imran Tariq Farhan",
        "Aisha Fatima Maryam Zainab Khadija Amina Safiya Hafsa Sumaya Noor Layla Sana Iqra Hira Mehwish Nimra",
        "Khan Hussain Ahmed Ali Begum Akhtar Miah Rahman Mahmood Malik Chowdhury Uddin Qureshi Siddiqui Raja Bashir",
    ),
    (
        12,
        "Jakub Kacper Szymon Filip Antoni Oleksandr Andriy Mykola Tomasz Wojciech Bartosz Dawid Stanislaw Igor",
        "Zuzanna Katarzyna Agnieszka Wiktoria Oliwia Aleksandra Natalia Yuliia Oksana Daryna Kinga Jagoda Zofia",
        "Kowalski Nowak Wisniewska Lewandowski Zielinski Kaminska Shevchenko Kovalenko Wojcik Szczepanski Dabrowski",
    ),
    (
        8,
        "Chidi Emeka Oluwaseun Kwame Kofi Tendai Ayodele Babatunde Chinedu Obinna Ifeanyi Tobi Temitope Kelechi",
        "Ngozi Adaeze Chiamaka Abena Akosua Folasade Yetunde Temperance Blessing Chinwe Oluchi Uchenna Ebele",
        "Okonkwo Adeyemi Mensah Owusu Okafor Balogun Nwosu Boateng Eze Afolabi Ogunleye Asante Chikwanha Danjuma",
    ),
)
# England's surnames have a long tail: half of the families take one made of these.
STEMS = (
    *("Ash", "Black", "Brad", "Thorn", "Whit", "Hart", "Dun", "Lang", "Stan"),
    *("Hol", "Ren", "Ald", "Crow", "Fen", "Garn", "Hather", "Kirk"),
)
ENDINGS = (
    *("ley", "ton", "worth", "field", "ford", "by", "ham", "combe"),
    *("stead", "wick", "bourne", "low", "shaw", "dale", "gate"),
)
PET_FORMS = {
    "Joseph": "Joe",
    "Samuel": "Sam",
    "Thomas": "Tom",
    "William": "Billy",
    "Daniel": "Danny",
    "Charlotte": "Lottie",
    "Matilda": "Tilly",
    "Katarzyna": "Kasia",
    "Mohammed": "Md",
    "Aisha": "Ayesha",
    "Hussain": "Hussein",
    "Oliver": "Ollie",
    "Jessica": "Jess",
}
ALIKE = (
    ("Ella", "Bella"),
    ("Jayden", "Hayden"),
    ("Hassan", "Hussain"),
    ("Amir", "Samir"),
    ("Daisy", "Maisy"),
)
FIRST_DAY = date(2008, 1, 1)
DAYS = 6570


@dataclass(frozen=True)
class Child:
    """The truth. `home` tells siblings."""

    number: int
    home: int
    given: str
    other: str
    family: str
    former_family: str
    born: date
    gender: str
    postcode: str
    former_postcode: str


def town(size: int, seed: int) -> list[Child]:
    """Makes about `size` children."""
    chance = random.Random(seed)
    children: list[Child] = []
    home = 0
    while len(children) < size:
        home += 1
        children += _household(chance, home, len(children))
    return children


def _household(chance: random.Random, home: int, start: int) -> Iterator[Child]:
    _, boys, girls, families = chance.choices(COMMUNITIES, [weight for weight, *_ in COMMUNITIES])[0]
    names = {"m": boys.split(), "f": girls.split()}
    family, former = chance.sample(families.split(), 2)
    if chance.random() < 0.5:
        family = chance.choice(STEMS) + chance.choice(ENDINGS)
    postcode, old = _postcode(chance), _postcode(chance)
    given_before: set[str] = set()
    number = start
    for _ in range(chance.choices((1, 2, 3), (44, 41, 15))[0]):
        born = FIRST_DAY + timedelta(days=chance.randrange(DAYS))
        births = 2 if chance.random() < 0.03 else 1
        alike = chance.choice(ALIKE) if births == 2 and chance.random() < 0.33 else None
        for place in range(births):
            gender = chance.choice("mf")
            given = (
                alike[place] if alike else chance.choice([n for n in names[gender] if n not in given_before])
            )
            given_before.add(given)
            other = chance.choice(names[gender]) if chance.random() < 0.5 else ""
            changed = former if chance.random() < 0.05 else ""
            yield Child(number, home, given, other, family, changed, born, gender, postcode, old)
            number += 1


def _postcode(chance: random.Random) -> str:
    """One of 12 outcodes that do not exist."""
    unit = "".join(chance.choices("ABDEFGHJLNPQRSTUWXYZ", k=2))
    return f"{chance.choice(('QX', 'XQ'))}{chance.randrange(1, 7)} {chance.randrange(1, 10)}{unit}"


def records(child: Child, number: int, chance: random.Random) -> Iterator[Description]:
    """What `number` agencies wrote down of the child."""
    for _ in range(number):
        yield _record(child, chance)


def _record(child: Child, chance: random.Random) -> Description:
    given, family = _names(child, chance)
    year, month, day = child.born.year, child.born.month, child.born.day
    luck = chance.random()
    if luck < 0.003 and day <= 12:
        month, day = day, month
    elif luck < 0.006:
        day = day % 28 + 1
    elif luck < 0.008:
        year += 1
    postcodes = [child.postcode if chance.random() < 0.65 else child.former_postcode]
    gender = child.gender if chance.random() < 0.98 else ("f" if child.gender == "m" else "m")
    return Description(
        names=(Name(given, family, child.other if chance.random() < 0.5 else None),),
        birth_date=None if chance.random() < 0.005 else PartialDate(year, month, day),
        gender=gender,
        postcodes=() if chance.random() < 0.05 else tuple(postcodes),
    )


def _names(child: Child, chance: random.Random) -> tuple[str, str]:
    given, family = child.given, child.family
    if child.former_family and chance.random() < 0.5:
        family = child.former_family
    if chance.random() < 0.1:
        given = PET_FORMS.get(given, given)
    if chance.random() < 0.02:
        given = _slip(given, chance)
    if chance.random() < 0.02:
        family = _slip(family, chance)
    if chance.random() < 0.005:
        given = chance.choice(("Baby", "Infant", "Twin one", "Baby girl"))
    if chance.random() < 0.01:
        given, family = family, given
    if chance.random() < 0.3:
        family = family.replace("'", "").replace("-", " ").upper()
    return given, family


def _slip(name: str, chance: random.Random) -> str:
    """One letter wrong, but never so that it makes the name of a twin: nobody could tell that from the name alone."""
    wrong = _one_letter_wrong(name, chance)
    twins = {given for pair in ALIKE for given in pair}
    return name if wrong.capitalize() in twins else wrong


def _one_letter_wrong(name: str, chance: random.Random) -> str:
    """One letter dropped, doubled, replaced or swapped with its neighbour."""
    place = chance.randrange(len(name) - 1)
    head, tail = name[:place], name[place:]
    return chance.choice(
        (
            head + tail[1:],
            head + tail[0] + tail,
            head + chance.choice("aeinrst") + tail[1:],
            head + tail[1] + tail[0] + tail[2:],
        )
    )


def moved(record: Description, postcode: str) -> Description:
    """The same record from another address."""
    return replace(record, postcodes=(postcode,))
