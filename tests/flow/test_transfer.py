"""Exports and imports: the same bytes again, files whole or not at all, bad lines named, nobody harmed by a cell."""

import csv
import io
import json
import re
import tracemalloc
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from worker.archive import Archive, open_archive
from worker.arrivals import MAX_LINE_BYTES, BadLine
from worker.identity import post_id, record_key, url_key
from worker.model import AiNotice, Draft, FilingOutcome, Record, SourceRules
from worker.normalise import content_hash
from worker.record import write_line, write_page
from worker.transfer import Format, Imported, export_records, import_files, write_records

NOW = datetime(2025, 12, 4, 9, 0, tzinfo=UTC)
RULES = SourceRules(
    name="hasepost",
    line="Hasepost.de - Die Zeitung für Osnabrück",
    home="https://www.hasepost.de/",
    post_id_pattern=r"-(\d+)/?$",
)
LINE = (
    "# {title} Datum: {date} Kategorie: Osnabrück URL: https://www.hasepost.de/{slug}-{id}/ --- Text. "
    "--- Quelle: Hasepost.de - Die Zeitung für Osnabrück"
)


def line(number: int = 1, *, title: str = "Titel", date: str = "03.12.2025 16:35") -> str:
    return LINE.format(title=title, date=date, slug="artikel", id=664200 + number)


def record(number: int, *, at: datetime | None = None, **changes: object) -> Record:
    url = f"https://www.hasepost.de/artikel-{number}-{664200 + number}/"
    plain = Record(
        url=url,
        url_key=url_key(url, RULES),
        post_id=post_id("", url, RULES),
        title=f"Titel {number}",
        published_at=at or NOW - timedelta(hours=number),
        category="Osnabrück",
        categories=("Osnabrück", "Aktuell"),
        tags=("Hafen",),
        author="Redaktion",
        body=f"Erster Absatz {number}.\n\n## Zwischentitel\n\n- ein Punkt\n- noch einer",
        source=RULES.name,
        source_line=RULES.line,
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def file_all(archive: Archive, records: Iterable[Record], *, feed: str = "https://www.hasepost.de/feed/") -> None:
    drafts = [Draft(record=one, content_hash=content_hash(one)) for one in records]
    with archive.write() as tx:
        tx.records.file(drafts, feed_url=feed, now=NOW)


def written(archive: Archive, form: Format) -> bytes:
    out = io.BytesIO()
    with archive.read() as tx:
        write_records(tx.records.stream(), form, out)
    return out.getvalue()


def export(archive: Archive, form: Format, path: Path) -> int:
    with archive.read() as tx:
        return export_records(tx.records.stream(), form, path)


def take(archive: Archive, *paths: Path, sources: tuple[SourceRules, ...] = (RULES,)) -> tuple[Imported, list[BadLine]]:
    bad: list[BadLine] = []
    return import_files(archive, paths, sources, now=NOW, tell=bad.append), bad


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def archive(tmp_path: Path) -> Iterable[Archive]:
    opened = open_archive(f"sqlite:///{tmp_path}/one.db")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterable[Archive]:
    opened = open_archive(f"sqlite:///{tmp_path}/two.db")
    yield opened
    opened.close()


VARIED = [
    record(1),
    record(2, at=NOW.replace(second=59)),  # two in one minute, in the order of seconds not that of keys
    record(3, at=NOW.replace(second=1)),
    record(4, at=NOW.replace(second=30)),
    record(5, body=""),
    record(6, title='=HYPERLINK("http://x.test")', body="- 1\n- 2", tags=("+1", "@x")),
    record(7, author=None, agency="dts", ai_notice=AiNotice(date_local="2025-12-03T16:35")),
    record(8, ai_notice=AiNotice(), published_at_from="first_seen", tags=()),
    record(9, title="Straße – „Zitat“ 👩‍👩‍👧 URL: x --- y Datum: heute", body="a --- b --- Quelle: c\n\n> z"),
    record(10, at=datetime(2025, 10, 26, 0, 30, tzinfo=UTC)),  # 02:30 for the first time
    record(11, at=datetime(2025, 3, 30, 1, 0, tzinfo=UTC)),  # 03:00, when the clock jumped
    record(12, at=datetime(2025, 12, 3, 23, 30, tzinfo=UTC)),  # the next day in Berlin
]


# -- the same bytes ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [Format.TXT, Format.JSONL])
def test_a_file_comes_back_byte_for_byte(archive: Archive, other: Archive, tmp_path: Path, form: Format) -> None:
    file_all(archive, VARIED)
    path = tmp_path / f"all.{form}"
    assert export(archive, form, path) == len(VARIED)
    done, bad = take(other, path)
    assert (done.new, done.known, bad) == (len(VARIED), 0, [])
    assert written(other, form) == path.read_bytes()


def test_a_folder_comes_back_byte_for_byte(archive: Archive, other: Archive, tmp_path: Path) -> None:
    file_all(archive, VARIED)
    export(archive, Format.TXT, tmp_path / "a")
    take(other, tmp_path / "a")
    export(other, Format.TXT, tmp_path / "b")
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    assert "2025/12/04/" in next(path for path in tree(tmp_path / "a") if record_key(VARIED[11].url_key) in path)


def test_renamed_and_edited_articles_keep_key_day_and_revision(
    archive: Archive, other: Archive, tmp_path: Path
) -> None:
    file_all(archive, [record(1)])
    url = "https://www.hasepost.de/neuer-name-664201/"
    later = record(1, url=url, url_key=url_key(url, RULES), title="Neu", at=NOW + timedelta(days=3))
    file_all(archive, [later])
    [kept] = [json.loads(one) for one in written(archive, Format.JSONL).splitlines()]
    assert (kept["revision"], kept["former_urls"]) == (2, [record(1).url])
    export(archive, Format.JSONL, tmp_path / "all.jsonl")
    export(archive, Format.TXT, tmp_path / "txt")
    take(other, tmp_path / "all.jsonl")
    assert written(other, Format.JSONL) == (tmp_path / "all.jsonl").read_bytes()
    third = open_archive(f"sqlite:///{tmp_path}/three.db")
    take(third, tmp_path / "txt")
    export(third, Format.TXT, tmp_path / "again")
    assert tree(tmp_path / "txt") == tree(tmp_path / "again")
    third.close()


def test_all_states_come_back_byte_for_byte(archive: Archive, other: Archive, tmp_path: Path) -> None:
    file_all(archive, VARIED)
    for hours, changes in enumerate(({"title": "Zwei"}, {"body": "Drei.", "tags": ()}, {"title": "Vier"}), 1):
        edited = replace(record(1, **changes), url=f"https://www.hasepost.de/stand-{hours}-664201/")
        drafts = [Draft(record=replace(edited, url_key=url_key(edited.url, RULES)), content_hash=str(hours))]
        with archive.write() as tx:
            tx.records.file(drafts, feed_url="https://www.hasepost.de/feed/", now=NOW + timedelta(hours=hours))
    path = tmp_path / "all.jsonl"
    with archive.read() as tx:
        export_records(tx.records.stream(), Format.JSONL, path, tx.records.histories)
    plain = [json.loads(one) for one in written(archive, Format.JSONL).splitlines()]
    told = [json.loads(one) for one in path.read_bytes().splitlines()]
    assert [{name: one[name] for name in known} for one, known in zip(told, plain, strict=True)] == plain
    [history] = [one["history"] for one in told if one["history"]]
    assert [(one["revision"], one["title"]) for one in history] == [(1, "Titel 1"), (2, "Zwei"), (3, "Titel 1")]
    assert history[0]["seen_by"] == "https://www.hasepost.de/feed/"
    assert [one["change"] for one in told if one["history"]] == ["edit"]
    assert take(other, path)[0] == Imported(new=len(VARIED))
    assert written(other, Format.JSONL) == written(archive, Format.JSONL)
    with other.read() as tx:
        again = io.BytesIO()
        write_records(tx.records.stream(), Format.JSONL, again, tx.records.histories)
        [edited_id] = [filed.id for filed in tx.records.stream() if filed.revision == 4]
        states = tx.records.history(edited_id)
    assert again.getvalue() == path.read_bytes()
    assert [one.seen_at for one in states] == [NOW + timedelta(hours=hours) for hours in range(4)]
    assert take(other, path)[0] == Imported(known=len(VARIED))


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"history": 1}, "history"),
        ({"history": [1]}, "history"),
        ({"history": [{}]}, "revision"),
        ({"change": "x"}, "change"),
        ({"seen_at": None}, "seen_at"),
        ({"revision": 1}, "history"),
    ],
    ids=str,
)
def test_a_bad_history_is_named_and_skipped(
    archive: Archive, other: Archive, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    file_all(archive, [record(1)])
    file_all(archive, [record(1, title="Neu")])
    out = io.BytesIO()
    with archive.read() as tx:
        write_records(tx.records.stream(), Format.JSONL, out, tx.records.histories)
    path = tmp_path / "in.jsonl"
    path.write_text(json.dumps(json.loads(out.getvalue()) | change), encoding="utf-8")
    done, [bad] = take(other, path)
    assert (done.bad, done.new) == (1, 0)
    assert said in bad.reason


def test_the_former_url_finds_an_imported_article(archive: Archive, other: Archive, tmp_path: Path) -> None:
    file_all(archive, [record(1)])
    url = "https://www.hasepost.de/neuer-name-664201/"
    file_all(archive, [record(1, url=url, url_key=url_key(url, RULES))])
    export(archive, Format.JSONL, tmp_path / "all.jsonl")
    take(other, tmp_path / "all.jsonl")
    with other.read() as tx:
        found = tx.records.find(record(1).url_key, "")
    assert found is not None
    assert found.record.url == url


@pytest.mark.parametrize(
    "date", ["03.12.2025 16:35", "26.10.2025 02:30", "30.03.2025 02:30", "01.01.1971 00:00", "29.02.2024 23:59"]
)
def test_a_line_by_hand_comes_back(archive: Archive, tmp_path: Path, date: str) -> None:
    (tmp_path / "one.txt").write_text(line(date=date), encoding="utf-8")
    assert take(archive, tmp_path / "one.txt")[0].new == 1
    assert written(archive, Format.TXT).decode() == line(date=date) + "\n"


@pytest.mark.parametrize("quelle", ["Hasepost.de - Die Zeitung für Osnabrück", "Ein unbekanntes Blatt", "x --- y"])
def test_the_source_is_found_by_its_line_or_made_from_it(archive: Archive, tmp_path: Path, quelle: str) -> None:
    text = line().replace(RULES.line, quelle)
    (tmp_path / "one.txt").write_text(text, encoding="utf-8")
    take(archive, tmp_path / "one.txt")
    with archive.read() as tx:
        [filed] = tx.records.stream()
    known = quelle == RULES.line
    assert filed.record.source == (RULES.name if known else quelle)
    assert filed.record.post_id == ("664201" if known else None)
    assert write_line(filed.record) == text


def test_of_two_sources_with_one_name_the_one_at_home_counts(archive: Archive, tmp_path: Path) -> None:
    away = replace(RULES, name="away", home="https://away.example/")
    (tmp_path / "one.txt").write_text(line(), encoding="utf-8")
    take(archive, tmp_path / "one.txt", sources=(away, RULES))
    with archive.read() as tx:
        assert [filed.record.source for filed in tx.records.stream()] == ["hasepost"]


def test_the_sample_comes_back(archive: Archive, tmp_path: Path) -> None:
    sample = (Path(__file__).parents[1] / "cases/sample.txt").read_bytes()
    (tmp_path / "in.txt").write_bytes(sample)
    take(archive, tmp_path / "in.txt")
    export(archive, Format.TXT, tmp_path / "out")
    [(path, content)] = tree(tmp_path / "out").items()
    assert content == sample
    assert re.fullmatch(r"2025/12/03/[0-9a-f]{16}\.txt", path)


# -- once -------------------------------------------------------------------------------------------------------------


def test_known_articles_are_left_alone(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, [record(1)])
    before = written(archive, Format.JSONL)
    (tmp_path / "in.txt").write_text(line(1).replace("artikel-", "artikel-1-"), encoding="utf-8")
    assert take(archive, tmp_path / "in.txt")[0] == Imported(known=1)
    assert written(archive, Format.JSONL) == before


def test_an_import_twice_changes_nothing(archive: Archive, other: Archive, tmp_path: Path) -> None:
    file_all(archive, VARIED)
    export(archive, Format.JSONL, tmp_path / "all.jsonl")
    take(other, tmp_path / "all.jsonl")
    assert take(other, tmp_path / "all.jsonl")[0] == Imported(known=len(VARIED))
    assert take(archive, tmp_path / "all.jsonl")[0] == Imported(known=len(VARIED))
    assert written(other, Format.JSONL) == written(archive, Format.JSONL)


def test_a_file_that_names_an_article_twice_files_it_once(archive: Archive, tmp_path: Path) -> None:
    again = line(1).replace("https://www.", "http://").replace("/ ---", "/?utm_source=x ---")
    (tmp_path / "in.txt").write_text(f"{line(1)}\n{again}\n{line(1)}\n", encoding="utf-8")
    assert take(archive, tmp_path / "in.txt")[0] == Imported(new=1, known=2)


def test_an_article_known_by_a_former_url_or_by_its_key_is_known(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, [record(1)])
    [kept] = [json.loads(one) for one in written(archive, Format.JSONL).splitlines()]
    renamed = "https://www.hasepost.de/ganz-anders/"
    by_key = kept | {"url": renamed, "record": kept["record"].replace(kept["url"], renamed)}
    by_former = by_key | {"key": "0" * 16, "former_urls": [kept["url"]]}
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (by_key, by_former)), encoding="utf-8")
    assert take(archive, path) == (Imported(known=2), [])


def test_what_was_removed_stays_away(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, [record(1)])
    export(archive, Format.JSONL, tmp_path / "all.jsonl")
    with archive.write() as tx:
        [filed] = tx.records.stream()
        tx.records.remove(filed, reason="asked for", now=NOW)
    assert take(archive, tmp_path / "all.jsonl")[0] == Imported(removed=1)


def test_nothing_alerts_and_files_are_owed(archive: Archive, tmp_path: Path) -> None:
    with archive.write() as tx:
        tx.subscriptions.add(name="x", query="Titel", canonical="", channels=["screen"], origin="command", now=NOW)
    (tmp_path / "in.txt").write_text(line(), encoding="utf-8")
    take(archive, tmp_path / "in.txt")
    with archive.read() as tx:
        assert tx.alerts.count() == 0
        assert tx.records.count_files_due() == 1


def test_the_same_article_from_the_feed_is_known_afterwards(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, [record(1)])
    export(archive, Format.TXT, tmp_path / "all.txt")
    fresh = open_archive(f"sqlite:///{tmp_path}/fresh.db")
    take(fresh, tmp_path / "all.txt")
    one = record(1)
    draft = Draft(record=one, content_hash=content_hash(one))
    with fresh.write() as tx:
        [filing] = tx.records.file([draft], feed_url="https://www.hasepost.de/feed/", now=NOW)
    assert filing.outcome is not FilingOutcome.NEW
    with fresh.read() as tx:
        assert tx.records.count() == 1
    fresh.close()


# -- bad lines --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"no record line", "begin with '# '"),
        (b"# Titel ohne alles", "Datum"),
        (line(date="31.02.2025 16:35").encode(), "no date"),
        (line().replace(" --- Quelle", "").encode(), "Quelle"),
        (line().replace("https://", "javascript://").encode(), "no http(s) address"),
        (line().encode("latin-1"), "no UTF-8"),
        (line(title="a\0b").encode(), "NUL"),
        (line(date="01.01.0001 00:00").encode(), ""),
        (b"# " + b"x" * (MAX_LINE_BYTES + 10), "longer than"),
    ],
    ids=range(9),
)
def test_a_bad_line_is_named_and_skipped(archive: Archive, tmp_path: Path, raw: bytes, said: str) -> None:
    path = tmp_path / "in.txt"
    path.write_bytes(b"\n".join([line(1).encode(), b"", raw, line(2).encode()]))
    done, bad = take(archive, path)
    assert done == Imported(new=2, bad=1)
    assert [(one.file, one.line) for one in bad] == [(path, 3)]
    assert said in bad[0].reason
    assert "\n" not in bad[0].reason
    assert len(bad[0].reason) <= 301


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"url": 1}, "url"),
        ({"key": "x"}, "key"),
        ({"published_at": "gestern"}, "published_at"),
        ({"published_at": "2025-12-03T09:00:00Z"}, "Datum"),
        ({"revision": 0}, "revision"),
        ({"tags": "x"}, "tags"),
        ({"title": "\ud800"}, "title"),
        ({"record": "x"}, "record line"),
        ({"feeds": None}, "feeds"),
    ],
    ids=str,
)
def test_bad_json_is_named_and_skipped(
    archive: Archive, other: Archive, tmp_path: Path, change: dict[str, object], said: str
) -> None:
    file_all(archive, [record(1), record(2)])
    good = [json.loads(one) for one in written(archive, Format.JSONL).splitlines()]
    path = tmp_path / "in.jsonl"
    path.write_text("\n".join(json.dumps(one) for one in (good[0] | change, good[1])), encoding="utf-8")
    done, bad = take(other, path)
    assert done == Imported(new=1, bad=1)
    assert said in bad[0].reason


@pytest.mark.parametrize("raw", ["[" * 100_000, "{", "[]", "null", '"x"', "{}", "1" * 5000, '{"url": "x"}', "NaN"])
def test_lines_that_are_no_json_of_ours(archive: Archive, tmp_path: Path, raw: str) -> None:
    (tmp_path / "in.jsonl").write_text(raw, encoding="utf-8")
    assert take(archive, tmp_path / "in.jsonl")[0] == Imported(bad=1)


def test_windows_line_ends_and_byte_order_marks_are_read(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_bytes(b"\xef\xbb\xbf" + f"{line(1)}\r\n\r\n{line(2)}\r\n".encode())
    assert take(archive, tmp_path / "in.txt") == (Imported(new=2), [])


def test_folders_are_walked_and_what_is_hidden_is_left_out(archive: Archive, tmp_path: Path) -> None:
    inside = tmp_path / "in/2025"
    inside.mkdir(parents=True)
    (inside / "a.txt").write_text(line(1), encoding="utf-8")
    (inside / ".b.txt.12.partial").write_text("half", encoding="utf-8")
    (inside / ".c.txt").write_text("hidden", encoding="utf-8")
    (inside / "readme.md").write_text("no record", encoding="utf-8")
    assert take(archive, tmp_path / "in") == (Imported(new=1), [])


def test_many_lines_go_in_several_transactions(archive: Archive, tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("".join(f"{line(number)}\n" for number in range(450)), encoding="utf-8")
    assert take(archive, tmp_path / "in.txt")[0] == Imported(new=450)


# -- formats ----------------------------------------------------------------------------------------------------------


def test_record_lines_of_one_file(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, VARIED)
    for form in (Format.TXT, Format.MD):
        export(archive, form, tmp_path / f"all.{form}")
        lines = (tmp_path / f"all.{form}").read_text(encoding="utf-8").split("\n")
        assert lines[-1] == ""
        assert sorted(lines[:-1]) == sorted(map(write_line, VARIED))


def test_pages_in_a_folder(archive: Archive, tmp_path: Path) -> None:
    file_all(archive, VARIED)
    assert export(archive, Format.MD, tmp_path / "md") == len(VARIED)
    pages = {content.decode() for content in tree(tmp_path / "md").values()}
    assert pages == set(map(write_page, VARIED))
    assert all(path.endswith(".md") for path in tree(tmp_path / "md"))


def test_jsonl_is_in_the_order_of_publication_then_key(archive: Archive) -> None:
    file_all(archive, [*VARIED, record(20, at=NOW), record(21, at=NOW)])
    rows = [json.loads(one) for one in written(archive, Format.JSONL).splitlines()]
    places = [(row["published_at"], row["key"]) for row in rows]
    assert places == sorted(places)


def test_csv_cells_that_a_spreadsheet_would_run_are_defused(archive: Archive) -> None:
    evil = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "\nx", "=cmd|' /C calc'!A0"]
    file_all(archive, [record(number, title=title, author=title) for number, title in enumerate(evil, 1)])
    rows = list(csv.DictReader(io.StringIO(written(archive, Format.CSV).decode(), newline="")))
    assert {row["title"] for row in rows} == {f"'{title}" for title in evil}
    assert {row["author"] for row in rows} == {f"'{title}" for title in evil}
    assert not [cell for row in rows for cell in row.values() if cell[:1] in tuple("=+-@\t\r\n")]
    assert sorted(json.loads(one)["title"] for one in written(archive, Format.JSONL).splitlines()) == sorted(evil)


def test_csv_of_an_empty_archive_has_its_header(archive: Archive, tmp_path: Path) -> None:
    assert export(archive, Format.CSV, tmp_path / "all.csv") == 0
    assert (tmp_path / "all.csv").read_bytes().startswith(b"key,url,")


@pytest.mark.parametrize("form", [Format.JSONL, Format.CSV, Format.TXT])
def test_a_file_appears_whole_or_not_at_all(archive: Archive, tmp_path: Path, form: Format) -> None:
    file_all(archive, VARIED)
    path = tmp_path / "out/all.txt"
    path.parent.mkdir()
    path.write_text("the old one")

    def broken() -> Iterable:
        with archive.read() as tx:
            yield from list(tx.records.stream())[:3]
        raise RuntimeError("the power is gone")

    with pytest.raises(RuntimeError, match="power"):
        export_records(broken(), form, path)
    assert tree(path.parent) == {"all.txt": b"the old one"}


# -- in a stream ------------------------------------------------------------------------------------------------------


class Counting(io.RawIOBase):
    """Takes everything and keeps nothing."""

    taken_bytes = 0

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        size = len(data)  # type: ignore[arg-type]
        self.taken_bytes += size
        return size


def test_memory_does_not_grow_with_the_archive(database_url: str) -> None:
    """The same for more than twice as many articles: they are read in chunks, in SQLite and in PostgreSQL."""
    archive = open_archive(database_url)
    text = "Ein Satz von mittlerer Länge, wie er in der Zeitung steht. " * 10
    measured: dict[Format, list[tuple[int, int]]] = {form: [] for form in Format}
    for start, stop in ((0, 1_200), (1_200, 3_000)):
        file_all(archive, [record(number, body=text) for number in range(start, stop)])
        for form, found in measured.items():
            out = Counting()
            tracemalloc.start()
            with archive.read() as tx:
                count = write_records(tx.records.stream(), form, out, tx.records.histories)  # type: ignore[arg-type]
            found.append((out.taken_bytes, tracemalloc.get_traced_memory()[1]))
            tracemalloc.stop()
            assert count == stop
    archive.close()
    for (size, peak), (larger_size, larger_peak) in measured.values():
        assert larger_size > 2.4 * size
        assert larger_peak < 1.5 * peak
