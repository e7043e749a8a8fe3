"""Which query keys of a link never select content, on any site: tracking, sharing, sessions, AMP views.

A denylist. What is not on it stays, and a word that could also name content is on it only with the values that cannot.
Knows nothing of URLs as a whole: see `identity.py`.
"""

import re
from collections.abc import Collection


def is_tracking(name: str, value: str, beside: Collection[str] = ()) -> bool:
    """Whether this key with this value says nothing about what is shown.

    name: in lower case, decoded; value: decoded; beside: the names of all keys of the query, in lower case.
    """
    if name in _KEYS or name.startswith(_PREFIXES):
        return True
    if name in _WORDED_KEYS:
        return _NUMBERED.search(value) is None and not (name == "from" and _RANGE_ENDS.intersection(beside))
    if name in _SESSION_KEYS:
        return _SESSION_VALUE.fullmatch(value) is not None
    return value.lower() in _KEYED_VALUES.get(name, ())


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_PREFIXES = tuple(
    _words("""
        utm_ utm- __utm at_ wt_ wt. pk_ mtm_ matomo_ piwik_ hsa_ mc_ vero_ oly_ _hs __hs gaa_ itm_ stm_ etcc_ et_cmp
        elq cm_mmc guce_ _bta_ ss_campaign ml_subscriber amp_js amp_gsa __cft__ __xts__ aspsessionid trk_ _openstat
        fb_action_
    """)
)
_KEYS = _words("""
    __s __tn__ __twitter_impression _branch_match_id _ga _gac _gl _ke ab_channel action_object_map action_ref_map
    action_type_map adobe_mc adobe_mc_ref aqs awc awesm ceneo_spo cfid cftoken cmpid cvosrc cx_click dclid dicbo dm_i
    ef_id epik ex_cid fb_comment_id fb_ref fb_source fbclid ftag ga_campaign ga_content ga_medium ga_place ga_source
    ga_term gad_campaignid gad_source gbraid gclid gclsrc gs_l guccounter hc_location hc_ref hootpostid hsctatracking
    icid igsh igshid int_cmp intcmp irclickid irgwc ito jsessionid li_fat_id link_source maca mibextid
    mindbox-click-id mkt_tok mkwid msclkid ncid noamp nr_email_referer ns_campaign ns_fee ns_linkname ns_mchannel
    ns_source obclickid ob_click_id ocid originalreferer pcrid phpsessid rb_clickid ref_src ref_url reflink
    replytocom rss_source s_cid s_kwcid sara_ecid sara_ref sc_campaign sc_channel sc_cid sc_content sc_medium
    sc_source sfmc_id sfnsn smid sms_source sms_ss soc_src soc_trk spm sr_share srsltid tblci tduid tracking_source
    trk trkcampaign trkinfo tt_campaign tt_content tt_medium ttclid twclid usqp utm vgo_ee wbraid wickedid
    wickedsource wtmc wtrid xing_share xtor yclid ymclid ysclid zanpid
""")

# Words under these keys say where a reader came from; numbers, dates and reference numbers may be what is read.
_WORDED_KEYS = _words("ref source from src via referrer referer")
_NUMBERED = re.compile(r"[0-9]{3}|^[\s.,:_-]*[0-9]")
_RANGE_ENDS = _words("to till until bis")  # beside them, `from` is the start of a range or of a journey

_SESSION_KEYS = _words("sid sess sessid sessionid session_id session oscsid zenid")
_SESSION_VALUE = re.compile(r"(?=[0-9]*[a-z])(?=[a-z]*[0-9])[0-9a-z]{20,128}", re.IGNORECASE)

_NETWORKS = _words("""
    bluesky email facebook instagram linkedin mail mastodon pinterest pocket reddit telegram threads tumblr twitter
    whatsapp x xing
""")
_CHANNELS = _NETWORKS | _words("feed feeds nl newsletter push rss rss2 rssfeed rss-feed social socialmedia")
_CHANNEL_KEYS = _words("campaign channel cid cmp emc medium origin partner")
_AMP_KEYS = _words("outputtype output view mode format layout")
_KEYED_VALUES: dict[str, frozenset[str]] = {
    "amp": frozenset(["", "0", "1", "true", "false", "yes", "amp"]),
    "feature": _words("share shared youtu.be related player_embedded emb_title emb_logo emb_share oembed"),
    "share": _NETWORKS,
    **dict.fromkeys(_CHANNEL_KEYS, _CHANNELS),
    **dict.fromkeys(_AMP_KEYS, frozenset(["amp"])),
}
