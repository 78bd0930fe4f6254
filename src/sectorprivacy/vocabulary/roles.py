"""Roles in which an alarm company meets people."""

from __future__ import annotations

from sectorprivacy.vocabulary._words import Role

CUSTOMER = Role("customer", "customer")
CONTACT_PERSON = Role("contact_person", "contact person")
ALARM_USER = Role("alarm_user", "alarm user")
INTERESTED_PARTY = Role("interested_party", "person who asked for an offer")
ENQUIRER = Role("enquirer", "writer or caller")
PREVIOUS_OWNER = Role("previous_owner", "previous owner")
PAYER = Role("payer", "payer other than the customer")
BYSTANDER = Role("bystander", "bystander on an image or recording")
EMPLOYEE = Role("employee", "employee of the company or a supplier")
REPRESENTATIVE = Role("representative", "representative of another person")
ESTATE = Role("estate", "estate of a deceased customer")
