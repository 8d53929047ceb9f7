"""Articles, possessives and pronouns of four languages, by what they are called in English."""

DETERMINERS = {
    "en": """the the; a a an; this this these; that that those; my my; your your; his his;
        her her; its its; our our; their their; every every each; some some any; many many;
        much much; all all; no no; other other another; both both""",
    "es": """the el la los las; a un una unos unas; this este esta estos estas;
        that ese esa esos esas aquel aquella aquellos aquellas; my mi mis; your tu tus;
        his su sus; our nuestro nuestra nuestros nuestras; every cada;
        some algún alguna algunos algunas; no ningún ninguna; many muchos muchas;
        much mucho mucha; all todo toda todos todas; other otro otra otros otras;
        both ambos ambas""",
    "fr": """the le la l' les; a un une; some des quelques; this ce cet cette ces; my mon ma mes;
        your ton ta tes votre vos; his son sa ses; our notre nos; their leur leurs;
        every chaque; no aucun aucune; many beaucoup_de; all tout toute tous toutes;
        other autre autres""",
    "de": """the der die das den dem des; a ein eine einen einem einer eines;
        this dieser diese dieses diesen diesem; that jener jene jenes;
        my mein meine meinen meinem meiner meines; your dein deine deinen deinem deiner deines;
        his sein seine seinen seinem seiner seines; her ihr ihre ihren ihrem ihrer ihres;
        our unser unsere unseren unserem unserer; no kein keine keinen keinem keiner;
        every jeder jede jedes jeden jedem; some einige einigen; many viele vielen; much viel;
        all alle allen; other andere anderen""",
}

PLURAL_DETERMINERS = frozenset(
    "these those los las unos unas estos estas esos esas aquellos aquellas mis tus sus nuestros"
    " nuestras algunos algunas muchos muchas todos todas otros otras les des ces mes tes ses nos"
    " vos leurs quelques tous toutes autres many alle viele einige".split()
)

SUBJECTS = {
    "en": "I 1; you 2; he 3; she 3; it 3; we 4; they 6; there 3",
    "es": """yo=I 1; tú=you 2; usted=you 3; él=he 3; ella=she 3; nosotros=we 4; nosotras=we 4;
        vosotros=you 5; ustedes=you 6; ellos=they 6; ellas=they 6; ello=it 3""",
    "fr": """je=I 1; j'=I 1; tu=you 2; il=he 3; elle=she 3; on=we 3; nous=we 4; vous=you 5;
        ils=they 6; elles=they 6; ce=it 3; c'=it 3; cela=it 3; ça=it 3""",
    "de": """ich=I 1; du=you 2; er=he 3; sie=she 3; es=it 3; wir=we 4; ihr=you 5; sie=they 6;
        man=we 3""",
}
"""Surface, English word, person of the verb."""

PERSONS = {"I": 1, "you": 2, "he": 3, "she": 3, "it": 3, "we": 4, "they": 6}

SAID_AS = {
    "es": {"I": "yo", "you": "tú", "he": "él", "she": "ella", "it": "", "we": "nosotros",
           "they": "ellos"},
    "fr": {"I": "je", "you": "tu", "he": "il", "she": "elle", "it": "il", "we": "nous",
           "they": "ils"},
    "de": {"I": "ich", "you": "du", "he": "er", "she": "sie", "it": "es", "we": "wir",
           "they": "sie"},
    "en": {"I": "I", "you": "you", "he": "he", "she": "she", "it": "it", "we": "we",
           "they": "they"},
}  # fmt: skip

OBJECTS = {
    "en": "me me; him him; her her; it it; us us; them them; you you",
    "es": "me me; te you; lo it; la it; le him; nos us; os you; los them; las them; les them",
    "fr": """me me; m' me; moi me; te you; t' you; toi you; le it; la it; l' it; lui him; nous us;
        vous you; les them; leur them""",
    "de": """mich me; mir me; dich you; dir you; ihn it; ihm him; es it; sie it; uns us; euch you;
        ihnen them""",
}

OBJECTS_SAID_AS = {
    "en": {name: name for name in ("me", "you", "him", "her", "it", "us", "them")},
    "es": {"me": "me", "you": "te", "him": "lo", "her": "la", "it": "lo", "us": "nos",
           "them": "los"},
    "fr": {"me": "me", "you": "te", "him": "le", "her": "la", "it": "le", "us": "nous",
           "them": "les"},
    "de": {"me": "mich", "you": "dich", "him": "ihn", "her": "sie", "it": "es", "us": "uns",
           "them": "sie"},
}  # fmt: skip

SPLIT = {
    "en": {"don't": "do not", "doesn't": "does not", "didn't": "did not", "isn't": "is not",
           "aren't": "are not", "wasn't": "was not", "weren't": "were not", "can't": "can not",
           "cannot": "can not", "won't": "will not", "i'm": "I am", "you're": "you are",
           "we're": "we are", "they're": "they are", "it's": "it is", "he's": "he is",
           "she's": "she is", "that's": "that is", "what's": "what is", "where's": "where is",
           "i'd": "I would", "i'll": "I will", "i've": "I have", "haven't": "have not",
           "hasn't": "has not", "couldn't": "could not", "let's": "let us"},
    "es": {"al": "a el", "del": "de el"},
    "fr": {"au": "à le", "aux": "à les", "du": "de le", "d'": "de", "qu'": "que",
           "n'": "ne"},
    "de": {"im": "in dem", "am": "an dem", "zum": "zu dem", "zur": "zu der", "vom": "von dem",
           "beim": "bei dem", "ins": "in das", "ans": "an das"},
}  # fmt: skip
"""What one written word hides."""
