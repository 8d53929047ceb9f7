"""
What is done: English; Spanish; French; German, and the forms that no rule gives.

A German prefix that comes off is written before a bar. Of several lines with the same foreign
verb the first is what it means in English.
"""

VERBS = """
be; ser; être; sein
be; estar; être; sein
have; tener; avoir; haben
have; haber; avoir; haben
do; hacer; faire; tun
make; hacer; faire; machen
go; ir; aller; gehen
come; venir; venir; kommen
arrive; llegar; arriver; an|kommen
leave; salir; partir; ab|fahren
see; ver; voir; sehen
watch; mirar; regarder; an|sehen
look; mirar; regarder; schauen
hear; oír; entendre; hören
listen; escuchar; écouter; zu|hören
say; decir; dire; sagen
tell; decir; dire; erzählen
speak; hablar; parler; sprechen
talk; hablar; parler; reden
know; saber; savoir; wissen
know; conocer; connaître; kennen
think; pensar; penser; denken
believe; creer; croire; glauben
want; querer; vouloir; wollen
can; poder; pouvoir; können
must; deber; devoir; müssen
should; deber; devoir; sollen
need; necesitar; avoir besoin de; brauchen
find; encontrar; trouver; finden
search; buscar; chercher; suchen
look for; buscar; chercher; suchen
lose; perder; perdre; verlieren
give; dar; donner; geben
take; tomar; prendre; nehmen
bring; traer; apporter; bringen
put; poner; mettre; legen
get; recibir; recevoir; bekommen
buy; comprar; acheter; kaufen
sell; vender; vendre; verkaufen
pay; pagar; payer; bezahlen
cost; costar; coûter; kosten
eat; comer; manger; essen
drink; beber; boire; trinken
cook; cocinar; cuisiner; kochen
sleep; dormir; dormir; schlafen
live; vivir; vivre; leben
live; vivir; habiter; wohnen
work; trabajar; travailler; arbeiten
play; jugar; jouer; spielen
read; leer; lire; lesen
write; escribir; écrire; schreiben
learn; aprender; apprendre; lernen
understand; entender; comprendre; verstehen
understand; comprender; comprendre; verstehen
ask; preguntar; demander; fragen
answer; responder; répondre; antworten
open; abrir; ouvrir; öffnen
close; cerrar; fermer; schließen
begin; empezar; commencer; beginnen
start; empezar; commencer; starten
end; terminar; terminer; enden
finish; terminar; finir; beenden
stop; parar; arrêter; stoppen
turn on; encender; allumer; ein|schalten
turn on; encender; allumer; an|machen
turn off; apagar; éteindre; aus|schalten
turn off; apagar; éteindre; aus|machen
service; revisar; réviser; warten
check; comprobar; vérifier; prüfen
inspect; inspeccionar; inspecter; überprüfen
repair; reparar; réparer; reparieren
change; cambiar; changer; wechseln
replace; sustituir; remplacer; ersetzen
clean; limpiar; nettoyer; putzen
wash; lavar; laver; waschen
call; llamar; appeler; an|rufen
send; enviar; envoyer; senden
send; mandar; envoyer; schicken
wait; esperar; attendre; warten
help; ayudar; aider; helfen
show; mostrar; montrer; zeigen
use; usar; utiliser; benutzen
work; funcionar; marcher; funktionieren
visit; visitar; visiter; besuchen
travel; viajar; voyager; reisen
drive; conducir; conduire; fahren
run; correr; courir; laufen
swim; nadar; nager; schwimmen
walk; caminar; marcher; laufen
sit; sentar; asseoir; sitzen
stand; estar de pie; être debout; stehen
rain; llover; pleuvoir; regnen
snow; nevar; neiger; schneien
love; amar; aimer; lieben
like; gustar; aimer; mögen
hope; esperar; espérer; hoffen
remember; recordar; retenir; erinnern
forget; olvidar; oublier; vergessen
remind; recordar; rappeler; erinnern
break; romper; casser; brechen
win; ganar; gagner; gewinnen
keep; guardar; garder; behalten
lie; estar; être; liegen
cut; cortar; couper; schneiden
carry; llevar; porter; tragen
wear; llevar; porter; tragen
meet; encontrar; rencontrer; treffen
add; añadir; ajouter; hinzu|fügen
translate; traducir; traduire; übersetzen
install; instalar; installer; installieren
plan; planear; planifier; planen
order; pedir; commander; bestellen
study; estudiar; étudier; studieren
sing; cantar; chanter; singen
dance; bailar; danser; tanzen
cry; llorar; pleurer; weinen
laugh; reír; rire; lachen
try; intentar; essayer; versuchen
return; volver; revenir; zurück|kommen
stay; quedar; rester; bleiben
happen; pasar; arriver; passieren
"""

ENGLISH_IRREGULAR = """
have has had had; do does did done; go goes went gone; come comes came come
leave leaves left left; see sees saw seen; hear hears heard heard; say says said said
tell tells told told; speak speaks spoke spoken; know knows knew known
think thinks thought thought; find finds found found; lose loses lost lost
give gives gave given; take takes took taken; bring brings brought brought; put puts put put
get gets got got; buy buys bought bought; sell sells sold sold; pay pays paid paid
cost costs cost cost; eat eats ate eaten; drink drinks drank drunk; sleep sleeps slept slept
make makes made made; read reads read read; write writes wrote written
understand understands understood understood; begin begins began begun
send sends sent sent; drive drives drove driven; run runs ran run; swim swims swam swum
sit sits sat sat; stand stands stood stood; forget forgets forgot forgotten
break breaks broke broken; win wins won won; keep keeps kept kept; lie lies lay lain
cut cuts cut cut; wear wears wore worn; meet meets met met; sing sings sang sung
"""
"""Base, third person, past, participle."""

SPANISH_IRREGULAR = """
ser: pres=soy,eres,es,somos,sois,son past=fui,fuiste,fue,fuimos,fuisteis,fueron
 impf=era,eras,era,éramos,erais,eran imp=sé
estar: pres=estoy,estás,está,estamos,estáis,están
 past=estuve,estuviste,estuvo,estuvimos,estuvisteis,estuvieron imp=está
tener: pres=tengo,tienes,tiene,tenemos,tenéis,tienen
 past=tuve,tuviste,tuvo,tuvimos,tuvisteis,tuvieron stem=tendr imp=ten
haber: pres=he,has,ha,hemos,habéis,han past=hube,hubiste,hubo,hubimos,hubisteis,hubieron stem=habr
hacer: pres=hago,haces,hace,hacemos,hacéis,hacen
 past=hice,hiciste,hizo,hicimos,hicisteis,hicieron stem=har imp=haz part=hecho
ir: pres=voy,vas,va,vamos,vais,van past=fui,fuiste,fue,fuimos,fuisteis,fueron
 impf=iba,ibas,iba,íbamos,ibais,iban imp=ve part=ido ger=yendo
venir: pres=vengo,vienes,viene,venimos,venís,vienen
 past=vine,viniste,vino,vinimos,vinisteis,vinieron stem=vendr imp=ven ger=viniendo
salir: pres=salgo,sales,sale,salimos,salís,salen stem=saldr imp=sal
ver: pres=veo,ves,ve,vemos,veis,ven past=vi,viste,vio,vimos,visteis,vieron
 impf=veía,veías,veía,veíamos,veíais,veían part=visto
oír: pres=oigo,oyes,oye,oímos,oís,oyen past=oí,oíste,oyó,oímos,oísteis,oyeron ger=oyendo part=oído
decir: pres=digo,dices,dice,decimos,decís,dicen
 past=dije,dijiste,dijo,dijimos,dijisteis,dijeron stem=dir imp=di part=dicho ger=diciendo
saber: pres=sé,sabes,sabe,sabemos,sabéis,saben
 past=supe,supiste,supo,supimos,supisteis,supieron stem=sabr
conocer: pres=conozco,conoces,conoce,conocemos,conocéis,conocen
pensar: pres=pienso,piensas,piensa,pensamos,pensáis,piensan
querer: pres=quiero,quieres,quiere,queremos,queréis,quieren
 past=quise,quisiste,quiso,quisimos,quisisteis,quisieron stem=querr
poder: pres=puedo,puedes,puede,podemos,podéis,pueden
 past=pude,pudiste,pudo,pudimos,pudisteis,pudieron stem=podr
encontrar: pres=encuentro,encuentras,encuentra,encontramos,encontráis,encuentran
perder: pres=pierdo,pierdes,pierde,perdemos,perdéis,pierden
dar: pres=doy,das,da,damos,dais,dan past=di,diste,dio,dimos,disteis,dieron
traer: pres=traigo,traes,trae,traemos,traéis,traen
 past=traje,trajiste,trajo,trajimos,trajisteis,trajeron part=traído ger=trayendo
poner: pres=pongo,pones,pone,ponemos,ponéis,ponen
 past=puse,pusiste,puso,pusimos,pusisteis,pusieron stem=pondr imp=pon part=puesto
costar: pres=cuesto,cuestas,cuesta,costamos,costáis,cuestan
dormir: pres=duermo,duermes,duerme,dormimos,dormís,duermen
 past=dormí,dormiste,durmió,dormimos,dormisteis,durmieron ger=durmiendo
jugar: pres=juego,juegas,juega,jugamos,jugáis,juegan
 past=jugué,jugaste,jugó,jugamos,jugasteis,jugaron
llegar: past=llegué,llegaste,llegó,llegamos,llegasteis,llegaron
pagar: past=pagué,pagaste,pagó,pagamos,pagasteis,pagaron
apagar: past=apagué,apagaste,apagó,apagamos,apagasteis,apagaron
buscar: past=busqué,buscaste,buscó,buscamos,buscasteis,buscaron
leer: past=leí,leíste,leyó,leímos,leísteis,leyeron part=leído ger=leyendo
creer: past=creí,creíste,creyó,creímos,creísteis,creyeron part=creído ger=creyendo
escribir: part=escrito
abrir: part=abierto
romper: part=roto
entender: pres=entiendo,entiendes,entiende,entendemos,entendéis,entienden
cerrar: pres=cierro,cierras,cierra,cerramos,cerráis,cierran
empezar: pres=empiezo,empiezas,empieza,empezamos,empezáis,empiezan
 past=empecé,empezaste,empezó,empezamos,empezasteis,empezaron
encender: pres=enciendo,enciendes,enciende,encendemos,encendéis,encienden
comprobar: pres=compruebo,compruebas,comprueba,comprobamos,comprobáis,comprueban
sustituir: pres=sustituyo,sustituyes,sustituye,sustituimos,sustituís,sustituyen
mostrar: pres=muestro,muestras,muestra,mostramos,mostráis,muestran
conducir: pres=conduzco,conduces,conduce,conducimos,conducís,conducen
 past=conduje,condujiste,condujo,condujimos,condujisteis,condujeron
traducir: pres=traduzco,traduces,traduce,traducimos,traducís,traducen
 past=traduje,tradujiste,tradujo,tradujimos,tradujisteis,tradujeron
llover: pres=lluevo,llueves,llueve,llovemos,llovéis,llueven
nevar: pres=nievo,nievas,nieva,nevamos,neváis,nievan
recordar: pres=recuerdo,recuerdas,recuerda,recordamos,recordáis,recuerdan
pedir: pres=pido,pides,pide,pedimos,pedís,piden ger=pidiendo
volver: pres=vuelvo,vuelves,vuelve,volvemos,volvéis,vuelven part=vuelto
"""

FRENCH_IRREGULAR = """
être: pres=suis,es,est,sommes,êtes,sont impf=ét stem=ser part=été imp=sois
avoir: pres=ai,as,a,avons,avez,ont stem=aur part=eu imp=aie
faire: pres=fais,fais,fait,faisons,faites,font stem=fer part=fait
aller: pres=vais,vas,va,allons,allez,vont stem=ir part=allé imp=va aux=être
venir: pres=viens,viens,vient,venons,venez,viennent stem=viendr part=venu aux=être
retenir: pres=retiens,retiens,retient,retenons,retenez,retiennent stem=retiendr part=retenu
revenir: pres=reviens,reviens,revient,revenons,revenez,reviennent stem=reviendr part=revenu aux=être
arriver: aux=être
rester: aux=être
partir: pres=pars,pars,part,partons,partez,partent part=parti aux=être
voir: pres=vois,vois,voit,voyons,voyez,voient stem=verr part=vu
dire: pres=dis,dis,dit,disons,dites,disent part=dit
savoir: pres=sais,sais,sait,savons,savez,savent stem=saur part=su
connaître: pres=connais,connais,connaît,connaissons,connaissez,connaissent part=connu
croire: pres=crois,crois,croit,croyons,croyez,croient part=cru
vouloir: pres=veux,veux,veut,voulons,voulez,veulent stem=voudr part=voulu
pouvoir: pres=peux,peux,peut,pouvons,pouvez,peuvent stem=pourr part=pu
devoir: pres=dois,dois,doit,devons,devez,doivent stem=devr part=dû
prendre: pres=prends,prends,prend,prenons,prenez,prennent part=pris
apprendre: pres=apprends,apprends,apprend,apprenons,apprenez,apprennent part=appris
comprendre: pres=comprends,comprends,comprend,comprenons,comprenez,comprennent part=compris
mettre: pres=mets,mets,met,mettons,mettez,mettent part=mis
recevoir: pres=reçois,reçois,reçoit,recevons,recevez,reçoivent stem=recevr part=reçu
acheter: pres=achète,achètes,achète,achetons,achetez,achètent stem=achèter
manger: pres=mange,manges,mange,mangeons,mangez,mangent
boire: pres=bois,bois,boit,buvons,buvez,boivent part=bu
dormir: pres=dors,dors,dort,dormons,dormez,dorment part=dormi
vivre: pres=vis,vis,vit,vivons,vivez,vivent part=vécu
lire: pres=lis,lis,lit,lisons,lisez,lisent part=lu
écrire: pres=écris,écris,écrit,écrivons,écrivez,écrivent part=écrit
ouvrir: pres=ouvre,ouvres,ouvre,ouvrons,ouvrez,ouvrent part=ouvert
éteindre: pres=éteins,éteins,éteint,éteignons,éteignez,éteignent part=éteint
appeler: pres=appelle,appelles,appelle,appelons,appelez,appellent stem=appeller
envoyer: pres=envoie,envoies,envoie,envoyons,envoyez,envoient stem=enverr
conduire: pres=conduis,conduis,conduit,conduisons,conduisez,conduisent part=conduit
traduire: pres=traduis,traduis,traduit,traduisons,traduisez,traduisent part=traduit
courir: pres=cours,cours,court,courons,courez,courent stem=courr part=couru
pleuvoir: pres=pleus,pleus,pleut,pleuvons,pleuvez,pleuvent stem=pleuvr part=plu
rire: pres=ris,ris,rit,rions,riez,rient part=ri
espérer: pres=espère,espères,espère,espérons,espérez,espèrent
"""

GERMAN_IRREGULAR = """
sein: pres=bin,bist,ist,sind,seid,sind past=war part=gewesen aux=sein imp=sei
haben: pres=habe,hast,hat,haben,habt,haben past=hatte part=gehabt
werden: pres=werde,wirst,wird,werden,werdet,werden past=wurde part=worden aux=sein
tun: pres=tue,tust,tut,tun,tut,tun past=tat part=getan
gehen: past=ging part=gegangen aux=sein
kommen: past=kam part=gekommen aux=sein
fahren: pres=fahre,fährst,fährt,fahren,fahrt,fahren past=fuhr part=gefahren aux=sein
sehen: pres=sehe,siehst,sieht,sehen,seht,sehen past=sah part=gesehen imp=sieh
sprechen: pres=spreche,sprichst,spricht,sprechen,sprecht,sprechen past=sprach part=gesprochen
wissen: pres=weiß,weißt,weiß,wissen,wisst,wissen past=wusste part=gewusst
kennen: past=kannte part=gekannt
denken: past=dachte part=gedacht
wollen: pres=will,willst,will,wollen,wollt,wollen past=wollte part=gewollt
können: pres=kann,kannst,kann,können,könnt,können past=konnte part=gekonnt
müssen: pres=muss,musst,muss,müssen,müsst,müssen past=musste part=gemusst
sollen: pres=soll,sollst,soll,sollen,sollt,sollen past=sollte part=gesollt
mögen: pres=mag,magst,mag,mögen,mögt,mögen past=mochte part=gemocht
finden: past=fand part=gefunden
verlieren: past=verlor part=verloren
geben: pres=gebe,gibst,gibt,geben,gebt,geben past=gab part=gegeben imp=gib
nehmen: pres=nehme,nimmst,nimmt,nehmen,nehmt,nehmen past=nahm part=genommen imp=nimm
bringen: past=brachte part=gebracht
bekommen: past=bekam part=bekommen
verkaufen: part=verkauft
bezahlen: part=bezahlt
essen: pres=esse,isst,isst,essen,esst,essen past=aß part=gegessen imp=iss
trinken: past=trank part=getrunken
schlafen: pres=schlafe,schläfst,schläft,schlafen,schlaft,schlafen past=schlief part=geschlafen
lesen: pres=lese,liest,liest,lesen,lest,lesen past=las part=gelesen imp=lies
schreiben: past=schrieb part=geschrieben
verstehen: past=verstand part=verstanden
schließen: past=schloss part=geschlossen
beginnen: past=begann part=begonnen
überprüfen: part=überprüft
reparieren: part=repariert
ersetzen: part=ersetzt
waschen: pres=wasche,wäschst,wäscht,waschen,wascht,waschen past=wusch part=gewaschen
rufen: past=rief part=gerufen
helfen: pres=helfe,hilfst,hilft,helfen,helft,helfen past=half part=geholfen imp=hilf
benutzen: part=benutzt
besuchen: part=besucht
laufen: pres=laufe,läufst,läuft,laufen,lauft,laufen past=lief part=gelaufen aux=sein
schwimmen: past=schwamm part=geschwommen aux=sein
sitzen: past=saß part=gesessen
stehen: past=stand part=gestanden
liegen: past=lag part=gelegen
vergessen: pres=vergesse,vergisst,vergisst,vergessen,vergesst,vergessen past=vergaß part=vergessen
brechen: pres=breche,brichst,bricht,brechen,brecht,brechen past=brach part=gebrochen
gewinnen: past=gewann part=gewonnen
behalten: pres=behalte,behältst,behält,behalten,behaltet,behalten past=behielt part=behalten
schneiden: past=schnitt part=geschnitten
tragen: pres=trage,trägst,trägt,tragen,tragt,tragen past=trug part=getragen
treffen: pres=treffe,triffst,trifft,treffen,trefft,treffen past=traf part=getroffen
übersetzen: part=übersetzt
erzählen: part=erzählt
beenden: part=beendet
bestellen: part=bestellt
versuchen: part=versucht
singen: past=sang part=gesungen
bleiben: past=blieb part=geblieben aux=sein
installieren: part=installiert
funktionieren: part=funktioniert
studieren: part=studiert
passieren: part=passiert aux=sein
reisen: aux=sein
"""
