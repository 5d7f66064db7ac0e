import { language } from '$lib/language';
const names = new Intl.DisplayNames(language, { type: 'region', fallback: 'none' });

/** `NL` as `Netherlands`; a code nobody knows as it is. */
export function countryName(code: string): string {
	if (!/^[A-Z]{2}$/.test(code)) return code;
	return names.of(code) ?? code;
}
