/** Puts text on the clipboard. False when the system refuses; then the text has to be selectable. */
export async function copyText(text: string): Promise<boolean> {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return copyBySelection(text);
	}
}

// Older system webviews have no clipboard for pages, but obey the copy command for a selection.
function copyBySelection(text: string): boolean {
	const before = document.activeElement;
	const carrier = document.createElement('textarea');
	carrier.value = text;
	carrier.className = 'sr-only';
	// Inside an open dialog, because the focus is held there.
	(before?.closest('[role=dialog]') ?? document.body).append(carrier);
	carrier.select();
	try {
		return document.execCommand('copy');
	} catch {
		return false;
	} finally {
		carrier.remove();
		if (before instanceof HTMLElement) before.focus();
	}
}
