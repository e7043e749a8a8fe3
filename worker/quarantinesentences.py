"""What is said of articles in quarantine, and of stories that several articles tell: a line per sentence. `wording.py` says
it.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "no_quarantine": Sentence("Kein Artikel ist in Quarantäne.", "No article is in quarantine."),
        "feed_quarantined": Sentence(
            "Artikel von $feed warten in Quarantäne: vor dem Entfernen `feedwacht feeds fold $feed` oder "
            "`feedwacht feeds accept $feed`",
            "articles of $feed wait in quarantine: before it is removed, `feedwacht feeds fold $feed` or "
            "`feedwacht feeds accept $feed`",
        ),
        "feed_not_quarantined": Sentence(
            "Von $feed ist nichts in Quarantäne: siehe `feedwacht feeds quarantine`",
            "nothing of $feed is in quarantine: see `feedwacht feeds quarantine`",
        ),
        "quarantine_open": Sentence(
            "$feed zeigt seit $since bekannte Artikel unter neuen Adressen oder Nummern: $articles, $alerts. Sind es die "
            "alten: `feedwacht feeds fold $feed`, sind es neue: `feedwacht feeds accept $feed`",
            "$feed has shown known articles under new addresses or numbers since $since: $articles, $alerts. If they are "
            "the old ones: `feedwacht feeds fold $feed`, if they are new: `feedwacht feeds accept $feed`",
        ),
        "quarantine_accepted": Sentence(
            "$feed, $since: als neue Artikel angenommen von $by am $at", "$feed, $since: accepted as new by $by at $at"
        ),
        "quarantine_folded": Sentence(
            "$feed, $since: mit den alten Artikeln zusammengelegt von $by am $at",
            "$feed, $since: folded into the old articles by $by at $at",
        ),
        "quarantine_article": Sentence("„$title“: $before → $after", "“$title”: $before → $after"),
        "quarantine_more": Sentence("und $number weitere (--json zeigt alle)", "and $number more (--json has all)"),
        "quarantine_accept_sure": Sentence(
            "$articles von $feed annehmen und ihre Alarme absenden?", "Accept $articles of $feed and send their alerts?"
        ),
        "quarantine_fold_sure": Sentence(
            "$articles von $feed mit den alten zusammenlegen? Das lässt sich nicht zurücknehmen.",
            "Fold $articles of $feed into the old ones? That cannot be undone.",
        ),
        "fold_unasked": Sentence(
            "Zusammenlegen lässt sich nicht zurücknehmen, und hier ist niemand, den man fragen kann: mit --yes wiederholen",
            "folding cannot be undone, and nobody is here to be asked: repeat it with --yes",
        ),
        "quarantine_accept_done": Sentence(
            "$articles angenommen; $alerts gehen hinaus.", "$articles accepted; $alerts go out."
        ),
        "quarantine_fold_done": Sentence(
            "$articles zusammengelegt; $alerts abgebrochen.", "$articles folded; $alerts cancelled."
        ),
        "explain_story": Sentence(
            "Dieselbe Geschichte erzählt auch: $title ($url)", "The same story is told by: $title ($url)"
        ),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {"alerts_waiting": Counted("$n Alarm wartet", "$n Alarme warten", "$n alert waits", "$n alerts wait")}
)
