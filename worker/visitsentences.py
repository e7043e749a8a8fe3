"""What is said of articles after they were filed: completed, withdrawn, back, moved. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        "explain_completed": Sentence(
            "$at: der Feed zeigte nur einen Anriss; der Text kommt von der Seite des Artikels",
            "$at: the feed showed a teaser only; the text is from the article's page",
        ),
        "explain_withdrawn": Sentence(
            "$at: von der Website verschwunden ($detail); der Text bleibt im Archiv",
            "$at: gone from the site ($detail); the text stays in the archive",
        ),
        "explain_returned": Sentence("$at: wieder auf der Website", "$at: on the site again"),
        "explain_renamed": Sentence("$at: umgezogen; früher unter $detail", "$at: moved; formerly at $detail"),
        "known_withdrawn": Sentence("von der Website verschwunden seit $at", "gone from the site since $at"),
        "explain_visit": Sentence(
            "die Seite des Artikels wird wieder angesehen: $at$detail",
            "the article's page is looked at again: $at$detail",
        ),
    }
)
