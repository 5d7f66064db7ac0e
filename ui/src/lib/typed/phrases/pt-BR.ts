// How these lines are read stands in ../native.ts.
export default `$bilh(?:oes|ao)|bi $milh(?:oes|ao)|mi $mil
?(?:quando|assim que|logo que|ate que?) (?:.* )?(?:respond|escrev)[a-z]*
in 2 day=depois de amanha
30 min=meia hora
$1 am=(\\d[\\d:.h]*) da manha
$1 pm=(\\d[\\d:.h]*) da (?:tarde|noite)
weekend=fim de semana
later=mais tarde
morning=(?:(?:de|da|pela) )?manha
afternoon=(?:(?:a|de|da|esta) )?tarde
tonight=(?:(?:a|de|da|esta) )?noite
noon=(?:ao )?meio dia
today=hoje
tomorrow=amanha
next=proxim[oa]s?|que vem
this=n?est[ea]
in=dentro de|daqui a|em
at $1=as? (\\d+) horas?
at=as?(?= \\d)
end=fim|final|fins
mid=meados
start=inicio|comeco
1=primeiro
$1=(\\d+)\\.?o
q$1$2=t([1-4])|([1-4])t
day=dias?
week=semanas?
month=mes(?:es)?
quarter=trimestre
year=anos?
hour=horas?
min=minutos?
=o|a|de|do|da|no|na|ao|ate|feira
#uma? (?:dois|duas) tres quatro cinco seis sete oito nove dez(?=\\s(?:day|week|month|hour|min))`;
