// Hocuspocus and Yjs, in memory: how fast a shared document can be when nothing has to be kept.
//
//   node hocuspocus.mjs serve               the server; prints where it listens
//   node hocuspocus.mjs chat URL COUNT      an insertion here, seen there: milliseconds of each
//   node hocuspocus.mjs fan URL READERS COUNT   an insertion here, seen by all: milliseconds of each until each
//   node hocuspocus.mjs idle URL COUNT      so many synced connections; says `open`, and ends when its input does
//
// What is measured is printed as one line of JSON.
import { Server } from '@hocuspocus/server';
import { HocuspocusProvider, HocuspocusProviderWebsocket } from '@hocuspocus/provider';
import * as Y from 'yjs';
import WebSocket from 'ws';
import { say } from './said.mjs';

const [what, ...rest] = process.argv.slice(2);

async function serve() {
  const server = new Server({ port: 0, address: '127.0.0.1', quiet: true, stopOnSignals: false });
  await server.listen();
  console.log(`listening ws://127.0.0.1:${server.address.port}`);
}

function connect(url, name) {
  const document = new Y.Doc();
  const websocketProvider = new HocuspocusProviderWebsocket({ url, WebSocketPolyfill: WebSocket });
  return new Promise((done) => {
    const provider = new HocuspocusProvider({
      websocketProvider,
      name,
      document,
      onSynced: () => done({ provider, document }),
    });
    provider.attach();
  });
}

async function chat(url, count) {
  const [here, there] = [await connect(url, 'chat'), await connect(url, 'chat')];
  let seen;
  there.document.getText('t').observe(() => seen());
  const times = [];
  for (let n = 0; n < count + 50; n++) {
    const arrived = new Promise((done) => (seen = done));
    const began = performance.now();
    here.document.getText('t').insert(n, 'x');
    await arrived;
    if (n >= 50) times.push(performance.now() - began);
  }
  await say({ ms: times });
  process.exit(0);
}

async function fan(url, readers, count) {
  const here = await connect(url, 'fan');
  const all = await Promise.all(Array.from({ length: readers }, () => connect(url, 'fan')));
  let began = 0;
  let left = 0;
  let done;
  const times = [];
  all.forEach(({ document }) =>
    document.getText('t').observe(() => {
      times.push(performance.now() - began);
      if (--left === 0) done();
    }),
  );
  for (let n = 0; n < count; n++) {
    left = readers;
    const arrived = new Promise((resolve) => (done = resolve));
    began = performance.now();
    here.document.getText('t').insert(n, 'x');
    await arrived;
  }
  await say({ ms: times });
  process.exit(0);
}

async function idle(url, count) {
  const open = [];
  for (let n = 0; n < count; n += 50) {
    const some = Array.from({ length: Math.min(50, count - n) }, (_, i) => connect(url, `room${(n + i) % 100}`));
    open.push(...(await Promise.all(some)));
  }
  console.log('open');
  process.stdin.resume();
  process.stdin.on('end', () => process.exit(0));
}

const actions = {
  serve,
  chat: (url, count) => chat(url, Number(count)),
  fan: (url, readers, count) => fan(url, Number(readers), Number(count)),
  idle: (url, count) => idle(url, Number(count)),
};
await actions[what](...rest);
