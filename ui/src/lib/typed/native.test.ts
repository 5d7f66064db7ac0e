import PO from 'pofile';
import { describe, expect, it } from 'vitest';
import { languages } from '$lib/language';
import { amountText, parseAmount } from './amount';
import { parseDay, typedDay } from './day';
import { parseMoment } from './moment';
import { nativeOf, type Native } from './native';

const phrases = import.meta.glob<string>('./phrases/*.ts', { import: 'default', eager: true });
const natives = new Map(
	Object.entries(phrases).map(([path, said]) => {
		const language = /([^/]+)\.ts$/.exec(path)?.[1] ?? '';
		return [language, nativeOf(language, said)];
	})
);
const of = (language: string): Native | null => natives.get(language) ?? null;

// A Thursday, twenty past two in the afternoon.
const today = '2026-11-26';
const now = new Date(2026, 10, 26, 14, 20);

const days: Record<string, [string, string][]> = {
	de: [
		['heute', '2026-11-26'],
		['morgen', '2026-11-27'],
		['übermorgen', '2026-11-28'],
		['uebermorgen', '2026-11-28'],
		['in 3 Tagen', '2026-11-29'],
		['in zwei Wochen', '2026-12-10'],
		['in einem Monat', '2026-12-26'],
		['in einer Woche', '2026-12-03'],
		['6 Wochen', '2027-01-07'],
		['12. Dez.', '2026-12-12'],
		['12. Dezember 2027', '2027-12-12'],
		['am 12. Dez', '2026-12-12'],
		['3. März', '2027-03-03'],
		['3. maerz', '2027-03-03'],
		['5. Jänner', '2027-01-05'],
		['Ende Januar', '2027-01-31'],
		['ende jan', '2027-01-31'],
		['bis Ende Jänner', '2027-01-31'],
		['Mitte Februar', '2027-02-14'],
		['Anfang Mai', '2027-05-01'],
		['im August', '2027-08-31'],
		['Ende des Monats', '2026-11-30'],
		['Monatsende', '2026-11-30'],
		['Ende nächsten Monats', '2026-12-31'],
		['Ende des Quartals', '2026-12-31'],
		['1. Quartal', '2027-03-31'],
		['Ende Q1', '2027-03-31'],
		['Jahresende', '2026-12-31'],
		['Ende der Woche', '2026-11-27'],
		['Freitag', '2026-11-27'],
		['nächsten Freitag', '2026-12-04'],
		['naechsten Freitag', '2026-12-04'],
		['diesen Sonntag', '2026-11-29'],
		['Di', '2026-12-01'],
		['nächste Woche', '2026-12-03'],
		['nächstes Jahr', '2027-11-26'],
		['in der nächsten Woche', '2026-12-03']
	],
	fr: [
		['aujourd’hui', '2026-11-26'],
		['demain', '2026-11-27'],
		['après-demain', '2026-11-28'],
		['dans 3 jours', '2026-11-29'],
		['dans deux semaines', '2026-12-10'],
		['dans un mois', '2026-12-26'],
		['d’ici 6 semaines', '2027-01-07'],
		['12 déc.', '2026-12-12'],
		['12 décembre 2027', '2027-12-12'],
		['le 12 dec', '2026-12-12'],
		['1er janvier', '2027-01-01'],
		['3 mars', '2027-03-03'],
		['12 mar', '2027-03-12'],
		['mars', '2027-03-31'],
		['mar.', '2026-12-01'],
		['fin janvier', '2027-01-31'],
		['fin d’avril', '2027-04-30'],
		['mi-février', '2027-02-14'],
		['début mai', '2027-05-01'],
		['fin du mois', '2026-11-30'],
		['fin du mois prochain', '2026-12-31'],
		['fin du trimestre', '2026-12-31'],
		['fin T1', '2027-03-31'],
		['1er trimestre', '2027-03-31'],
		['fin de l’année', '2026-12-31'],
		['fin d’année', '2026-12-31'],
		['vendredi', '2026-11-27'],
		['vendredi prochain', '2026-12-04'],
		['ce dimanche', '2026-11-29'],
		['la semaine prochaine', '2026-12-03'],
		['mois prochain', '2026-12-26'],
		['l’an prochain', '2027-11-26']
	],
	es: [
		['hoy', '2026-11-26'],
		['mañana', '2026-11-27'],
		['manana', '2026-11-27'],
		['pasado mañana', '2026-11-28'],
		['en 3 días', '2026-11-29'],
		['dentro de dos semanas', '2026-12-10'],
		['en un mes', '2026-12-26'],
		['12 de diciembre', '2026-12-12'],
		['12 de diciembre de 2027', '2027-12-12'],
		['12 dic', '2026-12-12'],
		['1º de enero', '2027-01-01'],
		['12 mar', '2027-03-12'],
		['martes', '2026-12-01'],
		['fin de enero', '2027-01-31'],
		['a finales de enero', '2027-01-31'],
		['mediados de febrero', '2027-02-14'],
		['principios de mayo', '2027-05-01'],
		['fin de mes', '2026-11-30'],
		['fin del próximo mes', '2026-12-31'],
		['fin del trimestre', '2026-12-31'],
		['T1', '2027-03-31'],
		['fin de año', '2026-12-31'],
		['el viernes', '2026-11-27'],
		['próximo viernes', '2026-12-04'],
		['el viernes que viene', '2026-12-04'],
		['este domingo', '2026-11-29'],
		['la semana que viene', '2026-12-03'],
		['la próxima semana', '2026-12-03'],
		['próximo año', '2027-11-26']
	],
	'pt-BR': [
		['hoje', '2026-11-26'],
		['amanhã', '2026-11-27'],
		['depois de amanhã', '2026-11-28'],
		['em 3 dias', '2026-11-29'],
		['daqui a duas semanas', '2026-12-10'],
		['em um mês', '2026-12-26'],
		['12 de dezembro', '2026-12-12'],
		['12 de dezembro de 2027', '2027-12-12'],
		['12 dez', '2026-12-12'],
		['em dez dias', '2026-12-06'],
		['1º de janeiro', '2027-01-01'],
		['3 de março', '2027-03-03'],
		['fim de janeiro', '2027-01-31'],
		['no final de jan', '2027-01-31'],
		['meados de fevereiro', '2027-02-14'],
		['início de maio', '2027-05-01'],
		['fim do mês', '2026-11-30'],
		['fim do próximo mês', '2026-12-31'],
		['fim do trimestre', '2026-12-31'],
		['1º trimestre', '2027-03-31'],
		['fim do ano', '2026-12-31'],
		['sexta', '2026-11-27'],
		['sexta-feira', '2026-11-27'],
		['próxima sexta', '2026-12-04'],
		['sexta que vem', '2026-12-04'],
		['seg', '2026-11-30'],
		['semana que vem', '2026-12-03'],
		['mês que vem', '2026-12-26'],
		['ano que vem', '2027-11-26']
	],
	ja: [
		['今日', '2026-11-26'],
		['明日', '2026-11-27'],
		['明後日', '2026-11-28'],
		['あさって', '2026-11-28'],
		['3日後', '2026-11-29'],
		['２週間後', '2026-12-10'],
		['1か月後', '2026-12-26'],
		['3ヶ月後', '2027-02-26'],
		['来週', '2026-12-03'],
		['再来週', '2026-12-10'],
		['来月', '2026-12-26'],
		['来年', '2027-11-26'],
		['12月5日', '2026-12-05'],
		['１２月５日', '2026-12-05'],
		['2027年1月15日', '2027-01-15'],
		['12/5', '2026-12-05'],
		['2026/12/5', '2026-12-05'],
		['1月末', '2027-01-31'],
		['12月末', '2026-12-31'],
		['2027年2月末', '2027-02-28'],
		['2月中旬', '2027-02-14'],
		['5月上旬', '2027-05-01'],
		['月末', '2026-11-30'],
		['今月末', '2026-11-30'],
		['来月末', '2026-12-31'],
		['四半期末', '2026-12-31'],
		['第1四半期', '2027-03-31'],
		['年末', '2026-12-31'],
		['来年末', '2027-12-31'],
		['金曜', '2026-11-27'],
		['金曜日まで', '2026-11-27'],
		['金', '2026-11-27'],
		['月', '2026-11-30'],
		['来週の金曜日', '2026-12-04'],
		['今週日曜', '2026-11-29']
	],
	ar: [
		['اليوم', '2026-11-26'],
		['غدًا', '2026-11-27'],
		['غدا', '2026-11-27'],
		['بعد غد', '2026-11-28'],
		['بعد 3 أيام', '2026-11-29'],
		['بعد ٣ أيام', '2026-11-29'],
		['بعد ۳ أيام', '2026-11-29'],
		['بعد يومين', '2026-11-28'],
		['بعد أسبوع', '2026-12-03'],
		['خلال أسبوعين', '2026-12-10'],
		['بعد ثلاثة أشهر', '2027-02-26'],
		['12 ديسمبر', '2026-12-12'],
		['١٢ ديسمبر ٢٠٢٧', '2027-12-12'],
		['في ١٢ ديسمبر', '2026-12-12'],
		['5 كانون الثاني', '2027-01-05'],
		['نهاية يناير', '2027-01-31'],
		['آخر كانون الأول', '2026-12-31'],
		['نهاية شهر يناير', '2027-01-31'],
		['منتصف فبراير', '2027-02-14'],
		['بداية مايو', '2027-05-01'],
		['نهاية الشهر', '2026-11-30'],
		['نهاية الشهر القادم', '2026-12-31'],
		['نهاية الربع', '2026-12-31'],
		['الربع الأول', '2027-03-31'],
		['نهاية السنة', '2026-12-31'],
		['نهاية العام', '2026-12-31'],
		['الجمعة', '2026-11-27'],
		['يوم الجمعة', '2026-11-27'],
		['الجمعة القادمة', '2026-12-04'],
		['الأسبوع القادم', '2026-12-03'],
		['العام القادم', '2027-11-26'],
		['١٢/١٢/٢٠٢٦', '2026-12-12']
	]
};

const noDays: Record<string, string[]> = {
	de: ['bald', 'Wochenende', 'Ende', 'Monat', '31. Februar 2027', '12. Foo', 'Marken', 'Freitagskreis', 'morgens', 'Ende Juj', 'ju', '12 décembre'],
	fr: ['bientôt', 'fin', 'mois', '31 février 2027', '12 foo', 'jui', 'marché', 'vendredis', 'demain matin', 'fin de foo', '12 Dezember'],
	es: ['pronto', 'fin de semana', 'fin', 'mes', '31 de febrero de 2027', '12 de foo', 'martillo', 'viernesito', 'mañana por la mañana', '12. Dezember'],
	'pt-BR': ['logo', 'fim de semana', 'fim', 'mês', '31 de fevereiro de 2027', '12 de foo', 'marca', 'sextas', 'amanhã de manhã', '12. Dezember'],
	ja: ['近日中', '週末', '来週末', '今週末', '年度末', '末', '2027年2月31日', '13月5日', '資金', '5日', '日本', '12. Dezember'],
	ar: ['قريبا', 'نهاية', 'شهر', '31 فبراير 2027', '12 تفاح', 'جمعية', 'يوم', 'غدا مساء', 'ديسمبرية', '12. Dezember']
};

const moments: Record<string, [string, string][]> = {
	de: [
		['Di 9', '12-1 09:00'],
		['Di um 9:30', '12-1 09:30'],
		['Dienstag 9 Uhr', '12-1 09:00'],
		['am Dienstag um 9.30 Uhr', '12-1 09:30'],
		['morgen', '11-27 09:00'],
		['morgen früh', '11-27 09:00'],
		['morgen 17:45', '11-27 17:45'],
		['morgen Nachmittag', '11-27 14:00'],
		['Freitag Morgen', '11-27 09:00'],
		['Freitagabend', '11-27 18:00'],
		['in 3 Tagen', '11-29 09:00'],
		['in 3 Tagen um 16 Uhr', '11-29 16:00'],
		['nächste Woche', '11-30 09:00'],
		['nächsten Dienstag 11 Uhr', '12-1 11:00'],
		['12. Dez. 8:15', '12-12 08:15'],
		['in 2 Stunden', '11-26 16:20'],
		['in einer halben Stunde', '11-26 14:50'],
		['30 Min.', '11-26 14:50'],
		['später', '11-26 17:20'],
		['später heute', '11-26 17:20'],
		['heute Abend', '11-26 18:00'],
		['heute Nacht', '11-26 20:00'],
		['wenn sie antworten', 'news'],
		['sobald Orla sich meldet', 'news'],
		['bei Antwort', 'news']
	],
	fr: [
		['mar 9', '12-1 09:00'],
		['mardi à 9h30', '12-1 09:30'],
		['mardi 9 heures', '12-1 09:00'],
		['demain', '11-27 09:00'],
		['demain 17:45', '11-27 17:45'],
		['demain matin', '11-27 09:00'],
		['demain après-midi', '11-27 14:00'],
		['demain à midi', '11-27 12:00'],
		['dans 3 jours', '11-29 09:00'],
		['dans 3 jours à 16h', '11-29 16:00'],
		['la semaine prochaine', '11-30 09:00'],
		['12 déc. 8:15', '12-12 08:15'],
		['dans 2 heures', '11-26 16:20'],
		['dans 2 h', '11-26 16:20'],
		['dans une demi-heure', '11-26 14:50'],
		['plus tard', '11-26 17:20'],
		['ce soir', '11-26 18:00'],
		['cette nuit', '11-26 20:00'],
		['quand ils répondent', 'news'],
		['dès qu’Orla répond', 'news']
	],
	es: [
		['mar 9', '12-1 09:00'],
		['el martes a las 9:30', '12-1 09:30'],
		['mañana', '11-27 09:00'],
		['mañana a las 17:45', '11-27 17:45'],
		['mañana por la mañana', '11-27 09:00'],
		['mañana por la tarde', '11-27 14:00'],
		['mañana a las 9 de la mañana', '11-27 09:00'],
		['en 3 días', '11-29 09:00'],
		['la próxima semana', '11-30 09:00'],
		['12 de diciembre 8:15', '12-12 08:15'],
		['en 2 horas', '11-26 16:20'],
		['en media hora', '11-26 14:50'],
		['más tarde', '11-26 17:20'],
		['esta noche', '11-26 20:00'],
		['hoy a las 16:00', '11-26 16:00'],
		['mañana al mediodía', '11-27 12:00'],
		['cuando respondan', 'news'],
		['en cuanto Orla conteste', 'news']
	],
	'pt-BR': [
		['ter 9', '12-1 09:00'],
		['terça-feira às 9h30', '12-1 09:30'],
		['terça às 9 horas', '12-1 09:00'],
		['amanhã', '11-27 09:00'],
		['amanhã às 17:45', '11-27 17:45'],
		['amanhã de manhã', '11-27 09:00'],
		['amanhã à tarde', '11-27 14:00'],
		['em 3 dias', '11-29 09:00'],
		['semana que vem', '11-30 09:00'],
		['12 de dezembro 8:15', '12-12 08:15'],
		['em 2 horas', '11-26 16:20'],
		['em meia hora', '11-26 14:50'],
		['mais tarde', '11-26 17:20'],
		['hoje à noite', '11-26 20:00'],
		['amanhã ao meio-dia', '11-27 12:00'],
		['quando responderem', 'news'],
		['assim que Orla responder', 'news']
	],
	ja: [
		['火曜 9', '12-1 09:00'],
		['火曜9時', '12-1 09:00'],
		['火 9時半', '12-1 09:30'],
		['火曜日の午後3時', '12-1 15:00'],
		['火曜9時15分', '12-1 09:15'],
		['明日', '11-27 09:00'],
		['明日17:45', '11-27 17:45'],
		['明日の朝', '11-27 09:00'],
		['明日の朝8時', '11-27 08:00'],
		['明日の午後', '11-27 14:00'],
		['3日後', '11-29 09:00'],
		['来週', '11-30 09:00'],
		['12月12日 8:15', '12-12 08:15'],
		['2時間後', '11-26 16:20'],
		['30分後', '11-26 14:50'],
		['あとで', '11-26 17:20'],
		['今夜', '11-26 20:00'],
		['夕方', '11-26 18:00'],
		['明日正午', '11-27 12:00'],
		['返信が来たら', 'news'],
		['返事があるまで', 'news'],
		['返信待ち', 'news']
	],
	ar: [
		['الثلاثاء 9', '12-1 09:00'],
		['الثلاثاء الساعة ٩:٣٠', '12-1 09:30'],
		['الثلاثاء 3 مساءً', '12-1 15:00'],
		['غدًا', '11-27 09:00'],
		['غدا الساعة 17:45', '11-27 17:45'],
		['صباح الغد', '11-27 09:00'],
		['غدا مساء', '11-27 18:00'],
		['غدا بعد الظهر', '11-27 14:00'],
		['بعد 3 أيام', '11-29 09:00'],
		['الأسبوع القادم', '11-30 09:00'],
		['12 ديسمبر 8:15', '12-12 08:15'],
		['بعد ساعتين', '11-26 16:20'],
		['بعد نصف ساعة', '11-26 14:50'],
		['بعد ٣٠ دقيقة', '11-26 14:50'],
		['لاحقًا', '11-26 17:20'],
		['مساء اليوم', '11-26 18:00'],
		['الليلة', '11-26 20:00'],
		['عندما يردون', 'news'],
		['عند الرد', 'news']
	]
};

const noMoments: Record<string, string[]> = {
	de: ['bald', 'gestern', 'heute 9', 'Di 25', 'Blau 9', 'wenn es regnet', 'um'],
	fr: ['bientôt', 'hier', 'aujourd’hui 9h', 'mardi 25h', 'bleu 9', 'quand il pleut', 'à'],
	es: ['pronto', 'ayer', 'hoy a las 9', 'martes 25', 'azul 9', 'cuando llueva', 'a las'],
	'pt-BR': ['logo', 'ontem', 'hoje às 9', 'terça 25', 'azul 9', 'quando chover', 'às'],
	ja: ['近いうち', '昨日', '今日9時', '火曜25時', '青 9', '雨が降ったら', '時'],
	ar: ['قريبا', 'أمس', 'اليوم الساعة 9', 'الثلاثاء 25', 'أزرق 9', 'عندما تمطر', 'الساعة']
};

const k = 1_000_00;
const amounts: Record<string, [string, number, string?][]> = {
	de: [
		['41.500', 41.5 * k],
		['41.500,50', 41_500_50],
		['41 500', 41.5 * k],
		['41,5 Tsd.', 41.5 * k],
		['41,5 Tsd. €', 41.5 * k],
		['41,5 T€', 41.5 * k],
		['41,5 TEUR', 41.5 * k],
		['41,5k', 41.5 * k],
		['41 tausend Euro', 41 * k],
		['1,2 Mio', 1200 * k],
		['1,2 Mio. EUR', 1200 * k],
		['1,2 Millionen Euro', 1200 * k],
		['1.200 Mio.', 1_200_000 * k],
		['1 Mrd.', 1_000_000 * k],
		['CHF 41.500', 41.5 * k, 'CHF']
	],
	fr: [
		['41 500', 41.5 * k],
		['41\u202f500,50', 41_500_50],
		['41,5 k€', 41.5 * k],
		['41,5k€', 41.5 * k],
		['41 mille', 41 * k],
		['41 mille euros', 41 * k],
		['1,2 M€', 1200 * k],
		['1,2 million', 1200 * k],
		['2 millions d’euros', 2000 * k],
		['1,2 milliard', 1_200_000 * k],
		['1 Md€', 1_000_000 * k],
		['41 500 CHF', 41.5 * k, 'CHF']
	],
	es: [
		['41.500', 41.5 * k],
		['41.500,50', 41_500_50],
		['41 500', 41.5 * k],
		['41 mil', 41 * k],
		['41,5 mil €', 41.5 * k],
		['41 mil euros', 41 * k],
		['41,5k', 41.5 * k],
		['41 mil dólares', 41 * k],
		['1,2 millones', 1200 * k],
		['2 millones de euros', 2000 * k],
		['1 millón', 1000 * k],
		['1.200 millones', 1_200_000 * k],
		['2 mil millones', 2_000_000 * k]
	],
	'pt-BR': [
		['41.500', 41.5 * k],
		['41.500,50', 41_500_50],
		['R$ 41.500', 41.5 * k, 'BRL'],
		['41 mil', 41 * k],
		['41,5 mil', 41.5 * k],
		['41 mil reais', 41 * k, 'BRL'],
		['41,5k', 41.5 * k],
		['1,2 mi', 1200 * k],
		['1,2 milhão', 1200 * k],
		['2 milhões de reais', 2000 * k, 'BRL'],
		['1,2 bi', 1_200_000 * k],
		['2 bilhões', 2_000_000 * k]
	],
	ja: [
		['41,500', 41.5 * k],
		['４１５００', 41.5 * k],
		['4万', 40 * k],
		['4.15万', 41.5 * k],
		['4万1500', 41.5 * k],
		['4万1,500', 41.5 * k],
		['120万', 1200 * k],
		['1億', 100_000 * k],
		['1億2000万', 120_000 * k],
		['1.2億', 120_000 * k],
		['4万ユーロ', 40 * k, 'EUR'],
		['4万ドル', 40 * k],
		['4万円', 40_000, 'JPY'],
		['100万円', 1_000_000, 'JPY'],
		['5千円', 5_000, 'JPY'],
		['3百万円', 3_000_000, 'JPY'],
		['¥41,500', 41_500, 'JPY']
	],
	ar: [
		['41,500', 41.5 * k],
		['٤١٥٠٠', 41.5 * k],
		['٤١٬٥٠٠', 41.5 * k],
		['٤١٬٥٠٠٫٥٠', 41_500_50],
		['٤١٫٥ ألف', 41.5 * k],
		['۴۱٫۵ ألف', 41.5 * k],
		['٤١٫٥٠٠ ألف', 41.5 * k],
		['41 ألف', 41 * k],
		['5 آلاف', 5 * k],
		['1.2 مليون', 1200 * k],
		['١٫٢ مليون', 1200 * k],
		['3 ملايين يورو', 3000 * k],
		['2 مليار', 2_000_000 * k]
	]
};

const noAmounts: Record<string, string[]> = {
	de: ['viel', '-5', 'tausend', '1,2 Miosen', '12 Äpfel', '4.1.5', '1,2,3 Mio', 'Mio. 3'],
	fr: ['beaucoup', '-5', 'mille', '12 pommes', '1,2 millionième', '4,1,5', 'million 3'],
	es: ['mucho', '-5', 'mil', '12 manzanas', '1,2 milésimas', '4,1,5', 'millón 3'],
	'pt-BR': ['muito', '-5', 'mil', '12 maçãs', '1,2 milésimos', '4,1,5', 'milhão 3'],
	ja: ['たくさん', '-5', '万', '12個', '1万2億', '4,1,5', '億3', '1万万'],
	ar: ['كثير', '-5', 'ألف', '12 تفاحة', '1.2 مليونير', '4,1,5', 'مليون 3']
};

describe.each(Object.keys(days))('in %s', (language) => {
	it.each(days[language] ?? [])('the day %s', (typed, meant) => {
		expect(parseDay(typed, today, of(language))).toBe(meant);
		expect(parseDay(` ${typed.toUpperCase()} `, today, of(language))).toBe(meant);
	});

	it.each(noDays[language] ?? [])('%s names no day', (typed) => {
		expect(parseDay(typed, today, of(language))).toBeNull();
	});

	it.each(moments[language] ?? [])('the moment %s', (typed, meant) => {
		expect(moment(typed, language)).toBe(meant);
	});

	it.each(noMoments[language] ?? [])('no moment is guessed from %s', (typed) => {
		expect(moment(typed, language)).toBeNull();
	});

	it.each(amounts[language] ?? [])('the amount %s', (typed, minor, currency = 'EUR') => {
		expect(parseAmount(typed, 'EUR', of(language))).toEqual({ minor, currency });
	});

	it.each(noAmounts[language] ?? [])('%s is no amount', (typed) => {
		expect(parseAmount(typed, 'EUR', of(language))).toBeNull();
	});

	it('reads English besides', () => {
		expect(parseDay('end of jan', today, of(language))).toBe('2027-01-31');
		expect(parseDay('12 dec', today, of(language))).toBe('2026-12-12');
		expect(parseDay('dec 12', today, of(language))).toBe('2026-12-12');
		expect(parseDay('next fri', today, of(language))).toBe('2026-12-04');
		expect(parseDay('in 6 weeks', today, of(language))).toBe('2027-01-07');
		expect(moment('tue 9', language)).toBe('12-1 09:00');
		for (const preset of ['later today', 'tomorrow', 'next week', 'when they reply']) {
			expect(moment(preset, language)).toBe(moment(preset, 'en'));
		}
		expect(parseAmount('41.5k', 'EUR', of(language))).toEqual({ minor: 41.5 * k, currency: 'EUR' });
		expect(parseAmount('41.500k', 'EUR', null)).toEqual({ minor: 41.5 * k, currency: 'EUR' });
	});
});

describe.each(Object.keys(languages))('what is put into a field in %s', (language) => {
	it('is read as the same day', () => {
		for (let month = 1; month <= 12; month++) {
			for (const date of ['01', '12', '28']) {
				const day = `2027-${String(month).padStart(2, '0')}-${date}`;
				const text = typedDay(day, of(language));
				expect(parseDay(text, today, of(language)), text).toBe(day);
				const options = { day: 'numeric', month: 'short', year: 'numeric', timeZone: 'UTC' } as const;
				if (language !== 'en') expect(text).toBe(new Intl.DateTimeFormat(of(language)?.locale, options).format(new Date(day)));
			}
		}
		expect(typedDay('', of(language))).toBe('');
	});

	it('is read as the same amount', () => {
		for (const currency of ['EUR', 'JPY', 'KWD']) {
			for (const minor of [0, 7, 500, 41_500, 41_500_50, 41_500_00, 1_234_567_89]) {
				const text = amountText({ minor, currency }, of(language));
				expect(parseAmount(text, currency, of(language)), text).toEqual({ minor, currency });
			}
		}
	});
});

const catalogs = import.meta.glob<string>('../../locales/*.po', { query: '?raw', import: 'default', eager: true });

describe.each(Object.keys(days))('the examples shown in %s', (language) => {
	const { items } = PO.parse(catalogs[`../../locales/${language}.po`] ?? '');
	const shown = items
		.filter((item) => /41\.5k|12 dec|end of jan|tue 9|30 jan/.test(item.msgid))
		.flatMap((item) => [...(item.msgstr[0] ?? '').matchAll(/[“„「«]\s?(.+?)\s?[“”」»]/g)].map((match) => match[1] ?? ''));

	it('are read', () => {
		expect(shown.length).toBeGreaterThan(15);
		for (const typed of shown) {
			const spoken = of(language);
			const read = parseDay(typed, today, spoken) ?? parseMoment(typed, now, spoken) ?? parseAmount(typed, 'EUR', spoken);
			expect(read, typed).not.toBeNull();
		}
	});
});

it('writes a day as it is written there', () => {
	expect(typedDay('2026-12-05', of('de'))).toBe('5. Dez. 2026');
	expect(typedDay('2026-12-05', of('fr'))).toBe('5 déc. 2026');
	expect(typedDay('2026-12-05', of('es'))).toBe('5 dic 2026');
	expect(typedDay('2026-12-05', of('pt-BR'))).toBe('5 de dez. de 2026');
	expect(typedDay('2026-12-05', of('ja'))).toBe('2026年12月5日');
	expect(typedDay('2026-12-05', of('ar'))).toBe('5 ديسمبر 2026');
	expect(typedDay('2026-12-05', of('ar-XB'))).toBe('5 Dec 2026');
});

it('knows every language of the window', () => {
	expect([...natives.keys(), 'en'].sort()).toEqual(Object.keys(languages).sort());
	expect([...natives.keys()].sort()).toEqual(Object.keys(days).sort());
});

it('does not read another language than that of the window', () => {
	expect(parseDay('übermorgen', today, of('en'))).toBeNull();
	expect(parseDay('übermorgen', today, of('fr'))).toBeNull();
	expect(parseDay('mañana', today, of('de'))).toBeNull();
	expect(parseDay('12月5日', today, of('en'))).toBeNull();
});

function moment(typed: string, language: string): string | null {
	const found = parseMoment(typed, now, of(language));
	if (found === null || found === 'news') return found;
	const at = new Date(found.at);
	const two = (part: number) => String(part).padStart(2, '0');
	return `${at.getMonth() + 1}-${at.getDate()} ${two(at.getHours())}:${two(at.getMinutes())}`;
}
