// @ts-check
// Pictures of 256 colours: a third of the size in the repository. What is compared with one goes through the same reduction.
import { crc32, deflateSync } from 'node:zlib';

/** @typedef {{ width: number, height: number, data: Uint8Array }} Picture Four bytes a pixel. */

/**
 * Keeps the most frequent colour of every kind, so that a small sign keeps its own, and beside them the most frequent of all, so
 * that flat surfaces stay what they are. Others get the nearest.
 *
 * @param {Picture} picture
 */
export function reduced({ data }) {
	/** @type {Map<number, number>} */
	const counts = new Map();
	for (let at = 0; at < data.length; at += 4) {
		const colour = colourAt(data, at);
		counts.set(colour, (counts.get(colour) ?? 0) + 1);
	}
	const byCount = [...counts.keys()].sort((one, other) => (counts.get(other) ?? 0) - (counts.get(one) ?? 0) || one - other);
	/** @type {Map<number, number>} */
	const kinds = new Map();
	for (const colour of byCount) if (!kinds.has(colour & 0xf0f0f0)) kinds.set(colour & 0xf0f0f0, colour);
	const palette = [...new Set([...kinds.values(), ...byCount])].slice(0, 256);
	/** @type {Map<number, number>} */
	const places = new Map(palette.map((colour, place) => [colour, place]));
	const pixels = new Uint8Array(data.length / 4);
	for (let pixel = 0; pixel < pixels.length; pixel++) {
		const colour = colourAt(data, pixel * 4);
		let place = places.get(colour);
		if (place === undefined) {
			place = nearest(palette, colour);
			places.set(colour, place);
		}
		pixels[pixel] = place;
	}
	return { palette, pixels };
}

const colourAt = (/** @type {Uint8Array} */ data, /** @type {number} */ at) =>
	((data[at] ?? 0) << 16) | ((data[at + 1] ?? 0) << 8) | (data[at + 2] ?? 0);

/** @param {number[]} palette @param {number} colour */
function nearest(palette, colour) {
	const away = (/** @type {number} */ other) =>
		[16, 8, 0].reduce((sum, bits) => sum + (((colour >> bits) & 255) - ((other >> bits) & 255)) ** 2, 0);
	let best = 0;
	palette.forEach((other, place) => {
		if (away(other) < away(palette[best] ?? 0)) best = place;
	});
	return best;
}

/** The picture with no other colours than these. @param {Picture} picture @returns {Buffer} */
export function inFewColours(picture) {
	const { palette, pixels } = reduced(picture);
	const data = Buffer.alloc(pixels.length * 4, 255);
	pixels.forEach((place, pixel) => data.writeUIntBE(palette[place] ?? 0, pixel * 4, 3));
	return data;
}

/** A PNG file of it. @param {Picture} picture */
export function paletteFile(picture) {
	const { palette, pixels } = reduced(picture);
	const { width, height } = picture;
	const header = Buffer.alloc(13);
	header.writeUInt32BE(width, 0);
	header.writeUInt32BE(height, 4);
	// Eight bits a pixel, which name a colour of the palette.
	header.set([8, 3], 8);
	const colours = Buffer.alloc(palette.length * 3);
	palette.forEach((colour, place) => colours.writeUIntBE(colour, place * 3, 3));
	// Each line begins with how it was filtered: not at all, which suits flat surfaces.
	const lines = Buffer.alloc((width + 1) * height);
	for (let line = 0; line < height; line++) lines.set(pixels.subarray(line * width, (line + 1) * width), line * (width + 1) + 1);
	return Buffer.concat([
		Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
		chunk('IHDR', header),
		chunk('PLTE', colours),
		chunk('IDAT', deflateSync(lines, { level: 9, memLevel: 9 })),
		chunk('IEND', Buffer.alloc(0))
	]);
}

/** @param {string} kind @param {Buffer} content */
function chunk(kind, content) {
	const named = Buffer.concat([Buffer.from(kind, 'latin1'), content]);
	const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
	length.writeUInt32BE(content.length);
	sum.writeUInt32BE(crc32(named));
	return Buffer.concat([length, named, sum]);
}
