import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/needsyou.proxy.js';

export const getRuntime = await loadWords('needsyou_words', loadCatalog);
export const getRuntimeRx = getRuntime;
