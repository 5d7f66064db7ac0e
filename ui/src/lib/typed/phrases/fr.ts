// How these lines are read stands in ../native.ts.
export default `$milliards?|mds? $millions? $mille
?(?:quand|lorsqu[e ]?|des qu[e ]?|jusqu a ce qu[e ]?|une fois qu[e ]?) ?.*(?:repond|ecri)[a-z]*|a (?:la|leur|sa) reponse
in 2 day=apres demain
30 min=(?:une )?demi heure
today=aujourd ?hui
tomorrow=demain
tonight=cette nuit
afternoon=(?:cet |l |de l )?apres midi
evening=(?:ce |du |le )?soir
morning=(?:ce |du |le )?matin
noon=(?:a )?midi
later=plus tard
next=prochaine?s?
this=ce|cet|cette
in $1 hour=(?:dans|d ici) (\\d+) ?h(?:eures?)?
$1h$2=(\\d+) ?heures? ?(\\d*)
in=dans|d ici
end=fin
mid=mi|milieu
start=debut
$1=(\\d+)(?:er|eme|e)
q$1=t([1-4])
day=jours?|j
week=semaines?|sem
month=mois
quarter=trimestre
year=ans?|annees?
hour=heure
min=minutes?|mn
at=(?:a|vers)(?= \\d)
=le|la|l|d|de|du|des|au|a|en
#une? deux trois quatre cinq six sept(?=\\s(?:day|week|month|hour|min)) huit neuf dix`;
