import { wordsOf } from '../lib/words';

export const getRuntime = wordsOf('others');
export const getRuntimeRx = getRuntime;
