// One work: both sides read the same files, warm up, and run by turns.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Side } from '../shared/side.mjs';
import { median } from '../shared/table.mjs';
import { compared } from './compared.mjs';

const here = import.meta.dirname;

/** One count of threads for every library; and the kernels that OpenBLAS chooses by itself. */
const peerVariables = (threads) => ({
  ...Object.fromEntries(
    ['OMP', 'OPENBLAS', 'MKL', 'NUMBA'].map((library) => [`${library}_NUM_THREADS`, String(threads)]),
  ),
  OPENBLAS_CORETYPE: undefined,
  OPENBLAS_L2_SIZE: undefined,
});

/** Under 2 GiB a write. */
function stored(folder, { shape, data }, name) {
  const file = join(folder, `${name}.f32`);
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  writeFileSync(file, bytes.subarray(0, 0));
  for (let at = 0; at < bytes.length; at += 1 << 30) {
    writeFileSync(file, bytes.subarray(at, at + (1 << 30)), { flag: 'a' });
  }
  return { file, shape };
}

class Contender {
  constructor(workload, side, call) {
    this.workload = workload;
    this.side = side;
    this.call = call;
    this.runs = [];
  }

  async measure(repeats) {
    this.runs.push(await this.run(this.call, repeats));
  }

  run(call, repeats = 1) {
    return this.side.ask({ run: call, repeats, workload: this.workload });
  }

  summary() {
    const of = (key) => median(this.runs.map((run) => run[key]));
    return { cpu: of('cpu'), wall: of('wall'), peak: this.runs.at(-1).peak, result: this.runs[0].result };
  }
}

/** `python`: undefined for our side alone. Gives figures of ours and of each peer, and what the results share. */
export async function duel(name, work, { python, threads, rounds = work.rounds ?? 5 }) {
  const folder = mkdtempSync(join(tmpdir(), 'alarena-bench-'));
  const opened = [];
  const open = async (command, args, variables, call, files) => {
    // TensorFlow says a lot at its start.
    const side = new Side(command, args, variables, command === python ? 'inherit' : 'ignore');
    opened.push(side);
    const { kernels } = await side.ask({ open: files, workload: name });
    await side.ask({ warm: call, rows: work.warmRows, repeats: work.repeats ?? 1, workload: name });
    return Object.assign(new Contender(name, side, call), { kernels });
  };
  try {
    const files = Object.fromEntries(
      Object.entries(work.inputs()).map(([key, array]) => [key, stored(folder, array, key)]),
    );
    const ours = await open(
      process.execPath,
      [join(here, 'ours.mjs'), String(threads)],
      {},
      work.ours,
      files,
    );
    const peers = [];
    for (const peer of python === undefined ? [] : work.peers) {
      const script = [join(here, 'peers.py')];
      const contender = await open(python, script, peerVariables(threads), peer, files);
      peers.push(Object.assign(contender, { peer }));
    }
    for (let round = 0; round < rounds; round++) {
      for (const contender of [ours, ...peers]) await contender.measure(work.repeats ?? 1);
    }
    const bandwidth = work.bytes && (await ours.side.ask({ bandwidth: true, workload: name })).bandwidth;
    const { result, ...figures } = ours.summary();
    const rows = [];
    for (const contender of peers) rows.push(await againstPeer(work, ours, result, contender));
    return { name, rounds, threads, ours: figures, bandwidth, peers: rows };
  } finally {
    for (const side of opened) await side.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function againstPeer({ ours: call, check, compare }, ours, result, contender) {
  const { result: theirs, ...figures } = contender.summary();
  const { peer, kernels } = contender;
  let pair = [result, theirs];
  if (check !== undefined) {
    const { parameters, options } = check;
    const one = await ours.run({ ...call, parameters });
    const other = await contender.run({ ...peer, options: { ...peer.options, ...options } });
    pair = [one.result, other.result];
  }
  const ratio = figures.cpu / median(ours.runs.map(({ cpu }) => cpu));
  return {
    peer: peer.name,
    kernels,
    ...figures,
    ratio,
    target: peer.target,
    same: compared(compare, ...pair),
  };
}
