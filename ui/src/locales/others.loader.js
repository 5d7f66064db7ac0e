import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/others.proxy.js';

export const getRuntime = await loadWords('others_words', loadCatalog);
export const getRuntimeRx = getRuntime;
