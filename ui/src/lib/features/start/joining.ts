import type { InvitationPreview } from '$bindings/InvitationPreview';
import type { ProgramJoin } from '$bindings/ProgramJoin';

/** Everything the form may ask; a kind of invitation uses only some of it. */
export type JoinFields = Omit<ProgramJoin, 'link'>;
export type JoinField = keyof JoinFields;

export const noFields: JoinFields = {
	your_name: '',
	device_name: '',
	program_name: '',
	company_name: ''
};

const asked: Record<InvitationPreview['kind'], JoinField[]> = {
	found: ['company_name', 'program_name', 'your_name', 'device_name'],
	member: ['your_name', 'device_name'],
	device: ['device_name']
};

/** What a kind of invitation asks for, in the order in which it is asked. */
export const fieldsOf = (kind: InvitationPreview['kind']): JoinField[] => asked[kind];

export const fieldWords: Record<JoinField, { label: string; hint: string; missing: string }> = {
	company_name: {
		label: 'Your company',
		hint: 'The vendor that runs the program.',
		missing: 'Enter the name of your company.'
	},
	program_name: {
		label: 'Program name',
		hint: 'What partners see, for example “Halden Partner Program”.',
		missing: 'Give the program a name.'
	},
	your_name: {
		label: 'Your name',
		hint: 'Your colleagues and partners see it beside what you do.',
		missing: 'Enter your name.'
	},
	device_name: {
		label: 'Name of this device',
		hint: 'Only you see it, in your list of devices.',
		missing: 'Name this device.'
	}
};

const longest = 120;

/** What is wrong with each asked field; empty when the form can be sent. */
export function mistakes(kind: InvitationPreview['kind'], fields: JoinFields): Partial<Record<JoinField, string>> {
	const found: Partial<Record<JoinField, string>> = {};
	for (const name of fieldsOf(kind)) {
		const text = fields[name].trim();
		if (text === '') found[name] = fieldWords[name].missing;
		else if ([...text].length > longest) found[name] = `At most ${longest} characters.`;
	}
	return found;
}

/** A first guess at what this device is; people rename it. */
export function deviceGuess(agent: string): string {
	if (/Windows/.test(agent)) return 'Windows computer';
	if (/Mac OS X|Macintosh/.test(agent)) return 'Mac';
	if (/Linux|X11/.test(agent)) return 'Linux computer';
	return '';
}

/** What accepting does, as the button says it. */
export const joinVerb: Record<InvitationPreview['kind'], string> = {
	found: 'Create the program',
	member: 'Join the program',
	device: 'Link this device'
};
