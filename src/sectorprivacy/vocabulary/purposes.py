"""The purposes an alarm company processes personal data for; `P` in examples."""

from __future__ import annotations

from sectorprivacy.vocabulary._words import Purpose

SERVICE_PROVISION = Purpose("service_provision", "provision of the service", dpv="dpv:RequestedServiceProvision")
SAFETY = Purpose("safety", "safety of people and property", SERVICE_PROVISION, "dpv:EnforceSecurity")
PERSONALISATION = Purpose("personalisation", "personalisation of the service", dpv="dpv:ServicePersonalisation")
ACCESS_CONTROL = Purpose(
    "access_control", "keeping outsiders from information and functions", dpv="dpv:EnforceAccessControl"
)
PAYMENT = Purpose("payment", "payment management", dpv="dpv:PaymentManagement")
LEGAL_COMPLIANCE = Purpose("legal_compliance", "compliance with law", dpv="dpv:LegalCompliance")
RIGHTS = Purpose("rights", "answering people's rights", LEGAL_COMPLIANCE, "dpv:RightsFulfilment")
OFFER = Purpose("offer", "preparing an offer", dpv="dpv:EstablishContractualAgreement")
CREDITWORTHINESS = Purpose("creditworthiness", "assessing creditworthiness", dpv="dpv:CustomerSolvencyMonitoring")
COMMUNICATION = Purpose("communication", "answering and informing people", dpv="dpv:CommunicationForCustomerCare")
SERVICE_IMPROVEMENT = Purpose("service_improvement", "improving services", dpv="dpv:ImproveExistingProductsAndServices")
DIRECT_MARKETING = Purpose("direct_marketing", "direct marketing", dpv="dpv:DirectMarketing")
THIRD_PARTY_BENEFIT = Purpose("third_party_benefit", "benefit programmes of others", dpv="dpv:PersonalisedBenefits")
RECORD_KEEPING = Purpose("record_keeping", "documentation", dpv="dpv:RecordManagement")
