"""The purposes an alarm company processes personal data for; `P` in examples."""

from __future__ import annotations

from sectorprivacy.vocabulary._words import Purpose

SERVICE_PROVISION = Purpose(
    "service_provision",
    "provision of the service",
    dpv="dpv:RequestedServiceProvision",
    fides="essential.service",
)
SAFETY = Purpose("safety", "safety of people and property", SERVICE_PROVISION, "dpv:EnforceSecurity")
SERVICE_VISITS = Purpose(
    "service_visits",
    "installation, service and maintenance",
    SERVICE_PROVISION,
    "dpv:RepairImpairments",
    "essential.service.operations",
)
ADDITIONAL_SERVICES = Purpose(
    "additional_services", "additional services, such as smart locks and plugs", SERVICE_PROVISION
)
PERSONALISATION = Purpose(
    "personalisation", "personalisation of the service", dpv="dpv:ServicePersonalisation", fides="personalize"
)
ACCESS_CONTROL = Purpose(
    "access_control",
    "keeping outsiders from information and functions",
    dpv="dpv:EnforceAccessControl",
    fides="essential.service.authentication",
)
PAYMENT = Purpose(
    "payment", "payment management", dpv="dpv:PaymentManagement", fides="essential.service.payment_processing"
)
LEGAL_COMPLIANCE = Purpose(
    "legal_compliance", "compliance with law", dpv="dpv:LegalCompliance", fides="essential.legal_obligation"
)
RIGHTS = Purpose("rights", "answering people's rights", LEGAL_COMPLIANCE, "dpv:RightsFulfilment")
BOOKKEEPING = Purpose("bookkeeping", "keeping accounting records", LEGAL_COMPLIANCE, fides="finance")
DISCLOSURE = Purpose(
    "disclosure", "disclosure to authorities", LEGAL_COMPLIANCE, fides="third_party_sharing.legal_obligation"
)
OFFER = Purpose("offer", "preparing an offer", dpv="dpv:EstablishContractualAgreement", fides="sales")
CREDITWORTHINESS = Purpose(
    "creditworthiness", "assessing creditworthiness", dpv="dpv:CustomerSolvencyMonitoring", fides="finance"
)
COMMUNICATION = Purpose(
    "communication",
    "answering and informing people",
    dpv="dpv:CommunicationForCustomerCare",
    fides="essential.service.operations.support",
)
SERVICE_IMPROVEMENT = Purpose(
    "service_improvement",
    "improving services",
    dpv="dpv:ImproveExistingProductsAndServices",
    fides="functional.service.improve",
)
ANALYTICS = Purpose(
    "analytics",
    "understanding how the services are used",
    SERVICE_IMPROVEMENT,
    "dpv:ServiceUsageAnalytics",
    "analytics",
)
DIRECT_MARKETING = Purpose(
    "direct_marketing", "direct marketing", dpv="dpv:DirectMarketing", fides="marketing.communications"
)
THIRD_PARTY_BENEFIT = Purpose(
    "third_party_benefit",
    "benefit programmes of others",
    dpv="dpv:PersonalisedBenefits",
    fides="third_party_sharing",
)
RECORD_KEEPING = Purpose("record_keeping", "documentation", dpv="dpv:RecordManagement", fides="operations")
