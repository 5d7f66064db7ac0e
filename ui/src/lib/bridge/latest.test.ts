import { describe, expect, it, vi } from 'vitest';
import { latest, perFrame } from './latest';

/** A request that answers when the test says so. */
function controlled() {
	const open = new Map<string, { resolve: (data: string) => void; reject: (cause: unknown) => void }>();
	const request = (args: string) =>
		new Promise<string>((resolve, reject) => open.set(args, { resolve, reject }));
	const answer = async (args: string, data = args.toUpperCase()) => {
		open.get(args)?.resolve(data);
		await Promise.resolve();
		await Promise.resolve();
	};
	const refuse = async (args: string, cause: unknown) => {
		open.get(args)?.reject(cause);
		await Promise.resolve();
		await Promise.resolve();
	};
	return { request, answer, refuse };
}

describe('overlapping questions', () => {
	it('drop a reply that a newer one has overtaken', async () => {
		const { request, answer } = controlled();
		const seen: unknown[] = [];
		const questions = latest(request, (outcome, idle) => seen.push({ ...outcome, idle }));
		void questions.run('a');
		void questions.run('b');
		await answer('b');
		await answer('a');
		expect(seen).toEqual([{ args: 'b', data: 'B', idle: true }]);
	});

	it('show replies in order while more are on the way', async () => {
		const { request, answer } = controlled();
		const seen: unknown[] = [];
		const questions = latest(request, (outcome, idle) => seen.push([outcome.args, idle]));
		void questions.run('a');
		void questions.run('b');
		await answer('a');
		await answer('b');
		expect(seen).toEqual([
			['a', false],
			['b', true]
		]);
	});

	it('report an error with what was asked', async () => {
		const { request, refuse } = controlled();
		const settle = vi.fn();
		const questions = latest(request, settle);
		void questions.run('a');
		await refuse('a', 'no');
		expect(settle).toHaveBeenCalledWith({ args: 'a', error: 'no' }, true);
	});

	it('say nothing after they were stopped', async () => {
		const { request, answer } = controlled();
		const settle = vi.fn();
		const questions = latest(request, settle);
		void questions.run('a');
		questions.stop();
		await answer('a');
		expect(settle).not.toHaveBeenCalled();
	});
});

describe('once a frame', () => {
	it('runs the first call at once and joins the rest of the frame into one', () => {
		const frames: (() => void)[] = [];
		const run = vi.fn();
		const frame = perFrame(
			run,
			(callback) => frames.push(callback),
			() => {}
		);
		frame.ask();
		expect(run).toHaveBeenCalledTimes(1);
		frame.ask();
		frame.ask();
		expect(run).toHaveBeenCalledTimes(1);
		frames[0]?.();
		expect(run).toHaveBeenCalledTimes(2);
		frames[1]?.();
		expect(frames).toHaveLength(2);
		frame.ask();
		expect(run).toHaveBeenCalledTimes(3);
	});

	it('forgets what was asked when it is stopped', () => {
		const cancel = vi.fn();
		const frame = perFrame(() => {}, () => 7, cancel);
		frame.ask();
		frame.stop();
		expect(cancel).toHaveBeenCalledWith(7);
	});
});
