"""Names of firms, made up in the ways in which firms are named."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tools.privacy.recipe.names import Names

FORMS = (
    "Ltd Ltd. Inc Inc. LLC GmbH AG PLC plc Corp Corp. Corporation Company Co. Group Holdings Limited & Sons BV Oy AB S.A. Pty"
).split()
TRADES = (
    "Technologies Labs Health Analytics Software Solutions Capital Partners Insurance Data Systems Networks Foods Energy Bank Financial Global "
    "Media Robotics Logistics Consulting Associates Ventures Biosciences Therapeutics Education Services Markets Finance Resources Interactive "
    "Security Studios Motors Airlines Telecom Pharma Institute Press University Foundation Hospital Records Books Hotels Transit Insights Explorer"
).split()
FIRST = (
    "Clear Bright Open Blue Green Red Silver Golden Rapid Smart Clean Civic Social Urban Solar Cloud Data Deep First Next True Simple Prime Global "
    "Mobile Health Credit Lending Legal Farm Food Green Home Land Water Wind Stone River North South Sky Sun Star Iron Copper Maple Oak Cedar Lion "
    "Falcon Fox Bear Wolf Swift Nimble Lucid Vivid Noble Royal Grand Metro Quantum Vector Pixel Atlas Orbit Summit Harbor Bridge Gate Compass"
).split()
SECOND = (
    "path works line point field wave base box hub nest mind sense track link flow forge craft stack grid scope view map loop spark shift cycle ware "
    "logic metrics pay cart trust care well fit life vest share bond street yard port dock leaf seed root bloom"
).split()


def firm(names: "Names") -> str:
    """A firm's name."""
    dice = names.dice
    family, first, second, trade = (
        names.family(),
        dice.choice(FIRST),
        dice.choice(SECOND),
        dice.choice(TRADES),
    )
    forms = (
        names.firm,
        lambda: f"{family}-{names.family()}",
        lambda: f"{family}, {names.family()} and {names.family()}",
        lambda: f"{family} {dice.choice(FORMS)}",
        lambda: f"{family} {trade}",
        lambda: f"{family} & {names.family()}",
        lambda: first + second,
        lambda: f"{first}{second.capitalize()}",
        lambda: f"{first} {second.capitalize()}",
        lambda: f"{first} {dice.choice(FIRST)} {trade}",
        lambda: f"{first} {trade}",
        lambda: f"{first}{second} {trade}",
        lambda: f"{first}{second} {dice.choice(FORMS)}",
        names.word,
        lambda: f"{names.word()} {dice.choice(FORMS)}",
        lambda: f"{names.word()} {trade}",
        lambda: f"{first} {trade} {dice.choice(('Group', 'Inc', 'LLC', 'Ltd', 'Company'))}",
        lambda: "".join(dice.choice("ABCDEFGHIKLMNOPRSTV") for _ in range(3)),
        lambda: f"{trade} and {dice.choice(TRADES)} {dice.choice(FORMS)}",
        lambda: f"{names.town()} {trade}",
    )
    weights = (14, 7, 9, 5, 4, 3, 6, 3, 4, 4, 6, 4, 4, 12, 4, 5, 3, 2, 1, 3)
    return dice.choices(forms, weights)[0]()
