"""How long may a source be silent before something is wrong? Pure; lengths are in articles that were to be expected.

A gap of an hour says little at night and much at noon, so gaps are not measured in hours but in the articles that the
rhythm lets expect for them. If articles came one by one and by chance, such gaps would be spread exponentially around
one article; as they come in clusters and days differ, the long ones are longer. The tail is therefore learned: what lies
beyond `BASE` is exponential again, around the size of a cluster instead of an article.
Source: peaks over a threshold, Coles, An Introduction to Statistical Modeling of Extreme Values, chapter 4.
"""

import math
from dataclasses import dataclass, replace

BASE = 3.0  # articles; shorter gaps are everyday life and tell nothing of the long ones
FALSE_ALARMS_A_MONTH = 0.6  # what is aimed at; holidays, which no rhythm of weekdays knows, come on top
LEAST = 4.0  # articles; whatever was learned, fewer that fail to come are no silence

_WEEKS_A_MONTH = 365.25 / 12 / 7
# What is believed before anything was seen: as much as so many long gaps say, of clusters of two articles.
_PRIOR_GAPS, _PRIOR_CLUSTER = 3.0, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """The long gaps so far, faded with time. gaps: how many went beyond BASE; beyond: by how much, all together."""

    gaps: float = 0.0
    beyond: float = 0.0

    def with_gap(self, articles: float) -> "Tail":
        """One more gap, over which so many articles were to be expected. What would have alarmed counts as its limit:
        a freeze is no habit.
        """
        if articles <= BASE:
            return self
        return replace(self, gaps=self.gaps + 1, beyond=self.beyond + articles - BASE)

    def faded(self, share: float) -> "Tail":
        return Tail(gaps=self.gaps * share, beyond=self.beyond * share)

    @property
    def cluster(self) -> float:
        """Around how many articles the tail is spread: 1 = they come one by one, 3 = in clusters of three."""
        return (self.beyond + _PRIOR_GAPS * _PRIOR_CLUSTER) / (self.gaps + _PRIOR_GAPS)


def limit(tail: Tail, weeks: float) -> float:
    """So many expected articles without one are silence. weeks: how long gaps were watched, faded likewise."""
    gaps_a_month = max(tail.gaps, 1.0) / max(weeks, 1.0) * _WEEKS_A_MONTH
    return max(LEAST, BASE + tail.cluster * max(math.log(gaps_a_month / FALSE_ALARMS_A_MONTH), 0.0))
