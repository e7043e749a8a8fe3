"""The matcher, measured: a corpus and subscriptions of its own, and other ways to the same hits."""
