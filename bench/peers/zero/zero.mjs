// Zero on PostgreSQL: a server that keeps a replica, and clients that query it and hold what they asked for in memory.
//
//   node zero.mjs serve FOLDER         PostgreSQL and zero-cache; prints where the one and the other listen
//   node zero.mjs chat URL COUNT       inserted here, seen there: milliseconds of each
//   node zero.mjs queued URL COUNT     rows inserted in one go (it takes none offline): until another client has them
//   node zero.mjs cold URL COUNT       a client that has nothing: rows a second
//
// What is measured is printed as one line of JSON. PostgreSQL comes from Debian's package; PG_BIN names its programs
// where they are elsewhere.
import { spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { setTimeout as rest } from 'node:timers/promises';
import { Zero } from '@rocicorp/zero';
import pg from 'pg';
import WebSocket from 'ws';
import { say, text } from '../said.mjs';
import { schema } from './schema.mjs';

globalThis.WebSocket = WebSocket;
const [what, ...given] = process.argv.slice(2);

function programs() {
  const base = '/usr/lib/postgresql';
  const versions = existsSync(base) ? readdirSync(base).sort((a, b) => b - a) : [];
  const found = [process.env.PG_BIN, ...versions.map((version) => `${base}/${version}/bin`)];
  const bin = found.find((folder) => folder && existsSync(`${folder}/initdb`));
  if (!bin) throw new Error('PostgreSQL is not installed');
  return bin;
}

function freePort() {
  return new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Waits until something does not fail any more. */
async function until(works) {
  for (let n = 0; ; n++) {
    try {
      return await works();
    } catch (error) {
      if (n > 300) throw error;
      await rest(100);
    }
  }
}

async function serve(folder) {
  const bin = programs();
  const data = `${folder}/postgres`;
  mkdirSync(data, { recursive: true });
  // PostgreSQL refuses to run as root. Whatever is started ends with this process, however that ends.
  const bound = ['setpriv', '--pdeathsig', 'TERM'];
  const owner = [];
  if (process.getuid() === 0) {
    const line = readFileSync('/etc/passwd', 'utf8').split('\n').find((line) => line.startsWith('postgres:'));
    const [, , uid, gid] = line.split(':').map(Number);
    owner.push(`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups');
    chmodSync(folder, 0o755);
    chownSync(data, uid, gid);
  }
  const run = ([program, ...given], options) => spawn(program, given, { stdio: 'ignore', ...options });
  const make = [...bound, ...owner, `${bin}/initdb`, '-D', data, '-U', 'bench', '-A', 'trust', '-E', 'UTF8'];
  const made = spawnSync(make[0], make.slice(1), { cwd: data });
  if (made.status !== 0) throw new Error(`initdb: ${made.stderr}`);
  const [port, zero] = [await freePort(), await freePort()];
  const settings = { listen_addresses: '127.0.0.1', port, unix_socket_directories: data, wal_level: 'logical' };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  run([...bound, ...owner, `${bin}/postgres`, '-D', data, ...flags], { cwd: data });

  const upstream = `postgres://bench@127.0.0.1:${port}/postgres`;
  await until(async () => {
    const trying = new pg.Client({ connectionString: upstream });
    await trying.connect();
    await trying.end();
  });
  const db = new pg.Client({ connectionString: upstream });
  await db.connect();
  await db.query('CREATE TABLE message (id text PRIMARY KEY, room text NOT NULL, body text NOT NULL, at bigint NOT NULL)');
  await db.end();
  const env = {
    ...process.env,
    ZERO_UPSTREAM_DB: upstream,
    ZERO_REPLICA_FILE: `${folder}/replica.db`,
    ZERO_AUTH_SECRET: 'bench',
    ZERO_PORT: String(zero),
    ZERO_NUM_SYNC_WORKERS: '1',
    ZERO_LOG_LEVEL: 'error',
    ZERO_ENABLE_TELEMETRY: 'false',
    DO_NOT_TRACK: '1',
  };
  const deployed = spawnSync('node_modules/.bin/zero-deploy-permissions', ['--schema-path', 'schema.mjs'], { env });
  if (deployed.status !== 0) throw new Error(`permissions: ${deployed.stdout}${deployed.stderr}`);
  run([...bound, 'node_modules/.bin/zero-cache'], { env });
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${zero}/`);
    if (!answer.ok) throw new Error(`zero-cache answers ${answer.status}`);
  });
  console.log(`listening ${zero},${port}`);
}

const ports = (url) => url.split(',').map(Number);

function client(url) {
  const [port] = ports(url);
  return new Zero({ server: `http://127.0.0.1:${port}`, schema, userID: randomUUID(), kvStore: 'mem', logLevel: 'error' });
}

/** Keeps a query open; `holds` is asked at every change. */
function view(zero, room, holds) {
  const view = zero.query.message.where('room', room).materialize();
  return new Promise((done) => {
    view.addListener((rows, result) => holds(rows, result) && done(view));
  });
}

async function chat(url, count) {
  const room = randomUUID();
  const [here, there] = [client(url), client(url)];
  let [seen, wanted] = [() => {}, 0];
  await view(there, room, (rows, result) => {
    if (rows.length >= wanted) seen();
    return result === 'complete';
  });
  const times = [];
  for (let n = 0; n < count + 20; n++) {
    wanted = n + 1;
    const arrived = new Promise((done) => (seen = done));
    const began = performance.now();
    await here.mutate.message.insert({ id: randomUUID(), room, body: text(n), at: n });
    await arrived;
    if (n >= 20) times.push(performance.now() - began);
  }
  await say({ ms: times });
  process.exit(0);
}

async function queued(url, count) {
  const room = randomUUID();
  const [here, there] = [client(url), client(url)];
  let arrived;
  const all = new Promise((done) => (arrived = done));
  await view(there, room, (rows, result) => {
    if (rows.length === count) arrived();
    return result === 'complete';
  });
  const began = performance.now();
  await Promise.all(Array.from({ length: count }, (_, n) => here.mutate.message.insert({ id: randomUUID(), room, body: text(n), at: n })));
  await all;
  await say({ elsewhere: performance.now() - began });
  process.exit(0);
}

async function cold(url, count) {
  const [, port] = ports(url);
  const room = randomUUID();
  const db = new pg.Client({ connectionString: `postgres://bench@127.0.0.1:${port}/postgres` });
  await db.connect();
  await db.query(
    'INSERT INTO message SELECT gen_random_uuid()::text, $1, n || $2, n FROM generate_series(1, $3::int) AS n',
    [room, text(''), count],
  );
  await db.end();
  // Until its replica has them; then somebody new comes.
  const first = client(url);
  await view(first, room, (rows) => rows.length === count);
  await first.close();
  const next = client(url);
  const began = performance.now();
  await view(next, room, (rows) => rows.length === count);
  await say({ per_second: count / ((performance.now() - began) / 1000) });
  process.exit(0);
}

const actions = {
  serve,
  chat: (url, count) => chat(url, Number(count)),
  queued: (url, count) => queued(url, Number(count)),
  cold: (url, count) => cold(url, Number(count)),
};
await actions[what](...given);
