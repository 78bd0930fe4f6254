"""Roles in which an alarm company meets people."""

from __future__ import annotations

from sectorprivacy.vocabulary._words import Role

CUSTOMER = Role("customer", "customer", dpv="dpv:Customer", fides="customer")
SOLE_TRADER = Role("sole_trader", "customer who is a sole trader", CUSTOMER)
CONTACT_PERSON = Role("contact_person", "contact person", dpv="dpv:DataSubject")
ALARM_USER = Role("alarm_user", "alarm user", dpv="dpv:User")
INTERESTED_PARTY = Role("interested_party", "person who asked for an offer", dpv="dpv:DataSubject", fides="prospect")
ENQUIRER = Role("enquirer", "writer or caller", dpv="dpv:DataSubject")
PREVIOUS_OWNER = Role("previous_owner", "previous owner", dpv="dpv:DataSubject")
PAYER = Role("payer", "payer other than the customer", dpv="dpv:DataSubject")
BYSTANDER = Role("bystander", "bystander on an image or recording", dpv="dpv:DataSubject")
EMPLOYEE = Role("employee", "employee of the company or a supplier", dpv="dpv:Employee", fides="employee")
SUPPLIER_STAFF = Role(
    "supplier_staff", "operator, installer or guard employed by a supplier", EMPLOYEE, fides="supplier_vendor"
)
REPRESENTATIVE = Role("representative", "representative of another person", dpv="dpv:DataSubject")
ESTATE = Role("estate", "estate of a deceased customer", dpv="dpv:DataSubject")
