import type { Language } from '$bindings/Language';

/** Every language the window speaks, by its own name. */
export const languages: Record<Language, string> = {
	en: 'English',
	de: 'Deutsch',
	fr: 'Français',
	es: 'Español',
	'pt-BR': 'Português (Brasil)',
	ja: '日本語',
	ar: 'العربية'
};

/**
 * Made up from English where no person reads it: longer and accented, and mirrored. What is cut or stays English in
 * these was never made for another language. `?language=` asks for them; only tests do.
 */
export type PseudoLanguage = 'en-XA' | 'ar-XB';

const rightToLeft: readonly string[] = ['ar', 'ar-XB'];
// The digits people type are the digits they are shown.
const formats: Partial<Record<Language | PseudoLanguage, string>> = { en: 'en-GB', ar: 'ar-u-nu-latn', 'en-XA': 'en-GB', 'ar-XB': 'en-GB' };

/** The first of these tags that is spoken here; English when none is. */
export function spokenOf(tags: readonly string[]): Language {
	for (const tag of tags) {
		const base = tag.split('-')[0] ?? '';
		const known = tag in languages ? tag : base === 'pt' ? 'pt-BR' : base;
		if (known in languages) return known as Language;
	}
	return 'en';
}

function chosen(): Language | PseudoLanguage {
	if (typeof window === 'undefined' || typeof document === 'undefined') return 'en';
	const asked = new URLSearchParams(window.location?.search ?? '').get('language');
	if (asked === 'en-XA' || asked === 'ar-XB') return asked;
	if (asked) return spokenOf([asked]);
	// What the shell knows before anything of the page runs; in a browser, what that is set to.
	return window.__LOCKSTEP_LANGUAGE__ ? spokenOf([window.__LOCKSTEP_LANGUAGE__]) : ofSystem();
}

const ofSystem = (): Language => spokenOf(navigator.languages ?? []);

/** The language of this window. */
export const language: Language | PseudoLanguage = chosen();
/** What dates, numbers and names of countries are written by. */
export const locale: string = formats[language] ?? language;
export const direction: 'ltr' | 'rtl' = rightToLeft.includes(language) ? 'rtl' : 'ltr';

/** Whether this is a made-up language, which is nobody's choice. */
const pseudo = language === 'en-XA' || language === 'ar-XB';

/** Has the page speak the chosen language, that of the system when there is none: loaded anew, in the same place. */
export function speak(choice: Language | null): void {
	const wanted = choice ?? ofSystem();
	if (pseudo || wanted === language) return;
	const address = new URL(location.href);
	address.searchParams.set('language', wanted);
	location.replace(address);
}
