"""What of a page is not the article: dropped elements, classes of boxes, dead shortcodes, footers.

One place for all such lists that hold for any site; what is peculiar to one site is its boilerplate configuration.
"""

import re

from worker.text.tree import Node


def names(text: str) -> frozenset[str]:
    return frozenset(text.split())


DROPPED = names(
    "applet audio button canvas datalist dialog figcaption form iframe map nav noembed noframes noscript object"
    " picture progress script select style svg template textarea title video"
)
_LEFT_OUT = DROPPED | names("area base col embed frame hr img input link meta param source track")
_LISTED = 40  # class names of one element that are looked at; real ones have a dozen


def is_clutter(node: Node) -> bool:
    """Tell whether an element is left out with all that it holds."""
    if node.name in _LEFT_OUT or node.name.startswith("amp-"):
        return True
    if not node.attributes:
        return False
    listed = [*node.get("class").split(), node.get("id")][-_LISTED:]
    return any(_BOX.fullmatch(name[:80]) for name in listed)


def without_shortcodes(text: str) -> str:
    """Cut dead shortcodes out of running text; `[er]`, `[…]` and `[1]` stay."""
    if "[" not in text or "]" not in text:
        return text
    text = _SHORTCODE.sub(" ", _EMBED.sub(" ", text))
    return " " if _ALONE.fullmatch(text) else text


def is_footer(block: str) -> bool:
    """Recognise the line that SEO plugins put below an entry, whole: "Der Beitrag … erschien zuerst auf …"."""
    if len(block) >= 800 or (found := _FOOTER.fullmatch(block)) is None:
        return False
    return _GOES_ON.search(block, found.start("site")) is None


_BOX = re.compile(
    r"wp-caption(?:-text)?|attachment_\d+|gallery(?:-item|-caption|-icon|-columns-\d+)?|screen-reader-text|sr-only"
    r"|visually-hidden|wp-block-(?:embed|image|gallery|video|audio|file|buttons?|social-links?|latest-posts|query"
    r"|loop|archives|categories|tag-cloud|search|post-(?:author|date|navigation-link|featured-image))(?:[-_].*)?"
    # embeds
    r"|wp-embedded-content|wp-(?:video|playlist|audio-shortcode)|twitter-(?:tweet|video|timeline)|instagram-media"
    r"|tiktok-embed|bluesky-embed|mastodon-embed|reddit-(?:embed|card).*|fb-(?:post|video|page|root)|embed-container"
    r"|embed-youtube|video-container|fluid-width-video-wrapper"
    # shares
    r"|sharedaddy|sd-(?:sharing|like|social|block|content).*|(?:post-)?share-?(?:buttons?|bar|box|links?|icons?)"
    r"|social-?(?:shar(?:e|ing)|buttons?|icons?|links?|media-?(?:icons?|buttons?|links?|share|bar)).*|(?:addtoany|a2a|heateor|essb|swp|mashsb|ssba)[_-].*"
    r"|shariff.*"
    # related articles, tables of contents, author boxes, links to the page
    r"|jp-relatedposts.*|(?:.*[-_])?related[-_]?(?:posts?|articles?|stories|links)(?:[-_].*)?|relpost.*"
    r"|(?:yarpp|crp|rp4wp|rpwwt)(?:[-_].*)?|penci-(?:ilrltpost|inline-related|post-related|author).*"
    r"|(?:ez-|lw)?toc[-_]container.*|lwptoc.*|saboxplugin-wrap|author-?box|abh_.*|pp-multiple-authors.*|more-link"
    r"|read-?more(?:-link)?|post-views(?:-.*)?|comment-respond|comments-area|newsletter-(?:box|signup|form).*"
    # advertising
    r"|adsbygoogle|ads?-?(?:slot|container|wrapper|banner|box|unit|block|label|zone|space)s?(?:-.*)?|advads-.*"
    r"|advert(?:isement|ising|s)?|ai-viewport.*|code-block-\d+|google-auto-placed|quads-.*|(?:dfp|gpt)-.*|werbung"
    r"|anzeige|werbeblock|(?:taboola|outbrain|plista)(?:[-_].*)?",
    re.IGNORECASE,
)

_QUOTES = "\"'„“”‟«»′″‘’‚&"
_PLUGIN = r"(?:vc|et_pb|fusion|su|av|tds?|wpb|rev|ux|mk|nectar|cs|ultimate|penci|wpdevart|sc)_[a-z0-9_]{1,60}"
_DEAD = (
    r"gallery|playlist|embed|mappress|caption|wp_caption|contact-form(?:-7)?|wpforms|gravityform|ninja_forms?|toc"
    r"|adrotate|wp_ad_camp(?:_\d)?|the_ad(?:_group|_placement)?|advanced_iframe|newsletter_form|dropcap|googlemaps"
    r"|(?:vc|et_pb|fusion|su|av|tds?|wpb|rev|ux|mk|nectar|cs|ultimate|penci|wpdevart|sc)_[a-z0-9_]{1,60}"
    r"|rev_slider|layerslider|metaslider|nggallery|nextpage|more|youtube|vimeo|instagram|tweet"
)
_EMBED = re.compile(
    r"\[(embed|youtube|vimeo|video|audio|googlemaps|instagram|tweet)(?:\s[^\[\]]{0,500})?\][^\[\]]{0,500}\[/\1\]"
)
_SHORTCODE = re.compile(
    rf"\[(?:{_DEAD})\s?=[^\[\]]{{0,1000}}\]"  # known ones, with a value or attributes
    rf"|\[(?:{_DEAD})\s[^\[\]=]{{0,200}}=[^\[\]]{{0,1000}}\]|\[/(?:{_DEAD})\]|\[(?:{_PLUGIN})(?:\s[^\[\]]{{0,1000}})?/?\]"
    rf"|\[[a-z][a-z0-9_-]{{1,40}}\s{{1,5}}[A-Za-z_][\w-]{{0,40}}\s?=\s?[{_QUOTES}\w/#.-][^\[\]]{{0,1000}}\]"
    r"|\[/[a-z][a-z0-9_-]{2,40}\]"  # the closing mark of any
)
_ALONE = re.compile(rf"(?:\s*\[(?:{_DEAD})(?:\s[^\[\]]{{0,1000}})?/?\])+\s*")
_FOOTER = re.compile(
    r"(?:(?:Der|Dieser|The|This) (?:Beitrag|Artikel|post|article)|L[’']article|La entrada|Het bericht|L[’']articolo)\b"
    r".{0,600}?\b(?:erschien zuerst (?:auf|bei)|appeared first on|first appeared on|est apparu en premier sur"
    r"|se publicó primero en|verscheen eerst op|proviene da)\b(?P<site>[^,;:!?]{0,120})",
    re.IGNORECASE,
)
# A site's name may hold dots, but behind it the block ends: a sentence that goes on belongs to the article.
_GOES_ON = re.compile(r"[.!?…]\s+\S+\s+\S|\b(?:und|aber|wurde|wird|hatte|and|was|but)\b")
