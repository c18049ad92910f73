"""What has to be found out, or done, before it is sure who may decide for a child. Data."""

from enum import StrEnum


class Missing(StrEnum):
    """What is missing, from whom or about which order if it is about one."""

    BIRTH_DATE = "birth_date"
    NOBODY_RECORDED = "nobody_recorded"
    OTHER_PARENT = "other_parent"
    FATHER_STATUS = "father_status"
    SECOND_PARENT_STATUS = "second_parent_status"
    LAW_OF_REGISTRATION = "law_of_registration"
    GUARDIAN_APPOINTMENT = "guardian_appointment"
    ORDER_HOLDER = "order_holder"
    ORDER_END = "order_end"
    ORDER_DOES_NOT_FIT = "order_does_not_fit"
    COMPETENCE = "competence"
    COMPETENCE_REVIEW = "competence_review"
    BEST_INTERESTS = "best_interests"
    LEAVE_OF_COURT = "leave_of_court"
    SAFE_WAY_TO_ASK = "safe_way_to_ask"
    AGREEMENT_OF_HOLDERS = "agreement_of_holders"
