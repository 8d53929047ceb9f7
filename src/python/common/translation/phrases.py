"""
Whole phrases, which no rule gives: English; Spanish; French; German.

Several ways to say one are separated by a slash, the first is the one to write.
"""

PHRASES = """
good morning; buenos días; bonjour; guten Morgen
good afternoon; buenas tardes; bon après-midi; guten Tag
good evening; buenas tardes; bonsoir; guten Abend
good night; buenas noches; bonne nuit; gute Nacht
how are you; cómo estás/cómo está usted; comment allez-vous/comment ça va; wie geht es dir
I am fine; estoy bien; je vais bien; mir geht es gut
what time is it; qué hora es; quelle heure est-il; wie spät ist es/wie viel Uhr ist es
what is your name; cómo te llamas/cómo se llama usted; comment t'appelles-tu; wie heißt du
my name is; me llamo; je m'appelle; ich heiße
you are welcome; de nada; de rien; gern geschehen
thank you; gracias; merci; danke
thank you very much; muchas gracias; merci beaucoup; vielen Dank
see you tomorrow; hasta mañana; à demain; bis morgen
see you later; hasta luego; à plus tard; bis später
nice to meet you; mucho gusto/encantado; enchanté; freut mich
excuse me; disculpe/perdone; excusez-moi; entschuldigen Sie
I do not know; no lo sé/no sé; je ne sais pas; ich weiß es nicht/das weiß ich nicht/ich weiß nicht
I like; me gusta/me gustan; j'aime; ich mag
do you like; te gusta/te gustan; aimes-tu/tu aimes; magst du
I would like; quisiera/me gustaría/querría; je voudrais/j'aimerais; ich möchte/ich hätte gern
we would like; quisiéramos/nos gustaría; nous voudrions; wir möchten
I am hungry; tengo hambre; j'ai faim; ich habe Hunger
I am thirsty; tengo sed; j'ai soif; ich habe Durst
I am cold; tengo frío; j'ai froid; mir ist kalt
I am hot; tengo calor; j'ai chaud; mir ist heiß
how much is; cuánto cuesta/cuánto vale; combien coûte; wie viel kostet
how old are you; cuántos años tienes; quel âge as-tu; wie alt bist du
of course; por supuesto/claro; bien sûr; natürlich
for example; por ejemplo; par exemple; zum Beispiel
at least; al menos; au moins; mindestens
every day; todos los días/cada día; tous les jours; jeden Tag
every week; todas las semanas/cada semana; toutes les semaines; jede Woche
every year; todos los años/cada año; tous les ans; jedes Jahr
last week; la semana pasada; la semaine dernière; letzte Woche
last month; el mes pasado; le mois dernier; letzten Monat
last year; el año pasado; l'année dernière/l'an dernier; letztes Jahr
next week; la semana que viene/la próxima semana; la semaine prochaine; nächste Woche
next month; el mes que viene/el próximo mes; le mois prochain; nächsten Monat
next year; el año que viene/el próximo año; l'année prochaine; nächstes Jahr
this morning; esta mañana; ce matin; heute Morgen
this evening; esta tarde; ce soir; heute Abend
tomorrow morning; mañana por la mañana; demain matin; morgen früh
in the morning; por la mañana; le matin; am Morgen
in the evening; por la tarde; le soir; am Abend
at night; por la noche; la nuit; in der Nacht
a cup of; una taza de; une tasse de; eine Tasse
a glass of; un vaso de; un verre de; ein Glas
a bottle of; una botella de; une bouteille de; eine Flasche
the weather is nice; hace buen tiempo; il fait beau; das Wetter ist schön
it is cold; hace frío; il fait froid; es ist kalt
it is hot; hace calor; il fait chaud; es ist heiß
happy birthday; feliz cumpleaños; joyeux anniversaire; alles Gute zum Geburtstag
good luck; buena suerte; bonne chance; viel Glück
help me; ayúdame; aide-moi; hilf mir
tell me; dime; dis-moi; sag mir
give me; dame; donne-moi; gib mir
remind me; recuérdame; rappelle-moi; erinnere mich
show me; muéstrame; montre-moi; zeig mir
do not worry; no te preocupes; ne t'inquiète pas; keine Sorge
I love you; te quiero/te amo; je t'aime; ich liebe dich
what is the weather like; qué tiempo hace; quel temps fait-il; wie ist das Wetter
I do not understand; no entiendo; je ne comprends pas; ich verstehe nicht
"""
