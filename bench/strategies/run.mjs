// `npm run bench -- strategies`: picking and clustering against Python's packages. See README.md beside this file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../shared/python.mjs';
import { row, table } from '../shared/table.mjs';
import { duel } from './duel.mjs';
import { measureLargePool } from './large-pool.mjs';
import { works } from './works.mjs';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string' },
    threads: { type: 'string', default: '1' },
    python: { type: 'string' },
    alone: { type: 'boolean', default: false },
    out: { type: 'string', default: join(here, '..', '..', '.cache', 'bench', 'strategies.json') },
  },
});

const LARGE_POOL = 'large-pool';
const names = Object.keys(works);
/** A name of its own, or all that contain the text; large ones are run where they are named only. */
const chosen = names.includes(options.only)
  ? [options.only]
  : names.filter((name) => name.includes(options.only ?? '') && !works[name].large);
if (chosen.length === 0 && options.only !== LARGE_POOL) {
  throw new Error(`--only must be (part of) one of ${[...names, LARGE_POOL].join(', ')}`);
}

function python() {
  if (options.alone) return undefined;
  return (
    options.python ??
    ensurePython({
      name: 'bench-strategies',
      modules: 'fast_hdbscan, hdbscan, skactiveml, threadpoolctl',
      requirements: ['-r', join(here, 'requirements.txt')],
      note: 'numpy, scikit-activeml, hdbscan and fast_hdbscan',
    })
  );
}

const gigabytes = (bytes) => (bytes / 1e9).toFixed(1);
const seconds = (value) => (value < 1 ? value.toFixed(3) : value.toFixed(value < 10 ? 2 : 1));

function print({ name, ours, peers, bandwidth }) {
  const own = [seconds(ours.cpu), seconds(ours.wall), `${(ours.peak / 1e6).toFixed(0)} MB`];
  if (peers.length === 0) row([name, ...own, '–', '', '', '', '', '']);
  for (const { peer, cpu, wall, ratio, target, same } of peers) {
    row([name, ...own, peer, seconds(cpu), seconds(wall), ratio.toFixed(2), target ?? '–', same]);
  }
  if (bandwidth === undefined) return;
  const reached = works[name].bytes / ours.cpu;
  console.error(
    `${name}: as if ${gigabytes(reached)} GB/s were read; a copy reads and writes ${gigabytes(bandwidth)} GB/s (of CPU time)`,
  );
}

const settings = {
  python: chosen.length > 0 ? python() : undefined,
  threads: Number(options.threads),
  rounds: options.rounds && Number(options.rounds),
};
const results = [];
if (chosen.length > 0) {
  const head = [
    'work',
    'ours: CPU, s',
    'wall, s',
    'peak',
    'peer',
    'its CPU, s',
    'wall, s',
    'ratio',
    'wanted',
    'same',
  ];
  table(head);
  for (const name of chosen) {
    const result = await duel(name, works[name], settings);
    results.push(result);
    print(result);
  }
  const kernels = new Set(results.flatMap(({ peers }) => peers.map((peer) => peer.kernels)));
  console.log(`\nthe peers' kernels: ${[...kernels].join('; ') || 'no peer was run'}`);
}
const largePool = (options.only ?? LARGE_POOL) === LARGE_POOL ? measureLargePool() : [];

mkdirSync(dirname(options.out), { recursive: true });
const machine = { cpu: cpus()[0]?.model, cores: cpus().length, load: loadavg() };
writeFileSync(
  options.out,
  `${JSON.stringify({ machine, node: process.version, results, largePool }, null, 2)}\n`,
);
console.log(`\nwritten to ${options.out}`);
