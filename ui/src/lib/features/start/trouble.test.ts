import { describe, expect, it } from 'vitest';
import type { Code } from '$bindings/Code';
import { tidyLink, trouble } from './trouble';

const of = (code: Code) => trouble({ code, message: 'From the core.' }, 'hub.halden.example');

describe('trouble with joining', () => {
	it('says for every code that joining can give what to do next', () => {
		const codes: Code[] = [
			'invitation_malformed',
			'invitation_expired',
			'invitation_used',
			'invitation_foreign',
			'hub_unreachable',
			'hub_incompatible',
			'already_joined',
			'disk_full',
			'vault_closed'
		];
		for (const code of codes) {
			expect(of(code).title, code).not.toBe('Joining did not work');
			expect(of(code).next, code).toMatch(/\.$/);
		}
	});

	it('names the hub that cannot be reached and offers to try again', () => {
		expect(of('hub_unreachable')).toMatchObject({ title: 'hub.halden.example cannot be reached', again: true });
		expect(trouble({ code: 'hub_unreachable', message: '' }).title).toBe('The hub cannot be reached');
	});

	it('repeats the words of the core for what it does not know', () => {
		expect(of('internal').next).toBe('From the core.');
	});
});

describe('a pasted link', () => {
	it('loses what mail programs put around it', () => {
		expect(tidyLink('  <lockstep://join/abc\n  def> ')).toBe('lockstep://join/abcdef');
		expect(tidyLink('"https://hub.example/i#x".')).toBe('https://hub.example/i#x');
	});
});
