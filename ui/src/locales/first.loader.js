import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/first.proxy.js';

export const getRuntime = await loadWords('first_words', loadCatalog);
export const getRuntimeRx = getRuntime;
