"""feedwacht: watches the feeds of a news site, files every article once, alerts on keywords."""

__version__ = "0.1.0"
