"""The fixed part of the directory.

Organisations, services and people that every town has, whatever its size or seed.
"""

from typing import Final, NamedTuple


class ServiceEntry(NamedTuple):
    """A service as listed here.

    Ages in years, inclusive; `children_per_worker` is children of the town, not a caseload.
    """

    key: str
    organisation: str
    kind: str
    name: str
    description: str
    min_age: int
    max_age: int
    children_per_worker: int
    role: str = ""


SENSITIVE_KINDS: Final = frozenset({"mental_health", "sexual_health", "substance_misuse", "domestic_abuse"})
"""Kinds of service whose very name tells something about a child (DESIGN 5 no. 9)."""

SYSTEMS: Final = {
    "social_care": "case-files",
    "early_help": "family-plans",
    "health": "child-health",
    "gp": "practice-register",
    "school": "pupil-register",
    "police": "incident-log",
    "youth_justice": "youth-cases",
    "camhs": "clinic-list",
    "voluntary": "contact-book",
}
"""The name of the system of each kind of organisation; part of the key by which an agency addresses a child."""

ORGANISATIONS: Final[tuple[tuple[str, str, str, str], ...]] = (
    ("org-social-care", "social_care", "Millbrook Children's Social Care", ""),
    ("org-early-help", "early_help", "Millbrook Early Help Partnership", ""),
    ("org-family-hub", "early_help", "Millbrook Family Hubs", ""),
    ("org-health", "health", "Millbrook Community Health", ""),
    ("org-hospital", "health", "Millbrook Infirmary", ""),
    ("org-camhs", "camhs", "Millbrook Young Minds Clinic", ""),
    ("org-police", "police", "Lornshire Police", ""),
    ("org-youth-justice", "youth_justice", "Millbrook Youth Justice Team", ""),
    ("org-family-support", "voluntary", "Open Door Family Support", ""),
    ("org-mentoring", "voluntary", "Stepping Stones Mentoring", ""),
    ("org-young-carers", "voluntary", "Millbrook Young Carers", ""),
    ("org-housing", "voluntary", "Hearth and Home Housing Support", ""),
    ("org-clearwater", "voluntary", "Clearwater Young People's Advice", ""),
)

SERVICES: Final = (
    ServiceEntry(
        "svc-social-care",
        "org-social-care",
        "social_care",
        "Family safeguarding team",
        "Social work with children in need of help or protection.",
        0,
        18,
        250,
        "Social worker",
    ),
    ServiceEntry(
        "svc-looked-after",
        "org-social-care",
        "social_care",
        "Children in our care team",
        "Social work with children who are looked after.",
        0,
        18,
        1_200,
        "Social worker",
    ),
    ServiceEntry(
        "svc-early-help",
        "org-early-help",
        "early_help",
        "Family help",
        "Holds early help assessments (CAF) and family plans.",
        0,
        18,
        400,
        "Family help practitioner",
    ),
    ServiceEntry(
        "svc-index-desk",
        "org-early-help",
        "index_desk",
        "Child index desk",
        "Looks children up for callers, keeps the CAF indicator, brokers contact.",
        0,
        18,
        10_000,
        "CAF co-ordinator",
    ),
    ServiceEntry(
        "svc-family-hub",
        "org-family-hub",
        "family_hub",
        "Family hubs",
        "Parenting programmes, stay and play, advice. Self-referral.",
        0,
        12,
        1_500,
        "Family hub worker",
    ),
    ServiceEntry(
        "svc-health-visiting",
        "org-health",
        "health_visiting",
        "Health visiting",
        "Health visitors for every child up to school age.",
        0,
        5,
        300,
        "Health visitor",
    ),
    ServiceEntry(
        "svc-school-nursing",
        "org-health",
        "school_nursing",
        "School nursing",
        "School nurses for children of school age.",
        5,
        18,
        900,
        "School nurse",
    ),
    ServiceEntry(
        "svc-speech-therapy",
        "org-health",
        "therapy",
        "Speech and language therapy",
        "Assessment and therapy on referral by anyone.",
        1,
        16,
        1_500,
        "Speech and language therapist",
    ),
    ServiceEntry(
        "svc-sexual-health",
        "org-health",
        "sexual_health",
        "Young people's sexual health",
        "Confidential advice and clinics.",
        13,
        18,
        4_000,
        "Sexual health nurse",
    ),
    ServiceEntry(
        "svc-paediatrics",
        "org-hospital",
        "paediatrics",
        "Community paediatrics",
        "Doctors for children with long-term needs.",
        0,
        18,
        1_500,
        "Paediatrician",
    ),
    ServiceEntry(
        "svc-camhs",
        "org-camhs",
        "mental_health",
        "Child and adolescent mental health service",
        "Specialist help with mental health, on referral.",
        5,
        18,
        1_500,
        "CAMHS clinician",
    ),
    ServiceEntry(
        "svc-police",
        "org-police",
        "police",
        "Safeguarding and missing children",
        "Police officers who work with children's services.",
        0,
        18,
        1_500,
        "Police officer",
    ),
    ServiceEntry(
        "svc-youth-justice",
        "org-youth-justice",
        "youth_justice",
        "Youth justice",
        "Work with children who have offended or may.",
        10,
        18,
        2_000,
        "Youth justice worker",
    ),
    ServiceEntry(
        "svc-family-support",
        "org-family-support",
        "family_support",
        "Family support volunteers",
        "Practical help at home for families with young children.",
        0,
        18,
        1_500,
        "Family support worker",
    ),
    ServiceEntry(
        "svc-mentoring",
        "org-mentoring",
        "mentoring",
        "Youth mentoring",
        "One-to-one mentoring and holiday activities.",
        8,
        18,
        2_000,
        "Youth mentor",
    ),
    ServiceEntry(
        "svc-young-carers",
        "org-young-carers",
        "young_carers",
        "Young carers",
        "Groups and breaks for children who care for somebody.",
        5,
        18,
        3_000,
        "Young carers worker",
    ),
    ServiceEntry(
        "svc-housing",
        "org-housing",
        "housing",
        "Housing support",
        "Help for families who may lose, or have lost, their home.",
        0,
        18,
        2_500,
        "Housing support worker",
    ),
    ServiceEntry(
        "svc-substance-misuse",
        "org-clearwater",
        "substance_misuse",
        "Drugs and alcohol advice",
        "Confidential advice on drugs and alcohol.",
        11,
        18,
        4_000,
        "Substance misuse worker",
    ),
)

UNIVERSAL_ROLES: Final = {
    "school": ("Designated safeguarding lead", "Special educational needs co-ordinator", "Pastoral lead"),
    "early_years": ("Nursery manager", "Key worker"),
    "general_practice": ("General practitioner", "Practice safeguarding lead", "Practice nurse"),
}

FIXED_PRACTITIONERS: Final = {
    "prac-school-01-01": ("Ruth Ashdown", "Designated safeguarding lead"),
    "prac-school-02-01": ("Gareth Thornley", "Designated safeguarding lead"),
    "prac-school-nursing-01": ("Priya Selvanathan", "School nurse"),
    "prac-health-visiting-01": ("Joanne Kelwood", "Health visitor"),
    "prac-social-care-01": ("Daniel Oyemade", "Social worker"),
    "prac-early-help-01": ("Nasreen Haldane", "Family help practitioner"),
    "prac-index-desk-01": ("Margaret Pellowe", "CAF co-ordinator"),
    "prac-camhs-01": ("Tomasz Wielgoria", "CAMHS clinician"),
    "prac-police-01": ("Siobhan Craddow", "Police officer"),
    "prac-mentoring-01": ("Leroy Hartwood", "Youth mentor"),
    "prac-gp-01-01": ("Helen Marlcroft", "General practitioner"),
}
"""Key of a practitioner: name and role."""

PEOPLE: Final = (
    ("person-school-nurse", "prac-school-nursing-01", "practitioner"),
    ("person-social-worker", "prac-social-care-01", "practitioner"),
    ("person-teacher", "prac-school-01-01", "practitioner"),
    ("person-health-visitor", "prac-health-visiting-01", "practitioner"),
    ("person-family-help", "prac-early-help-01", "practitioner"),
    ("person-police-officer", "prac-police-01", "practitioner"),
    ("person-mentor", "prac-mentoring-01", "practitioner"),
    ("person-index-desk", "prac-index-desk-01", "index_desk"),
)
"""Who can log in: key, practitioner, role in the index."""
