/** Whether an address is Today's. That of the window begins without a path, or as the file it is. */
export const isToday = (pathname: string): boolean => ['', '/', '/index.html'].includes(pathname);
