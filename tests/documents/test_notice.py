from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import attrs
import pytest

from alarm_company.policy import models, policy, titles
from sectorprivacy.annotations import Personal, SubjectId, personal, read_fields
from sectorprivacy.documents import (
    Catalogue,
    Document,
    Heading,
    Holding,
    Links,
    access_information,
    catalogue,
    data_map,
    languages,
    privacy_notice,
    to_markdown,
)
from sectorprivacy.errors import InvalidDeclaration, NotInCatalogue
from sectorprivacy.policy import (
    Activity,
    ChannelRule,
    Controller,
    HumanDecision,
    Keep,
    LinkedDocument,
    Policy,
    Recipient,
)
from sectorprivacy.vocabulary import (
    Basis,
    Capacity,
    Channel,
    Condition,
    Safeguard,
    Source,
    SpecialGround,
    categories,
    purposes,
    wording,
)

COMPANY = data_map(policy, [read_fields(model) for model in models], titles=titles)


def company(article: Any = 13, language: str = "en") -> str:
    return to_markdown(privacy_notice(policy, COMPANY, language=language, article=article))


NOTICE = company()
NAMES = {
    *(value for value in attrs.asdict(policy.controller, recurse=False).values() if isinstance(value, str)),
    *(recipient.name for activity in policy.activities for recipient in activity.recipients),
}


@pytest.mark.parametrize(
    "fact",
    [
        # Controller, and every way to reach it
        "Sector Alarm Group AS",
        "918 307 680",
        "Vitaminveien 1A, 0485 Oslo",
        "Postboks 113 Grefsen, 0485 Oslo",
        "915 03033",
        "0047 233 99 400",
        "post@sectoralarm.com",
        "dpo@sectoralarm.com",
        "You may complain to Datatilsynet (Art. 77)",
        "https://www.sectoralarm.com",
        "changes when our services change or the law does",
        "Agreement on My Pages",
        "Cookie policy",
        # Whose data
        "Customer | ",
        "Contact person | Name, telephone number, e-mail address",
        "Alarm user | ",
        "Person who asked for an offer | ",
        "Writer or caller | ",
        "Previous owner | ",
        "Payer other than the customer | ",
        "Bystander on an image or recording | ",
        # Which data
        "date of birth",
        "corporate identity number",
        "national identity number",
        "customer number",
        "agreement and its terms",
        "installation number",
        "type of alarm panel and where its parts are",
        "installation and service visits",
        "user name",
        "Among this are secrets that protect you: password and alarm code",
        "what the alarm system registered and when",
        "alarm activation and its follow-up",
        "verification image",
        "use of smart locks and smart plugs",
        "price",
        "Invoice",
        "payment",
        "Creditworthiness",
        "what was written or said",
        "telephone recording",
        "newsletters, news and offers sent",
        "opting out of marketing",
        "signing in to My Pages",
        "Pseudonym in place of a name, use of the services",
        # Sources
        "from you, from other people it concerns (",
        "from ourselves and from companies that help us",
        # Why, on which basis
        "needed for our agreement with you",
        "needed for steps you asked for before an agreement (Art. 6(1)(b))",
        "Our legitimate interest: ",
        "To protect somebody's life (Art. 6(1)(d))",
        "Bookkeeping Act",
        "You consented: ",
        # Whether one can stop it
        "Only by ending the agreement or the service",
        "Yes, by withdrawing your request",
        "You may object, and we stop unless",
        "Yes, by objecting, at any time: we always stop",
        "Yes, by withdrawing your consent, at any time and as easily as you gave it",
        "No, the law obliges us",
        # Recipients and transfers
        "Installation and service visits | Works for us, on our instructions",
        "Deployment",
        "Credit rating | Works for us, on our instructions",
        "Customer service and follow-up | Works for us, on our instructions",
        "invoices | Works for us, on our instructions",
        "Development of our services",
        "IT services | Works for us, on our instructions",
        "under a data processing agreement, and uses the data only for what it helps us with",
        "Nobody else receives data about you without your consent, unless the law obliges us",
        "Guards sent to an alarm",
        "Politiet",
        "Data is stored and processed in the EU and the EEA",
        "the EU's standard contractual clauses (Art. 46(2)(c))",
        # How long
        "as long as the purpose requires",
        "deleted safely, unless it has been made anonymous, or another legal basis requires us to store it longer",
        "5 years from the end of the year of the invoice",
        "3 months from the call",
        # Rights and how they are answered
        "(Art. 15)",
        "(Art. 16)",
        "(Art. 17)",
        "(Art. 18)",
        "(Art. 19)",
        "sent straight to another supplier (Art. 20)",
        "An objection to direct marketing always stops it (Art. 21)",
        "at any time, as easily as you gave it",
        "We make no decision about you by automated means alone",
        "A colleague in customer service",
        "Before you use a right you must confirm who you are",
        "Not so when you object to direct marketing or withdraw a consent",
        "in a common electronic format to the e-mail address we have registered for you",
        "by another channel, on paper too",
        "within one month",
        "up to two months more",
        "this may limit what we can deliver to you, normally without that being a breach",
        # Which notice this is
        policy.version,
        policy.digest,
    ],
)
def test_every_fact_of_the_declaration_is_in_the_notice(fact: str) -> None:
    """What the company declared, its notice says: it is written from register and marks, and leaves nothing out."""
    assert fact.casefold() in NOTICE.casefold()


@pytest.mark.parametrize("service", [*titles.values()])
@pytest.mark.parametrize("language", languages())
def test_every_service_is_named(service: Any, language: str) -> None:
    """Whoever asks what the company holds reads where: all its services, by their titles."""
    assert f"| {wording(service).in_language(language)} |" in company(language=language)


@pytest.mark.parametrize("language", languages())
def test_every_activity_and_recipient_is_named(language: str) -> None:
    """Art. 13(1)(c) and (e): the register has no activity and no recipient that the notice keeps to itself."""
    told = company(language=language).casefold()
    for activity in policy.activities:
        assert f"### {activity.title.in_language(language)}".casefold() in told
        assert all(recipient.name.casefold() in told for recipient in activity.recipients)


def shape(document: Document) -> list[object]:
    """Everything about a document but its words."""
    return [_shape(block.model_dump()) for block in document.blocks]


def _shape(value: Any) -> object:
    if isinstance(value, dict):
        return {
            name: part if name in {"kind", "level", "anchor", "to"} else _shape(part) for name, part in value.items()
        }
    return [_shape(part) for part in value] if isinstance(value, list | tuple) else type(value)


@pytest.mark.parametrize("article", [13, 14])
def test_the_languages_say_the_same(article: Any) -> None:
    """A Swedish customer is told as much as a Norwegian one."""
    english, *others = (privacy_notice(policy, COMPANY, language=each, article=article) for each in ("en", "nb", "sv"))
    assert [shape(each) for each in others] == [shape(english)] * 2
    assert [each.language for each in (english, *others)] == ["en", "nb", "sv"]


def leaves(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from () if name in {"kind", "anchor", "to", "language"} else leaves(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from leaves(part)
    elif isinstance(value, str):
        yield value


@pytest.mark.parametrize("language", ["nb", "sv"])
def test_nothing_is_left_in_english(language: str) -> None:
    """A sentence that nobody translated falls back to English, and is found here."""
    english = set(leaves(privacy_notice(policy, COMPANY).model_dump()))
    same = english & set(leaves(privacy_notice(policy, COMPANY, language=language).model_dump()))
    assert {text for text in same if " " in text} <= NAMES


def test_links_lead_to_the_sections() -> None:
    """The short layer stands above, and each of its links finds its section (WP 260)."""
    for article in (13, 14):
        blocks = privacy_notice(policy, COMPANY, article=article).blocks
        anchors = [block.anchor for block in blocks if isinstance(block, Heading) and block.anchor]
        (contents,) = (block for block in blocks if isinstance(block, Links) and block.within)
        assert [f"#{anchor}" for anchor in anchors] == ["#short", *(link.to for link in contents.items)]


def test_no_company_is_written_into_the_texts() -> None:
    """What is told of one company comes from its register and marks; the library's own texts would lie for another."""
    for language in languages():
        for key, text in catalogue(language).texts.items():
            if not key.startswith("words."):
                assert "alarm" not in text.casefold().replace("larmsentral", ""), key
                assert "sector" not in text.casefold(), key


OTHERS = company(14)


@pytest.mark.parametrize(
    "fact",
    [
        "Somebody named you to Sector Alarm Group AS",
        "Given to us by others (customer) | Contact person | Name, telephone number, e-mail address",
        "Received from somebody else",
        "Creditworthiness",
        "The data comes from other people it concerns",
    ],
)
def test_who_never_signed_anything_learns_where_their_data_comes_from(fact: str) -> None:
    """Art. 14(1)(d) and (2)(f): kinds of data and their source, for contact persons and alarm users."""
    assert fact in OTHERS


def test_the_notice_for_others_speaks_of_their_data_alone() -> None:
    """Art. 14 is about what came from elsewhere: what customers gave themselves stands in the other notice."""
    assert "Bookkeeping" in NOTICE
    assert "Whether you must give us data" in NOTICE
    assert "Whether you must give us data" not in OTHERS
    assert "| National identity number |" not in OTHERS
    assert "Telephone recording" not in OTHERS


@personal(id="gym.member", key="number", label="Members")
@attrs.frozen
class Member:
    """Somebody who trains."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    health: Annotated[str, Personal(categories.HEALTH)]
    trainer: Annotated[str, Personal(categories.NAME, about="employee")]
    guest: Annotated[str, Personal(categories.NAME, about="bystander", source=Source.THIRD_PARTY)]


@personal(id="gym.visit", key="number", label="Visits")
@attrs.frozen
class Visit:
    """A visit."""

    number: Annotated[str, SubjectId("customer_number", role="customer")]
    hour: Annotated[str, Personal(categories.USAGE, source=Source.OBSERVED)]


GYM = Controller("Gym", id="gym", country="SE")
HELPER = Recipient(name="Helper", capacity=Capacity.PROCESSOR, task="cleaning", country="NO")
ABROAD = attrs.evolve(HELPER, name="Abroad", country="US", safeguard=Safeguard.STANDARD_CLAUSES)
TRAINING = Activity(
    "training",
    purpose=purposes.SERVICE_PROVISION,
    basis={"customer": Basis.CONSENT, "employee": Basis.PUBLIC_TASK, "bystander": Basis.VITAL_INTERESTS},
    uses=[categories.HEALTH, categories.NAME, categories.USAGE],
    keep=Keep(after="left", days=1),
    consent="I agree.",
    special=SpecialGround.EXPLICIT_CONSENT,
)
MARKETING = Activity(
    "marketing",
    purpose=purposes.DIRECT_MARKETING,
    basis={"customer": Basis.CONTRACT},
    uses=[categories.USAGE],
    keep=Keep(after="left"),
    channels=[ChannelRule(channel=Channel.APP, condition=Condition.CONSENT)],
)


def notice(
    *activities: Activity, controller: Controller = GYM, article: Any = 13, models: Any = (Member, Visit)
) -> str:
    register = Policy(controller, activities)
    held = data_map(register, [read_fields(model) for model in models])
    return to_markdown(privacy_notice(register, held, article=article))


def test_a_basis_is_told_to_the_role_it_holds_for() -> None:
    """A basis holds per role, and so does the way to stop it: three people, three rows."""
    told = notice(TRAINING)
    assert "| Customer | You consented: “I agree.” (Art. 6(1)(a)) | Yes, by withdrawing your consent" in told
    assert "of the company or a supplier | A task in the public interest (Art. 6(1)(e)) | You may object" in told
    assert "| Bystander on an image or recording | To protect somebody's life (Art. 6(1)(d)) | No, a life" in told


def test_people_of_whom_no_model_holds_data_yet_are_named() -> None:
    """The register covers them, so the notice speaks to them; it does not pretend to know them."""
    told = notice(TRAINING, models=())
    assert "| Bystander on an image or recording | Not at all, unless you tell us who you are |" in told


def test_marketing_can_be_stopped_on_any_basis() -> None:
    """Art. 21(2) and (3): objecting to direct marketing always stops it; the short layer says so (Art. 21(4))."""
    told = notice(MARKETING)
    assert "performance" not in told
    assert "Yes, by objecting, at any time: we always stop" in told
    assert "**Marketing:** Say no to marketing whenever you like" in told
    assert "**Marketing:**" not in notice(TRAINING)
    consented = attrs.evolve(MARKETING, basis={"customer": Basis.CONSENT}, consent="I agree.")
    assert "Yes, by withdrawing your consent" in notice(consented)


def test_rights_follow_the_bases() -> None:
    """Portability needs consent or contract, withdrawal a consent; a right one has not is not promised."""
    obliged = attrs.evolve(
        MARKETING, purpose=purposes.LEGAL_COMPLIANCE, basis={"customer": "legal_obligation"}, law="Act"
    )
    told = notice(obliged)
    assert "(Art. 15)" in told
    for absent in ("(Art. 20)", "(Art. 21)", "(Art. 7(3))"):
        assert absent not in told
        assert absent in notice(MARKETING, TRAINING)


def test_special_categories_name_what_permits_them() -> None:
    """Art. 9(2): health data is used with a ground, and the notice names it."""
    assert "| Health | Training | Your explicit consent (Art. 9(2)(a)) |" in notice(TRAINING)
    assert "Data that the law protects further" not in notice(MARKETING)


def test_transfers_are_told_as_they_are() -> None:
    """Art. 13(1)(f): nothing leaves the EEA, or it says to whom, where, by what safeguard, and who has a copy."""
    assert "All data is stored and processed in the EU and the EEA" in notice(
        attrs.evolve(TRAINING, recipients=[HELPER])
    )
    told = notice(attrs.evolve(TRAINING, recipients=[HELPER, ABROAD]))
    assert "All data is stored" not in told
    assert "- Abroad: United States, outside the EU and the EEA, on the basis of the EU's standard" in told
    assert "You may have a copy of what protects the data there" in told


def test_without_an_officer_the_company_answers() -> None:
    """Not every company has a data protection officer; the reader still finds whom to ask, and where to complain."""
    told = notice(TRAINING)
    assert "To use a right, write to Gym" in told
    assert "the data protection authority of your country" in told
    assert "Data protection officer" not in told
    assert "write to gym@example.se" in notice(TRAINING, controller=attrs.evolve(GYM, email="gym@example.se"))


def test_a_notice_in_an_unsafe_place_is_no_link() -> None:
    """Links lead to addresses that are secure; others are shown as text."""
    documents = [LinkedDocument(title="Rules", url="http://gym.example/rules")]
    told = notice(TRAINING, controller=attrs.evolve(GYM, notice="gym.example/privacy", documents=documents))
    assert "+ **Rules:** http://gym.example/rules" in told
    assert "read the current version:** gym.example/privacy" in told


def test_decisions_name_the_human() -> None:
    """Art. 13(2)(f), Art. 22: nothing is decided by automated means alone, and who decides is said."""
    decision = HumanDecision(about="a pause", inputs="what a doctor writes", by="the manager")
    assert "| A pause | What a doctor writes | The manager |" in notice(attrs.evolve(TRAINING, decision=decision))


def test_a_register_without_activities_still_says_who_and_which_rights() -> None:
    """A company that starts with an empty register gets a notice that is short, and right."""
    told = notice(models=())
    assert "**Company:** Gym" in told
    assert "Answering people's rights" in told
    assert "What we hold" not in told


def test_a_changed_register_is_another_notice() -> None:
    """The fingerprint tells two registers apart even where the version was forgotten; the day is not part of it."""
    assert notice(TRAINING) == notice(TRAINING)
    assert (
        notice(TRAINING).splitlines()[-1]
        != notice(attrs.evolve(TRAINING, keep=Keep(after="left", days=2))).splitlines()[-1]
    )


def test_the_data_map_of_another_register_is_refused() -> None:
    """Activities of one version beside the data of another would be a notice of no company."""
    with pytest.raises(InvalidDeclaration, match="another register"):
        privacy_notice(Policy(policy.controller, policy.activities, version="next"), COMPANY)


def test_a_language_nobody_wrote_is_refused() -> None:
    """A notice in the wrong language informs nobody."""
    with pytest.raises(NotInCatalogue):
        privacy_notice(policy, COMPANY, language="fi")


@attrs.frozen
class Listening(Catalogue):
    """A catalogue that remembers what it was asked for."""

    asked: set[str] = attrs.field(factory=set)

    def find(self, key: str) -> str | None:
        """The text, remembered."""
        self.asked.add(key)
        return Catalogue.find(self, key)


def test_no_text_is_written_that_nobody_asks_for() -> None:
    """A text that no document shows is dead: translators would keep it alive in every language for nothing."""
    listening = Listening("en", catalogue("en").texts)
    plain = Policy(GYM, [TRAINING])
    everything = Holding(
        service="x",
        categories=["name"],
        sources=list(Source),
        roles=["customer", "employee"],
        activities=[activity.id for activity in policy.activities],
    )
    for article in (13, 14):
        privacy_notice(policy, COMPANY, language=listening, article=article)
        privacy_notice(plain, data_map(plain, []), language=listening, article=article)
    for recipients in (None, [], [HELPER]):
        access_information(policy, holdings=[everything], recipients=recipients, language=listening)
    access_information(policy, holdings=[], language=listening)
    ours = {key for key in listening.texts if key.startswith(("notice.", "access.", "sections."))}
    assert ours <= listening.asked


@pytest.mark.parametrize(
    ("language", "claims", "obliged"),
    [
        ("en", "or need the data for legal claims", "Needed for what the law obliges us to do:"),
        ("nb", "eller trenger opplysningene for et rettskrav", "Nødvendig for det loven pålegger oss:"),
        ("sv", "eller behöver uppgifterna för ett rättsligt anspråk", "Nödvändigt för det som lagen kräver av oss:"),
    ],
)
def test_the_law_is_told_as_it_is(language: str, claims: str, obliged: str) -> None:
    """Legal claims outlast an objection too (Art. 21(1)); an obligation of ours obliges nobody else to give data."""
    text = company(language=language)
    objections = catalogue(language).text("notice.stop.legitimate_interest")
    assert claims in objections
    assert text.count(claims) > text.count(objections) > 0
    assert obliged in text
