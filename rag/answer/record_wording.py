"""The English wording of questions that the catalogue answers, in the form of `rag.answer.wording`."""

from __future__ import annotations

import re

from rag.answer.wording import pattern
from rag.text import content_words

AUTHOR = pattern(
    r"""\b( authors? | authored | co-?authors? | co-?authored | wrote | written | writes? | by | publish(es|ed)?
    | papers?\s(of|from) | works?\s(of|by) | who\s(is|are|was|were)\sbehind | contribut\w+ | together
    | collaborat\w+ | share[sd]?(\sin\scommon)? | have\sin\scommon | jointly | joint )\b
    | ['’]s?\s(\w+\s)?(papers?|works?|posters?)\b"""
)
WHO = pattern(
    r"""\bwho\b.*\b(wrote|author(s|ed)?|published|is\sbehind|are\sbehind|made|presents?|presented|presenting)\b
    | (?<!did\sthe\s)(?<!do\sthe\s)(?<!does\sthe\s)(?<!have\sthe\s)(?<!were\sthe\s)\bauthors?\s(of|list)
    | \b(first|last|lead|senior)\sauthors?\s(of|on|for|behind)\b
    | \bwritten\sby\swhom\b
    | \b(who|what|which|list|name|names|give|show|tell|and)\b.{0,40}\bauthors?\s*[?.!]*\s*$
    | ^\W*(the|its|their)?\s?((first|last|lead|senior)\s)?authors?\W*$"""
)
AWARD = pattern(
    r"""\b( award(s|ed)? | prizes? | outstanding\spaper | best\spaper | hono(u)?rable\smentions? | distinguished
    | won | winner | winning )\b"""
)
AWARD_ITSELF = pattern(r"""\b(award|prize|outstanding|hono(u)?rable|distinguished|best\spaper)""")
WHICH_PAPER = pattern(r"""\bwhich\s(paper|poster|work)""")
ANY_WHO = pattern(r"""\bwho\b""")
COUNT = pattern(
    # No verb between: "how many hours did the authors need" counts hours.
    r"""\b( how\smany | number\sof | count\s(of|the|all) )\b
    (?:(?!\b(?:do|does|did|is|are|was|were|has|have|can|could|will|would)\b).){0,40}
    \b( papers? | posters? | works? | abstracts? | authors? | people | submissions? )\b"""
)
PEOPLE = pattern(r"""\b(authors?|people)\b""")
LINK = pattern(
    r"""\b( code | repo(sitory|s)? | github | links? | urls? | website | project\spage | source\scode | download
    | pdfs? | where\scan\s(i|we|one)\s(read|find|download|get)\s(the|this|that|it) )\b"""
)
# Code alone may be what a paper is about: "improves the code of beginners".
LINK_WANTED = pattern(
    r"""\b( link(s|ed|ing)? | urls? | repo\w* | github | website | page | where | download | pdfs? )\b
    | \b( release[ds]? | releasing | available | have | has | is\sthere | are\sthere | come[s]?\swith | find | get | see
    | share[ds]? | send | give[sn]? | provide[sd]? | publish\w* | open-?sourc\w* | with | without | any | the | their
    | its | source )\s ([\w-]+\s){0,3}? code\b
    | \bcode\b \s* ( (\w+\s){0,3} (available | released | public(ly)? | online | open | shared | anywhere | somewhere)\b
    | \s(for|of)\s )
    | ^\W* (\S+\s+){0,4} code \W*$"""
)
LINK_WORDS = frozenset(
    content_words(
        "code github link url address website page project public publicly available release online open source"
        " download provide contain include send anywhere somewhere accompany implementation pdf host come repo"
        " repository exist there data dataset datasets video videos demo demos homepage say state tell claim"
    )
)
CODE = pattern(r"""\b( code | repo(sitory|s)? | implementations? )\b""")
CODE_LINKED = pattern(
    r"""\b( code\w* | implement\w* | software | repo\w* | toolkit | library | package | source | git\w* )\b"""
)
# An abstract says that its code can be had, with or without a link; code models are none.
CODE_PROMISED = pattern(
    r"""\b(codes?|implementations?)\b (?!\s(models?|generation|search|completion|review)\b) [^.]{0,80}
      \b( available | released? | public(ly)? | open-?sourced? | (on|at|in|from|via|through)\s(\w+\s){0,2}github )\b
    | \b(releas(e|ed|ing)|open-?sourc(e|ed|ing)|publish|provide|share)\s ([\w,-]+\s){0,8} (codes?|implementations?)
      \b (?!\s(models?|generation|search|completion|review)\b)"""
)
CODE_HOSTS = frozenset({"github", "gitlab", "bitbucket", "huggingface", "zenodo"})
LINK_ITSELF = pattern(r"""\b( link(s|ed|ing)? | urls? | address(es)? | where )\b""")
MATERIAL = pattern(r"""\b( data(sets?)? | videos? | demos? | (web|project\s|home\s?)pages? | websites? )\b""")
AT_HOST = pattern(r"""\b(?:on|at|to)\s(\w+)\b | \b(\w+)(?:\.\w+)?\s(?:links?|urls?|repo\w*|pages?|addresse?s?)\b""")
# What a paper links to, rather than the paper.
THING_LINKED = pattern(
    r"""\b( code | repo(sitory|s)? | website | project\spage | home\s?page | demo | data(sets?)? | download
    | videos? )\b"""
)
CODE_AS_TOPIC = pattern(r"""\bcode\s(generation|models?|completion|search|understanding|intelligence)\b""")
ALL = pattern(
    r"""^\W* (please\s)? (can\syou\s)? (list|show|give\sme|name|what\sare|which\sare) (\sme)? (\sall)? (\sof)? (\sthe)?
    \s? (titles|papers|posters|abstracts) (\sof\sall\spapers)?
    (\s(there\sare|in\s(this|the)\s(session|collection)|here|titles))* \W*$"""
)
MOST_AUTHORS = pattern(
    r"""\b( longest | most | largest | biggest | max(imum)? | highest )\b .{0,25}
    \b( authors? | author\slist | list\sof\sauthors | co-?authors )\b"""
)
SINGLE_AUTHOR = pattern(
    r"""\b(single|one|sole|solo)[- ](author(ed)?|name)\b
    | \b(written|authored|made|done|signed)\s by\s (just|only)?\s? (a|one)\s (\w+\s)? (person|author|researcher|name) \b
    | \b(wrote|written|authored|publish(ed)?|done|work(s|ed)?) (\s\w+){0,3} \s (alone|on\s(his|her|their)\sown) \b"""
)
FEWEST_AUTHORS = pattern(
    r"""\b( fewest | least | shortest | smallest | min(imum)? )\b .{0,25} \b( authors? | author\slist )\b"""
)
MOST_PAPERS = pattern(
    r"""\b( who | which\s(author|person|researcher)s? )\b .{0,30} \b most\s(papers|posters|works|often|publications) \b
    | \bmost\sprolific\b"""
)
MENTIONS = pattern(
    r"""\b(papers|abstracts|works|posters|ones|those)\b .{0,20}?
    \b( mention(s|ed|ing)? | (contain|have|use|with|has|having)(s|ing)?\sthe\s(exact\s)?(words?|terms?|phrase|name)
       | say(s)?(\sin\s(the|their)\sabstracts?)?\s(that\s)?they\suse )
    \s+(?P<term>.+?) (\sin\s(the|their|its)\s(abstract|text|title)s?)?
    (,?\s(and\s)?(all\sof\sthem|which(\sones)?(\sare\s(they|those|these))?|please|pls|how\smany(\sare\sthere)?))?
    \s*[?.!]*\s*$"""
)
MENTIONED = pattern(
    r"""\b( mention\w* | (turn|come|show)s?\sup | occurs? | appears? | term | word | keyword | named | cited )\b"""
)
PLURAL = pattern(r"""\b( papers | abstracts | works | posters | which\s(ones|of) )\b | \ball\b""")
# In this case, as names are written.
TWO_SURNAMES = re.compile(r"\b(?:by|of|from)\s+([A-Z][\w’'-]+)\s+(?:and|&)\s+([A-Z][\w’'-]+)")
# One surname that stands for a group, or behind a thing that people make.
GROUP_OF = re.compile(
    r"\b([A-Z][\w’'-]+)\s(?:and\s|&\s)(?:co|colleagues|co-?workers|collaborators|others|friends)\b"
    r"|\b(?:one|paper|work|poster|method|approach|study)\s(?:by|from|of)\s([A-Z][\w-]+)(?!['’\w-])"
)
EITHER = pattern(r"""\b( or | either | any\sof | respectively )\b""")
JOINED = pattern(r"""\band\b | , | &""")
FIRST_AUTHOR = pattern(r"""\b(first|lead)[- ]author""")
LAST_AUTHOR = pattern(r"""\b(last|senior)[- ]author""")

BEFORE_SURNAME = frozenset({"by", "from", "of", "and", "with", "did", "author"})
# Words that a question about somebody's papers has besides the name.
GENERAL_WORDS = frozenset(
    content_words(
        "paper papers poster session collection conference author authors wrote written list all which who whom by"
        " co-author published publish name names here together work works any both give show tell me please find first"
        " last did does present presented contribute count number many article articles abstract abstracts got get gets"
        " submitted submit share shared common jointly joint involved title titles there something anything work"
        " mention turn occur appear term word keyword name cite know total show come ones overall altogether include"
        " index cover hold"
    )
)

# The question that follows another one in the same breath: "who wrote it, and what else did Ada Quill write?"
NEXT_QUESTION = pattern(
    r"""[,;]?\s+and\s+(?:also\s+)?(?=(?:what|which|who|whom|how\smany|where)\b(?!\s*\?*\s*$)) | \?\s+(?=\w)"""
)
WHO_OF_THESE = pattern(
    r"""^\W* who(\s(wrote|authored|made|published|are|is)\b)? .{0,40}
    \b(these|those|them|it|they|each)\b \s*[?.!]*$"""
)
ORIGIN = pattern(
    r"""\b(what|which|whose|name\sof\sthe)\s([\w-]+\s)?(conference|venue|year|edition|session|event|workshop)\b
    | \b(conference|venue|year|edition)\s(is|are|was|were)\s(this|these|it|they|the)\b
    | \bwhere\s(are|were|do|is|was)\s(these|the|those|all|this)\b.{0,30}\b(from|published|presented|come\sfrom)\b"""
)
ORIGIN_WORDS = frozenset(
    content_words("conference venue year edition session event workshop come take place hold collection exactly called")
)
AUTHORS_COUNTED = pattern(
    r"""\bhow\smany\s(co-?)?(authors?|people|names)\s(does|do|did|has|have|are\s(on|behind|listed)|wrote|signed)\b
    | \bnumber\sof\s(co-?)?authors\s(of|on|for|behind)\b"""
)
CO_AUTHORS = pattern(
    r"""\b( (with|to)\swhom | who(m)?\b.{1,60}\bwith | together\swith\swho(m)? | co-?authors | collaborators?
    | who\selse\b.{0,40}\b(wrote|author\w*|on|is) )\b"""
)
THE_PAPER = pattern(r"""\b(the|that|this)\s([\w-]+\s){0,3}(paper|poster|work)\s(on|about|that|which|with|of)\b""")
AFFILIATION = pattern(
    r"""\b( affiliat(ed|ion|ions) | where\s(does|do|is|are)\b .{3,60} \b(work|from|based|at)(?=\s*[?.!]*$)
    | (which|what)\s(\w+\s)?(universit(y|ies)|institut(e|es|ion|ions)|compan(y|ies)|employer|labs?|group|department
      |country) )\b"""
)
AWARDS = pattern(r"""\b( prizes | awards | any\s(prize|award) | (distinguished|awarded|award-winning)\spapers )\b""")
MARK_IN_TITLE = pattern(
    r"""\btitles?\b .{0,60} \b(?P<mark>question|exclamation)\smarks?\b | \b(?P<colon>colons?)\b .{0,30} \btitles?\b"""
)
QUOTED_WORD = pattern(r"""(?<!\w)["“'‘]([^"”'’“‘]{1,60})["”'’](?!\w)""")
IN_TITLE = pattern(
    r"""^\W* ( (is|are)\sthere | which | how\smany | any | list | show | papers | titles | what\s(papers|titles|works)
    )\b .{0,40} \b(called|named|titled|entitled)\s (?=["“'‘]\w .{1,60} ["”'’] \W*$)
    | \btitles?\s(that\s|which\s)?(contain(s|ing)?|with|mention(s|ing)?|say(s)?|ha(s|ve|ving)|include(s)?)\s
    ((a|an|the|exact|words?|terms?|phrase|name)\s)* ["“'‘]? (?P<word>[\w-]+)\b
    | \b(have|has|having|contain(s|ing)?|with|mention(s|ing)?|include(s)?|including|use(s)?|say(s)?|carry|carries)\s
    ((a|an|the|exact|words?|terms?|phrase|name)\s)* (?P<term>\S.*?) \s (in|inside) \s
    ((the|their|its|paper|paper's)\s)? (titles?|names?|headings?)\b"""
)
IN_ABSTRACT = pattern(
    r"""\b(name|names|mention|mentions|use|uses|report|reports|cite|cites|list|lists|have|has|contain|contains|include
       |includes|evaluate\son|test\son|experiment\son|train\son)\s
    ((a|an|the|exact|words?|terms?|phrase)\s)* (?P<term>\S.*?) (\sas\s(a|an|their|its)?\s?\w+)? \s in \s
    (the|their|its)\s abstracts? \s*[?.!]*\s*$"""
)
