"""A source: what is peculiar to one site."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceRules:
    """What is peculiar to one site; the defaults hold for any site.

    name: the source's name in the configuration; line: how records name it after `Quelle: `.
    home: the site's address; timezone: IANA name of the site's clock, for dates without a zone and for `Datum`.
    categories: known categories in rank order; catch_all: names that say nothing and stand last.
    post_id_pattern: regular expression with one group, searched in a URL's path; "" = the path holds no post id.
    tracking_keys: query keys beside the built-in denylist that never select content; `key=value` limits one to a value,
    `key=start*` to values that begin so.
    mobile_hosts: leading host labels that show the same site (`m`, `amp`); view_segments: last path segments that show
    the same article in another form (`print`, `embed`, `comment-page-*`);
    redirectors: `host/path?key` whose query key holds the target.
    boilerplate: regular expressions; a block of text that one of them matches as a whole is left out.
    selectors: CSS selectors of an article page's body.
    """

    name: str = ""
    line: str = ""
    home: str = ""
    timezone: str = "Europe/Berlin"
    categories: tuple[str, ...] = ()
    catch_all: tuple[str, ...] = ()
    post_id_pattern: str = ""
    tracking_keys: tuple[str, ...] = ()
    mobile_hosts: tuple[str, ...] = ()
    view_segments: tuple[str, ...] = ()
    redirectors: tuple[str, ...] = ()
    boilerplate: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
