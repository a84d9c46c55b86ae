"""The English wording that the rules of this package look for. Nothing here names a paper, a person or a method.

Each pattern is written in verbose form: white space in it means nothing, `\\s` or `[ ]` stand for a space.
"""

from __future__ import annotations

import re

from rag.text import content_words


def pattern(text: str) -> re.Pattern[str]:
    """A pattern in verbose form, whatever the case."""
    return re.compile(text, re.IGNORECASE | re.VERBOSE)


# --- topics and sides -----------------------------------------------------------------------------------------

# Where the topic of an overview stands.
ABOUT_TOPIC = pattern(
    r"""\b( about | regarding | concerning | interested\sin | deal(s|ing)?\swith | (going\son|happening|new)\sin
    | (session|collection|conference|we|you|they)\s(has|have|got)\son
    | (everything|all|anything|work(s|ing)?|papers?|posters?|research|overview|summary|survey)\s(on|of) )\s
    (?P<topic>[^?!]{3,}?) (?=[?!] | \.(\s|$) | $)"""
)
# The other authors of "Oar et al.", with the dot that ends no sentence.
AND_OTHERS = pattern(r"""\s+et\.?\s+al\b ( \.(?!\s+(?-i:[A-Z])|\s*$) )?""")
# What an overview is wrapped in: the rest is its topic.
NOT_TOPIC = pattern(
    r"""\b( e\.?g | i\.?e | etc | for\s(example|instance) | give\sme | show\sme | tell\sme | state(?=\sof\b)
    | short(?=\s(tour|overview|summary|list|rundown)\b)
    | the\s(lot|gist) | in\sgeneral | for\sme | an? | the | overview | survey | landscape | tour | of | on | about | in
    | with | i['’]?d\slike(\sto)? | i['’]?m | get\san\sidea | catch\sup | ((do|should)n['’]t|not)\s((i|we)\s)?miss
    | rundown | (which|what|any|all)\stalks? | stuff
    | pls | plz | whats | how | going | done | them | these | those | each | ones | tackle[sd]? | results\son
    | look(s|ing)?\sat | research(?=\W*$|\s(at|in)\s(the|this)\b|\shere\b) | such(?=\W*$)
    | papers? | posters? | works? | this | session | collection | track | what('s|\sis|\sare)? | new | here | there
    | summari[sz]e | summary | please | can\syou | could\syou | being | presented | which | what | list | all | any
    | deals?(\swith)? | dealing(\swith)? | i\s(work\son|care\sabout|am\sinterested\sin) | should\si\s(see|read)
    | offers? | have | contain | bring | we | does | do | you | me | us | tell | something | got | and
    | what\sdo\sthey\s\w+ | their\sideas | people | doing | working\son | happening | it | is | are | do | use
    | using | say | that | they | abstracts? | included | main | themes | topics | who | should | could | would
    | everything | walk | through | read | see | at )\b | ['’]s\b"""
)
TOPIC_NAMED = pattern(r"""\btopic\s["“](?P<label>[^"“”]+)["”]""")  # as the page asks for a topic of the session
BETWEEN_SIDES = pattern(
    r"""\s*(?: // | \| | \bversus\b | \bvs\b\.?
    | \bcompared?\s(?:to|with)\b | \bas\sopposed\sto\b | \bin\scontrast\s(?:to|with)\b
    | \band\b | \bfrom\b | \bor\b | ; | , )\s*"""
)
# How many papers a comparison says that it compares.
SIDES_COUNTED = {"two": 2, "both": 2, "pair": 2, "three": 3}
SIDES_SAID = pattern(rf"\b({'|'.join(SIDES_COUNTED)})\b")
# "Contrast the first with the second": words that stand between sides only behind such a verb.
SET_AGAINST = pattern(
    r"""\b( contrast(s|ed|ing)? | compar(e|es|ed|ing) | unlike | relates? | different | stacks? )\b"""
)
AGAINST = pattern(r"""\s*\b(?:with|to|against|than|unlike)\b\s*""")
BETWEEN_TOPICS = pattern(r"""[,;:/()?!] | \.(?=\s|$) | \b(?:and|or|as\swell\sas)\b""")
NO_SIDE = pattern(
    r"""\b( how|what|which|do|does|is|are|the|two|three|both|between|compare[sd]?|comparison|differences?|differ
    |contrast|contrasts|can|could|you|please|papers?|approach(es)?|methods?|each|other|of|to|with|in|on|about|change|one|ones|that|this|it|its
    |they|them|those|these )\b"""
)

# --- follow-ups -----------------------------------------------------------------------------------------------

# What points to an earlier turn wherever it stands.
# The end of what was talked about: "Forget that one."
NEW_TOPIC = pattern(
    r"""^\W*((ok(ay)?|thanks|thank\syou|well|now|alright|great|cool)\W+)*
    ( forget\s(about\s)?(that|it|this|them)(\s(one|paper|topic))? | never\s?mind(\s(that|it))?
    | (a\s)?(new|different|another)\s(topic|question) | (let's|lets)\s(move|change)\s(on|topics?) | moving\son
    | change\sof\s(topic|subject) | something\selse(\sentirely)? )
    \s*[.,;:!–-]+\s*(?=\S)"""
)
LEANS = pattern(
    r"""\b( the\s(other|first|second|third|last|former|latter)(\sones?)? | the\s([\w-]+\s){0,2}ones?
    | (this|that|these|those)\sones?
    | (this|that|these|those)\s(papers?|methods?|approach|works?|authors?|topic|idea|models?|results?)
    | of\s(these|those|them|both) | of\sthe\s(two|three|four)(?!\s\w+\s(on|about|of|by|in|for|from)\b)
    | other\s(papers?|ones?|works?|posters?) | another\s(one|paper|work)
    | the\ssame\s(kind|topic|authors?|paper|group|idea|problem) | (what|who|anything|anyone|something)\selse )\b
    | \bthe\s(paper|method|approach|work|authors?)\b(?!\s(of|on|about|that|which|where|for|by|with|in|from|called))
    | \b(that|this|those|these|it|them|instead)\s*[?.!]*$ | \b(as\swell|too)\s*[?.!]*$"""
)
# ... and what points to one only when little was said before it in the same question.
PRONOUN = pattern(
    r"""\b( it | its | they | their | them | he | she | his | her | this | these | those
    | (do|does|did|is|was|can|could|has|will|would)\sthat
    | (use|apply|combine|try|run|train|test)\sthat )\b"""
)
# "Which network do they use": the subject was named before, unless a clause in front of it names it.
ABOUT_THEM = pattern(
    r"""(?:^|[.!]\s+) [^,;:.!?“"]* \b(do|does|did|is|are|was|were|has|have|can|could)\s(they|it|he|she)\b [^.!]* $"""
)
# Papers themselves are asked for, not something that one says.
WANTS_PAPERS = pattern(
    r"""\b( papers? | posters? | stud(y|ies) | articles? | talks? | (any|some)\s?(one|body) | who
    | (which|what|any|some|more|other|another|similar|related)\s([\w-]+\s)?works?
    | ones | (which|what|any|the|another|other|that|this)\sone )\b"""
)
SEVERAL_WANTED = pattern(r"""\b( papers | posters | articles | studies )\b""")
CONTINUES = pattern(r"""^\s*(and|but|so|or|ok(ay)?|then|what\sabout|how\sabout|why|how\scome|really)\b""")
# What stands before the thing that the last question is asked of once more.
ASKED_OF_THIS = pattern(r"""^\W* ( (and|but|so|or|ok(ay)?|then)\b\W* | (what|how)\s+about\b )+""")
# Other papers than those before; other data or other methods are what a paper is compared with.
OTHERS = pattern(
    r"""\b( (other|another|different)\s(\w+\s)?(papers?|ones?|works?|posters?|articles?|stud(y|ies)|groups?|teams?
      |authors?)
    | (any|some|what|which|are\sthere|show\sme|list|see)\s(the\s)?(other|different)\s(approach(es)?|methods?|ideas?)
    | (?<!than\s)(?<!than\sthe\s)(?<!to\sthe\s)(?<!over\sthe\s)(?<!from\sthe\s)(?<!with\sthe\s) others
    | (another|the\sother)(?=\W*$) | besides | else | apart\sfrom )\b"""
)
INSTEAD = pattern(r"""\binstead\b""")
# Which of several is meant stands in the question itself.
PICKS = pattern(r"""\b(which|what|one)\b .{0,20} \bof\s(those|these|them)\b""")
# An objection to what was said, whatever else it names.
OBJECTS = pattern(
    r"""^\W*((and|but|so|ok(ay)?|then)\W+)*why\b
    ( \s(not|(did|do|does|is|are|was|were|would)n['’]t)\b | .*\bthen\W*$ )"""
)
# What it names stands before it: "modelling or measuring that".
POINTS_BACK = pattern(r"""\b(that|this|these|those|it|them)\W*$ | ^\W*(\w+\s)?(it|them)\b""")
# One of those that the conversation had before the latest.
THE_OTHER = pattern(r"""\bthe\sother(\s(one|paper|work|method|approach|study))?\b(?!\s\w+s\b)""")
ASKS = pattern(
    r"""\b( what|which|who|whom|whose|how|when|where|why|do|does|did|is|are|was|were|can|could|has|have )\b"""
)

# --- checks ---------------------------------------------------------------------------------------------------

NEGATION = pattern(r"""\b( not | no | never | none | neither | nor | cannot | without | unable | fails? )\b | n't\b""")
POLITE = frozenset(content_words("please pls plz thanks thank thx kindly"))
# How one talks about papers: these words say nothing that an abstract would have to say, too.
PAPER_TALK = frozenset(
    content_words(
        "paper research article abstract author describe discuss propose introduce present study focus approach method"
        " result address explain explore investigate provide aim topic"
    )
)
# What any abstract answers: if the model's words are not supported, the abstract's own are shown.
ABOUT = pattern(
    r"""^\W*( (what('s|\sis|\sare)|and)\b .{1,300}? \b about | tell\sme\s(more\s)?about | (please\s)?summari[sz]e
    | describe | what\s(does|do)\b .{1,200} \b(do|propose|present|introduce|show) ) \b .* $"""
)
YES_OR_NO = pattern(r"""^\s*(yes|no|yeah|correct|indeed|right)\b\s*[,:;.–-]*\s*""")
YES_NO_ASKED = pattern(
    r"""(?: ^ | [.,:;–-]\s | \b(?:and|so|but|ok(?:ay)?|then)\s ) \s* (?:(?:and|so|but|or)\s)?
    (do|does|did|is|are|was|were|can|could|has|have|had|will|would|should|must|isn't|aren't|doesn't|don't)
    \s(?!(there|please)\b|any(one|body)\b|some(one|body)\b
        |(you|i|we|u)\s(?!(also|really|still|just)?\s?(need|have\sto|use|train|run|apply|combine|plug|reuse
           |learn|skip|avoid|detect|predict|tell(?!\s(me|us)\b))\b))
    \w[^?]*\?\s*$"""
)
WHY_ASKED = pattern(r"""\bwhy\b""")
# More than a yes or no is asked: "how large was it, and did it help?"
MORE_ASKED = pattern(r"""\b(what|which|who|whom|whose|how|when|where)\b""")
# What can only be answered with a number.
NUMBER_ASKED = pattern(
    r"""\b( how\s(many|much|large|big|long|fast|far|often|few|high|low|deep|small|accurate)
    | what\s(\w+\s){0,3}(number|percent(age)?|share|fraction|rate|score|accuracy|size|factor|ratio|speed-?up)
    | by\swhat\s(factor|percent\w*|margin) )\b"""
)
# What can only be answered with a name.
NAME_ASKED = pattern(
    r"""\b( (what|which)\b .{0,60} \bnames?\sof | what\s(is|are|was|were)\s(its|their|the)\snames?
    | (what|how)\b .{0,60} \b(is|are|was|were|it|they)\s(it\s|they\s)?(called|named)(?=\s*[?.!,]|\s*$|\sand\b) )\b"""
)
IN_QUOTES = re.compile(r"[\"“‘][^\"”’]+[\"”’]")
ADDRESS = pattern(r"""(https?://|www\.)\S+""")
NUMBER_WORD = pattern(
    r"""\b( once | twice | thrice | (doubl|tripl|quadrupl|halv)(e|es|ed|ing) | half | thirds? | quarters? | eleven
    | twelve | dozens? | hundreds? | thousands? | millions? | billions? | trillions? | orders?\sof\smagnitude
    | one(?!\sof) | zero | (a|only\sa|just\sa|in\sa)\ssingle | linear(ly)? | quadratic(ally)? | logarithmic(ally)? )\b
    | \bO\}?\s?\("""
)
# The two sides of "NTK or NNGP", of a word or two each.
EITHER_OR = pattern(r"""([\w-]+(?:\s[\w-]+)?)\s(?:or|vs\.?|versus)\s(?:the\s)?([\w-]+(?:\s[\w-]+)?)""")
NOT_STATED = pattern(
    r"""\b( does|do|did|is|are|was|were|has|have|can )(n't|\snot)\s(\w+\s){0,3}?
        ( mention | state(?![-\s]of[-\s]) | specif | provid | contain | discuss | report | disclos | indicat | give
        | given | includ | address | describ | available | know )
    | \b( no | not\senough | insufficient )\s( mention | information | details? )\b
    | \bunknown\b | \bunclear\sfrom\b | \bnot\s( mentioned | stated | specified | given | provided )\b"""
)

# --- what papers contribute -----------------------------------------------------------------------------------

# "Which papers release a new benchmark or dataset?", with nothing behind the thing that is asked for.
CONTRIBUTES = pattern(
    r"""\b(papers|works|posters|which|who|ones|anyone|anybody)\s(\w+\s){0,2}
    (releas(e|es|ed|ing)|introduc(e|es|ed|ing)|propos(e|es|ed|ing)|present(s|ed|ing)?|provid(e|es|ed|ing)|contribut(e|es|ed)
    |publish(es|ed)?|creat(e|es|ed)|collect(s|ed)?|built|builds?|develop(s|ed)?|open-?sourc(e|es|ed)|come[s]?\swith)\s
    ((an?|the|any|some|their|own|its|new|novel|large|public|open)\s)*
    (?P<object>[\w-]+(\s[\w-]+){0,2}?(\sor\s((an?|new)\s)*[\w-]+(\s[\w-]+)?)*)\s*[?.!]*
    ( \s (please\s)? (list|name|show|give)(\sme)?\s(them|all|those)(\sall|\sof\sthem)?(\splease)?\s*[.!]* )?$"""
)
OR = pattern(r"""\s(?:or|and)\s(?:(?:an?|new)\s)*""")
ANNOUNCES = pattern(
    r"""\b(we|this\s(paper|work|article|study)|our)\s(\w+\s){0,3}
    (releas(e|es|ed)|introduc(e|es|ed)|propos(e|es|ed)|present(s|ed)?|provid(e|es|ed)|contribut(e|es|ed)|publish(es|ed)?
    |creat(e|es|ed)|collect(s|ed)?|construct(s|ed)?|built|builds?|develop(s|ed)?|open-?sourc(e|es|ed)|design(s|ed)?
    |curat(e|es|ed)|assembl(e|es|ed))\b"""
)
WORDS_TO_THE_THING = 9
# In a list of things made, the next one has its article.
NEXT_THING = pattern(r"""[;:]\s(?:and\s)?(?=(?:an?|several|many|two|three|new)\s)""")
COLLECTION = "collection"
SAME_THING = (("dataset", "data set", "corpus", COLLECTION), ("benchmark", "test suite"))
# A collection is data where it says what something named is: "PondNet, a large collection of ponds". Of 45 sentences
# with "collection of" in 60,000 abstracts 30 were read: 7 of 8 such ones are data, few of the others.
NAMED_COLLECTION = pattern(
    r"""[,:]\s(an?|the)\s(\S+\s){0,3}collection\sof\s(?!(\S+\s){0,2}(methods|algorithms|techniques|models|tools)\b)"""
)
CLAUSE_END = pattern(r"""[;:] | ,?\s(?:and|which|where|while|whose|but|to|for|on|in)\s""")

# --- what a sentence of an abstract is about ------------------------------------------------------------------

PROBLEM = pattern(
    r"""\b( however | but | yet | despite | although | challeng\w+ | problem\w* | difficult\w* | lack\w*
    | limit(s|ed|ing|ation|ations)? | suffer\w* | fail\w* | costly | expensive | prohibitive\w* | remains? | unclear
    | unknown | poorly | hard | issues? | little | bottleneck\w* | gap | restrict\w* | inefficien\w* | vulnerab\w+
    | threat\w* | neglect\w* | overlook\w* | understudied | underexplored | cannot )\b"""
)
METHOD = pattern(
    r"""\b( (we|this\s(paper|work|article|study)|our\s\w+|here)(\s\w+){0,3}\s
        ( propos\w+ | introduc\w+ | present\w* | develop\w* | describ\w+ | design\w* | study | studies | studied
        | investigat\w+ | formulat\w+ | deriv\w+ | address\w* | build\w* | construct\w* | establish\w* | use[sd]?
        | explor\w+ | consider\w* | provid\w+ | prov(e|es|ed) | characteri[sz]\w+ | analy[sz]\w+ | examin\w+
        | show\w* | adapt\w* | extend\w* | combin\w+ | train\w* | releas\w+ | collect\w* )
    | in\sthis\s(paper|work|article|study) | (is|are)\s(proposed|introduced|presented|developed) )\b"""
)
OWN_WORK = pattern(r"""\b( we | our | this\s(paper|work|article|study) )\b""")
DATA = pattern(
    r"""\b( data\s?sets? | benchmarks? | corpus | corpora | suites? | test\s?beds? | simulat(ors?|ions?|ed)
    | real[- ]world | synthetic | (evaluat\w+ | experiments? | experimentally | tested | validat\w+ | trained | tasks?)
      \s(\w+\s){0,4}on | environments? | recordings? | images? )\b"""
)
RESULT = pattern(
    r"""\b( outperform\w* | improv\w+ | achiev\w+ | state[- ]of[- ]the[- ]art | results? | demonstrat\w+ | show[sn]?
    | find | found | finding\w* | reduc\w+ | increas\w+ | faster | better | higher | lower | superior\w* | surpass\w*
    | exceed\w* | match(es)? | competitive | prov(e|es|ed|ably) | guarante\w+ | confirm\w* | effective\w*
    | significant\w* | experiments? )\b"""
)
MEASURED = pattern(r"""\d+(\.\d+)?\s?(%|x\b|×|times|fold|points?) | \d\.\d""")
