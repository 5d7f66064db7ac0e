import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('settings');
export const getRuntimeRx = getRuntime;
