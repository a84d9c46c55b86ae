"""The English wording that the rules of this package look for. Nothing here names a paper, a person or a method.

Each pattern is written in verbose form: white space in it means nothing, `\\s` or `[ ]` stand for a space.
"""

from __future__ import annotations

import re

from rag.text import content_words


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


# --- routes ---------------------------------------------------------------------------------------------------

COMPARE = _pattern(
    r"""\b( compar(e|es|ed|ing|ison|isons) | differ(s|ed|ence|ences)? | different\s*\?*$ | versus | vs\.?
    | contrast(s|ed)?
    | each\s(one|of\s(them|the\stwo|these)) | both | which\s(one|of\s(them|the\stwo|these\stwo))
    | each\s(name|propose|use|do|generate|solve|handle|define|claim|learn|train|report|address|need|give|say)s? )\b"""
)
OVERVIEW = _pattern(
    r"""\b( overview | summar(y|ies|i[sz]e[sd]?|i[sz]ing) | survey | landscape | tour | trends?
    | main\s(topics|themes|trends|directions)
    | what('?s|\sis|\sare)?\s(new|being\s(presented|done|shown)|there|hot|happening)
    | what\s(do\s(we|you)|does\s(the|this)\s(session|collection|conference|track)|does\sit)\s
      (have|offer|contain|bring|show)
    | what\s(should|can|could)\s(i|we)\s(see|look\sat|read|visit|attend|check\sout)
    | tell\s(me|us)\s(something\s)?about\s(the\s)?([\w-]+\s){0,4}
      (models|methods|papers|approaches|algorithms|techniques|posters|research)
    | people\s(doing|working) | what('s|\sis)\sin\s(the|this)\s(session|collection|track)
    | what('s|\sis|\sare)\s(the|this|these)\s(session|collection|track|conference|papers)\sabout )\b"""
)
MANY = _pattern(
    r"""\b( (which|what|list|all|any|other|more|name|show(\sme)?(\sthe)?)\s(of\sthe\s|the\s)?(\w+\s){0,3}
            (papers|works|posters|studies)
    | papers\s(on|about|that|which|dealing|using|with|for) | everything\s(on|about)
    | are\sthere\s(\w+\s){0,3}(papers|works|posters) )\b"""
)
FIND = _pattern(
    r"""\b( is\sthere | are\sthere | any(one|body|thing)\b | has\sany(one|body) | does\sany(one|body)
    | which\s(paper|work|poster|one)\b | such\sa\s(paper|work|poster|thing)\b
    | which\sof\s(those|these|them)\b | what\spaper\b
    | any\s(other\s)?(paper|work|poster)\b | another\s(paper|work|poster)\b
    | does\ssome(one|body) | has\ssome(one|body) | did\s(some|any)(one|body) | who\s(does|did)\s(that|this|so)
    | looking\sfor | (i|we)\s(look|search)\sfor | (i'm|i\sam)\safter | search(ing)?\sfor | find\sme | point\sme\sto
    | who\s(works|is\sworking|proposes|proposed|looked|looks)\s )
    | ^\s*((a|any|the|some)\s)?(paper|work|poster|something|anything)\s(to|that|which|for|on|about|where|with)\b
    | ^\s*(a|any|the)\s(paper|work|poster)\b"""
)
# What an overview is wrapped in: the rest is its topic.
NOT_TOPIC = _pattern(
    r"""\b( give\sme | show\sme | tell\sme | an? | the | overview | survey | landscape | tour | of | on | about | in
    | with
    | papers? | posters? | works? | this | session | collection | track | what('s|\sis|\sare)? | new | here | there
    | summari[sz]e | summary | please | can\syou | could\syou | being | presented | which | what | list | all | any
    | deals?(\swith)? | dealing(\swith)? | i\s(work\son|care\sabout|am\sinterested\sin) | should\si\s(see|read)
    | offers? | have | contain | bring | we | does | do | you | me | us | tell | something | got | and
    | what\sdo\sthey\s\w+ | their\sideas | people | doing | working\son | happening | it | is | are | do | use
    | using | say | that | they | abstracts? | included | main | themes | topics )\b"""
)
TOPIC_NAMED = _pattern(r"""\btopic\s["“](?P<label>[^"“”]+)["”]""")  # as the page asks for a topic of the session
QUOTED = _pattern(r"""[“"][^“”"]{20,}[”"]""")
ONE_PAPER = _pattern(r"""["“”«»] | \b(the|this|that|their|its)\s([\w-]+\s){0,4}(paper|work|authors?|abstract)\b""")
BETWEEN_SIDES = _pattern(
    r"""\s*(?: \bversus\b | \bvs\b\.? | \bcompared?\s(?:to|with)\b | \band\b | \bfrom\b | \bor\b | ; | , )\s*"""
)
BETWEEN_TOPICS = _pattern(r"""[,;:/()?!] | \.(?=\s|$) | \b(?:and|or|as\swell\sas)\b""")
NO_SIDE = _pattern(
    r"""\b( how|what|which|do|does|is|are|the|two|three|both|between|compare[sd]?|comparison|differences?|differ
    |contrast|papers?|approach(es)?|methods?|each|other|of|to|with|in|on|about|change|one|ones )\b"""
)

# --- follow-ups -----------------------------------------------------------------------------------------------

# What points to an earlier turn wherever it stands.
# The end of what was talked about: "Forget that one."
NEW_TOPIC = _pattern(
    r"""^\W*((ok(ay)?|thanks|thank\syou|well|now|alright|great|cool)\W+)*
    ( forget\s(about\s)?(that|it|this|them)(\s(one|paper|topic))? | never\s?mind(\s(that|it))?
    | (a\s)?(new|different|another)\s(topic|question) | (let's|lets)\s(move|change)\s(on|topics?) | moving\son
    | change\sof\s(topic|subject) | something\selse(\sentirely)? )
    \s*[.,;:!–-]+\s*(?=\S)"""
)
LEANS = _pattern(
    r"""\b( the\s(other|first|second|third|last|former|latter)(\sones?)? | the\s([\w-]+\s){0,2}ones?
    | (this|that|these|those)\sones?
    | (this|that|these|those)\s(papers?|methods?|approach|works?|authors?|topic|idea|models?|results?)
    | of\s(these|those|them) | other\s(papers?|ones?|works?|posters?) | another\s(one|paper|work)
    | the\ssame\s(kind|topic|authors?|paper|group|idea|problem) | (what|who|anything|anyone|something)\selse )\b
    | \bthe\s(paper|method|approach|work|authors?)\b(?!\s(of|on|about|that|which|where|for|by|with|in|from|called))
    | \b(that|this|those|these|it|them|instead)\s*[?.!]*$"""
)
# ... and what points to one only when little was said before it in the same question.
PRONOUN = _pattern(r"""\b( it | its | they | their | them | he | she | his | her | this | these | those )\b""")
CONTINUES = _pattern(r"""^\s*(and|but|so|or|ok(ay)?|then|what\sabout|how\sabout|why|how\scome|really)\b""")
OTHERS = _pattern(r"""\b( other|another|besides|else|instead|different|apart\sfrom )\b""")
ORDERS = _pattern(
    r"""^\W*(please\s)?(tell|explain|describe|summari[sz]e|give|show|list|compare|name|quote|say|write|repeat|ignore|print)\b"""
)
ASKS = _pattern(
    r"""\b( what|which|who|whom|whose|how|when|where|why|do|does|did|is|are|was|were|can|could|has|have )\b"""
)

# --- the catalogue --------------------------------------------------------------------------------------------

AUTHOR = _pattern(
    r"""\b( authors? | authored | co-?authors? | co-?authored | wrote | written | writes? | by | publish(es|ed)?
    | papers?\s(of|from) | works?\s(of|by) | who\s(is|are|was|were)\sbehind | contribut\w+ | together
    | collaborat\w+ | share[sd]?(\sin\scommon)? | have\sin\scommon | jointly | joint )\b
    | ['’]s?\s(\w+\s)?(papers?|works?|posters?)\b"""
)
WHO = _pattern(
    r"""\bwho\b.*\b(wrote|author(s|ed)?|published|is\sbehind|are\sbehind|made|presents?|presented|presenting)\b
    | (?<!did\sthe\s)(?<!do\sthe\s)(?<!does\sthe\s)(?<!have\sthe\s)(?<!were\sthe\s)\bauthors?\s(of|list)
    | \b(first|last|lead|senior)\sauthors?\s(of|on|for|behind)\b
    | \bwritten\sby\swhom\b
    | \b(who|what|which|list|name|names|give|show|tell|and)\b.{0,40}\bauthors?\s*[?.!]*\s*$
    | ^\W*(the|its|their)?\s?((first|last|lead|senior)\s)?authors?\W*$"""
)
AWARD = _pattern(
    r"""\b( award(s|ed)? | prizes? | outstanding\spaper | best\spaper | hono(u)?rable\smentions? | distinguished
    | won | winner | winning )\b"""
)
AWARD_ITSELF = _pattern(r"""\b(award|prize|outstanding|hono(u)?rable|distinguished|best\spaper)""")
WHICH_PAPER = _pattern(r"""\bwhich\s(paper|poster|work)""")
ANY_WHO = _pattern(r"""\bwho\b""")
COUNT = _pattern(
    # No verb between: "how many hours did the authors need" counts hours.
    r"""\b( how\smany | number\sof | count(\sof)? )\b
    (?:(?!\b(?:do|does|did|is|are|was|were|has|have|can|could|will|would)\b).){0,40}
    \b( papers? | posters? | works? | abstracts? | authors? | people | submissions? )\b"""
)
PEOPLE = _pattern(r"""\b(authors?|people)\b""")
LINK = _pattern(
    r"""\b( code | repo(sitory|s)? | github | links? | urls? | website | project\spage | source\scode | download )\b"""
)
LINK_WANTED = _pattern(
    r"""\b( link(s|ed|ing)? | url | repo\w* | github | where | release[ds]? | available | have | is\sthere | come\swith
    | find | share[ds]? | send | code )\b"""
)
CODE_AS_TOPIC = _pattern(r"""\bcode\s(generation|models?|completion|search|understanding|intelligence)\b""")
ALL = _pattern(
    r"""^\W* (please\s)? (can\syou\s)? (list|show|give\sme|name|what\sare|which\sare) (\sme)? (\sall)? (\sof)? (\sthe)?
    \s? (titles|papers|posters|abstracts) (\sof\sall\spapers)?
    (\s(there\sare|in\s(this|the)\s(session|collection)|here|titles))* \W*$"""
)
MOST_AUTHORS = _pattern(
    r"""\b( longest | most | largest | biggest | max(imum)? | highest )\b .{0,25}
    \b( authors? | author\slist | list\sof\sauthors | co-?authors )\b"""
)
SINGLE_AUTHOR = _pattern(r"""\b(single|one|sole|solo)[- ]author(ed)?\b""")
FEWEST_AUTHORS = _pattern(
    r"""\b( fewest | least | shortest | smallest | min(imum)? )\b .{0,25} \b( authors? | author\slist )\b"""
)
MOST_PAPERS = _pattern(
    r"""\b( who | which\s(author|person|researcher)s? )\b .{0,30} \b most\s(papers|posters|works|often|publications) \b
    | \bmost\sprolific\b"""
)
MENTIONS = _pattern(
    r"""\b(papers|abstracts|works|posters|which\s(ones|of\s(them|these|those)))\b .{0,20}?
    \b( mention(s|ed|ing)? | (contain|have|use)(s|ing)?\sthe\s(exact\s)?(words?|terms?|phrase|name)
       | say(s)?(\sin\s(the|their)\sabstracts?)?\s(that\s)?they\suse )
    \s+(?P<term>.+?) (\sin\s(the|their|its)\s(abstract|text|title)s?)? \s*[?.!]*\s*$"""
)
PLURAL = _pattern(r"""\b( papers | abstracts | works | posters | which\s(ones|of) )\b | \ball\b""")
EITHER = _pattern(r"""\b( or | either | any\sof | respectively )\b""")
JOINED = _pattern(r"""\band\b | , | &""")
FIRST_AUTHOR = _pattern(r"""\b(first|lead)[- ]author""")
LAST_AUTHOR = _pattern(r"""\b(last|senior)[- ]author""")

BEFORE_SURNAME = frozenset({"by", "from", "of", "and", "with", "did", "author"})
# Words that a question about somebody's papers has besides the name.
GENERAL_WORDS = frozenset(
    content_words(
        "paper papers poster session collection conference author authors wrote written list all which who whom by"
        " co-author published publish name names here together work works any both give show tell me please find first"
        " last did does present presented contribute count number many article articles abstract abstracts got get gets"
        " submitted submit share shared common jointly joint title titles there something anything work"
    )
)

# The question that follows another one in the same breath: "who wrote it, and what else did Ada Quill write?"
NEXT_QUESTION = _pattern(
    r"""[,;]?\s+and\s+(?:also\s+)?(?=(?:what|which|who|whom|how\smany|where)\b(?!\s*\?*\s*$)) | \?\s+(?=\w)"""
)
AUTHORS_COUNTED = _pattern(
    r"""\bhow\smany\s(co-?)?(authors?|people|names)\s(does|do|did|has|have|are\s(on|behind|listed)|wrote|signed)\b
    | \bnumber\sof\s(co-?)?authors\s(of|on|for|behind)\b"""
)
CO_AUTHORS = _pattern(
    r"""\b( (with|to)\swhom | who(m)?\b.{1,60}\bwith | together\swith\swho(m)? | co-?authors | collaborators?
    | who\selse\b.{0,40}\b(wrote|author\w*|on|is) )\b"""
)
THE_PAPER = _pattern(r"""\b(the|that|this)\s([\w-]+\s){0,3}(paper|poster|work)\s(on|about|that|which|with|of)\b""")
AWARDS = _pattern(r"""\b( prizes | awards | any\s(prize|award) | (distinguished|awarded|award-winning)\spapers )\b""")
QUOTED_WORD = _pattern(r"""(?<!\w)["“'‘]([^"”'’“‘]{1,60})["”'’](?!\w)""")
IN_TITLE = _pattern(
    r"""\b(have|has|having|contain(s|ing)?|with|mention(s|ing)?|include(s)?|including|use(s)?|say(s)?|carry|carries)\s
    ((a|an|the|exact|words?|terms?|phrase|name)\s)* (?P<term>\S.*?) \s (in|inside) \s
    ((the|their|its|paper|paper's)\s)? (titles?|names?|headings?)\b"""
)
IN_ABSTRACT = _pattern(
    r"""\b(name|names|mention|mentions|use|uses|report|reports|cite|cites|list|lists|have|has|contain|contains|include
       |includes|evaluate\son|test\son|experiment\son|train\son)\s
    ((a|an|the|exact|words?|terms?|phrase)\s)* (?P<term>\S.*?) (\sas\s(a|an|their|its)?\s?\w+)? \s in \s
    (the|their|its)\s abstracts? \s*[?.!]*\s*$"""
)

# --- checks ---------------------------------------------------------------------------------------------------

NEGATION = _pattern(r"""\b( not | no | never | none | neither | nor | cannot | without | unable | fails? )\b | n't\b""")
# How one talks about papers: these words say nothing that an abstract would have to say, too.
PAPER_TALK = frozenset(
    content_words(
        "paper research article abstract author describe discuss propose introduce present study focus approach method"
        " result address explain explore investigate provide aim topic"
    )
)
# What any abstract answers: if the model's words are not supported, the abstract's own are shown.
ABOUT = _pattern(
    r"""^\W*( (what('s|\sis|\sare)|and)\b .{1,300}? \b about | tell\sme\s(more\s)?about | (please\s)?summari[sz]e
    | describe | what\s(does|do)\b .{1,200} \b(do|propose|present|introduce|show) ) \b .* $"""
)
YES_OR_NO = _pattern(r"""^\s*(yes|no|yeah|correct|indeed|right)\b\s*[,:;.–-]*\s*""")
YES_NO_ASKED = _pattern(
    r"""(?: ^ | [.,:;–-]\s | \b(?:and|so|but|ok(?:ay)?|then)\s ) \s* (?:(?:and|so|but|or)\s)?
    (do|does|did|is|are|was|were|can|could|has|have|had|will|would|should|must|isn't|aren't|doesn't|don't)
    \s(?!there\b|any(one|body)\b|some(one|body)\b)\w[^?]*\?\s*$"""
)
# What can only be answered with a number.
NUMBER_ASKED = _pattern(
    r"""\b( how\s(many|much|large|big|long|fast|far|often|few|high|low|deep|small|accurate)
    | what\s(\w+\s){0,3}(number|percent(age)?|share|fraction|rate|score|accuracy|size|factor|ratio|speed-?up)
    | by\swhat\s(factor|percent\w*|margin) )\b"""
)
NUMBER_WORD = _pattern(
    r"""\b( once | twice | thrice | (doubl|tripl|quadrupl|halv)(e|es|ed|ing) | half | thirds? | quarters? | eleven
    | twelve | dozens? | hundreds? | thousands? | millions? | billions? | trillions? | orders?\sof\smagnitude
    | one(?!\sof) | zero )\b"""
)
NOT_STATED = _pattern(
    r"""\b( does|do|did|is|are|was|were|has|have|can )(n't|\snot)\s(\w+\s){0,3}?
        ( mention | state | specif | provid | contain | discuss | report | disclos | indicat | give | given | includ
        | address | describ | available | know )
    | \b( no | not\senough | insufficient )\s( mention | information | details? )\b
    | \bunknown\b | \bunclear\sfrom\b | \bnot\s( mentioned | stated | specified | given | provided )\b"""
)

# --- what papers contribute -----------------------------------------------------------------------------------

# "Which papers release a new benchmark or dataset?", with nothing behind the thing that is asked for.
CONTRIBUTES = _pattern(
    r"""\b(papers|works|posters|which|who|ones|anyone|anybody)\s(\w+\s){0,2}
    (releas(e|es|ed|ing)|introduc(e|es|ed|ing)|propos(e|es|ed|ing)|present(s|ed|ing)?|provid(e|es|ed|ing)|contribut(e|es|ed)
    |publish(es|ed)?|creat(e|es|ed)|collect(s|ed)?|built|builds?|develop(s|ed)?|open-?sourc(e|es|ed)|come[s]?\swith)\s
    ((an?|the|any|some|their|own|its|new|novel|large|public|open)\s)*
    (?P<object>[\w-]+(\s[\w-]+){0,2}?(\sor\s((an?|new)\s)*[\w-]+(\s[\w-]+)?)*)\s*[?.!]*$"""
)
OR = _pattern(r"""\s(?:or|and)\s(?:(?:an?|new)\s)*""")
ANNOUNCES = _pattern(
    r"""\b(we|this\s(paper|work|article|study)|our)\s(\w+\s){0,3}
    (releas(e|es|ed)|introduc(e|es|ed)|propos(e|es|ed)|present(s|ed)?|provid(e|es|ed)|contribut(e|es|ed)|publish(es|ed)?
    |creat(e|es|ed)|collect(s|ed)?|construct(s|ed)?|built|builds?|develop(s|ed)?|open-?sourc(e|es|ed)|design(s|ed)?
    |curat(e|es|ed)|assembl(e|es|ed))\b"""
)
WORDS_TO_THE_THING = 9
CLAUSE_END = _pattern(r"""[;:] | ,?\s(?:and|which|where|while|whose|but|to|for|on|in)\s""")

# --- what a sentence of an abstract is about ------------------------------------------------------------------

PROBLEM = _pattern(
    r"""\b( however | but | yet | despite | although | challeng\w+ | problem\w* | difficult\w* | lack\w*
    | limit(s|ed|ing|ation|ations)? | suffer\w* | fail\w* | costly | expensive | prohibitive\w* | remains? | unclear
    | unknown | poorly | hard | issues? | little | bottleneck\w* | gap | restrict\w* | inefficien\w* | vulnerab\w+
    | threat\w* | neglect\w* | overlook\w* | understudied | underexplored | cannot )\b"""
)
METHOD = _pattern(
    r"""\b( (we|this\s(paper|work|article|study)|our\s\w+|here)(\s\w+){0,3}\s
        ( propos\w+ | introduc\w+ | present\w* | develop\w* | describ\w+ | design\w* | study | studies | studied
        | investigat\w+ | formulat\w+ | deriv\w+ | address\w* | build\w* | construct\w* | establish\w* | use[sd]?
        | explor\w+ | consider\w* | provid\w+ | prov(e|es|ed) | characteri[sz]\w+ | analy[sz]\w+ | examin\w+
        | show\w* | adapt\w* | extend\w* | combin\w+ | train\w* | releas\w+ | collect\w* )
    | in\sthis\s(paper|work|article|study) | (is|are)\s(proposed|introduced|presented|developed) )\b"""
)
OWN_WORK = _pattern(r"""\b( we | our | this\s(paper|work|article|study) )\b""")
DATA = _pattern(
    r"""\b( data\s?sets? | benchmarks? | corpus | corpora | suites? | test\s?beds? | simulat(ors?|ions?|ed)
    | real[- ]world | synthetic | (evaluat\w+ | experiments? | experimentally | tested | validat\w+ | trained | tasks?)
      \s(\w+\s){0,4}on | environments? | recordings? | images? )\b"""
)
RESULT = _pattern(
    r"""\b( outperform\w* | improv\w+ | achiev\w+ | state[- ]of[- ]the[- ]art | results? | demonstrat\w+ | show[sn]?
    | find | found | finding\w* | reduc\w+ | increas\w+ | faster | better | higher | lower | superior\w* | surpass\w*
    | exceed\w* | match(es)? | competitive | prov(e|es|ed|ably) | guarante\w+ | confirm\w* | effective\w*
    | significant\w* | experiments? )\b"""
)
MEASURED = _pattern(r"""\d+(\.\d+)?\s?(%|x\b|×|times|fold|points?) | \d\.\d""")
