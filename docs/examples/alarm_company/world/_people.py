"""Draws people of whom no two share a name, an address, a number or a part of one that a byte scan could mistake."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from random import Random

from alarm_company.world._names import LAST, MAIL_HOSTS, MEN, MIDDLE, WOMEN
from alarm_company.world._rows import Person

_ASCII = str.maketrans({"æ": "ae", "ø": "o", "å": "a"})
_FIRST_CONTROL = (3, 7, 6, 1, 8, 9, 4, 5, 2)
_SECOND_CONTROL = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)


class People:
    """Everybody in the world, as they are drawn."""

    def __init__(self, rng: Random, today: date) -> None:
        self.drawn: list[Person] = []
        self._rng = rng
        self._today = today
        self._used: set[str] = set()

    def draw(self, last_name: str | None = None) -> Person:
        """Somebody new, between 18 and 90 years old; a family shares its last name."""
        woman = self._rng.random() < 0.5
        name = self._new(lambda: self._name(woman, last_name or self._rng.choice(LAST)), key=_mail_name)
        born = self._today - timedelta(days=self._rng.randrange(18 * 366, 90 * 365))
        person = Person(
            pid=len(self.drawn) + 1,
            name=name,
            birth_date=born,
            national_id=self._new(lambda: _national_id(self._rng, born, woman=woman)),
            email=f"{_mail_name(name)}@{self._rng.choice(MAIL_HOSTS)}",
            telephone=self._new(self._telephone),
        )
        self.drawn.append(person)
        return person

    def _name(self, woman: bool, last: str) -> str:
        return f"{self._rng.choice(WOMEN if woman else MEN)} {self._rng.choice(MIDDLE)} {last}"

    def _telephone(self) -> str:
        # No Norwegian subscriber's number begins with 0: whoever dials one of these reaches nobody.
        return f"+470{self._rng.randrange(10_000_000):07}"

    def _new(self, draw: Callable[[], str | None], key: Callable[[str], str] = str) -> str:
        while True:
            value = draw()
            if value is not None and key(value) not in self._used:
                self._used.add(key(value))
                return value


def _mail_name(name: str) -> str:
    return name.lower().translate(_ASCII).replace(" ", ".")


def _national_id(rng: Random, born: date, *, woman: bool) -> str | None:
    """A number of the test population: 80 is added to the month. None where the draw has no control digit."""
    century = 0 if born.year < 2000 else 500
    serial = century + rng.randrange(250) * 2 + (0 if woman else 1)
    digits = f"{born.day:02}{born.month + 80:02}{born.year % 100:02}{serial:03}"
    for weights in (_FIRST_CONTROL, _SECOND_CONTROL):
        control = -sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True)) % 11
        if control == 10:
            return None
        digits += str(control)
    return digits
