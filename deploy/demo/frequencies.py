"""Every rate of the synthetic town, for a reader with better numbers to change (DOMAIN 4.2, Part 5).

[P] stands behind a figure taken or derived from a publication named in DOMAIN Part 4, [E] behind an estimate.
Rates are probabilities between 0 and 1 unless the comment names another unit.
"""

from typing import Final

# Who lives here. Shares of households; the file of name_lists/ that each draws from.
COMMUNITIES: Final[dict[str, float]] = {  # [P2] school census 2024/25; residuals [E]
    "british": 0.615,  # with those not known
    "irish": 0.007,  # with Gypsy, Roma and Traveller
    "pakistani": 0.050,
    "bangladeshi": 0.020,
    "indian": 0.044,
    "tamil": 0.023,  # other Asian
    "west_african": 0.042,
    "somali": 0.018,
    "caribbean": 0.018,
    "east_european": 0.055,
    "portuguese": 0.015,
    "arabic": 0.025,
    "chinese": 0.010,
    "mixed": 0.058,  # parents of two communities
}
MIXED_PARTNERS: Final[dict[str, float]] = {  # [P2] White with each of these
    "caribbean": 0.30,
    "west_african": 0.19,
    "pakistani": 0.16,
    "indian": 0.16,
    "chinese": 0.06,
    "arabic": 0.06,
    "portuguese": 0.07,
}
ERRORS_OUTSIDE_WHITE_BRITISH: Final = 1.75  # [P21] factor on error rates, 1.5 to 2
LIVES_AMONG_OWN_COMMUNITY: Final = 0.6  # [E] share of households outside White British

# Families.
MATERNITIES: Final[dict[int, float]] = {1: 0.27, 2: 0.47, 3: 0.17, 4: 0.06, 5: 0.03}
# [E] of completed families; those under 18 on one day come to [P8]: 44 % one, 41 % two, 15 % three or more
MULTIPLE_BIRTH: Final = 0.0145  # [P7] per maternity
TRIPLETS: Final = 0.02  # [E] of multiple births
TWINS_NAMED_ALIKE: Final = 1 / 3  # [E]
SAME_SEX_TWINS: Final = 0.65  # [E]
MOTHER_OF_OTHER_SURNAME: Final = 0.25  # [E]
HALF_SIBLING: Final = 0.35  # [E] of later children, where the mother's surname differs
SECOND_PARENTAL_ADDRESS: Final = 0.032  # [P9]
SURNAME_CHANGED_BY_17: Final = 0.05  # [E]
ADOPTED: Final = 0.0035  # [P13]
SHIELDED: Final = 0.004  # [P19]

# Names.
RARE_SURNAME: Final[dict[str, float]] = {
    "british": 0.76,
    "irish": 0.25,
    "west_african": 0.40,
    "east_european": 0.45,
}  # [E]
MIDDLE_NAME: Final = 0.70  # [E]
DOUBLE_BARRELLED: Final = 0.07  # [E] of families that are White British, Irish, Caribbean or mixed
USUAL_NAME: Final = 0.12  # [E] children with a name in use that is not the legal one
USUAL_NAME_IF_NICKNAME: Final = (
    0.20  # [E] tried where the name has a short form, so that USUAL_NAME comes out
)
PERSONAL_SURNAME: Final[dict[str, float]] = {
    "pakistani": 0.35,
    "bangladeshi": 0.55,
}  # [E] Begum, Bibi, Hussain, Miah: siblings differ
SINGH_KAUR: Final = 0.40  # [E] of the Indian list, as middle or family name
MUHAMMAD_IN_FRONT: Final = 0.12  # [E] of Muslim-heritage boys, before another name

# Moving and arriving.
MOVES_PER_YEAR: Final = 0.048  # [P17] most families
MOVES_PER_YEAR_MOBILE: Final = 0.16  # [P18] families who move often
MOBILE_FAMILY: Final = 0.15  # [P18]
CAME_FROM_ELSEWHERE: Final = 0.25  # [E] earlier homes outside the town
NO_FIXED_ADDRESS: Final = 0.015  # [E] temporary or none
REFUGE: Final = 0.003  # [E] refuge or confidential address
MIGRANT: Final[dict[str, float]] = {  # [E] families who arrived after a child's birth, by community
    "somali": 0.20,
    "arabic": 0.30,
    "east_european": 0.20,
    "west_african": 0.12,
    "tamil": 0.12,
    "portuguese": 0.20,
    "indian": 0.08,
    "chinese": 0.10,
    "pakistani": 0.05,
    "bangladeshi": 0.05,
}
FIRST_OF_JANUARY_MIGRANT: Final = 1 / 25  # [P15] birth date estimated
FIRST_OF_JANUARY_ASYLUM: Final = 1 / 7  # [P15]
UNACCOMPANIED: Final = 0.0005  # [P16] asylum-seeking, alone; mostly boys of 16 and 17

# Babies.
PLACEHOLDER_UNDER_42_DAYS: Final = 0.60  # [P10] "Baby Smith" until registered
PLACEHOLDER_KEPT: Final = 0.003  # [E] never put right by one agency

# Who knows the child. Shares of the children of the age named.
HEALTH_VISITING: Final = 0.95  # [E] 0 to 4
HEALTH_VISITING_PAST: Final = 0.40  # [E] 5 to 7, ended
NURSERY: Final = 0.60  # [E] 3
SCHOOL: Final = 0.96  # [E] 4 to 15
SCHOOL_SIXTH_FORM: Final = 0.86  # [E] 16 and 17
SCHOOL_PAST: Final = 0.07  # [E] 5 to 17, a row of an earlier school, ended
GENERAL_PRACTICE: Final = 0.72  # [E] all ages
SCHOOL_NURSE: Final = 0.24  # [E] 5 to 17
EXTRA_AGENCIES: Final[dict[int, float]] = {
    0: 0.82,
    1: 0.095,
    2: 0.045,
    3: 0.018,
    4: 0.010,
    5: 0.006,
    6: 0.004,
    7: 0.002,
}  # [E]
CAF_OPEN: Final = 0.030  # [E]
CAF_CLOSED_BY_17: Final = 0.07  # [E] besides those open: ever had by 17 is 10 %
CHILD_IN_NEED: Final = 0.033  # [P20]
LOOKED_AFTER: Final = 0.007  # [P1]
SENSITIVE_11_TO_17: Final = 0.02  # [E]
EXTRA_ENDED: Final = 0.35  # [E] of extra involvements, past
TEAM_INSTEAD_OF_PERSON: Final = 0.12  # [E] involvement under a team's name
DUPLICATE_ROW: Final = 0.015  # [E] the same child twice in one agency
EXTRA_WEIGHTS: Final[dict[str, float]] = {  # [E] relative, beyond the forced ones above
    "early_help": 3.0,
    "voluntary": 4.0,
    "police": 3.0,
    "hospital": 4.0,
    "speech": 4.0,
    "housing": 1.5,
    "young_carers": 1.5,
    "youth_justice": 1.5,
    "mentoring": 2.0,
    "family_centre": 2.0,
    "social_care": 0.3,
}

# What a row leaves out (beyond what its agency never holds).
MISSING: Final[dict[str, float]] = {  # [E]
    "birth_date": 0.005,
    "postcode": 0.04,
    "gender": 0.02,
    "middle": 0.45,
    "school": 0.15,
    "gp": 0.10,
}

# How a row goes wrong. Multiplied by ERRORS_OUTSIDE_WHITE_BRITISH where that applies, except the last group.
NAME_MISTYPED: Final = 0.018  # [E] each of given and family: keyboard, doubled letter, misread character
SOUND_ALIKE: Final = 0.03  # [E] names that have one
NAMES_SWAPPED: Final = 0.01  # [E]
NAMES_SWAPPED_FAMILY_FIRST: Final = (
    0.06 / 1.75
)  # [E] family-first or patronymic systems; 6 % after the factor
MIDDLE_AS_FIRST: Final = 0.005  # [E]
DAY_MONTH_SWAPPED: Final = 0.003  # [E] of all dates, so three times that where both readings exist
DIGIT_SLIPPED: Final = 0.003  # [E]
YEAR_OFF: Final = 0.002  # [E]
POSTCODE_MISREAD: Final = 0.006  # [E] O for 0
POSTCODE_PARTIAL: Final = 0.01  # [E]

RESPELT: Final = 0.25  # [E] names with several spellings in Latin letters
MARKS_LOST: Final = 0.70  # [E] diacritics, apostrophes and spaces
HYPHEN_DROPPED: Final = 0.25  # [E] double-barrelled
FIRST_HALF_ONLY: Final = 0.10  # [E]
SECOND_HALF_ONLY: Final = 0.15  # [E]
USUAL_NAME_USED: Final = 0.40  # [E] by an agency, where there is one
OLD_SURNAME_KEPT: Final = 0.50  # [E] by an agency, after a change
PREFIX_LOST: Final = 0.10  # [E] Abdul-, Mac, O', de
WRONG_CASE: Final = 0.03  # [E] all capitals or none
FLAT_MOVED: Final = 0.15  # [E] flat number on the other line, where there is one
BAD_DATES_WHERE_SPOKEN: Final = 3.0  # [E] factor on date errors where the date was told, not read

# What voluntary organisations take down.
FIRST_NAME_ONLY: Final = 0.25  # [E]
AGE_ONLY: Final = 0.50  # [E]
HAND_TYPED_POSTCODE: Final = 0.50  # [E]

# Whole families on one form.
FAMILY_FORM: Final = 0.40  # [E] of early help
SIBLING_ON_FORM: Final = 0.50  # [E]

# The holder of a common assessment.
CAF_HELD_BY_SCHOOL: Final = 0.15  # [E]
LEAD_PROFESSIONAL_NAMED: Final = 0.90  # [E] where one is open
LEAD_PROFESSIONAL_AT_SCHOOL: Final = 0.40  # [E] of those, where the child goes to school
