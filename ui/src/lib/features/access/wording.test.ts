import { describe, expect, it } from 'vitest';
import { endedText } from './wording';

describe('access that has ended', () => {
	it('says what was taken away', () => {
		expect(endedText({ program: 'p', program_name: 'Halden Select', deals: 1 })).toBe(
			'Your access to 1\u00a0deal in Halden Select has ended. It was removed from this device.'
		);
		expect(endedText({ program: 'p', program_name: 'Halden Select', deals: 3 })).toBe(
			'Your access to 3\u00a0deals in Halden Select has ended. They were removed from this device.'
		);
		expect(endedText({ program: null, program_name: 'Halden Select', deals: 0 })).toBe(
			'Your access to Halden Select has ended. Its data was removed from this device.'
		);
	});
});
