import { describe, expect, it } from 'vitest';
import { amountText, parseAmount } from './amount';

describe('an amount as people write it', () => {
	it.each([
		['41500', 41_500_00],
		['41 500', 41_500_00],
		['41\u00a0500', 41_500_00],
		['41\u202f500', 41_500_00],
		['41,500', 41_500_00],
		['41.500', 41_500_00],
		["41'500", 41_500_00],
		['41.5k', 41_500_00],
		['41,5k', 41_500_00],
		['41.500k', 41_500_00],
		['41k', 41_000_00],
		['1.2m', 1_200_000_00],
		['1,25 mio', 1_250_000_00],
		['41.50', 41_50],
		['41,5', 41_50],
		['1,234,567', 1_234_567_00],
		['1.234.567,89', 1_234_567_89],
		['1,234,567.89', 1_234_567_89],
		['0', 0],
		['0.1', 10],
		['0.07', 7]
	])('%s', (typed, minor) => {
		expect(parseAmount(typed, 'EUR')).toEqual({ minor, currency: 'EUR' });
	});

	it.each([
		['€41,500', 'EUR'],
		['41.5k €', 'EUR'],
		['USD 41 500', 'USD'],
		['41500 usd', 'USD'],
		['41.5k chf', 'CHF'],
		['£41,500', 'GBP']
	])('%s is in %s', (typed, currency) => {
		expect(parseAmount(typed, 'SEK')).toEqual({ minor: 41_500_00, currency });
	});

	it('leaves a bare dollar sign to the program', () => {
		expect(parseAmount('$41,500', 'AUD')).toEqual({ minor: 41_500_00, currency: 'AUD' });
	});

	it('knows currencies without cents', () => {
		expect(parseAmount('4.1m', 'JPY')).toEqual({ minor: 4_100_000, currency: 'JPY' });
		expect(parseAmount('1.5k', 'KWD')).toEqual({ minor: 1_500_000, currency: 'KWD' });
	});

	it.each(['', 'lots', '-5', '4.1.5', '1,23,4', '12 apples', '1e9', '41..5', '99999999999999999', 'k'])(
		'%s is none',
		(typed) => {
			expect(parseAmount(typed, 'EUR')).toBeNull();
		}
	);

	it('is typed back as it would be read', () => {
		for (const minor of [0, 7, 41_500_00, 41_500_50, 1_234_567_89]) {
			const money = { minor, currency: 'EUR' };
			expect(parseAmount(amountText(money), 'EUR')).toEqual(money);
		}
	});
});
