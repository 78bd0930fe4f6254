"""The register of the reference company, as its declaration says it: who, why, on which basis, how long."""

from alarm_company.register._alarm import (
    additional_services,
    alarm_response,
    control_access,
    identify_and_contact,
    install_and_service,
    log_sign_ins,
    monitor_alarms,
    personalise,
    save_lives,
)
from alarm_company.register._contact import (
    answer_requests,
    bonus_programme,
    disclose_to_authority,
    improve_services,
    inform_customers,
    newsletters,
    newsletters_before_agreement,
    record_calls,
    suppress_marketing,
)
from alarm_company.register._controller import controller
from alarm_company.register._events import EVENTS
from alarm_company.register._money import agree_price, billing, bookkeeping, credit_rating, prepare_offer
from sectorprivacy.policy import Policy
from sectorprivacy.vocabulary import measures

policy = Policy(
    controller,
    [
        identify_and_contact,
        install_and_service,
        monitor_alarms,
        alarm_response,
        save_lives,
        additional_services,
        personalise,
        control_access,
        log_sign_ins,
        agree_price,
        billing,
        bookkeeping,
        prepare_offer,
        credit_rating,
        answer_requests,
        record_calls,
        inform_customers,
        improve_services,
        newsletters,
        newsletters_before_agreement,
        suppress_marketing,
        bonus_programme,
        disclose_to_authority,
    ],
    version="2026-11",
    measures=[
        measures.SYMMETRIC_ENCRYPTION,
        measures.KEY_MANAGEMENT,
        measures.PSEUDONYMISATION,
        measures.PURPOSE_BINDING,
        measures.SIGNATURES,
        measures.REDACTION,
        measures.LOGGING,
        measures.ERASURE,
        measures.RETENTION,
        measures.CONSENT_MANAGEMENT,
        measures.RIGHTS_HANDLING,
        measures.HUMAN_REVIEW,
    ],
    events=EVENTS,
)

__all__ = ["controller", "policy"]
