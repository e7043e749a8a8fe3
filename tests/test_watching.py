"""Alert rules, dashboard and runbook are held against what `/metrics` really gives."""

import json
import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from ruamel.yaml import YAML

from tests.flow.test_metrics import busy, url_of
from tests.house import open_house
from worker.glance import Glance
from worker.health import Promise
from worker.scraping import FiguresCollector

ROOT = Path(__file__).parents[1]
RULES_FILE = YAML(typ="safe").load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))
RULES: list[dict[str, Any]] = [rule for group in RULES_FILE["groups"] for rule in group["rules"]]
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy/grafana/feedwacht.json").read_text(encoding="utf-8"))
TARGETS = [(panel["title"], target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]]
EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + TARGETS
DURATION = re.compile(r"\d+[smhd]")
WORDS = {"absent", "and", "by", "count", "deriv", "increase", "max", "on", "or", "rate", "sum", "time", "unless"}

OTHERS = {"feedwacht_inner"}  # a network of containers

Series = dict[str, dict[str, set[str]]]


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    """By name: each label with the values that it had, of everything that a busy archive tells."""
    found: Series = {}
    with open_house(f"sqlite:///{tmp_path_factory.mktemp('watched')}/feedwacht.db") as house:
        busy(house)
        registry = CollectorRegistry(auto_describe=False)
        with closing(Glance(url_of(house), lambda _: house.clock.now(), patience_s=30)) as glance:
            registry.register(FiguresCollector(glance, lambda: ["screen"]))
            for family in registry.collect():
                for sample in family.samples:
                    labels = found.setdefault(sample.name, {})
                    for label, value in sample.labels.items():
                        labels.setdefault(label, set()).add(value)
                found.setdefault(f"{family.name}_total" if family.type == "counter" else family.name, {})
    return found


def selectors(expression: str) -> Iterator[tuple[str, str]]:
    """Each metric with what stands in its braces."""
    yield from re.findall(r"\b(feedwacht_\w+)(?:\{([^}]*)\})?", expression)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_every_metric_and_label_of_an_expression_exists(name: str, expression: str, series: Series) -> None:
    assert list(selectors(expression))
    for metric, braces in selectors(expression):
        assert metric in series, f"{name}: there is no {metric}"
        for label, regex, wanted in re.findall(r'(\w+)=(~?)"([^"]*)"', braces):
            assert label in series[metric], f"{name}: {metric} has no label {label}"
            known = series[metric][label]
            if known <= {"a0", "a1", "a2"} or (label in ("outcome", "kind", "about") and metric.endswith("_total")):
                continue  # a process counts it: its values are those of counting.py
            assert set(wanted.split("|") if regex else [wanted]) <= known, f"{name}: {label} is one of {known}"
    assert balanced(expression)


@pytest.mark.parametrize(("name", "expression"), EXPRESSIONS)
def test_an_expression_has_no_word_that_is_none(name: str, expression: str, series: Series) -> None:
    """No Prometheus is at hand: at least every name in it is a metric, a label or a word of the language."""
    bare = re.sub(r"\[[^\]]*\]", "", re.sub(r"\{[^}]*\}", "", expression))
    labels = {label for found in series.values() for label in found}
    assert set(re.findall(r"[a-z_]+", bare)) <= WORDS | labels | set(series)
    assert all(DURATION.fullmatch(span) for span in re.findall(r"\[([^\]]*)\]", expression))
    for metric, _ in selectors(expression):
        if metric.endswith("_total"):
            assert re.search(rf"(rate|increase)\({metric}(\{{[^}}]*\}})?\[", expression), (
                f"{name}: a counter only grows"
            )


def balanced(expression: str) -> bool:
    without = re.sub(r'"[^"]*"', "", expression)
    return all(without.count(a) == without.count(b) for a, b in ("()", "[]", "{}")) and expression.count('"') % 2 == 0


# -- rules --------------------------------------------------------------------------------------------------------------


def test_rules_have_the_form_that_prometheus_reads() -> None:
    assert set(RULES_FILE) == {"groups"}
    for group in RULES_FILE["groups"]:
        assert set(group) == {"name", "rules"}
    assert len({rule["alert"] for rule in RULES}) == len(RULES) >= 12
    for rule in RULES:
        assert set(rule) == {"alert", "expr", "for", "labels", "annotations"}, rule["alert"]
        assert re.fullmatch(r"Feedwacht[A-Z][A-Za-z]+", rule["alert"])
        assert DURATION.fullmatch(rule["for"])
        assert rule["labels"] in ({"severity": "page"}, {"severity": "ticket"})
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}, rule["alert"]
        for text in rule["annotations"].values():
            assert isinstance(text, str)
            assert balanced(text)
            assert text.count("{{") == text.count("}}")


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_labels_in_a_rules_words_are_those_of_its_series(rule: dict[str, Any], series: Series) -> None:
    said = " ".join(rule["annotations"].values())
    kept = {label for metric, _ in selectors(rule["expr"]) for label in series[metric]}
    assert set(re.findall(r"\$labels\.(\w+)", said)) <= kept
    assert set(re.findall(r"\{\{ (\$\w+)", said)) <= {"$value", "$labels"}


# -- runbook ------------------------------------------------------------------------------------------------------------


def sections() -> dict[str, str]:
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    return dict(re.findall(r"^### (Feedwacht\w+)\n(.*?)(?=^##)", text, re.MULTILINE | re.DOTALL))


def test_every_rule_has_its_section_and_every_section_its_rule() -> None:
    assert list(sections()) == [rule["alert"] for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_leads_to_what_to_look_at_and_what_to_do(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    said = sections()[rule["alert"]]
    assert said.index("\n* **Look:** ") < said.index("\n* **Do:** ")


def test_anchors_within_the_runbook_lead_somewhere() -> None:
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    anchors = {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")
        for title in re.findall(r"^#+ (.*)", text, re.MULTILINE)
    }
    pages = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md"))
    named = set(re.findall(r"\]\(#([\w-]+)\)", text)) | set(re.findall(r"\(runbook\.md#([\w-]+)\)", pages))
    assert named <= anchors


def test_what_the_runbook_says_of_upgrades_stands_together() -> None:
    text = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
    places = [
        place.start() for place in re.finditer("upgrade` of the new version|machine by machine|takes nothing new", text)
    ]
    section = text.index("\n## Upgrade\n")
    assert len(places) == 3
    assert section < min(places) <= max(places) < text.index("\n## ", section + 1)
    lines = [line for line in text.splitlines() if len(line) > 40]
    assert len(lines) == len(set(lines)), "nothing is said twice"


def test_metrics_that_documents_name_exist(series: Series) -> None:
    for page in [*(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "CHANGELOG.md"]:
        named = set(re.findall(r"`(feedwacht_[a-z_]+)\b", page.read_text(encoding="utf-8")))
        assert named - OTHERS <= set(series), page.name


# -- dashboard ----------------------------------------------------------------------------------------------------------


def test_the_dashboard_can_be_taken_over() -> None:
    assert DASHBOARD["uid"] == "feedwacht"
    (variable,) = DASHBOARD["templating"]["list"]
    assert (variable["name"], variable["type"], variable["query"]) == ("datasource", "datasource", "prometheus")
    panels = DASHBOARD["panels"]
    assert len({panel["id"] for panel in panels}) == len({panel["title"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        assert all(target["datasource"] == panel["datasource"] for target in panel["targets"])
        assert len({target["refId"] for target in panel["targets"]}) == len(panel["targets"]) > 0


def test_no_panel_lies_over_another_one() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x + place["x"], y + place["y"]) for x in range(place["w"]) for y in range(place["h"])}
        assert not cells & taken, panel["title"]
        taken |= cells


def test_every_promise_that_status_may_name_is_documented() -> None:
    text = (ROOT / "docs/commands.md").read_text(encoding="utf-8")
    told = re.search(r"The `kind` of a breach is (.*?)\. With", text, re.DOTALL)
    assert told is not None
    assert re.findall(r"`(\w+)`", told[1]) == [promise.value for promise in Promise]
