"""The product hit at random: a feed farm, a nemesis, and one checker. `make chaos`; see docs/chaos.md."""
