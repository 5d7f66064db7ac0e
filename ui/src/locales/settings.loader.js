import { loadWords } from '../lib/words';
import { loadCatalog } from './.wuchale/settings.proxy.js';

export const getRuntime = await loadWords('settings_words', loadCatalog);
export const getRuntimeRx = getRuntime;
