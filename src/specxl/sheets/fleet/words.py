"""What the Fleet sheet says: its message, and a line on how far the message can be relied on. Each case is one cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from specxl.method.codes import Certainty, Grade, Verdict
from specxl.method.curves import Status
from specxl.method.fleet import Mode
from specxl.model.formulas import first_true, literal, speed
from specxl.model.numbers import ROUNDINGS, two_digits
from specxl.sheets.words import at_least, flag_words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from specxl.model.cells import Ref
    from specxl.model.flow import Flow
    from specxl.sheets.fleet.choice import Choice, Draft


def lay_words(draft: Draft, work: Flow, choice: Choice, main: Mapping[str, Ref]) -> tuple[Ref, Ref]:
    """Lay out every case of the message and of the line below it; return the two cells with what applies."""
    fields = _fields(draft, work, choice, main)
    work.heading(draft.texts["work"]["message"])
    stop = f"{main['stops']}>0"
    said = f'IF({stop},{draft.say("message", "stop", fields)},"")&' + first_true(
        ((test, draft.say("message", name, fields)) for name, test in _message_cases(choice, main)), '""'
    )
    message = work.line("message", said, "text", col=2)
    detail = work.line(draft.texts["work"]["detail"], _detail(draft, work, choice, main, fields), "text", col=2)
    work.gap()
    return message, detail


def _case(draft: Draft, work: Flow, piece: str, name: str, fields: Mapping[str, str], test: str) -> str:
    """Lay out a case by itself, which stays empty where its condition does not hold; formula: its cell."""
    said = f'IF({test},{draft.say(piece, name, fields)},"")'
    return str(work.line(f"{piece}: {name}".replace("_", " "), said, "text", col=2))


def _message_cases(choice: Choice, main: Mapping[str, Ref]) -> list[tuple[str, str]]:
    """The cases of the message with their conditions, in the order in which they are asked for."""
    verdict, mode, amount = main["verdict"], choice["mode"], choice["amount"]
    needs = f"COUNT({main['a_need']},{main['b_need']})"
    units = f"COUNT({main['a_unit']},{main['b_unit']})"
    low, high = main["saved_low"], main["saved_high"]
    empty = f"MIN({main['a_fleet_min']},{main['b_fleet_min']})=0"
    only = f"OR({verdict}={Verdict.ONLY_A},{verdict}={Verdict.ONLY_B})"
    by_power = f"{mode}={Mode.POWER}"
    saved = (
        ("power_saves", f"{by_power},{low}>0"),
        ("power_costs", by_power),
        ("equal", f"{low}=0,{high}=0"),
        ("saves", f"{low}>=0"),
        ("costs", f"{high}<=0"),
        ("either", f"{low}<0"),
    )
    return [
        ("no_comparison", f"{choice['comparison']}=0"),
        ("no_target", f"{verdict}={Verdict.NO_TARGET}"),
        ("no_mode", f"{mode}=0"),
        ("no_load", f'{choice["load"]}=""'),
        *((f"no_{name}", f'AND({mode}={code},{amount}="")') for name, code in _AMOUNTS.items()),
        ("not_stated", f"{verdict}={Verdict.NOT_STATED}"),
        ("no_data", f"{verdict}={Verdict.NO_DATA}"),
        ("not_published", f"{verdict}={Verdict.NOT_PUBLISHED}"),
        ("neither", f"{verdict}={Verdict.NEITHER}"),
        ("no_output", f"AND({mode}={Mode.USERS},{_unread(main, 'out')})"),
        ("no_kw", f"AND({by_power},{units}=0)"),
        ("only", only),
        ("no_price", f"OR({verdict}={Verdict.NO_PRICE},COUNT({main['a_paying']},{main['b_paying']})<2)"),
        ("undecided", f"{verdict}={Verdict.UNDECIDED}"),
        ("no_kw", f"AND({by_power},{units}<2)"),
        ("too_large", f"{needs}<2"),
        ("too_small", f"AND({by_power},{empty})"),
        ("level", f"{verdict}={Verdict.LEVEL}"),
        *((name, f"AND(ISNUMBER({low}),{test})") for name, test in saved),
    ]


_AMOUNTS = {"volume": Mode.VOLUME, "users": Mode.USERS, "power": Mode.POWER}


def _unread(main: Mapping[str, Ref], key: str) -> str:
    """Condition: a side that is read lacks a figure."""
    return f"COUNT({main[f'a_{key}']},{main[f'b_{key}']})<COUNT({main['a_y']},{main['b_y']})"


def _detail(draft: Draft, work: Flow, choice: Choice, main: Mapping[str, Ref], fields: Mapping[str, str]) -> str:
    """Formula: both fleets, whether rounding turns the verdict, certainty, and the reasons for care."""
    both = f"COUNT({main['a_fleet_min']},{main['b_fleet_min']})=2"
    settled = f"OR({main['certainty']}={Certainty.SETTLED},{main['certainty']}={Certainty.SETTLED_AT_LEAST})"
    volume = f"{choice['mode']}<{Mode.POWER},ISNUMBER({main['saved_low']})"
    cases = (
        ("plan", both),
        ("none", f"NOT({both})"),
        ("worse", f"AND({volume},{main['better']}=1,{main['saved_low']}<0)"),
        ("worse_b", f"AND({volume},{main['better']}=2,{main['saved_high']}>0)"),
        ("settled", f"AND({both},{main['stops']}=0,{main['better']}>0,{settled})"),
        ("interpolated", f"AND({both},{main['stops']}=0,{main['better']}>0,NOT({settled}))"),
        ("care", f'{fields["flags"]}<>""'),
    )
    return "&".join(_case(draft, work, "detail", name, fields, test) for name, test in cases)


def _fields(draft: Draft, work: Flow, choice: Choice, main: Mapping[str, Ref]) -> dict[str, str]:
    """The placeholders of the sentences as formula texts; all of them are text in every state."""
    plan, names = draft.plan, draft.plan.context
    work.heading(draft.texts["work"]["words"])

    def word(label: str, text: str) -> str:
        return str(work.line(label, text, "text", col=2))

    a, b = (word(side, choice.held("results", f"side_{side}")) for side in "ab")
    low, high = main["saved_low"], main["saved_high"]
    first_only, load = f"{main['verdict']}={Verdict.ONLY_A}", speed(f"(100*{choice['load']})", 1)
    fields = {
        "a": a,
        "b": b,
        "tokens": names["tokens"],
        "currency": names["currency"],
        "speed": word("speed", speed(main["target"], 2)),
        "load": word("load", f'IF({choice["load"]}="","",{load})'),
        "stops": word("stops", flag_words(plan, main, Grade.STOP)),
        "flags": word("flags", flag_words(plan, main)),
        "ratio": two_digits(main["r"]),
        **_side_fields(main, a, b),
        "at_least": f'IF({at_least(main)},{literal(draft.texts["message"]["at_least"])},"")',
        **{f"{side}_gpus": _gpus(draft, main, side) for side in "ab"},
    }
    fields["what"] = word("what", _what(draft, choice, fields))
    ends = [word(name, f'IF(ISNUMBER({low}),{_money(draft, text)},"")') for name, text in _ends(low, high).items()]
    fields["amount"] = f'{ends[0]}&IF({ends[0]}={ends[1]},"",{literal(draft.texts["words"]["to"])}&{ends[1]})'
    fields["low"], fields["high"] = (
        f'{names["currency"]}&" "&{text}' for text in (_money(draft, str(high)), _money(draft, f"(-{low})"))
    )
    bill = f"IF({first_only},{main['a_bill_max']},{main['b_bill_max']})"
    money = word("bill", f'IF(ISNUMBER({bill}),{_money(draft, bill)},"")')
    spelled = draft.say("message", "only_bill", fields | {"bill": money})
    fields["only_bill"] = f"IF(ISNUMBER({bill}),{spelled},{literal(draft.texts['message']['only_none'])})"
    return fields


def _side_fields(main: Mapping[str, Ref], a: str, b: str) -> dict[str, str]:
    """What the sentences say of one side or the other, by the case that they are in."""
    first_only = f"{main['verdict']}={Verdict.ONLY_A}"
    return {
        "missing": f"IF({main['a_knots']}=0,{a},{b})",
        **{f"{side}_last": speed(main[f"{side}_x_last"], 1) for side in "ab"},
        "only": f"IF({first_only},{a},{b})",
        "other": f"IF({first_only},{b},{a})",
        "other_last": f"IF({first_only},{speed(main['b_x_last'], 1)},{speed(main['a_x_last'], 1)})",
        "floor": f"IF({main['a_status']}={Status.BELOW},{a},{b})",
        "floor_first": f"IF({main['a_status']}={Status.BELOW},{speed(main['a_x_first'], 1)},{speed(main['b_x_first'], 1)})",
        "small": f"IF({main['a_fleet_min']}=0,{a},{b})",
    }


def _gpus(draft: Draft, main: Mapping[str, Ref], side: str) -> str:
    ends = (str(main[f"{side}_fleet_min"]), str(main[f"{side}_fleet_max"]))
    one, many = (literal(draft.texts["words"][name]) for name in ("gpu", "gpus"))
    return f"{range_text(draft, ends, 'whole', str(main[f'{side}_bound']))}&IF({ends[1]}=1,{one},{many})"


def _what(draft: Draft, choice: Choice, fields: Mapping[str, str]) -> str:
    """Formula: what is asked for, with its unit; empty while nothing is."""
    amount = speed(choice["amount"], 6)
    given = {**fields, "amount": amount}
    cases = ((f"{choice['mode']}={code}", draft.say("what", name, given)) for name, code in _AMOUNTS.items())
    return f'IF({choice["amount"]}="","",{first_true(cases, chr(34) * 2)})'


def _money(draft: Draft, cell: str) -> str:
    """Formula: an amount of money as a message says it: no more digits than it can bear."""
    thousand, million = draft.plan.context["thousand"], draft.plan.context["million"]
    return first_true(
        (
            (f"{cell}<10", f"FIXED({cell},2)"),
            (f"{cell}<{thousand}", f"FIXED({cell},0)"),
            (f"{cell}<100*{thousand}", f"FIXED(ROUND({cell},-2),0)"),
            (f"{cell}<{million}", f"FIXED(ROUND({cell},-3),0)"),
        ),
        f"FIXED({cell}/{million},2)&{literal(draft.texts['words']['million'])}",
    )


def _ends(low: Ref, high: Ref) -> dict[str, str]:
    """Formulas of how much is saved, or lost: the smaller end, then the larger."""
    return {"amount": f"MIN(ABS({low}),ABS({high}))", "to": f"MAX(ABS({low}),ABS({high}))"}


def range_text(draft: Draft, ends: tuple[str, str], style: str, sign: str) -> str:
    """Formula: a figure as text, behind its sign (a formula, or ""), from its lower to its upper end."""
    to, (low, high) = literal(draft.texts["words"]["to"]), (ROUNDINGS[style].text(end) for end in ends)
    last = f'IF({low}={high},"",{to}&{high})'
    return "&".join(part for part in (sign, low, last) if part)
