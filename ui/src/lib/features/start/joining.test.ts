import { describe, expect, it } from 'vitest';
import { deviceGuess, fieldsOf, mistakes, noFields } from './joining';

describe('the join form', () => {
	it('asks only what the kind of invitation needs', () => {
		expect(fieldsOf('device')).toEqual(['device_name']);
		expect(fieldsOf('member')).toEqual(['your_name', 'device_name']);
		expect(fieldsOf('found')).toContain('program_name');
	});

	it('says what is missing, and nothing about fields it does not ask', () => {
		expect(Object.keys(mistakes('device', noFields))).toEqual(['device_name']);
		expect(mistakes('member', { ...noFields, your_name: ' ', device_name: 'ThinkPad' })).toEqual({
			your_name: 'Enter your name.'
		});
		expect(mistakes('device', { ...noFields, device_name: 'MacBook' })).toEqual({});
	});

	it('does not take a novel for a name', () => {
		expect(mistakes('device', { ...noFields, device_name: 'x'.repeat(121) }).device_name).toMatch(/120/);
	});

	it('guesses a name for the device', () => {
		expect(deviceGuess('Mozilla/5.0 (X11; Linux x86_64) AppleWebKit')).toBe('Linux computer');
		expect(deviceGuess('Mozilla/5.0 (Macintosh; Intel Mac OS X 14)')).toBe('Mac');
		expect(deviceGuess('else')).toBe('');
	});
});
