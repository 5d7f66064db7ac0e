import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('first');
export const getRuntimeRx = getRuntime;
