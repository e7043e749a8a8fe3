"""German words that stand in nearly every article, by the keys of their forms: no subscription can ask for them alone.

Articles, pronouns, prepositions, conjunctions and auxiliary verbs; no word that can be what news is about.
"""

from worker.query.words import form_key

_WORDS = """
aber als am an auch auf aus bei beim bis da das dass daß dem den denn der des die dies diese diesem diesen dieser dieses
doch du durch ein eine einem einen einer eines er es euch für gegen hab habe haben hat hatte hatten ich ihm ihn ihnen ihr
ihre ihrem ihren ihrer ihres im in ins ist kann können man mein meine mich mir mit muss müssen nach nicht ob oder ohne
sein seine seinem seinen seiner seines seit sich sie sind so soll sollen sowie über um und uns unser unsere unter vom von
vor war waren was wenn wer werden wie wir wird wo wollen wurde wurden zu zum zur zwischen
"""

STOP_KEYS = frozenset(form_key(word) for word in _WORDS.split())
