import { expect, it } from 'vitest';
import { spokenOf } from './language';

it('is the first one of those asked for that is spoken here', () => {
	expect(spokenOf(['nl-NL', 'de-AT', 'en'])).toBe('de');
	expect(spokenOf(['ja'])).toBe('ja');
	expect(spokenOf(['pt-PT'])).toBe('pt-BR');
	expect(spokenOf(['ar-EG'])).toBe('ar');
	expect(spokenOf(['nl', 'tlh'])).toBe('en');
	expect(spokenOf([])).toBe('en');
});
