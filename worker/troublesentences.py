"""What is said of a feed's pace and of its troubles: a line per sentence. `wording.py` says it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from worker.sentences import Counted, Sentence

SENTENCES: Final[Mapping[str, Sentence]] = MappingProxyType(
    {
        # feeds list: why the next poll is when it is
        "pace_fixed": Sentence("fest", "fixed"),
        "pace_unknown": Sentence("noch kein Rhythmus bekannt", "no rhythm known yet"),
        "pace_hint": Sentence(
            "noch kein Rhythmus bekannt; der Feed wünscht $interval", "no rhythm known yet; the feed asks for $interval"
        ),
        "pace_rhythm": Sentence("Rhythmus: $day $hour Uhr, $rate", "rhythm: $day $hour h, $rate"),
        "pace_burst": Sentence(
            "eben kam ein Artikel; $day $hour Uhr, $rate", "an article has just come; $day $hour h, $rate"
        ),
        "pace_window": Sentence(
            "damit der Feed nicht überläuft; $day $hour Uhr, $rate",
            "so that the feed does not run over; $day $hour h, $rate",
        ),
        "pace_cache": Sentence("der Cache des Servers gilt bis $at", "the server's cache is fresh until $at"),
        "articles_an_hour": Sentence("$rate Artikel in der Stunde", "$rate articles an hour"),
        "col_pace": Sentence("Takt", "Pace"),
        "weekday_0": Sentence("Montag", "Monday"),
        "weekday_1": Sentence("Dienstag", "Tuesday"),
        "weekday_2": Sentence("Mittwoch", "Wednesday"),
        "weekday_3": Sentence("Donnerstag", "Thursday"),
        "weekday_4": Sentence("Freitag", "Friday"),
        "weekday_5": Sentence("Samstag", "Saturday"),
        "weekday_6": Sentence("Sonntag", "Sunday"),
        # what is the matter with a feed
        "trouble_silent": Sentence(
            "$feed ist seit $since still, länger als sein Rhythmus erwarten lässt",
            "$feed has been silent since $since, longer than its rhythm lets expect",
        ),
        "trouble_empty": Sentence(
            "$feed zeigt seit $since keinen einzigen Artikel mehr", "$feed has shown no article at all since $since"
        ),
        "trouble_no_feed": Sentence(
            "$feed liefert seit $since etwas anderes als einen Feed",
            "$feed has sent something else than a feed since $since",
        ),
        "trouble_comments": Sentence(
            "$feed zeigt seit $since Kommentare statt Artikel",
            "$feed has shown comments instead of articles since $since",
        ),
        "trouble_elsewhere": Sentence(
            "$feed leitet seit $since auf eine andere Website um", "$feed has led to another site since $since"
        ),
        "trouble_certificate": Sentence(
            "$feed ist seit $since nicht abrufbar: das Zertifikat des Servers ist nicht in Ordnung",
            "$feed cannot be read since $since: something is wrong with the server's certificate",
        ),
        "trouble_failing": Sentence("$feed ist seit $since nicht abrufbar", "$feed cannot be read since $since"),
        "trouble_gone": Sentence(
            "$feed gibt es nicht mehr, sagt der Server; er wird seit $since nicht mehr abgefragt",
            "$feed is gone for good, says the server; it is not polled any more since $since",
        ),
        "trouble_lying": Sentence(
            "$feed verschwieg Neues mit „304 Not Modified“; er wird seit $since immer ganz abgefragt",
            "$feed hid news behind “304 Not Modified”; it has been asked in full at each poll since $since",
        ),
        "trouble_quarantine": Sentence(
            "$feed zeigt seit $since bekannte Artikel unter neuen Adressen oder Nummern; ihre Meldungen warten",
            "$feed has shown known articles under new addresses or numbers since $since; their alerts wait",
        ),
        "over_quarantine": Sentence(
            "über die Artikel von $feed, die unter neuen Namen kamen, ist seit $over entschieden",
            "the articles of $feed that came under new names were decided on at $over",
        ),
        "do_quarantine": Sentence(
            "`feedwacht feeds quarantine` zeigt sie; sind es die alten Artikel: `feedwacht feeds fold $feed`, sind es neue: "
            "`feedwacht feeds accept $feed`",
            "`feedwacht feeds quarantine` shows them; if they are the old articles: `feedwacht feeds fold $feed`, if they "
            "are new ones: `feedwacht feeds accept $feed`",
        ),
        "trouble_canary": Sentence(
            "von $feed ist seit $since kein Kanarienvogel angekommen: zwischen Abruf und Zustellung hängt etwas",
            "no canary of $feed has arrived since $since: something is stuck between polling and delivering",
        ),
        "trouble_canary_because": Sentence(
            "von $feed ist seit $since kein Kanarienvogel angekommen: $reason",
            "no canary of $feed has arrived since $since: $reason",
        ),
        "over_canary": Sentence(
            "der Kanarienvogel von $feed kommt seit $over wieder an", "the canary of $feed arrives again since $over"
        ),
        "do_canary": Sentence(
            "`feedwacht status` und das Protokoll sagen, was hängt; bis dahin kann es sein, dass Meldungen ausbleiben",
            "`feedwacht status` and the log say what is stuck; until then alerts may stay away",
        ),
        "over_silent": Sentence("$feed bringt seit $over wieder Artikel", "$feed has articles again since $over"),
        "over_empty": Sentence("$feed zeigt seit $over wieder Artikel", "$feed shows articles again since $over"),
        "over_no_feed": Sentence("$feed ist seit $over wieder ein Feed", "$feed is a feed again since $over"),
        "over_comments": Sentence("$feed zeigt seit $over wieder Artikel", "$feed shows articles again since $over"),
        "over_elsewhere": Sentence(
            "$feed leitet seit $over nicht mehr auf eine andere Website um",
            "$feed does not lead to another site any more since $over",
        ),
        "over_certificate": Sentence(
            "$feed ist seit $over wieder abrufbar, das Zertifikat ist in Ordnung",
            "$feed can be read again since $over, its certificate is in order",
        ),
        "over_failing": Sentence("$feed ist seit $over wieder abrufbar", "$feed can be read again since $over"),
        "over_gone": Sentence("$feed ist seit $over wieder da", "$feed is back since $over"),
        "over_lying": Sentence(
            "$feed wird seit $over wieder mit Bedingungen abgefragt",
            "$feed is asked with conditions again since $over",
        ),
        # what to do next
        "do_silent": Sentence(
            "Die Website ansehen: Stehen dort neuere Artikel, hält ein Cache den Feed fest – dem Betreiber der Website "
            "schreiben. Sonst ist nichts zu tun",
            "Look at the site: if it has newer articles, a cache holds the feed – write to the publisher. Else nothing "
            "is to be done",
        ),
        "do_empty": Sentence(
            "Die Adresse prüfen: WordPress zeigt auch für eine falsche Rubrik einen leeren Feed",
            "Check the address: WordPress shows an empty feed for a wrong category, too",
        ),
        "do_no_feed": Sentence(
            "Die Adresse im Browser öffnen: eine Wartungsseite vergeht; eine Bot-Abwehr oder eine neue Adresse nicht",
            "Open the address in a browser: a maintenance page passes; a bot challenge or a new address does not",
        ),
        "do_comments": Sentence(
            "Die Adresse des Artikel-Feeds in die Konfiguration schreiben",
            "Put the address of the feed of articles into the configuration",
        ),
        "do_elsewhere": Sentence(
            "Ist die Website umgezogen? Dann die neue Adresse in die Konfiguration schreiben",
            "Has the site moved? Then put the new address into the configuration",
        ),
        "do_certificate": Sentence(
            "Dem Betreiber der Website schreiben; steht ein eigener Proxy dazwischen: [http] ca_bundle",
            "Write to the publisher; if a proxy of your own stands between: [http] ca_bundle",
        ),
        "do_failing": Sentence(
            "Die Adresse im Browser öffnen; `feedwacht feeds list` nennt den Grund und den nächsten Versuch",
            "Open the address in a browser; `feedwacht feeds list` gives the reason and the next try",
        ),
        "do_gone": Sentence(
            "Auf der Website nach dem neuen Feed sehen und die Adresse in der Konfiguration ändern",
            "Look for the new feed on the site, and change the address in the configuration",
        ),
        "do_lying": Sentence(
            "Nichts: es kostet den Server mehr Verkehr, aber es fehlt nichts",
            "Nothing: it costs the server more traffic, but nothing is missing",
        ),
        # what is the matter with a channel
        "trouble_channel_failing": Sentence(
            "Der Kanal $channel nimmt seit $since nichts mehr an", "the channel $channel has taken nothing since $since"
        ),
        "trouble_channel_off": Sentence(
            "Der Kanal $channel ist abgeschaltet: Er hat seit $since nichts mehr angenommen",
            "the channel $channel is disabled: it has taken nothing since $since",
        ),
        "trouble_channel_gone": Sentence(
            "Der Kanal $channel ist abgeschaltet: Den Empfänger gibt es nicht mehr (410, seit $since)",
            "the channel $channel is disabled: its receiver is gone for good (410, since $since)",
        ),
        "over_channel_failing": Sentence(
            "Der Kanal $channel nimmt seit $over wieder alles an",
            "the channel $channel takes everything again since $over",
        ),
        "over_channel_off": Sentence(
            "Der Kanal $channel ist seit $over wieder eingeschaltet",
            "the channel $channel is enabled again since $over",
        ),
        "over_channel_gone": Sentence(
            "Der Kanal $channel ist seit $over wieder eingeschaltet",
            "the channel $channel is enabled again since $over",
        ),
        "do_channel_failing": Sentence(
            "Den Empfänger prüfen; was wartet, geht hinaus, sobald er wieder antwortet (`feedwacht channels list`)",
            "Check the receiver; what waits leaves as soon as it answers again (`feedwacht channels list`)",
        ),
        "do_channel_off": Sentence(
            "Den Empfänger prüfen, dann `feedwacht channels enable $channel`: Was wartet, geht dann hinaus",
            "Check the receiver, then `feedwacht channels enable $channel`: what waits leaves then",
        ),
        "do_channel_gone": Sentence(
            "Die neue Adresse in die Konfiguration schreiben; hat der Empfänger sich geirrt: `feedwacht channels enable "
            "$channel`. Was wartet, geht dann hinaus",
            "Put the new address into the configuration; if the receiver was wrong: `feedwacht channels enable $channel`. "
            "What waits leaves then",
        ),
        "trouble_subject": Sentence("feedwacht: $sentence", "feedwacht: $sentence"),
        "trouble_detail": Sentence("Zuletzt: $detail", "Last seen: $detail"),
        "trouble_lasted": Sentence("Es dauerte $span", "It lasted $span"),
        "trouble_do": Sentence("Zu tun: $advice", "What to do: $advice"),
        "status_trouble": Sentence("$sentence. $advice", "$sentence. $advice"),
        "status_notices_dead": Sentence(
            "$notices an den Betreiber kamen nicht an: die Kanäle in [operator] prüfen",
            "$notices to the operator did not arrive: check the channels of [operator]",
        ),
    }
)

COUNTED: Final[Mapping[str, Counted]] = MappingProxyType(
    {"notices": Counted("$n Meldung", "$n Meldungen", "$n notice", "$n notices")}
)
