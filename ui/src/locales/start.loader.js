import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('start');
export const getRuntimeRx = getRuntime;
