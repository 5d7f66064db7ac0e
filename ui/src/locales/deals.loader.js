import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('deals');
export const getRuntimeRx = getRuntime;
