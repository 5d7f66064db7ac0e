import type { EndedAccess } from '$bindings/EndedAccess';
import { plural } from '$lib/design/format';

/** What ended, as a sentence. */
export function endedText(ended: EndedAccess): string {
	return ended.deals === 0
		? `Your access to ${ended.program_name} has ended. Its data was removed from this device.`
		: plural(
				ended.deals,
				[
					'Your access to # deal in %program has ended. It was removed from this device.',
					'Your access to # deals in %program has ended. They were removed from this device.'
				],
				{ program: ended.program_name }
			);
}

/** For how long data may be shown offline, as a choice. */
export const leaseText = (days: number): string => plural(days, ['# day', '# days']);

/** What is offered; any other value that is set is shown beside them. */
export const leaseChoices = [1, 3, 7, 14, 30, 60, 90];
