"""What is said of the archive's history, of its files and of its upkeep: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # archive show --revisions, --diff
        "revision_head": Sentence("Fassung $number, gesehen $seen$how", "Revision $number, seen $seen$how"),
        "revision_by_feed": Sentence("; im Feed $feed", "; in the feed $feed"),
        "revision_by_page": Sentence("; auf der Artikelseite", "; on the article's page"),
        "revision_by_rest": Sentence("; über die REST-Schnittstelle", "; by the REST interface"),
        "revision_by_rules": Sentence("; nach neuen Regeln gelesen", "; read by new rules"),
        "revision_modified": Sentence("; laut Quelle geändert $at", "; modified $at, says the source"),
        "revision_first": Sentence("zuerst gesehen: $title", "first seen: $title"),
        "revision_changed": Sentence("geändert: $fields", "changed: $fields"),
        "revision_nothing": Sentence("nichts Sichtbares geändert", "nothing visible changed"),
        "revision_text": Sentence("Text (+$added −$gone Wörter)", "text (+$added −$gone words)"),
        "no_such_revision": Sentence(
            "Fassung $number gibt es nicht; es gibt: $known", "there is no revision $number; there are: $known"
        ),
        "diff_head": Sentence("Fassung $old → $new", "Revision $old → $new"),
        "diff_field": Sentence("$field: $before → $after", "$field: $before → $after"),
        "diff_no_text": Sentence("Der Text ist derselbe.", "The text is the same."),
        "diff_folded": Sentence("[… $words Wörter unverändert …]", "[… $words words unchanged …]"),
        "change_title": Sentence("Titel", "title"),
        "change_category": Sentence("Rubrik", "category"),
        "change_categories": Sentence("Rubriken", "categories"),
        "change_tags": Sentence("Schlagwörter", "tags"),
        "change_url": Sentence("Adresse", "URL"),
        "change_author": Sentence("Autor", "author"),
        "change_published_at": Sentence("Datum", "date"),
        "change_agency": Sentence("Agentur", "agency"),
        "change_excerpt": Sentence("nur Anriss", "excerpt only"),
        "change_none": Sentence("–", "–"),
        # restore
        "restore_unasked": Sentence(
            "was seit der Sicherung in $archive kam, ginge verloren, und hier ist niemand, den man fragen kann: "
            "mit --yes wiederholen",
            "what came into $archive since the backup would be lost, and nobody is here to be asked: repeat it with --yes",
        ),
        # archive verify
        "verifying": Sentence("prüfe", "verifying"),
        "verified": Sentence("geprüft: $articles, $files", "verified: $articles, $files"),
        "verify_repair": Sentence(
            "`feedwacht archive verify --repair` schreibt neu, was fehlt oder nicht stimmt",
            "`feedwacht archive verify --repair` writes again what is missing or wrong",
        ),
        "verify_superfluous": Sentence(
            "Dateien ohne Artikel rührt --repair nicht an. Nach dem Zurückspielen einer älteren Sicherung: was die Seiten noch "
            "zeigen, kommt mit den nächsten Abrufen wieder, mit derselben Datei; den Rest nimmt danach `feedwacht archive import "
            "$folder` auf, ohne Alarme. Was dann noch genannt wird, aus dem Ordner nehmen",
            "files without an article are not touched by --repair. After a restore of an older copy: what the sites still show "
            "comes again with the next polls, with the same file; after that, `feedwacht archive import $folder` takes in the "
            "rest, without alerts. Move out of the folder what is named even then",
        ),
        "verified_good": Sentence("Alles stimmt überein.", "Everything agrees."),
        "flaw_mended": Sentence("$flaw (behoben)", "$flaw (mended)"),
        "flaw_file_missing": Sentence("$where: die Datei fehlt", "$where: the file is missing"),
        "flaw_file_changed": Sentence(
            "$where: die Datei sagt nicht, was das Archiv sagt", "$where: the file does not say what the archive says"
        ),
        "flaw_file_superfluous": Sentence(
            "$where: zu dieser Datei gibt es keinen Artikel", "$where: there is no article to this file"
        ),
        "flaw_file_wrong_day": Sentence("$where: die Datei gehört nach $detail", "$where: the file belongs to $detail"),
        "flaw_file_of_removed": Sentence(
            "$where: der Artikel wurde gelöscht, seine Datei ist noch da",
            "$where: the article was removed, its file is still there",
        ),
        "flaw_file_partial": Sentence(
            "$where: Rest eines abgebrochenen Schreibens", "$where: left by a writer that was killed"
        ),
        "flaw_line_missing": Sentence(
            "$where: die Zeile im Manifest fehlt", "$where: its line in the manifest is missing"
        ),
        "flaw_line_wrong": Sentence(
            "$where: die Zeile im Manifest stimmt nicht: $detail", "$where: its line in the manifest is wrong: $detail"
        ),
        "flaw_line_torn": Sentence("$where: Zeile $detail ist unlesbar", "$where: line $detail cannot be read"),
        "flaw_line_superfluous": Sentence(
            "$where: zu Schlüssel $key gehört an diesem Tag kein Artikel",
            "$where: no article of this day has the key $key",
        ),
        "flaw_key_foreign": Sentence(
            "$where: der Schlüssel $key gehört zu keiner seiner Adressen",
            "$where: the key $key belongs to none of its addresses",
        ),
        "flaw_url_unowned": Sentence(
            "$where: die Adresse ist nicht als seine verzeichnet", "$where: the address is not noted as its own"
        ),
        "flaw_state_wrong": Sentence(
            "$where: der Inhalt ist nicht der, der abgelegt wurde", "$where: the content is not what was filed"
        ),
        "flaw_revisions_gap": Sentence(
            "$where: es fehlen Fassungen: $detail", "$where: revisions are missing: $detail"
        ),
        "flaw_evidence_stray": Sentence(
            "$where: Rohdaten zu Fassung $detail, die es nicht gibt",
            "$where: raw evidence of revision $detail, which does not exist",
        ),
        "flaw_evidence_damaged": Sentence(
            "$where: die Rohdaten zu Fassung $detail sind beschädigt",
            "$where: the raw evidence of revision $detail is damaged",
        ),
        "flaw_index_missing": Sentence("$where: fehlt im Index", "$where: is missing in the index"),
        "flaw_removed_but_there": Sentence(
            "$where: wurde gelöscht und ist doch im Archiv", "$where: was removed, and is in the archive all the same"
        ),
        # archive renormalise
        "renormalising": Sentence("lese neu", "reading again"),
        "renormalised": Sentence(
            "neu gelesen: $changed geändert, $same unverändert, $left ausgelassen, $unreadable nicht lesbar",
            "read again: $changed changed, $same unchanged, $left left alone, $unreadable not readable",
        ),
        "renormalised_trial": Sentence(
            "zur Probe gelesen: $changed würden geändert, $same nicht, $left ausgelassen, $unreadable nicht lesbar",
            "read for trial: $changed would change, $same would not, $left left alone, $unreadable not readable",
        ),
        "change_text": Sentence("Text", "text"),
        # archive stats
        "cleared_raw": Sentence(
            "Rohdaten von vor dem $at sind gelöscht ([retention])",
            "raw evidence from before $at was cleared ([retention])",
        ),
        "cleared_attempts": Sentence(
            "Zustellversuche von vor dem $at sind gelöscht ([retention])",
            "delivery attempts from before $at were cleared ([retention])",
        ),
        "cleared_revisions": Sentence(
            "Fassungen, die vor dem $at ersetzt wurden, sind gelöscht ([retention])",
            "revisions that were replaced before $at were cleared ([retention])",
        ),
        "stats_by_month": Sentence("Nach Monat", "By month"),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {
        "record_files": Counted("$n Datei", "$n Dateien", "$n file", "$n files"),
        "differences": Counted("$n Abweichung", "$n Abweichungen", "$n difference", "$n differences"),
        "differences_left": Counted(
            "$n Abweichung bleibt", "$n Abweichungen bleiben", "$n difference is left", "$n differences are left"
        ),
    }
)
