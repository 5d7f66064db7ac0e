/** Digits as they are counted with, whatever script they are typed in. */
export const western = (text: string): string =>
	text.normalize('NFKC').trim().replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) & 15));

/** A whole number as people type it; undefined when it is none, or out of range. */
export function parseWhole(text: string, least: number, most: number): number | undefined {
	const typed = western(text);
	const number = /^\d{1,6}$/.test(typed) ? Number(typed) : undefined;
	return number !== undefined && number >= least && number <= most ? number : undefined;
}

/** A part as people type it, `40`, `40 %` or `12,5`, in basis points; undefined when it is none, or out of range. */
export function parsePercent(text: string, least: number, most: number): number | undefined {
	const number = /^(\d{1,3})(?:[.,٫](\d{1,2}))?\s*[%٪]?$/.exec(western(text).replace(/[\u200e\u200f\u061c]/g, ''));
	if (!number) return undefined;
	const points = Number(number[1]) * 100 + Number((number[2] ?? '').padEnd(2, '0'));
	return points >= least && points <= most ? points : undefined;
}
