// PouchDB and its server, both on LevelDB: the documents of other people's offline-first apps.
//
//   node pouchdb.mjs serve FOLDER                 the server; prints where it listens
//   node pouchdb.mjs chat URL FOLDER COUNT        put here, seen there: milliseconds of each
//   node pouchdb.mjs offline URL FOLDER COUNT     documents written offline: until the server has them, and another replica
//   node pouchdb.mjs bulk URL WRITERS EACH SIZE   writers that put SIZE documents a request: documents a second
//   node pouchdb.mjs cold URL FOLDER COUNT        a replica that has nothing: documents a second
//
// What is measured is printed as one line of JSON.
import { createRequire } from 'node:module';
import { randomUUID } from 'node:crypto';
import { say, text } from './said.mjs';

const require = createRequire(import.meta.url);
const PouchDB = require('pouchdb');
const [what, ...rest] = process.argv.slice(2);
const open = (folder, name) => new PouchDB(`${folder}/${name}`);
const fresh = (url) => new PouchDB(`${url}/bench-${randomUUID()}`, { skip_setup: false });
const live = (from, to) => PouchDB.sync(from, to, { live: true, retry: true });

async function serve(folder) {
  const express = require('express');
  const app = express();
  const server = PouchDB.defaults({ prefix: `${folder}/` });
  app.use('/', require('express-pouchdb')(server, { mode: 'minimumForPouchDB', logPath: `${folder}/log.txt` }));
  const listener = app.listen(0, '127.0.0.1', () => {
    listener.address() && console.log(`listening http://127.0.0.1:${listener.address().port}`);
  });
}

async function chat(url, folder, count) {
  const [here, there, hub] = [open(folder, randomUUID()), open(folder, randomUUID()), fresh(url)];
  await hub.info();
  const lines = [live(here, hub), live(there, hub)];
  const waiting = new Map();
  there.changes({ live: true, since: 'now' }).on('change', (change) => waiting.get(change.id)?.());
  const times = [];
  for (let n = 0; n < count + 20; n++) {
    const id = `m${String(n).padStart(6, '0')}`;
    const seen = new Promise((done) => waiting.set(id, done));
    const began = performance.now();
    await here.put({ _id: id, body: text(n) });
    await seen;
    if (n >= 20) times.push(performance.now() - began);
  }
  lines.forEach((line) => line.cancel());
  await say({ ms: times });
  process.exit(0);
}

async function offline(url, folder, count) {
  const [here, there, hub] = [open(folder, randomUUID()), open(folder, randomUUID()), fresh(url)];
  await hub.info();
  for (let n = 0; n < count; n++) await here.put({ _id: `m${String(n).padStart(6, '0')}`, body: text(n) });
  const began = performance.now();
  const all = new Promise((done) => {
    let seen = 0;
    there.changes({ live: true, since: 'now' }).on('change', () => ++seen === count && done());
  });
  const lines = [live(there, hub)];
  await PouchDB.replicate(here, hub);
  const answered = performance.now() - began;
  await all;
  const elsewhere = performance.now() - began;
  lines.forEach((line) => line.cancel());
  await say({ answered, elsewhere });
  process.exit(0);
}

async function bulk(url, writers, each, size) {
  const hub = fresh(url);
  await hub.info();
  const began = performance.now();
  const write = async (writer) => {
    for (let n = 0; n < each; n += size) {
      const docs = Array.from({ length: Math.min(size, each - n) }, (_, i) => ({
        _id: `w${writer}-${String(n + i).padStart(6, '0')}`,
        body: text(n + i),
      }));
      await hub.bulkDocs(docs);
    }
  };
  await Promise.all(Array.from({ length: writers }, (_, writer) => write(writer)));
  await say({ per_second: (writers * each) / ((performance.now() - began) / 1000) });
  process.exit(0);
}

async function cold(url, folder, count) {
  const hub = fresh(url);
  await hub.info();
  for (let n = 0; n < count; n += 1000) {
    await hub.bulkDocs(Array.from({ length: 1000 }, (_, i) => ({ _id: `m${String(n + i).padStart(7, '0')}`, body: text(n + i) })));
  }
  const here = open(folder, randomUUID());
  const began = performance.now();
  await PouchDB.replicate(hub, here, { batch_size: 1000 });
  await say({ per_second: count / ((performance.now() - began) / 1000) });
  process.exit(0);
}

const actions = {
  serve,
  chat: (url, folder, count) => chat(url, folder, Number(count)),
  offline: (url, folder, count) => offline(url, folder, Number(count)),
  bulk: (url, writers, each, size) => bulk(url, Number(writers), Number(each), Number(size)),
  cold: (url, folder, count) => cold(url, folder, Number(count)),
};
await actions[what](...rest);
