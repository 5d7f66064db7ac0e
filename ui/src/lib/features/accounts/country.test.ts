import { describe, expect, it } from 'vitest';
import { countryName } from './country';

describe('a country code', () => {
	it('becomes a name when there is one', () => {
		expect(countryName('NL')).toBe('Netherlands');
		expect(countryName('DE')).toBe('Germany');
	});

	it('is shown as it is otherwise', () => {
		expect(countryName('QQ')).toBe('QQ');
		expect(countryName('')).toBe('');
		expect(countryName('Bayern')).toBe('Bayern');
	});
});
