"""Makes the price list and its check table anew from a wheel of pydantic's genai-prices.

    pip download --no-deps genai-prices==0.2.3
    pip install pydantic
    python3 crates/model/data/make.py genai_prices-0.2.3-py3-none-any.whl

Writes genai-prices.json (what the program carries), genai-prices.LICENSE, and
../tests/prices.json: sums that the package itself computed, which the tests compare with ours.
Python 3.11 or later; nothing of this runs in the program.
"""

import json
import re
import sys
import types
import zipfile
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path

HERE = Path(__file__).parent
WHEEL = Path(sys.argv[1])
# Only the package's own updater needs it, and nothing is updated here.
sys.modules["httpx2"] = types.ModuleType("httpx2")
sys.modules["httpx2"].Timeout = lambda **_: None
sys.path.insert(0, str(WHEEL))

from genai_prices import types as t  # noqa: E402
from genai_prices.data import providers  # noqa: E402

KEYS = {
    "input_mtok": "input",
    "cache_read_mtok": "cached",
    "cache_write_mtok": "cacheWrite",
    "output_mtok": "output",
    "output_reasoning_mtok": "reasoning",
    "requests_kcount": "requests",
}


def number(value):
    return int(value) if value == int(value) else float(value)


def clause(c):
    if isinstance(c, t.ClauseOr):
        return {"or": [clause(x) for x in c.or_]}
    if isinstance(c, t.ClauseAnd):
        return {"and": [clause(x) for x in c.and_]}
    if isinstance(c, t.ClauseEquals):
        return {"equals": c.equals.lower()}
    if isinstance(c, t.ClauseStartsWith):
        return {"startsWith": c.starts_with.lower()}
    if isinstance(c, t.ClauseEndsWith):
        return {"endsWith": c.ends_with.lower()}
    if isinstance(c, t.ClauseContains):
        return {"contains": c.contains.lower()}
    if isinstance(c, t.ClauseRegex):
        return regex(c.regex)
    raise TypeError(c)


def regex(text):
    """A look-ahead at the beginning becomes a clause, since Rust's expressions have none."""
    if text.startswith("^(?!"):
        depth, end = 1, 4
        while depth:
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        return {"and": [{"not": {"regex": "^" + text[4 : end - 1]}}, {"regex": "^" + text[end:]}]}
    assert "(?!" not in text and "(?=" not in text and "(?<" not in text, text
    return {"regex": text}


def rate(value):
    if isinstance(value, t.TieredPrices):
        return {"base": number(value.base), "tiers": [[x.start, number(x.price)] for x in value.tiers]}
    return number(value)


def constraint(c):
    if c is None:
        return {}
    if isinstance(c, t.StartDateConstraint):
        return {"from": c.start_date.isoformat()}
    seconds = lambda x: x.hour * 3600 + x.minute * 60 + x.second  # noqa: E731
    assert c.start_time.utcoffset().total_seconds() == 0 and c.end_time.utcoffset().total_seconds() == 0
    return {"between": [seconds(c.start_time), seconds(c.end_time)]}


def conditional(model):
    if isinstance(model.prices, t.ModelPrice):
        return [(None, model.prices)]
    return [(c.constraint, c.prices) for c in model.prices]


def model(m):
    out = {"id": m.id}
    if m.name:
        out["name"] = m.name
    if m.context_window:
        out["window"] = m.context_window
    if m.deprecated:
        out["deprecated"] = True
    out["match"] = clause(m.match)
    prices = []
    for c, price in conditional(m):
        rates = {ours: rate(v) for k, ours in KEYS.items() if (v := getattr(price, k)) is not None}
        prices.append(constraint(c) | rates)
    # Where one of the prices lacks input or output, what a conversation costs is not known.
    if prices and all("input" in p and "output" in p for p in prices):
        out["prices"] = prices
    return out


def provider(p):
    return {
        "id": p.id,
        "name": p.name,
        "address": p.api_pattern,
        **({"fallback": p.fallback_model_providers} if p.fallback_model_providers else {}),
        # The first that matches counts, so that one without a price has to stay in its place.
        "models": [model(m) for m in p.models],
    }


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def write_list(version, date):
    lines = [
        "{",
        f'"source":"genai-prices","version":{compact(version)},"date":{compact(date)},"licence":"MIT",',
        '"providers":[',
    ]
    for n, p in enumerate(map(provider, providers)):
        models = p.pop("models")
        lines.append(compact(p)[:-1] + ',"models":[')
        lines += [compact(m) + ("," if i + 1 < len(models) else "") for i, m in enumerate(models)]
        lines.append("]}" + ("," if n + 1 < len(providers) else ""))
    lines += ["]}", ""]
    (HERE / "genai-prices.json").write_text("\n".join(lines), encoding="utf-8")


USAGES = [
    dict(input=1, cached=0, written=0, output=1, reasoning=0),
    dict(input=12_345, cached=4_000, written=345, output=678, reasoning=78),
    dict(input=128_001, cached=100_000, written=1, output=9_999, reasoning=5_000),
    dict(input=200_000, cached=0, written=0, output=1, reasoning=0),
    dict(input=200_001, cached=50_000, written=50_000, output=4_321, reasoning=0),
    dict(input=1_000_000, cached=999_999, written=0, output=64_000, reasoning=64_000),
]
TIMES = ["2024-06-01T00:29:59", "2025-03-01T00:30:00", "2026-02-28T16:30:00", "2026-11-20T02:00:00", "2027-01-01T23:59:59"]
KEPT = ("anthropic", "openai", "google", "openrouter", "deepseek", "x-ai", "mistral", "groq", "azure", "perplexity")


def write_table():
    """Every model of the providers that are asked directly, and some of OpenRouter's."""
    rows, turn = [], 0
    for p in providers:
        if p.id not in KEPT:
            continue
        for n, m in enumerate(p.models):
            if p.id == "openrouter" and n % 8:
                continue
            found = p.find_model(m.id, all_providers=providers)
            turn += 1
            u, at = USAGES[turn % len(USAGES)], TIMES[turn % len(TIMES)]
            if found is None:
                rows.append([p.id, m.id, None, None, 0, [0] * 5, None])
                continue
            known = "prices" in model(found)
            # The package has no exact sum where it cannot tell what a part of the usage costs.
            usage = t.Usage(
                input_tokens=u["input"],
                cache_read_tokens=u["cached"],
                cache_write_tokens=u["written"],
                output_tokens=u["output"],
                output_reasoning_tokens=u["reasoning"],
            )
            when = datetime.fromisoformat(at).replace(tzinfo=timezone.utc)
            total = None
            if known:
                exact = found.calc_price(usage, p, genai_request_timestamp=when).total_price * Decimal(10**6)
                total = int(exact.to_integral_value(rounding="ROUND_CEILING"))
            rows.append([p.id, m.id, found.id, found.context_window, int(when.timestamp()), list(u.values()), total])
    lines = ",\n".join(compact(row) for row in rows)
    head = '{"columns":["provider","asked","found","window","at (Unix seconds)","usage: input, cached, written, output, reasoning","micros"],\n"rows":[\n'
    (HERE.parent / "tests" / "prices.json").write_text(head + lines + "\n]}\n", encoding="utf-8")


def main():
    version = re.match(r"genai_prices-([^-]+)-", WHEEL.name)[1]
    # A wheel carries no date of its own: the last change of a price within it that was not in the
    # future when this ran stands for one, unless its date of release is given behind the wheel.
    starts = [
        c.start_date for p in providers for m in p.models for c, _ in conditional(m)
        if isinstance(c, t.StartDateConstraint) and c.start_date <= datetime.now().date()
    ]
    with zipfile.ZipFile(WHEEL) as wheel:
        licence = next(n for n in wheel.namelist() if n.endswith("licenses/LICENSE"))
        (HERE / "genai-prices.LICENSE").write_bytes(wheel.read(licence))
    write_list(version, sys.argv[2] if len(sys.argv) > 2 else max(starts).isoformat())
    write_table()


main()
