"""The words by which lines of a conference site are told apart: those of its buttons, of awards, of prose.

They are the vocabulary of such sites in general: none is taken from a paper, and no line of any page is listed.
"""

from __future__ import annotations

import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Of these the buttons, menus, labels and dates consist; a line of nothing else is furniture.
SITE_WORDS = _words(
    """
    add calendar view show hide more less detail details full open join watch link links pdf paper papers poster
    posters video videos slide slides code project page website site openreview arxiv proceedings virtual oral orals
    spotlight spotlights talk talks tutorial workshop session sessions track conference livestream live recording chat
    room hall location zoom gather abstract abstracts keywords bookmark favorite favourite favorites share tweet email
    copy bibtex cite citation export download downloads supplementary material appendix discussion question questions
    answers back next previous prev top home menu skip navigation main content search sort filter select year schedule
    time date timezone event events list title author authors log login logout sign register registration account
    profile help desk center centre contact about privacy policy terms use cookie cookies copyright sponsor sponsors
    sponsorship exhibitor exhibitors press careers faq organizers organisers committee committees attendee attendees
    expo socials toggle expand collapse loading image thumbnail logo news blog rights reserved conduct board person
    visit spot booth floor level ballroom stage starts ends minutes today tomorrow mon tue tues wed thu thur thurs fri
    sat sun monday tuesday wednesday thursday friday saturday sunday jan feb mar apr may jun jul aug sep sept oct nov
    dec january february march april june july august september october november december am pm a.m p.m pdt pst pt utc
    gmt cet cest edt est et jst
    """
)
LINKING = _words("a all and at by chair for from here i in is it me my now of on or our s the this to up us with you")
# Months, days, places and initials that are names of people too.
ALSO_NAMES = _words(
    "jan mar march apr april may jun june jul aug august sun sat mon hall page center et est am pm a.m p.m"
)
FIELD = re.compile(
    r"(?:keywords?|tl;?\s?dr|subject areas?|topics?|primary area|doi|url|session chairs?|(?:poster|paper) id)\s*:",
    re.IGNORECASE,
)
URL = re.compile(r"(?:https?://|www\.)\S+$", re.IGNORECASE)
SITE_SENTENCE = re.compile(
    r"©|\b(?:cookies?|copyright|all rights reserved|privacy policy|terms of (?:use|service)|click|browser|javascript"
    r"|log ?in|sign (?:in|up)|logo|chat is|this (?:web)?site|page load|livestream|registered attendees?)\b",
    re.IGNORECASE,
)
AWARD = re.compile(
    r"\b(?:awards?|awarded|prizes?|outstanding|distinguished|honou?rable|winners?|runners?[- ]?up|finalists?|nominees?"
    r"|nominated|nomination|commendation|commended|laureate|medal|test[- ]of[- ]time"
    r"|best (?:\S+ ){0,3}(?:papers?|posters?|demos?|talks?|presentations?))\b|\btop[- ]\d+ ?%",
    re.IGNORECASE,
)
RESEARCH = re.compile(
    r"\b(?:we|our|(?:this|the) (?:paper|work|study)|propos(?:es?|ed)|introduce[sd]?|experiments?|results?)\b",
    re.IGNORECASE,
)
FUNCTION_WORDS = _words(
    """
    the of and for with in on to is are was were we our via from by using a an at as this that these those which be can
    it its not how what why when where has have does without toward towards under over through between into their than
    more such also both while
    """
)
# Most function words are never part of a name; these may be one (Bo An, To Nguyen).
NOT_IN_NAMES = FUNCTION_WORDS - _words("a an to in on be can")
