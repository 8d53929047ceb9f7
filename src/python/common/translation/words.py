"""
Adjectives, adverbs and the small words: English; Spanish; French; German.

Several forms of one meaning are separated by a slash, the first is the one to write.
"""

ADJECTIVES = """
good; bueno; bon bonne; gut
bad; malo; mauvais mauvaise; schlecht
big; grande; grand grande; groß
small; pequeño; petit petite; klein
little; pequeño; petit petite; klein
new; nuevo; nouveau nouvelle; neu
old; viejo; vieux vieille; alt
young; joven; jeune; jung
long; largo; long longue; lang
short; corto; court courte; kurz
high; alto; haut haute; hoch
low; bajo; bas basse; niedrig
hot; caliente; chaud chaude; heiß
warm; cálido; chaud chaude; warm
cold; frío; froid froide; kalt
red; rojo; rouge; rot
blue; azul; bleu bleue; blau
green; verde; vert verte; grün
yellow; amarillo; jaune; gelb
black; negro; noir noire; schwarz
white; blanco; blanc blanche; weiß
brown; marrón; marron; braun
grey; gris; gris grise; grau
open; abierto; ouvert ouverte; offen
closed; cerrado; fermé fermée; geschlossen
broken; roto; cassé cassée; kaputt
clean; limpio; propre; sauber
dirty; sucio; sale; schmutzig
full; lleno; plein pleine; voll
empty; vacío; vide; leer
free; libre; libre; frei
ready; listo; prêt prête; fertig
tired; cansado; fatigué fatiguée; müde
ill; enfermo; malade; krank
healthy; sano; sain saine; gesund
happy; feliz; heureux heureuse; glücklich
sad; triste; triste; traurig
angry; enfadado; fâché fâchée; wütend
nice; simpático; gentil gentille; nett
beautiful; hermoso; beau belle; schön
pretty; bonito; joli jolie; hübsch
expensive; caro; cher chère; teuer
cheap; barato; bon marché; billig
easy; fácil; facile; einfach
difficult; difícil; difficile; schwierig
important; importante; important importante; wichtig
interesting; interesante; intéressant intéressante; interessant
fast; rápido; rapide; schnell
slow; lento; lent lente; langsam
heavy; pesado; lourd lourde; schwer
strong; fuerte; fort forte; stark
rich; rico; riche; reich
poor; pobre; pauvre; arm
right; correcto; juste; richtig
wrong; incorrecto; faux fausse; falsch
same; mismo; même; gleich
last; último; dernier dernière; letzt
next; próximo; prochain prochaine; nächst
first; primero; premier première; erst
second; segundo; deuxième; zweit
quiet; tranquilo; calme; ruhig
loud; ruidoso; bruyant bruyante; laut
late; tarde; tard; spät
safe; seguro; sûr sûre; sicher
dangerous; peligroso; dangereux dangereuse; gefährlich
possible; posible; possible; möglich
fresh; fresco; frais fraîche; frisch
dark; oscuro; sombre; dunkel
wet; mojado; mouillé mouillée; nass
dry; seco; sec sèche; trocken
sweet; dulce; doux douce; süß
annual; anual; annuel annuelle; jährlich
electric; eléctrico; électrique; elektrisch
Spanish; español; espagnol espagnole; spanisch
French; francés; français française; französisch
German; alemán; allemand allemande; deutsch
English; inglés; anglais anglaise; englisch
"""

STATES = frozenset(
    "open closed broken clean dirty full empty free ready tired ill happy sad angry hot cold"
    " warm wet dry quiet".split()
)
"""What a thing is for a while: Spanish says it with estar."""

BEFORE_NOUNS = frozenset(
    "good bad big small little new old young beautiful pretty last next first second same"
    " long".split()
)
"""Adjectives that stand before the noun in French, the ordinal ones in Spanish too."""

ADVERBS = """
not; no; pas; nicht
yes; sí; oui; ja
no; no; non; nein
today; hoy; aujourd'hui; heute
tomorrow; mañana; demain; morgen
yesterday; ayer; hier; gestern
now; ahora; maintenant; jetzt
then; entonces; alors; dann
here; aquí; ici; hier
there; allí/ahí; là; dort/da
always; siempre; toujours; immer
never; nunca; jamais; nie/niemals
often; a menudo; souvent; oft
sometimes; a veces; parfois; manchmal
soon; pronto; bientôt; bald
already; ya; déjà; schon
still; todavía; encore; noch
again; otra vez/de nuevo; à nouveau; wieder
also; también; aussi; auch
too; también; aussi; auch
only; solo/sólo/solamente; seulement; nur
very; muy; très; sehr
too; demasiado; trop; zu
well; bien; bien; gut
badly; mal; mal; schlecht
perhaps; quizás/quizá; peut-être; vielleicht
really; de verdad; vraiment; wirklich
together; juntos; ensemble; zusammen
please; por favor; s'il vous plaît/s'il te plaît; bitte
more; más; plus; mehr
less; menos; moins; weniger
ago; hace; il y a; vor
upstairs; arriba; en haut; oben
downstairs; abajo; en bas; unten
outside; fuera; dehors; draußen
something; algo; quelque chose; etwas
nothing; nada; rien; nichts
everything; todo; tout; alles
someone; alguien; quelqu'un; jemand
nobody; nadie; personne; niemand
much; mucho; beaucoup; viel
almost; casi; presque; fast
early; temprano; tôt; früh
quickly; rápidamente; rapidement; schnell
hello; hola; bonjour/salut; hallo
goodbye; adiós; au revoir; auf Wiedersehen/tschüss
thanks; gracias; merci; danke
sorry; perdón/lo siento; pardon/désolé; Entschuldigung
tonight; esta noche; ce soir; heute Abend
at home; en casa; à la maison; zu Hause/zuhause
"""

PREPOSITIONS = """
of; de; de; von
in; en; dans/en; in
on; en/sobre; sur; auf
at; en; à; an/um/bei
to; a; à; zu/nach
from; desde/de; de; aus/von
with; con; avec; mit
without; sin; sans; ohne
for; para/por; pour; für
by; por; par; von/durch
before; antes de; avant; vor
after; después de; après; nach
under; debajo de/bajo; sous; unter
behind; detrás de; derrière; hinter
in front of; delante de; devant; vor
between; entre; entre; zwischen
next to; al lado de; à côté de; neben
near; cerca de; près de; in der Nähe von
over; sobre; au-dessus de; über
about; sobre; sur; über
until; hasta; jusqu'à; bis
since; desde; depuis; seit
during; durante; pendant; während
against; contra; contre; gegen
like; como; comme; wie
into; en; dans; in
at; a; à; um
"""

CONJUNCTIONS = """
and; y/e; et; und
or; o/u; ou; oder
but; pero; mais; aber
because; porque; parce que; weil
that; que; que; dass
if; si; si; wenn/ob
when; cuando; quand; wenn
while; mientras; pendant que; während
"""

ASKING = """
when; cuándo; quand; wann
where; dónde; où; wo
how; cómo; comment; wie
why; por qué; pourquoi; warum
who; quién/quiénes; qui; wer
what; qué; que/qu'est-ce que/qu'est-ce qui/quoi; was
which; cuál/cuáles; quel/quelle/quels/quelles; welche/welcher/welches/welchen
how much; cuánto/cuánta; combien; wie viel
how many; cuántos/cuántas; combien de; wie viele
where to; adónde/a dónde; où; wohin
where from; de dónde; d'où; woher
how long; cuánto tiempo; combien de temps; wie lange
"""

NUMBERS = """
two; dos; deux; zwei
three; tres; trois; drei
four; cuatro; quatre; vier
five; cinco; cinq; fünf
six; seis; six; sechs
seven; siete; sept; sieben
eight; ocho; huit; acht
nine; nueve; neuf; neun
ten; diez; dix; zehn
twelve; doce; douze; zwölf
twenty; veinte; vingt; zwanzig
hundred; cien; cent; hundert
thousand; mil; mille; tausend
"""

ENGLISH_PLURALS = """
child children; man men; woman women; foot feet; knife knives; wife wives; life lives; fish fish
glasses glasses; stairs stairs; people people; news news; person persons; city cities
"""
