// What people type in their language, and what it means: the same for each of them, from one table.
import { describe, expect, it } from 'vitest';
import { parseAmount } from '../amount';
import { parseDay } from '../day';
import { parseMoment } from '../moment';
import { nativeOf, type Native } from '../native';

const phrases = import.meta.glob<string>('../phrases/*.ts', { import: 'default', eager: true });
export const natives = new Map(
	Object.entries(phrases).map(([path, said]) => {
		const language = /([^/]+)\.ts$/.exec(path)?.[1] ?? '';
		return [language, nativeOf(language, said)];
	})
);
export const of = (language: string): Native | null => natives.get(language) ?? null;

// A Thursday, twenty past two in the afternoon.
export const today = '2026-11-26';
export const now = new Date(2026, 10, 26, 14, 20);
/** A thousand, in cents. */
export const k = 1_000_00;

/** When what was typed is: month, day and time, `news`, or null where it says no moment. */
export function moment(typed: string, language: string): string | null {
	const found = parseMoment(typed, now, of(language));
	if (found === null || found === 'news') return found;
	const at = new Date(found.at);
	const two = (part: number) => String(part).padStart(2, '0');
	return `${at.getMonth() + 1}-${at.getDate()} ${two(at.getHours())}:${two(at.getMinutes())}`;
}

interface Typed {
	/** What is typed, and the day it means. */
	days: [string, string][];
	noDays: string[];
	moments: [string, string][];
	noMoments: string[];
	/** What is typed, the sum in its smallest unit, and the currency where it is not EUR. */
	amounts: [string, number, string?][];
	noAmounts: string[];
}

/** Tests that a language is read as its table says. */
export function reads(language: string, table: Typed): void {
	describe(`in ${language}`, () => {
		it.each(table.days)('the day %s', (typed, meant) => {
			expect(parseDay(typed, today, of(language))).toBe(meant);
			expect(parseDay(` ${typed.toUpperCase()} `, today, of(language))).toBe(meant);
		});

		it.each(table.noDays)('%s names no day', (typed) => {
			expect(parseDay(typed, today, of(language))).toBeNull();
		});

		it.each(table.moments)('the moment %s', (typed, meant) => {
			expect(moment(typed, language)).toBe(meant);
		});

		it.each(table.noMoments)('no moment is guessed from %s', (typed) => {
			expect(moment(typed, language)).toBeNull();
		});

		it.each(table.amounts)('the amount %s', (typed, minor, currency = 'EUR') => {
			expect(parseAmount(typed, 'EUR', of(language))).toEqual({ minor, currency });
		});

		it.each(table.noAmounts)('%s is no amount', (typed) => {
			expect(parseAmount(typed, 'EUR', of(language))).toBeNull();
		});
	});
}
