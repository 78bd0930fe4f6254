"""Generated registers of the small company: what may be in one, and what may change between two."""

from __future__ import annotations

from hypothesis import strategies as st

from sectorprivacy.policy import Keep
from sectorprivacy.vocabulary import Basis
from sectorprivacy.vocabulary import categories as C
from tests.checks.company import activity, controller, policy, recipient

text = st.text(min_size=1).filter(str.strip)
ids = st.from_regex(r"[a-z0-9_.-]{1,20}", fullmatch=True).filter(lambda word: word != "rights_handling")
keeps = st.builds(Keep, after=ids, years=st.integers(0, 90), months=st.integers(0, 90), end_of_year=st.booleans())
wordings = st.dictionaries(st.sampled_from(["en", "nb", "sv", "sr-Latn"]), text, min_size=1)
activities = st.builds(
    activity,
    id=st.sampled_from(["selling", "serving", "calling"]),
    title=wordings,
    keep=keeps,
    contract=wordings,
    basis=st.dictionaries(st.sampled_from(["customer", "payer"]), st.just(Basis.CONTRACT), min_size=1),
    uses=st.lists(st.sampled_from([C.NAME, C.EMAIL, C.CREDIT]), min_size=1),
    recipients=st.sampled_from(
        [[], [recipient()], [recipient(name="Hav AS")], [recipient(), recipient(name="Hav AS")]]
    ),
)
registers = st.builds(
    lambda several, version, name: policy(*several, version=version, controller=controller(notice=name)),
    st.lists(activities, min_size=1, max_size=3, unique_by=lambda each: each.id),
    text,
    text,
)
