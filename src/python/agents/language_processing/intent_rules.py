"""
The intent rules of nlu_agent, as data: the first rule that matches decides.

A pattern is matched against text with single spaces; its named groups become entities, and
`command` is the template of the canonical command text. No code may enter.
"""

from __future__ import annotations

from dataclasses import dataclass

from agents.language_processing.intent_patterns import (
    ARITHMETIC,
    HAS_OPERATOR,
    HELLO,
    LANGUAGES,
    PROGRAM,
    SHELL,
    URL,
    VERBS,
    WH,
    WORD_PROBLEM,
)
from common.contracts.language import Intent


@dataclass(frozen=True)
class IntentRule:
    """Say which intent a pattern stands for, and how sure that is."""

    rule_id: str
    intent: Intent
    confidence: float
    pattern: str
    command: str = ""


_rule = IntentRule

RULES: tuple[IntentRule, ...] = (
    _rule("greeting.hello", Intent.GREETING, 0.95, rf"^{HELLO}(?:,? \w+)?(?:,? \w+)?[!. ]*$"),
    _rule("greeting.hey", Intent.GREETING, 0.9,
          r"^(?:hey|yo|hi|hello)(?:,? (?:there|again|hey|you|all|everyone|buddy|friend|assistant"
          r"|computer|jarvis))*[!. ]*$"),
    _rule("farewell", Intent.FAREWELL, 0.95,
          r"^(?:ok(?:ay)?,? )?(?:good ?bye|bye(?:[- ]?bye)?|farewell|good ?night|see (?:you|ya)"
          r"|take care|so long|cheerio|until (?:next time|tomorrow)|(?:talk|speak) to you (?:later"
          r"|soon|tomorrow)|catch you later|i (?:have to|must|need to) (?:go|leave)"
          r"|i'm (?:leaving|off)|gotta go|have a (?:nice|good|great|lovely) \w+)"
          r"(?:[,.! ]+[\w']+){0,5}[!. ]*$"),
    _rule("thanks", Intent.THANKS, 0.95,
          r"^(?:many |ok(?:ay)?,? |great,? |perfect,? )?(?:thanks|thank you|thx|cheers|much"
          r" appreciated|i (?:really )?appreciate (?:it|that|this|your help)|much obliged)"
          r"(?: (?:a lot|a million|a bunch|so much|very much|again|for .+|you|indeed|everyone"
          r"|that (?:was|is) .+))*[!. ]*$"),
    _rule("thanks.praise", Intent.THANKS, 0.8,
          r"^(?:that (?:was|is)|that's|you(?:'ve| have) been|you(?:'re| are)) (?:very |really |so "
          r"|most )?(?:helpful|kind of you|a (?:big |great )?help)[!. ]*$"),
    _rule("reminder.recall", Intent.RECALL, 0.9,
          rf"^remind me (?P<query>(?:of|about|{WH})\b(?=.*(?:\bi told\b|\bwas\b|\bis\b|\bwere\b"
          r"|\bare\b|\bdid\b|\bdo\b)).+)$"),
    _rule("reminder.set", Intent.SET_REMINDER, 0.95,
          r"^remind (?:me|us)(?: (?:to|about|of|that))? (?P<content>.+)$"),
    _rule("reminder.remember_to", Intent.SET_REMINDER, 0.9,
          r"^(?:remember|don't forget|do not forget|don't let me forget|do not let me forget) to"
          r" (?P<content>.+)$"),
    _rule("reminder.create", Intent.SET_REMINDER, 0.95,
          r"^(?:set|create|add|make|schedule|start)(?: up)?(?: me)?(?: an?| the| my| another)?"
          r"(?: new)?(?P<content>(?: [\w:-]+){0,3} (?:reminder|alarm|timer)\b.*)$"),
    _rule("reminder.wake", Intent.SET_REMINDER, 0.95, r"^(?P<content>wake (?:me|us)(?: up)? .+)$"),
    _rule("smalltalk.remember_me", Intent.SMALLTALK, 0.8, r"^(?:do you )?remember me\b.{0,20}$"),
    _rule("recall.do_you_remember", Intent.RECALL, 0.9,
          r"^(?!can you (?:remember|recall) that )(?:do|did|can) you (?:still |happen to )?"
          r"(?:remember|recall|know) (?P<query>(?!(?:any|an?|some) (?:\w+ )?"
          r"(?:joke|story|song|riddle)).+)$"),
    _rule("recall.remember_wh", Intent.RECALL, 0.85,
          rf"^(?:remember|recall) (?P<query>{WH} .+)\?$"),
    _rule("remember.that", Intent.REMEMBER, 0.95,
          r"^(?:remember|note(?: down)?|keep in mind|bear in mind|don't forget|do not forget"
          r"|memori[sz]e|(?:make|take) (?:a )?note(?: of)?|write (?:this )?down|jot down|save"
          r"|store|learn|know|for the record|for future reference|fyi)"
          r"(?: this| the fact)?(?: for me| for later)?"
          r"(?:\s*[:,]\s*|\s+that\s+|\s*-\s+)(?P<content>.+)$"),
    _rule("remember.plain", Intent.REMEMBER, 0.85,
          r"^(?:remember|note(?: down)?|memori[sz]e|keep in mind|don't forget|do not forget"
          r"|write down|jot down|make a note of)(?: that)? (?P<content>(?!me\b|it\b).+[^?])$"),
    _rule("remember.trailing", Intent.REMEMBER, 0.9,
          r"^(?P<content>.+?)[,.;!:] ?(?:and )?(?:please )?(?:remember|note|don't forget|keep|save)"
          r" (?:that|this|it)(?: down| for me| for later| in mind| please)*[.! ]*$"),
    _rule("remember.name", Intent.REMEMBER, 0.9,
          r"^(?P<content>(?:my (?P<topic>name)(?: is|'s)|call me|i am called|i'm called)"
          r" [^\W\d_].{0,80})$"),
    _rule("remember.own_fact", Intent.REMEMBER, 0.8,
          r"^(?P<content>(?:my|our) (?P<topic>favou?rite [\w' -]{1,40}?|[\w' -]{0,40}?(?:birthday"
          r"|anniversary|address|number|name|password|pin|code|allerg(?:y|ies)|appointment))"
          r" (?:is|are|was|were) .+[^?])$"),
    _rule("remember.allergy", Intent.REMEMBER, 0.75,
          r"^(?P<content>i(?:'m| am) (?P<topic>allergic to .+))$"),
    _rule("page.says", Intent.READ_PAGE, 0.95,
          rf"^what (?:does|do|is on|is written (?:on|at)|can i read (?:on|at)) {URL}"
          r"(?: (?:say|tell)(?: us| me)?)?(?: about (?P<query>.+?))?[?. ]*$"),
    _rule("page.read", Intent.READ_PAGE, 0.95,
          r"^(?:read|open|fetch|load|visit|browse|summari[sz]e|look at|go to)(?: me)?(?: the)?"
          rf"(?: (?:web ?)?(?:page|site|website))?(?: (?:at|on|of))? {URL}"
          r"(?:,? (?:and (?:tell me|say|find out) )?(?P<query>.+?))?[?. ]*$"),
    _rule("page.asked", Intent.READ_PAGE, 0.9,
          rf"^(?P<query>(?:{WH}|tell me) .+?),? (?:according to|on|at|from) {URL}[?. ]*$"),
    _rule("code.write", Intent.WRITE_CODE, 0.9,
          r"^(?:write|generate|create|implement|program)(?: me| us)?(?: some| an?| the)?"
          r"(?: (?:short|small|simple|new|quick|recursive))?"
          rf"(?: (?P<language>{LANGUAGES}))? {PROGRAM}\b(?: .+)?$"),
    _rule("reason.word_problem", Intent.REASON, 0.85, rf"^{WORD_PROBLEM}(?P<question>.+[?])$"),
    _rule("reason.percent", Intent.REASON, 0.9,
          r"^(?P<question>(?:what(?:'s| is)|how much is) \d+(?:[.,]\d+)? ?(?:%|percent|per ?cent)"
          r" of .*\d.*)$"),
    _rule("command.time", Intent.COMMAND, 0.95,
          r"^(?:what(?:'s| is) the (?:current )?(?:time|date)(?: now| today)?|(?:tell me|show me"
          r"|give me) (?:the (?:current )?(?:time|date)|what time it is)|what (?:time|day|date) is"
          r" it(?: now| today)?|(?:current )?time(?: now)?|(?:today's )?date)(?: please)?[?. ]*$",
          "time"),
    _rule("command.calculate", Intent.COMMAND, 0.95,
          rf"^(?:calculate|compute|evaluate|work out|what(?:'s| is| does)|how much (?:is"
          rf"|does)) {ARITHMETIC}(?: make| equal)?[=?. ]*$", "calculate {expression}"),
    _rule("command.calculate_verb", Intent.COMMAND, 0.85,
          r"^(?:calculate|compute|evaluate) (?P<expression>.+)$", "calculate {expression}"),
    _rule("command.arithmetic", Intent.COMMAND, 0.85,
          rf"^{HAS_OPERATOR}{ARITHMETIC}[=?. ]*$", "calculate {expression}"),
    _rule("reason.asked", Intent.REASON, 0.9,
          r"^(?:think (?:it )?through|reason (?:about|through)|solve(?: this| the)?(?: riddle"
          r"| puzzle| problem)?|figure out|(?:think|explain|reason|tell me|work (?:it|this) out)"
          r" step by step(?: about)?)[:,]? (?P<question>.+)$"),
    _rule("reason.steps", Intent.REASON, 0.85,
          r"^(?P<question>(?:in )?how many steps (?:does|do|would|will|must) .+"
          r"|.+ step by step)[?. ]*$"),
    _rule("command.status", Intent.COMMAND, 0.9,
          r"^(?:(?:show|give|get|check|report|tell|what(?:'s| is))(?: me)?(?: on)? )?(?:the )?"
          r"(?:system|agents?|fleet|overall)?(?:'s)? ?(?:status|health)(?: report| check)?"
          r"(?: of (?:the |all )?(?:system|agents?|fleet|everything))?(?: please)?[?. ]*$",
          "status"),
    _rule("command.status_question", Intent.COMMAND, 0.85,
          r"^(?:are (?:all )?(?:the |your )?(?:agents|systems|services) (?:all )?(?:ok|okay|up"
          r"|running|healthy|online|ready)|which agents are (?:ok|up|running|ready|online)|how is"
          r" the (?:system|fleet)(?: doing)?|is everything (?:ok|okay|running|up))[?. ]*$",
          "status"),
    _rule("smalltalk.dismiss", Intent.SMALLTALK, 0.8,
          r"^(?:forget (?:about )?it|never ?mind)[.! ]*$"),
    _rule("command.forget", Intent.COMMAND, 0.9,
          r"^forget (?:(?:everything|all|what(?:ever)?)(?: that)? (?:you know |i (?:said|told"
          r" you) )?about |about |that )?(?P<subject>.+)$", "forget {subject}"),
    _rule("command.search", Intent.COMMAND, 0.9,
          r"^(?:search|look|find)(?: up| for)?(?: (?:in )?(?:my|your|the) (?:memory|memories|notes"
          r"|facts) for)? (?P<subject>.+?)(?: in (?:my|your|the) (?:memory|memories|notes|facts))?"
          r"[?. ]*$", "search {subject}"),
    _rule("smalltalk.entertain", Intent.SMALLTALK, 0.9,
          r"^(?:(?:tell|sing|read) (?:me|us) |make me laugh|do you know |say ).{0,20}?\b(?:joke"
          r"|story|song|riddle|laugh|funny|hello|something \w+)\b.*$"),
    _rule("smalltalk.make_me", Intent.SMALLTALK, 0.85,
          r"^(?:make me (?:laugh|smile)|cheer me up).*$"),
    _rule("smalltalk.how_are_you", Intent.SMALLTALK, 0.95,
          r"^(?:and )?(?:how (?:are|r) (?:you|u|things)|how(?:'s| is| was) (?:it going|life|your"
          r" (?:day|morning|night|weekend)|everything)|how do you (?:do|feel)|what(?:'s| is) up|sup"
          r"|are you (?:ok|okay|well|there|tired|happy|sad|busy|awake))\b.*$"),
    _rule("smalltalk.identity", Intent.SMALLTALK, 0.95,
          r"^(?:who (?:are|made|built|created) you|what are you|what(?:'s| is) your .+|what should"
          r" i call you|how old are you|where (?:are|do) you .+|what can you do|what do you"
          r" (?:do|think|like|want|feel|believe).*|help(?: me)?|do you (?:like|love|have|want|think"
          r"|feel|dream|sleep|eat|ever|believe|enjoy|hate|speak) ?.*|are you (?:a|an|the|real|human"
          r"|alive|smart|intelligent|conscious|sentient|male|female)\b.*|can you (?:think|feel"
          r"|dream|love|hear me|understand).*)[?. ]*$"),
    _rule("smalltalk.feeling", Intent.SMALLTALK, 0.8,
          r"^(?:i(?:'m| am| feel| felt| have been| was)|today i(?:'m| am)|i(?:'m| am) feeling) "
          r"(?:a bit |a little |so |very |really |quite |not )*(?:feeling )?(?:bored|sad|happy"
          r"|tired|lonely|angry|excited|fine|good|great|well|ok|okay|stressed|sick|hungry|afraid|scared"
          r"|worried|depressed|anxious|down|sleepy|upset|proud|glad|nervous|exhausted"
          r"|better)\b.*$"),
    _rule("smalltalk.about_you", Intent.SMALLTALK, 0.8,
          r"^(?:you(?:'re| are) .+|i (?:really )?(?:love|like|hate|miss|trust) (?:you|talking)\b.*"
          r"|nice to (?:meet|see) you.*|pleased to meet you.*|long time no see.*|good (?:job|work"
          r"|boy|girl|one)|well done|let's (?:talk|chat).*|talk to me.*|(?:i had|my) (?:a )?"
          r"(?:\w+ )?(?:day|week|life|weekend|dream)\b.*|guess what.*|i (?:think|wish|hope|wonder)"
          r" .+)[!. ]*$"),
    _rule("smalltalk.reaction", Intent.SMALLTALK, 0.75,
          r"^(?:yes|no|yeah|yep|nope|sure|maybe|ok(?:ay)?|right|really|wow|cool|nice|great|awesome"
          r"|(?:ha)+|haha\w*|lol|i see|of course|fine|alright|oh|hmm+|sorry|congratulations"
          r"|happy birthday|good luck|not really|no way|amazing)"
          r"(?: (?:then|so|to you|me))?[!?. ]*$"),
    _rule("recall.tell_me", Intent.RECALL, 0.9,
          rf"^(?:tell me|say|show me|i (?:want|would like) to know|i wonder|let me know|know)"
          rf" (?P<query>(?:{WH}|whether|if)\b.+)$"),
    _rule("recall.about", Intent.RECALL, 0.9,
          r"^(?:what do you (?:know|remember) about|what (?:have i|did i) (?:told|tell|say to|said"
          r" to) you about|tell me (?:everything |all |more |something |what you know )?about"
          r"|recall|anything about) (?P<query>.+)$"),
    _rule("command.shell", Intent.COMMAND, 0.9, rf"^(?:{SHELL})(?: .+)?$"),
    _rule("command.verb", Intent.COMMAND, 0.8, rf"^(?:{VERBS})(?: .*[^?])?$"),
    _rule("recall.question", Intent.RECALL, 0.75, rf"^(?P<query>{WH}(?:'s|'re|'d|'ll)? .+)$"),
    _rule("recall.yes_no", Intent.RECALL, 0.6,
          r"^(?P<query>(?:is|are|was|were|did|does|do|has|have|had|will|can|should"
          r"|am) .+)\?[?!. ]*$"),
)  # fmt: skip
