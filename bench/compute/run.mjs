// `npm run bench -- compute`: this project's graphs against PyTorch. See README.md beside this file.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { ensurePython } from '../shared/python.mjs';
import { Side } from '../shared/side.mjs';
import { median, row } from '../shared/table.mjs';

const here = import.meta.dirname;
const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    images: { type: 'string' },
    only: { type: 'string', default: '' },
    out: { type: 'string', default: join(here, '..', '..', '.cache', 'bench', 'compute.json') },
  },
});

const threads = 2;
/** Images of one measurement: about two seconds of PyTorch on two cores. */
const workloads = {
  'bayesian-cnn train 32': { images: 6400, target: 1 },
  'bayesian-cnn train 64': { images: 6400, target: 1 },
  'bayesian-cnn Monte-Carlo T=10': { images: 4096, target: 1 },
  'bayesian-cnn predict': { images: 20480, target: 1 },
  'resnet18 train 64': { images: 192, target: 1.1 },
};

function summary(rates) {
  return { median: median(rates), min: Math.min(...rates), max: Math.max(...rates), rates };
}

const text = ({ median: middle, min, max }) => `${middle.toFixed(0)} (${min.toFixed(0)}-${max.toFixed(0)})`;

async function compare(ours, torch, workload, { images: usual, target }) {
  const images = Number(options.images ?? usual);
  const request = { workload, images };
  const warmUp = { workload, images: Math.min(images, 256) };
  const layouts = {};
  for (const layout of ['default', 'channels_last']) {
    await torch.rate({ ...warmUp, layout });
    layouts[layout] = await torch.rate({ ...request, layout });
  }
  const layout = layouts.channels_last > layouts.default ? 'channels_last' : 'default';
  await ours.rate(warmUp);
  // A second, full-sized one: TensorFlow compiles once for each size of the last chunk.
  await ours.rate(request);
  const rates = { ours: [], torch: [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    rates.ours.push(await ours.rate(request));
    rates.torch.push(await torch.rate({ ...request, layout }));
  }
  const result = {
    workload,
    images,
    layout,
    layouts,
    ours: summary(rates.ours),
    torch: summary(rates.torch),
    target,
  };
  return { ...result, ratio: result.ours.median / result.torch.median };
}

/** Images/s of one process with one and with two threads, and of two processes with one thread each, together. */
async function threadStudy(workload, images) {
  const open = (count) => new Side(process.execPath, [join(here, 'ours.mjs'), String(count)]);
  const sides = { one: open(1), two: open(2), other: open(1) };
  const request = { workload, images };
  for (const side of Object.values(sides)) await side.rate(request);
  const rates = { 'one thread': [], 'two threads': [], 'two processes of one thread': [] };
  for (let round = 0; round < Number(options.rounds); round++) {
    rates['one thread'].push(await sides.one.rate(request));
    rates['two threads'].push(await sides.two.rate(request));
    const both = await Promise.all([sides.one.rate(request), sides.other.rate(request)]);
    rates['two processes of one thread'].push(both[0] + both[1]);
  }
  for (const side of Object.values(sides)) await side.close();
  return { workload, images, ...Object.fromEntries(Object.entries(rates).map(([k, v]) => [k, summary(v)])) };
}

const python = ensurePython({
  name: 'bench-torch',
  modules: 'torch',
  requirements: ['torch==2.8.0', 'numpy'],
  note: 'PyTorch 2.8.0 (6.5 GB)',
});
const chosen = (name) => name.includes(options.only);
const ours = new Side(process.execPath, [join(here, 'ours.mjs'), String(threads)]);
const torch = new Side(python, [join(here, 'torch_side.py'), String(threads)], {
  OMP_WAIT_POLICY: 'PASSIVE',
});
const results = [];
row(['workload', 'ours, images/s', 'PyTorch, images/s', 'its layout', 'ratio', 'target']);
row(['---', '---:', '---:', '---', '---:', '---:']);
for (const [workload, plan] of Object.entries(workloads)) {
  if (!chosen(workload)) continue;
  const result = await compare(ours, torch, workload, plan);
  results.push(result);
  row([workload, text(result.ours), text(result.torch), result.layout, result.ratio.toFixed(2), plan.target]);
}
await ours.close();
await torch.close();

const study = [];
if (chosen('threads')) {
  console.log();
  row(['bayesian-cnn, images/s', '1 thread', '2 threads', '2 processes x 1 thread']);
  row(['---', '---:', '---:', '---:']);
  for (const [workload, images] of [
    ['bayesian-cnn train 32', 6400],
    ['bayesian-cnn predict', 20480],
    ['bayesian-cnn Monte-Carlo T=10', 4096],
  ]) {
    const result = await threadStudy(workload, images);
    study.push(result);
    row([
      workload,
      text(result['one thread']),
      text(result['two threads']),
      text(result['two processes of one thread']),
    ]);
  }
}

mkdirSync(dirname(options.out), { recursive: true });
const machine = { cpu: cpus()[0]?.model, cores: cpus().length };
writeFileSync(options.out, `${JSON.stringify({ machine, threads, results, study }, null, 2)}\n`);
console.log(`\nwritten to ${options.out}`);
