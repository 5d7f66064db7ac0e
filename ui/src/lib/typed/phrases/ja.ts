// How these lines are read stands in ../native.ts.
export default `$ $ $
?.*(?:返信|返事|回答)(?:.*(?:たら|まで|次第)|待ち|後)
$1-$2-$3=(20\\d\\d)[年/](\\d+)[月/](\\d+)日?
$2月 $1=(20\\d\\d)年(\\d+)月
$2 $1月=(\\d+)[月/](\\d+)(?:日(?!後)|(?![\\d日]))
in $1 day=(\\d+)日後
in $1 week=(\\d+)週間?後
in $1 month=(\\d+)[かカケヶヵ]月後
in $1 year=(\\d+)年後
in $1 hour=(\\d+)時間後
in $1 min=(\\d+)分後
in 2 day=明後日|あさって
in 2 week=再来週
in 2 month=再来月
tomorrow=明日|あした
later=後で|あとで
tonight=今夜|今晩
today=今日|本日
next week=来週(?!末)
this=今週(?![末中])
this month=今月
next month=来月
this year=今年(?!度)
next year=来年(?!度)
q$1=第?([1-4])四半期
next quarter=来四半期
quarter=今?四半期
month=(?<!\\d)月(?=末)
$1=(20\\d\\d)年
year=年(?=末)
end=末|下旬
mid=中旬|半ば
start=上旬|初め|月初
$1 pm=(?:午後|夕方|夜)([\\d時半分:]+)
$1 am=(?:午前|朝)([\\d時半分:]+)
$1:30=(\\d+)時半
$1:$2=(\\d+)時(\\d+)分?
$1:00=(\\d+)時(?!間)
morning=朝|午前
noon=正午|昼
afternoon=午後
evening=夕方
tonight=夜
=の|に|まで|頃`;
