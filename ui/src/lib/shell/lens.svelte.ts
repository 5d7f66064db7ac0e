import type { Lens } from '$bindings/Lens';
import { session } from './session.svelte';

/** Through whom one looks: a counterpart in a program, or everybody. */
export interface LensChoice {
	key: string;
	label: string;
	/** Told apart by it when two programs have a counterpart of the same name. */
	detail: string;
	lens: Lens;
}

const everybody: Lens = { program: null, counterpart: null };
let chosen = $state('');

/** Keys Ctrl+1 to Ctrl+9 pick the first nine, so the order must not change under the fingers:
 * programs as they were joined, counterparts as the core sorts them. */
const choices = $derived.by((): LensChoice[] => {
	const vendor = session.programs.every((program) => program.side === 'vendor');
	return [
		{
			key: '',
			label: vendor ? 'All partners' : 'All programs',
			detail: '',
			lens: everybody
		},
		...session.programs.flatMap((program) =>
			program.counterparts.map((counterpart) => ({
				key: `${program.id}/${counterpart.id}`,
				label: counterpart.name,
				detail: program.name,
				lens: { program: program.id, counterpart: counterpart.id }
			}))
		)
	];
});

const current = $derived(choices.find((choice) => choice.key === chosen) ?? choices[0]);

export const looking = {
	get choices(): LensChoice[] {
		return choices;
	},
	/** Falls back to everybody when a program was left while one looked through it. */
	get choice(): LensChoice | undefined {
		return current;
	},
	get lens(): Lens {
		return current?.lens ?? everybody;
	},
	through(key: string): void {
		chosen = key;
	}
};
