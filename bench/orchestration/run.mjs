// `npm run bench -- orchestration`: what orchestration costs beside the work itself. See README.md beside this file.
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensureServer } from '../../libs/testkit/dist/index.js';
import { measureCells } from './cells.mjs';
import { measureEvents } from './events.mjs';
import { measureOverhead, measureTasks } from './overhead.mjs';

const output = join(import.meta.dirname, '..', '..', '.cache', 'bench');
const { values: options } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    pool: { type: 'string', default: '2000' },
    stores: { type: 'string', default: 'folder,minio' },
    plan: { type: 'string', default: '' },
    out: { type: 'string', default: join(output, 'orchestration.json') },
  },
});

const logs = join(output, 'orchestration-logs');
rmSync(logs, { recursive: true, force: true });
const settings = { logs, plan: options.plan, pool: Number(options.pool), stores: options.stores.split(',') };
const parts = {
  overhead: () => measureOverhead(settings),
  tasks: () => measureTasks(settings),
  cells: () => measureCells(settings),
  events: () => measureEvents(settings),
};
const chosen = options.only === '' ? Object.keys(parts) : [options.only];
if (!chosen.every((name) => name in parts)) {
  throw new Error(`--only must be one of ${Object.keys(parts).join(', ')}`);
}
const results = {};
for (const name of chosen) results[name] = await parts[name]();

const machine = { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg() };
const serverVersion = async (name) => basename(dirname(await ensureServer(name)));
const servers = await Promise.all(['nats', 'minio'].map(serverVersion));
const versions = { node: process.versions.node, servers };
mkdirSync(dirname(options.out), { recursive: true });
writeFileSync(options.out, `${JSON.stringify({ machine, versions, ...results }, null, 2)}\n`);
console.log(`\nwritten to ${options.out}`);
