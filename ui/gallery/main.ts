import '$lib/design/tokens.css';
import '$lib/design/base.css';
import { mount } from 'svelte';
import { loadAll } from '$lib/words';

await loadAll();
const { default: Gallery } = await import('./Gallery.svelte');
mount(Gallery, { target: document.getElementById('app')! });
