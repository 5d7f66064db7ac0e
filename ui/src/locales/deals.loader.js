import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/deals.proxy.js';

export const getRuntime = await loadWords('deals_words', loadCatalog);
export const getRuntimeRx = getRuntime;
