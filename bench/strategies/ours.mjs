// Our side: reads one request a line and answers with one. `{ open, arrays }` reads the arrays, `{ run, repeats }` works on
// them and answers `{ cpu, wall, result, peak }`: seconds of one run, the peak of resident memory in bytes.
// Argument: thread count.
import { closeSync, openSync, readSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { loadTensorflow, tensorflowMatrices } from '../../libs/compute/dist/index.js';
import { namedRandom, ndarray } from '../../libs/core/dist/index.js';
import { getStrategy, hdbscan, parseParameters } from '../../libs/strategies/dist/index.js';

loadTensorflow({ threads: Number(process.argv[2]) });
const tools = { matrices: tensorflowMatrices(), progress: () => {} };

/** Some at a time: a read of more than 2 GiB is refused. */
function readArray({ file, shape }) {
  const bytes = new Uint8Array(4 * shape.reduce((product, extent) => product * extent, 1));
  const descriptor = openSync(file);
  for (let at = 0; at < bytes.length; )
    at += readSync(descriptor, bytes, at, Math.min(1 << 30, bytes.length - at));
  closeSync(descriptor);
  return ndarray('float32', shape, new Float32Array(bytes.buffer));
}

const counted = (length, from = 0) => Int32Array.from({ length }, (_, at) => from + at);

function poolOf({ labelled, ...signals }) {
  const [first] = Object.values(signals);
  const size = first.shape.at(-2);
  const known = labelled ?? ndarray('float32', [0, first.shape.at(-1)], new Float32Array(0));
  return {
    ids: counted(size),
    signals,
    labelled: { ids: counted(known.shape[0], size), signals: { z: known } },
  };
}

function pick(pool, { strategy: name, k, parameters }) {
  const strategy = getStrategy(name);
  const given = parseParameters(strategy.descriptor, parameters);
  return strategy.select(pool, k, given, namedRandom(1, name), tools);
}

function cluster({ x }, { options }) {
  const { labels, glosh } = hdbscan(x, options, tools);
  return { labels: Array.from(labels), glosh: Array.from(glosh) };
}

function firstRows(arrays, rows) {
  const cut = ({ shape: [size, width], data }) =>
    ndarray('float32', [Math.min(rows, size), width], data.slice(0, rows * width));
  return Object.fromEntries(Object.entries(arrays).map(([name, array]) => [name, cut(array)]));
}

/** Bytes read and written by copies of 256 MB, in a second of processor time: others may use the machine as well. */
function bandwidth() {
  const [from, to] = [new Float64Array(2 ** 25).fill(1), new Float64Array(2 ** 25).fill(2)];
  const { cpu } = timed(() => to.set(from), 10);
  return (2 * from.byteLength) / cpu;
}

function work(arrays, call) {
  if (call.algorithm === 'hdbscan') return () => cluster(arrays, call);
  const pool = poolOf(arrays);
  return () => pick(pool, call);
}

function timed(run, repeats) {
  const [before, start] = [process.cpuUsage(), performance.now()];
  let result;
  for (let at = 0; at < repeats; at++) result = run();
  const wall = (performance.now() - start) / 1000 / repeats;
  const { user, system } = process.cpuUsage(before);
  return { cpu: (user + system) / 1e6 / repeats, wall, result, peak: process.resourceUsage().maxRSS * 1024 };
}

let arrays = {};
const answers = {
  open: ({ open }) => {
    arrays = Object.fromEntries(Object.entries(open).map(([name, file]) => [name, readArray(file)]));
    return { kernels: 'TensorFlow' };
  },
  warm: ({ warm, rows, repeats }) => {
    timed(work(rows === undefined ? arrays : firstRows(arrays, rows), warm), repeats);
    return {};
  },
  run: ({ run, repeats }) => timed(work(arrays, run), repeats),
  bandwidth: () => ({ bandwidth: bandwidth() }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line);
  const [, answer] = Object.entries(answers).find(([kind]) => kind in request);
  process.stdout.write(`${JSON.stringify(answer(request))}\n`);
}
