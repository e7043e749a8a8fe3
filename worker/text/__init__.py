"""Text as it stands in records: HTML becomes plain Markdown blocks, titles become one line, words can be compared.

Owns the order of work on characters and all knowledge of HTML (lxml lives here only). Knows nothing of feeds,
records or the configuration, except the boilerplate patterns that it is handed. Everything works on foreign text:
no recursion, and time and memory grow with the length of the input only.
"""

from worker.text.blocks import to_markdown
from worker.text.characters import clean, fold
from worker.text.titles import plain

__all__ = ["clean", "fold", "plain", "to_markdown"]
