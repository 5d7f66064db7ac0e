import { expect, test } from 'vitest';
import { practised, steps } from './steps';

const online = { waiting: 0, connection: 'online' };

test('a step is ticked by doing it', () => {
	const see = practised();
	expect(see('today', {}, {})).toBeNull();
	expect(see('palette', {}, [])).toBe('palette');
	expect(see('message_send', {}, {})).toBe('reply');
	expect(see('deal_register', { submit: false }, {})).toBeNull();
	expect(see('deal_register', { submit: true }, {})).toBe('register');
	expect(see('milestone_complete', {}, {})).toBe('step');
	expect(see('undo', {}, {})).toBe('undo');
});

test('working offline counts once what was written there has been sent', () => {
	const see = practised();
	expect(see('sync_status', null, online)).toBeNull();
	see('work_offline', { on: true }, {});
	see('work_offline', { on: false }, {});
	expect(see('sync_status', null, online), 'nothing was written').toBeNull();
	see('work_offline', { on: true }, {});
	expect(see('message_send', {}, {})).toBe('reply');
	expect(see('sync_status', null, { waiting: 1, connection: 'offline' })).toBeNull();
	see('work_offline', { on: false }, {});
	expect(see('sync_status', null, { waiting: 1, connection: 'catching_up' })).toBeNull();
	expect(see('sync_status', null, online)).toBe('offline');
	expect(see('sync_status', null, online)).toBeNull();
});

test('there are six', () => {
	expect(new Set(steps().map((step) => step.key)).size).toBe(6);
});
