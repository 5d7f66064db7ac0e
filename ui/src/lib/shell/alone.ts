/** Whether this page is a room in a window of its own: without a sidebar, and without ways to other places. */
export const alone = typeof location !== 'undefined' && new URLSearchParams(location.search).has('alone');
