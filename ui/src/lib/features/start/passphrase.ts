import { plural } from '$lib/design/format';
/** How a new passphrase looks before it is used: a hint, never a gate beyond the minimum length. */
export interface Judgement {
	/** 0 too short, 1 weak, 2 fair, 3 good, 4 strong. */
	score: 0 | 1 | 2 | 3 | 4;
	label: string;
	/** What would make it better; empty when nothing has to. */
	hint: string;
}

/** What the vault asks for at least. Guessing is slow on purpose, so length beats odd characters. */
export const shortest = 8;
/** What the vault takes at most, in bytes. */
const longest = 1024;

const known = ['password', 'passphrase', 'lockstep', 'letmein', 'welcome', 'qwerty', 'iloveyou'];

export function judge(passphrase: string): Judgement {
	const length = [...passphrase].length;
	if (length < shortest) {
		const missing = shortest - length;
		const hint = length === 0 ? 'Four unrelated words work well.' : plural(missing, ['# more character.', '# more characters.']);
		return { score: 0, label: 'Too short', hint };
	}
	if (new TextEncoder().encode(passphrase).length > longest) {
		return { score: 0, label: 'Too long', hint: 'A thousand characters are enough.' };
	}
	const bits = length * Math.log2(spread(passphrase)) * variety(passphrase);
	if (isKnown(passphrase)) {
		return { score: 1, label: 'Weak', hint: 'It contains a word that is guessed first.' };
	}
	if (bits < 45) return { score: 1, label: 'Weak', hint: 'It repeats itself. Add another word.' };
	if (bits < 65) return { score: 2, label: 'Fair', hint: 'One more word would make it good.' };
	if (bits < 90) return { score: 3, label: 'Good', hint: '' };
	return { score: 4, label: 'Strong', hint: '' };
}

/** How many different characters an attacker has to try at each place. */
function spread(text: string): number {
	let size = 0;
	if (/\p{Ll}/u.test(text)) size += 26;
	if (/\p{Lu}/u.test(text)) size += 26;
	if (/\d/.test(text)) size += 10;
	if (/[^\p{L}\d]/u.test(text)) size += 20;
	if (/\p{Lo}/u.test(text)) size += 500;
	return Math.max(size, 2);
}

/** Near 1 for text without repetition, near 0 for `aaaaaaaaaaaa` and `123456789012`. */
function variety(text: string): number {
	const characters = [...text.toLowerCase()];
	const different = new Set(characters).size;
	let runs = 0;
	for (let at = 1; at < characters.length; at++) {
		const step = characters[at]!.codePointAt(0)! - characters[at - 1]!.codePointAt(0)!;
		if (Math.abs(step) <= 1) runs++;
	}
	const fresh = Math.min(1, different / Math.min(characters.length, 10));
	return fresh * (1 - runs / characters.length);
}

function isKnown(text: string): boolean {
	const plain = text.toLowerCase().replace(/[^\p{L}]/gu, '');
	return known.some((word) => plain.includes(word) && plain.length < word.length * 2);
}
