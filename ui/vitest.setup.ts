import { loadNative } from './src/lib/typed/spoken';
import { loadAll } from './src/lib/words';

await Promise.all([loadAll(), loadNative()]);
