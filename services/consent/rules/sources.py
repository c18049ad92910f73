"""The rules of who may decide for a child, by id, each with where it comes from. Data.

The law is that of England and Wales. CA 1989: Children Act 1989. ACA 2002: Adoption and Children Act 2002. FLRA: Family
Law Reform Act 1969, 1987. HFEA 2008: Human Fertilisation and Embryology Act 2008. MCA 2005: Mental Capacity Act 2005.
"""

from enum import StrEnum


class Rule(StrEnum):
    """The rules by id: PR gives responsibility or says that it is not there, LI limits it, CH is about the child."""

    MOTHER = "PR-01"
    FATHER_MARRIED = "PR-02"
    FATHER_MARRIED_LATER = "PR-03"
    FATHER_REGISTERED = "PR-04"
    FATHER_REGISTERED_EARLY = "PR-05"
    REGISTERED_ABROAD = "PR-06"
    FATHER_AGREEMENT = "PR-07"
    FATHER_ORDER = "PR-08"
    FATHER_UNKNOWN = "PR-09"
    SECOND_PARENT_MARRIED = "PR-10"
    SECOND_PARENT_REGISTERED = "PR-11"
    SECOND_PARENT_AGREEMENT = "PR-12"
    SECOND_PARENT_ORDER = "PR-13"
    SECOND_PARENT_UNKNOWN = "PR-14"
    STEP_PARENT_AGREEMENT = "PR-15"
    STEP_PARENT_ORDER = "PR-16"
    STEP_PARENT_NONE = "PR-17"
    LIVES_WITH = "PR-18"
    LIVES_WITH_PARENT = "PR-19"
    SPENDS_TIME_WITH = "PR-20"
    SPECIAL_GUARDIAN = "PR-21"
    GUARDIAN_BY_COURT = "PR-22"
    GUARDIAN_BY_APPOINTMENT = "PR-23"
    GUARDIAN_WAITING = "PR-24"
    GUARDIAN_DISCLAIMED = "PR-25"
    ADOPTER = "PR-26"
    ADOPTED_AWAY = "PR-27"
    PARENTAL_ORDER = "PR-28"
    PLACEMENT_AGENCY = "PR-29"
    PROSPECTIVE_ADOPTER = "PR-30"
    EMERGENCY_PROTECTION = "PR-31"
    INTERIM_CARE = "PR-32"
    CARE = "PR-33"
    POLICE_PROTECTION = "PR-34"
    SUPERVISION = "PR-35"
    PRIVATE_FOSTER_CARER = "PR-36"
    OTHER_CARER = "PR-37"
    REMOVED = "PR-38"
    DIED = "PR-39"
    NOT_BORN = "PR-40"

    SPECIAL_GUARDIAN_EXCLUDES = "LI-01"
    AUTHORITY_LIMITS = "LI-02"
    AGENCY_LIMITS = "LI-03"
    PROHIBITED = "LI-04"
    SPECIFIC_ISSUE = "LI-05"
    COURT_DECIDES = "LI-06"
    WARD_OF_COURT = "LI-07"
    INCAPABLE = "LI-08"
    ALL_NEEDED = "LI-09"
    ONE_IS_ENOUGH = "LI-10"
    CONFLICT = "LI-11"

    ADULT = "CH-01"
    YOUNG_PERSON = "CH-02"
    YOUNG_PERSON_UNABLE = "CH-03"
    COMPETENT = "CH-04"
    NOT_COMPETENT = "CH-05"
    NOT_ASSESSED = "CH-06"
    ASSESSMENT_OVER = "CH-07"
    BIRTH_UNKNOWN = "CH-08"
    WISH = "CH-09"
    WISH_OF_CHILD_UNABLE = "CH-10"
    WISH_NOT_RESPECTED = "CH-11"
    DO_NOT_TELL = "CH-12"
    ADULT_UNABLE = "CH-13"


SOURCES: dict[Rule, str] = {
    Rule.MOTHER: "CA 1989 s.2(1), (2)(a); HFEA 2008 s.33",
    Rule.FATHER_MARRIED: "CA 1989 s.2(1), (3); FLRA 1987 s.1(2)-(4)",
    Rule.FATHER_MARRIED_LATER: "CA 1989 s.2(3); FLRA 1987 s.1(3)(b); Legitimacy Act 1976 s.2",
    Rule.FATHER_REGISTERED: "CA 1989 s.4(1)(a), (1A); ACA 2002 s.111, in force 1 December 2003",
    Rule.FATHER_REGISTERED_EARLY: "ACA 2002 s.111(7)",
    Rule.REGISTERED_ABROAD: "CA 1989 s.4(1A); Hague Convention of 19 October 1996 art. 16",
    Rule.FATHER_AGREEMENT: "CA 1989 s.4(1)(b), (2)",
    Rule.FATHER_ORDER: "CA 1989 s.4(1)(c)",
    Rule.FATHER_UNKNOWN: "CA 1989 s.2(2)(b)",
    Rule.SECOND_PARENT_MARRIED: "CA 1989 s.2(1A); HFEA 2008 s.42; Legitimacy Act 1976 s.2A",
    Rule.SECOND_PARENT_REGISTERED: "CA 1989 s.4ZA(1)(a), (2); HFEA 2008 s.43",
    Rule.SECOND_PARENT_AGREEMENT: "CA 1989 s.4ZA(1)(b), (4)",
    Rule.SECOND_PARENT_ORDER: "CA 1989 s.4ZA(1)(c)",
    Rule.SECOND_PARENT_UNKNOWN: "CA 1989 s.2(2A)(b)",
    Rule.STEP_PARENT_AGREEMENT: "CA 1989 s.4A(1)(a)",
    Rule.STEP_PARENT_ORDER: "CA 1989 s.4A(1)(b)",
    Rule.STEP_PARENT_NONE: "CA 1989 s.4A(1)",
    Rule.LIVES_WITH: "CA 1989 ss.8(1), 12(2)",
    Rule.LIVES_WITH_PARENT: "CA 1989 s.12(1), (4)",
    Rule.SPENDS_TIME_WITH: "CA 1989 s.12(2A)",
    Rule.SPECIAL_GUARDIAN: "CA 1989 ss.14A, 14C(1)(a)",
    Rule.GUARDIAN_BY_COURT: "CA 1989 s.5(1), (6)",
    Rule.GUARDIAN_BY_APPOINTMENT: "CA 1989 s.5(3), (4), (6)-(9)",
    Rule.GUARDIAN_WAITING: "CA 1989 s.5(8)",
    Rule.GUARDIAN_DISCLAIMED: "CA 1989 s.6(5)",
    Rule.ADOPTER: "ACA 2002 s.46(1)",
    Rule.ADOPTED_AWAY: "ACA 2002 s.46(2), (3)",
    Rule.PARENTAL_ORDER: "HFEA 2008 ss.54, 54A; SI 2018/1412",
    Rule.PLACEMENT_AGENCY: "ACA 2002 ss.19, 21, 25(1), (2)",
    Rule.PROSPECTIVE_ADOPTER: "ACA 2002 s.25(3)",
    Rule.EMERGENCY_PROTECTION: "CA 1989 ss.44(4)(c), (5), 45(1)",
    Rule.INTERIM_CARE: "CA 1989 ss.31(11), 33(3), 38",
    Rule.CARE: "CA 1989 ss.31, 33(3)",
    Rule.POLICE_PROTECTION: "CA 1989 s.46(9)(a)",
    Rule.SUPERVISION: "CA 1989 s.35",
    Rule.PRIVATE_FOSTER_CARER: "CA 1989 ss.3(5), 66",
    Rule.OTHER_CARER: "CA 1989 s.3(5)",
    Rule.REMOVED: "CA 1989 ss.4(2A), 4ZA(5), 4A(3)",
    Rule.DIED: "CA 1989 s.2",
    Rule.NOT_BORN: "CA 1989 s.105(1)",
    Rule.SPECIAL_GUARDIAN_EXCLUDES: "CA 1989 s.14C(1)(b), (2)",
    Rule.AUTHORITY_LIMITS: "CA 1989 s.33(3)(b), (4)",
    Rule.AGENCY_LIMITS: "ACA 2002 s.25(4)",
    Rule.PROHIBITED: "CA 1989 s.8(1)",
    Rule.SPECIFIC_ISSUE: "CA 1989 s.8(1)",
    Rule.COURT_DECIDES: "CA 1989 s.8(1)",
    Rule.WARD_OF_COURT: "Senior Courts Act 1981 s.41",
    Rule.INCAPABLE: "MCA 2005 ss.2, 3, 27(1)(g)",
    Rule.ALL_NEEDED: "CA 1989 ss.2(7), 13(1), 14C(3), 33(7); ACA 2002 s.28(2)",
    Rule.ONE_IS_ENOUGH: "CA 1989 s.2(7)",
    Rule.CONFLICT: "CA 1989 ss.2(7), 8(1)",
    Rule.ADULT: "FLRA 1969 s.1; CA 1989 s.105(1)",
    Rule.YOUNG_PERSON: "FLRA 1969 s.8; MCA 2005 ss.1(2), 2(5)",
    Rule.YOUNG_PERSON_UNABLE: "MCA 2005 ss.2-5",
    Rule.COMPETENT: "Gillick v West Norfolk and Wisbech AHA [1986] AC 112",
    Rule.NOT_COMPETENT: "Gillick v West Norfolk and Wisbech AHA [1986] AC 112",
    Rule.NOT_ASSESSED: "Gillick v West Norfolk and Wisbech AHA [1986] AC 112",
    Rule.ASSESSMENT_OVER: "Gillick v West Norfolk and Wisbech AHA [1986] AC 112; MCA 2005 s.2(1)",
    Rule.BIRTH_UNKNOWN: "CA 1989 s.105(1)",
    Rule.WISH: "CON-9; R (Axon) v Secretary of State for Health [2006] EWHC 37 (Admin)",
    Rule.WISH_OF_CHILD_UNABLE: "CON-9",
    Rule.WISH_NOT_RESPECTED: "CON-9",
    Rule.DO_NOT_TELL: "DESIGN 5 no. 10",
    Rule.ADULT_UNABLE: "MCA 2005 ss.2-5",
}
