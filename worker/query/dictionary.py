"""The German dictionary: forms and their lemmas, as simplemma ships them. Knows no rules.

It stays packed in memory (20 MB instead of 110), which makes a look-up dear, 12 µs, and most look-ups are for parts of
compounds that are no words. Whoever asks for so many that it is a process that stays gets a filter for those, which says
"no" in 0.3 µs and is never wrong about it.
"""

from functools import lru_cache

from simplemma.strategies.dictionaries import LOW_MEMORY_DICTIONARY_FACTORY

_MANY = 20_000  # look-ups, a second of them: then the second that making the filter takes is soon made up for
_SIZE = 1 << 23  # bytes; one in eight is set by the 1.1 million words


class Dictionary:
    """Lemmas by form, in exactly this spelling."""

    def __init__(self) -> None:
        self._lemmas = LOW_MEMORY_DICTIONARY_FACTORY.get_dictionary("de")
        self._asked = 0
        self._filter: bytearray | None = None

    def get(self, form: str) -> str | None:
        """The form's lemma, None if it is no word of the dictionary."""
        if self._filter is not None:
            return self._lemmas.get(form) if self._filter[hash(form) % _SIZE] else None
        self._asked += 1
        if self._asked == _MANY:
            self._filter = self._made_filter()
        return self._lemmas.get(form)

    def _made_filter(self) -> bytearray:
        found = bytearray(_SIZE)
        for form in self._lemmas:
            found[hash(form) % _SIZE] = 1
        return found


@lru_cache(maxsize=1)
def dictionary() -> Dictionary:
    """Read at first use: 0.6 s."""
    return Dictionary()
