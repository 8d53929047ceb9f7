"""
Things of everyday life: English; Spanish; French; German.

Spanish and French state the gender, German gender and plural. Of several lines with the same
foreign word the first is what it means in English.
"""

NOUNS = """
boiler; caldera f; chaudière f; Heizkessel m Heizkessel
boiler; caldera f; chaudière f; Kessel m Kessel
boiler; caldera f; chaudière f; Boiler m Boiler
boiler; caldera f; chaudière f; Therme f Thermen
heating; calefacción f; chauffage m; Heizung f Heizungen
service; revisión f; révision f; Wartung f Wartungen
maintenance; mantenimiento m; entretien m; Wartung f Wartungen
review; revisión f; révision f; Überprüfung f Überprüfungen
inspection; inspección f; inspection f; Inspektion f Inspektionen
repair; reparación f; réparation f; Reparatur f Reparaturen
key; llave f; clé f; Schlüssel m Schlüssel
house; casa f; maison f; Haus n Häuser
home; casa f; maison f; Zuhause n
apartment; piso m; appartement m; Wohnung f Wohnungen
room; habitación f; chambre f; Zimmer n Zimmer
kitchen; cocina f; cuisine f; Küche f Küchen
bathroom; baño m; salle de bain f; Badezimmer n Badezimmer
bedroom; dormitorio m; chambre f; Schlafzimmer n Schlafzimmer
living room; salón m; salon m; Wohnzimmer n Wohnzimmer
garage; garaje m; garage m; Garage f Garagen
garden; jardín m; jardin m; Garten m Gärten
cellar; sótano m; cave f; Keller m Keller
roof; tejado m; toit m; Dach n Dächer
door; puerta f; porte f; Tür f Türen
window; ventana f; fenêtre f; Fenster n Fenster
wall; pared f; mur m; Wand f Wände
floor; suelo m; sol m; Boden m Böden
stairs; escalera f; escalier m; Treppe f Treppen
light; luz f; lumière f; Licht n Lichter
lamp; lámpara f; lampe f; Lampe f Lampen
table; mesa f; table f; Tisch m Tische
chair; silla f; chaise f; Stuhl m Stühle
bed; cama f; lit m; Bett n Betten
sofa; sofá m; canapé m; Sofa n Sofas
drawer; cajón m; tiroir m; Schublade f Schubladen
cupboard; armario m; armoire f; Schrank m Schränke
fridge; nevera f; frigo m; Kühlschrank m Kühlschränke
oven; horno m; four m; Ofen m Öfen
washing machine; lavadora f; machine à laver f; Waschmaschine f Waschmaschinen
box; caja f; boîte f; Kiste f Kisten
bag; bolsa f; sac m; Tasche f Taschen
bottle; botella f; bouteille f; Flasche f Flaschen
glass; vaso m; verre m; Glas n Gläser
cup; taza f; tasse f; Tasse f Tassen
plate; plato m; assiette f; Teller m Teller
knife; cuchillo m; couteau m; Messer n Messer
water; agua f!; eau f; Wasser n
coffee; café m; café m; Kaffee m Kaffees
tea; té m; thé m; Tee m Tees
milk; leche f; lait m; Milch f
bread; pan m; pain m; Brot n Brote
cheese; queso m; fromage m; Käse m
egg; huevo m; œuf m; Ei n Eier
meat; carne f; viande f; Fleisch n
fish; pescado m; poisson m; Fisch m Fische
apple; manzana f; pomme f; Apfel m Äpfel
fruit; fruta f; fruit m; Obst n
sugar; azúcar m; sucre m; Zucker m
salt; sal f; sel m; Salz n
wine; vino m; vin m; Wein m Weine
beer; cerveza f; bière f; Bier n Biere
food; comida f; nourriture f; Essen n
breakfast; desayuno m; petit-déjeuner m; Frühstück n
lunch; almuerzo m; déjeuner m; Mittagessen n
dinner; cena f; dîner m; Abendessen n
man; hombre m; homme m; Mann m Männer
woman; mujer f; femme f; Frau f Frauen
child; niño m; enfant m; Kind n Kinder
boy; chico m; garçon m; Junge m Jungen
girl; chica f; fille f; Mädchen n Mädchen
friend; amigo m; ami m; Freund m Freunde
mother; madre f; mère f; Mutter f Mütter
father; padre m; père m; Vater m Väter
sister; hermana f; sœur f; Schwester f Schwestern
brother; hermano m; frère m; Bruder m Brüder
son; hijo m; fils m; Sohn m Söhne
daughter; hija f; fille f; Tochter f Töchter
wife; esposa f; femme f; Frau f Frauen
husband; marido m; mari m; Mann m Männer
grandmother; abuela f; grand-mère f; Großmutter f Großmütter
grandfather; abuelo m; grand-père m; Großvater m Großväter
uncle; tío m; oncle m; Onkel m Onkel
aunt; tía f; tante f; Tante f Tanten
family; familia f; famille f; Familie f Familien
neighbour; vecino m; voisin m; Nachbar m Nachbarn
people; gente f; gens m; Leute f Leute
person; persona f; personne f; Person f Personen
doctor; médico m; médecin m; Arzt m Ärzte
teacher; profesor m; professeur m; Lehrer m Lehrer
dog; perro m; chien m; Hund m Hunde
cat; gato m; chat m; Katze f Katzen
bird; pájaro m; oiseau m; Vogel m Vögel
horse; caballo m; cheval m; Pferd n Pferde
car; coche m; voiture f; Auto n Autos
bicycle; bicicleta f; vélo m; Fahrrad n Fahrräder
train; tren m; train m; Zug m Züge
bus; autobús m; bus m; Bus m Busse
plane; avión m; avion m; Flugzeug n Flugzeuge
station; estación f; gare f; Bahnhof m Bahnhöfe
airport; aeropuerto m; aéroport m; Flughafen m Flughäfen
street; calle f; rue f; Straße f Straßen
city; ciudad f; ville f; Stadt f Städte
village; pueblo m; village m; Dorf n Dörfer
country; país m; pays m; Land n Länder
shop; tienda f; magasin m; Laden m Läden
market; mercado m; marché m; Markt m Märkte
school; escuela f; école f; Schule f Schulen
hospital; hospital m; hôpital m; Krankenhaus n Krankenhäuser
office; oficina f; bureau m; Büro n Büros
hotel; hotel m; hôtel m; Hotel n Hotels
restaurant; restaurante m; restaurant m; Restaurant n Restaurants
bank; banco m; banque f; Bank f Banken
work; trabajo m; travail m; Arbeit f Arbeiten
job; trabajo m; emploi m; Arbeit f Arbeiten
money; dinero m; argent m; Geld n
price; precio m; prix m; Preis m Preise
ticket; billete m; billet m; Fahrkarte f Fahrkarten
letter; carta f; lettre f; Brief m Briefe
bill; factura f; facture f; Rechnung f Rechnungen
book; libro m; livre m; Buch n Bücher
newspaper; periódico m; journal m; Zeitung f Zeitungen
phone; teléfono m; téléphone m; Telefon n Telefone
mobile; móvil m; portable m; Handy n Handys
computer; ordenador m; ordinateur m; Computer m Computer
television; televisión f; télévision f; Fernseher m Fernseher
radio; radio f; radio f; Radio n Radios
music; música f; musique f; Musik f
song; canción f; chanson f; Lied n Lieder
film; película f; film m; Film m Filme
picture; foto f; photo f; Bild n Bilder
password; contraseña f; mot de passe m; Passwort n Passwörter
number; número m; numéro m; Nummer f Nummern
name; nombre m; nom m; Name m Namen
address; dirección f; adresse f; Adresse f Adressen
birthday; cumpleaños m; anniversaire m; Geburtstag m Geburtstage
party; fiesta f; fête f; Party f Partys
meeting; reunión f; réunion f; Besprechung f Besprechungen
appointment; cita f; rendez-vous m; Termin m Termine
day; día m; jour m; Tag m Tage
week; semana f; semaine f; Woche f Wochen
weekend; fin de semana m; week-end m; Wochenende n Wochenenden
month; mes m; mois m; Monat m Monate
year; año m; an m; Jahr n Jahre
year; año m; année f; Jahr n Jahre
hour; hora f; heure f; Stunde f Stunden
minute; minuto m; minute f; Minute f Minuten
second; segundo m; seconde f; Sekunde f Sekunden
time; tiempo m; temps m; Zeit f Zeiten
morning; mañana f; matin m; Morgen m Morgen
afternoon; tarde f; après-midi m; Nachmittag m Nachmittage
evening; noche f; soir m; Abend m Abende
night; noche f; nuit f; Nacht f Nächte
weather; tiempo m; météo f; Wetter n
rain; lluvia f; pluie f; Regen m
snow; nieve f; neige f; Schnee m
sun; sol m; soleil m; Sonne f Sonnen
wind; viento m; vent m; Wind m Winde
temperature; temperatura f; température f; Temperatur f Temperaturen
degree; grado m; degré m; Grad m Grad
sea; mar m; mer f; Meer n Meere
mountain; montaña f; montagne f; Berg m Berge
river; río m; rivière f; Fluss m Flüsse
tree; árbol m; arbre m; Baum m Bäume
flower; flor f; fleur f; Blume f Blumen
hand; mano f; main f; Hand f Hände
head; cabeza f; tête f; Kopf m Köpfe
eye; ojo m; œil m; Auge n Augen
foot; pie m; pied m; Fuß m Füße
heart; corazón m; cœur m; Herz n Herzen
shoe; zapato m; chaussure f; Schuh m Schuhe
shirt; camisa f; chemise f; Hemd n Hemden
coat; abrigo m; manteau m; Mantel m Mäntel
glasses; gafas f; lunettes f; Brille f Brillen
wallet; cartera f; portefeuille m; Brieftasche f Brieftaschen
umbrella; paraguas m; parapluie m; Regenschirm m Regenschirme
watch; reloj m; montre f; Uhr f Uhren
clock; reloj m; horloge f; Uhr f Uhren
alarm; alarma f; alarme f; Wecker m Wecker
medicine; medicina f; médicament m; Medizin f
question; pregunta f; question f; Frage f Fragen
answer; respuesta f; réponse f; Antwort f Antworten
problem; problema m; problème m; Problem n Probleme
idea; idea f; idée f; Idee f Ideen
word; palabra f; mot m; Wort n Wörter
language; idioma m; langue f; Sprache f Sprachen
thing; cosa f; chose f; Sache f Sachen
life; vida f; vie f; Leben n Leben
world; mundo m; monde m; Welt f Welten
story; historia f; histoire f; Geschichte f Geschichten
game; juego m; jeu m; Spiel n Spiele
ball; pelota f; balle f; Ball m Bälle
news; noticias f; nouvelles f; Nachrichten f Nachrichten
message; mensaje m; message m; Nachricht f Nachrichten
reminder; recordatorio m; rappel m; Erinnerung f Erinnerungen
help; ayuda f; aide f; Hilfe f
holiday; vacaciones f; vacances f; Urlaub m Urlaube
trip; viaje m; voyage m; Reise f Reisen
technician; técnico m; technicien m; Techniker m Techniker
engineer; ingeniero m; ingénieur m; Ingenieur m Ingenieure
plumber; fontanero m; plombier m; Klempner m Klempner
filter; filtro m; filtre m; Filter m Filter
battery; batería f; batterie f; Batterie f Batterien
report; informe m; rapport m; Bericht m Berichte
file; archivo m; fichier m; Datei f Dateien
part; parte f; partie f; Teil m Teile
place; lugar m; endroit m; Ort m Orte
side; lado m; côté m; Seite f Seiten
colour; color m; couleur f; Farbe f Farben
paper; papel m; papier m; Papier n Papiere
gas; gas m; gaz m; Gas n Gase
electricity; electricidad f; électricité f; Strom m
January; enero m; janvier m; Januar m
February; febrero m; février m; Februar m
March; marzo m; mars m; März m
April; abril m; avril m; April m
May; mayo m; mai m; Mai m
June; junio m; juin m; Juni m
July; julio m; juillet m; Juli m
August; agosto m; août m; August m
September; septiembre m; septembre m; September m
October; octubre m; octobre m; Oktober m
November; noviembre m; novembre m; November m
December; diciembre m; décembre m; Dezember m
Monday; lunes m; lundi m; Montag m Montage
Tuesday; martes m; mardi m; Dienstag m Dienstage
Wednesday; miércoles m; mercredi m; Mittwoch m Mittwoche
Thursday; jueves m; jeudi m; Donnerstag m Donnerstage
Friday; viernes m; vendredi m; Freitag m Freitage
Saturday; sábado m; samedi m; Samstag m Samstage
Sunday; domingo m; dimanche m; Sonntag m Sonntage
"""
