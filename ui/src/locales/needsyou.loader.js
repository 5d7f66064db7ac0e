import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('needsyou');
export const getRuntimeRx = getRuntime;
