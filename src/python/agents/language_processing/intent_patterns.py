"""Pieces of patterns that the intent rules of nlu_agent are made of. No rule may enter."""

from __future__ import annotations

# Said before a wish; it does not change what is wished for.
LEAD_IN = (
    r"^(?:(?:hey|hi|hello|ok|okay|alright|so|well|um|uh|please|kindly|now|also|and|assistant"
    r"|computer|thanks|thank you)[,.!]?\s+|(?:can|could|would|will) you\s+"
    r"|i(?:'d| would) like (?:you )?to\s+|i want (?:you )?to\s+|i need you to\s+|just\s+)+"
)

WH = r"(?:when|where|who|whom|whose|what|which|how|why)"
HELLO = r"(?:hi|hello|hiya|howdy|greetings|good (?:morning|afternoon|evening|day)|welcome back)"
ARITHMETIC = (
    r"(?P<expression>[(\-\s]*\d(?:[\d\s.()+\-*/%^]|plus|minus|times|multiplied by|divided by"
    r"|over|to the power of|x)*)"
)
# A lone number, a date or a phone number is no sum.
HAS_OPERATOR = (
    r"(?=.*\d[\s)]*(?:[+*/%^x]|plus|minus|times|multiplied by|divided by|over|to the power of| - )"
    r"[\s(]*\d)"
)
VERBS = (
    r"run|execute|launch|start|stop|restart|reboot|shut ?down|power (?:off|down|on)|open|close"
    r"|play|pause|resume|turn|switch|set|increase|decrease|raise|lower|mute|unmute|enable|disable"
    r"|lock|unlock|delete|remove|install|uninstall|kill|format|wipe|erase|download|upload|send"
    r"|copy|move|rename|list|show|print|translate|dim|skip|update|activate|deactivate|cancel"
    r"|change|connect|disconnect|empty|backup|back up|sync|deploy|record|read"
)
SHELL = (
    r"sudo|su|rm|rmdir|mkfs\S*|fdisk|dd|chmod|chown|curl|wget|git|docker|systemctl|ssh|cat|ls|bash"
    r"|uptime|uname|whoami|df|du|pwd|hostname|python|pip|apt(?:-get)?|drop (?:table|database)"
    r"|delete from|truncate"
)


# Never longer than a sum in a schoolbook, so that looking for two numbers stays cheap.
NUMBER = (
    r"(?:\d+|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|half|twice|double|dozen)"
)
WORD_PROBLEM = (
    rf"(?=.{{25,600}}$)(?=(?:.*?\b{NUMBER}\b){{2}})(?=.*\b(?:how (?:many|much|far|fast|long|old"
    r"|tall|heavy)|what (?:is|was|will be) the (?:total|sum|difference|average|price|cost|speed"
    r"|distance)|what (?:fraction|percentage))\b)"
)
URL = (
    r"(?P<url>(?:https?://|www\.)[^\s<>\"']+"
    r"|[\w-]+(?:\.[\w-]+){0,3}\.(?:com|org|net|edu|gov|io|dev|info)(?:/[^\s<>\"']*)?)"
)
PROGRAM = r"(?:code|function|program|script|class|method|snippet|algorithm|one-liner)"
LANGUAGES = r"(?:python|javascript|typescript|java|rust|go|bash|sql|ruby|c\+\+|c#|c)"
