// How these lines are read stands in ../native.ts.
export default `$mil millones $millon(?:es)? $mil
?(?:cuando|en cuanto|hasta que|una vez que) (?:.* )?(?:respond|contest|escrib)[a-z]*
in 2 day=pasado manana
30 min=media hora
$1 am=(\\d[\\d:.]*) de la manana
$1 pm=(\\d[\\d:.]*) de la (?:tarde|noche)
weekend=fin de semana
later=mas tarde|luego
morning=(?:por|de|en) la manana
afternoon=(?:(?:por|de|en) la |esta )?tarde
tonight=(?:(?:por|de|en) la |esta )?noche
noon=(?:al? )?mediodia
today=hoy
tomorrow=manana
next=proxim[oa]s?|que viene
this=este|esta
in=dentro de|en
at=a las?
end=fin|final(?:es)?|fines
mid=mediados
start=principios?|inicios?|comienzos?
1=primer
$1=(\\d+)\\.?o
q$1$2=t([1-4])|([1-4])t
day=dias?
week=semanas?
month=mes(?:es)?
quarter=trimestre
year=anos?
hour=horas?
min=minutos?
=el|la|de|del|al|a
#una? dos tres cuatro cinco seis siete ocho nueve diez`;
