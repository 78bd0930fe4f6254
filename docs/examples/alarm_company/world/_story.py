"""The people of the demo, and what happened to them.

    9 years ago .. the requester moves into the former home with a housemate; both have a place on its panel
    100 days ago . the requester's agreement ends, the home goes to the later owner, who gets the requester's place "/1"
    since then ... the requester lives with another customer, as alarm user at place "/3", which a lodger had before

All along a friend, customer too, has named the requester as contact person, and the requester the friend.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import frozen

from alarm_company.world._correspondence import Contact
from alarm_company.world._events import Occasion
from alarm_company.world._preferences import BONUS_PROGRAMME, NEWSLETTERS, TEXT_VERSION
from alarm_company.world._rows import Consent, Installation, Objection, Person
from alarm_company.world._town import Town

CUSTOMERS = 4
"""How many of the world's customers the story needs."""

_MOVED = 100  # days ago
_YEARS = 9  # since the requester became a customer
_NOON = timedelta(hours=12)


@frozen(kw_only=True, repr=False)
class Story:
    """Who is who in the demo.

    Args:
        requester: Asks for access, then for erasure; a customer whose agreement has ended.
        customer_number: The requester's, the one thing they know of themselves.
        moved: When the requester's agreement and ownership ended.
        former_home: Was the requester's until `moved`, and is the later owner's since.
        housemate: Lived with the requester in the former home; no customer.
        later_owner: Customer who bought the former home.
        present_home: Where the requester is an alarm user since `moved`.
        present_slot: The requester's place on its panel; `lodger` had it until ten days before.
        customer_at_h: Customer who owns `present_home`.
        lodger: Somebody else who had the requester's present place on the panel earlier.
        friend: Customer who named the requester as contact person.
    """

    requester: Person
    customer_number: str
    moved: datetime
    former_home: Installation
    housemate: Person
    later_owner: Person
    present_home: Installation
    present_slot: str
    customer_at_h: Person
    lodger: Person
    friend: Person

    @property
    def homes(self) -> frozenset[str]:
        """Numbers of the installations where the story takes place."""
        return frozenset({self.former_home.number, self.present_home.number})

    def is_about(self, person: Person) -> bool:
        """Whether the person is in the story, so that nothing happens to them that it does not tell."""
        return person in (
            self.requester,
            self.housemate,
            self.later_owner,
            self.customer_at_h,
            self.lodger,
            self.friend,
        )

    def alarms(self) -> Iterator[Occasion]:
        """Alarms with images: three in the former home while it was the requester's, then in both homes."""
        for home, days, images in (
            (self.former_home, -51, 2),
            (self.former_home, -28, 1),
            (self.former_home, -9, 3),
            (self.former_home, 39, 2),
            (self.former_home, 83, 1),
            (self.present_home, -40, 1),
            (self.present_home, 56, 2),
        ):
            yield Occasion(at=self._from_move(days), installation=home.number, kind="motion", images=images)

    def contacts(self) -> Iterator[Contact]:
        """Messages and calls of the requester, with and without their customer number, and of those around them."""
        for person, days, channel, number in (
            (self.requester, -302, "email", self.customer_number),
            (self.requester, -71, "telephone", self.customer_number),
            (self.requester, -39, "sms", None),
            (self.requester, -6, "email", self.customer_number),
            (self.requester, -2, "telephone", None),
            (self.requester, 69, "form", None),
            (self.housemate, -20, "email", None),
            (self.later_owner, 42, "email", None),
            (self.later_owner, 43, "telephone", None),
            (self.customer_at_h, 57, "chat", None),
            (self.lodger, -30, "sms", None),
        ):
            yield Contact(at=self._from_move(days), person=person, number=number, channel=channel)

    def consents(self) -> Iterator[Consent]:
        """The requester agreed to the bonus programme."""
        yield Consent(
            customer=self.customer_number,
            activity=BONUS_PROGRAMME,
            text_version=TEXT_VERSION,
            at=self._from_move(-600),
        )

    def objections(self) -> Iterator[Objection]:
        """The requester wants no newsletters."""
        yield Objection(customer=self.customer_number, email=None, activity=NEWSLETTERS, at=self._from_move(-110))

    def _from_move(self, days: int) -> datetime:
        """A time of the day so many days after the move, or before it."""
        return self.moved + timedelta(days=days, minutes=37 * days % 240 - 90)


def tell(town: Town) -> Story:
    """Settle the people of the story in the town, and say who they are."""
    move = town.now - timedelta(days=_MOVED) + _NOON
    start = town.now - timedelta(days=_YEARS * 365) + _NOON
    people = town.people
    former_home, present_home, friends_home = (town.build_home() for _ in range(3))
    requester, housemate, later_owner, customer_at_h, lodger, friend = (people.draw() for _ in range(6))

    customer = town.move_in(former_home, requester, start, move)
    town.give_slot(former_home, 2, housemate, start, move)
    buyer = town.move_in(former_home, later_owner, move)
    town.give_slot(former_home, 2, people.draw(later_owner.name.split()[-1]), move)
    town.hand_over(former_home, customer, buyer, move)

    host = town.move_in(present_home, customer_at_h, start)
    town.give_slot(present_home, 2, people.draw(customer_at_h.name.split()[-1]), start)
    town.give_slot(present_home, 3, lodger, start, move - timedelta(days=10))
    town.give_slot(present_home, 3, requester, move)

    neighbour = town.move_in(friends_home, friend, start)
    town.name_contacts(customer, housemate, friend)
    town.name_contacts(neighbour, requester, customer_at_h)
    town.name_contacts(host, housemate)
    town.name_contacts(buyer, people.draw())
    return Story(
        requester=requester,
        customer_number=customer.number,
        moved=move,
        former_home=former_home,
        housemate=housemate,
        later_owner=later_owner,
        present_home=present_home,
        present_slot=f"{present_home.number}/3",
        customer_at_h=customer_at_h,
        lodger=lodger,
        friend=friend,
    )
