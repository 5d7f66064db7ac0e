// How these lines are read stands in ../native.ts.
export default `$milliarden?|mrd $millionen|million $tausend|tsd|t
?(?:wenn|sobald|bis) .*(?:antworte[tn]|melde[tn]|schreib(?:t|en)|reagier(?:t|en))(?: hat| haben)?|(?:bei|nach) antwort
$1 $2=(\\p{L}+(?:tag|woch))(fruh|(?:vor|nach)?mittag|morgen|abend)
in 2 day=ubermorgen
30 min=(?:einer )?halben? stunde
today=heute
tomorrow morning=morgen fruh
tomorrow=morgen
morning=fruh|morgens|vormittags?
noon=mittags?
afternoon=nachmittags?
evening=abends?
tonight=nachts?
later=spater|nachher
next=(?:nachste|kommende)[nrsm]?
this=diese[nrsm]?
end month=monatsende
end quarter=quartalsende
end year=jahresende
end=ende
mid=mitte
start=anfang|beginn
day=tage?n?
week=wochen?
month=monat(?:e|en|s)?
quarter=quartals?
year=jahr(?:e|en|es|s)?
hour=stunden?|std
min=minuten?
sat=sonnabend
at=um|gegen
=a[mn]|de[nrsm]|das|die|im|vom|zum|bis|uhr
#ein(?:e[nrsm]?)? zwei drei vier funf sechs sieben acht neun zehn`;
