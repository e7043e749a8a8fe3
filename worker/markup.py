"""A message as HTML, for mail programs: paragraphs with marked hits and links, nothing active, nothing from elsewhere.

Pure. Whatever a title or an article holds is shown literally. Must not know channels.
"""

from html import escape

from worker.model import Message, Run


def html(message: Message) -> str:
    """The paragraphs as one page."""
    lines = ("".join(map(_run, paragraph.runs)) for paragraph in message.paragraphs)
    body = "\n".join(f"<p>{line}</p>" for line in lines)
    return f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head><body>\n{body}\n</body></html>\n'


def _run(run: Run) -> str:
    text = escape(run.text)
    if run.marked:
        text = f"<mark>{text}</mark>"
    return f'<a href="{escape(run.link)}">{text}</a>' if run.link.startswith(("http://", "https://")) else text
