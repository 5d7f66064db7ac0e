import { describe, expect, it } from 'vitest';
import { facesOf } from './AvatarStack.svelte';

const person = (id: string, side: string) => ({ id, side });

describe('the faces of a stack', () => {
	it('show every side before a second face of any', () => {
		const people = [...'abcdef'].map((id) => person(id, 'us')).concat(person('x', 'them'), person('c1', 'customer'));
		expect(facesOf(people, 3).map(({ id }) => id)).toEqual(['a', 'x', 'c1']);
		expect(facesOf(people, 5).map(({ id }) => id)).toEqual(['a', 'b', 'c', 'x', 'c1']);
	});

	it('show everybody when there is room', () => {
		const people = [person('a', 'us'), person('b', 'them')];
		expect(facesOf(people, 5)).toEqual(people);
		expect(facesOf([], 5)).toEqual([]);
	});
});
