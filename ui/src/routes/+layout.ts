// One window, one page: everything is read through the bridge once the window runs.
export const ssr = false;
export const prerender = false;
