import { describe, expect, it } from 'vitest';
import { attributesOf } from './look';

describe('appearance', () => {
	it('leaves the system alone unless something was chosen', () => {
		expect(attributesOf('system', true)).toEqual({ theme: null, contrast: null });
	});

	it('puts high contrast on the theme the system has', () => {
		expect(attributesOf('contrast', true)).toEqual({ theme: 'dark', contrast: 'more' });
		expect(attributesOf('contrast', false)).toEqual({ theme: 'light', contrast: 'more' });
	});

	it('does not care about the system otherwise', () => {
		expect(attributesOf('light', true)).toEqual({ theme: 'light', contrast: null });
		expect(attributesOf('dark', false)).toEqual({ theme: 'dark', contrast: null });
	});
});
