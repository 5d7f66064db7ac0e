import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/start.proxy.js';

export const getRuntime = await loadWords('start_words', loadCatalog);
export const getRuntimeRx = getRuntime;
