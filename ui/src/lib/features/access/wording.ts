import type { EndedAccess } from '$bindings/EndedAccess';
import { plural } from '$lib/design/format';

/** What ended, as a sentence. */
export function endedText(ended: EndedAccess): string {
	return ended.deals === 0
		? `Your access to ${ended.program_name} has ended. Its data was removed from this device.`
		: `Your access to ${plural(ended.deals, 'deal', 'deals')} in ${ended.program_name} has ended. ` +
				`${ended.deals === 1 ? 'It was' : 'They were'} removed from this device.`;
}

/** For how long data may be shown offline, as a choice. */
export const leaseText = (days: number): string => (days === 1 ? '1 day' : `${days} days`);

/** What is offered; any other value that is set is shown beside them. */
export const leaseChoices = [1, 3, 7, 14, 30, 60, 90];
