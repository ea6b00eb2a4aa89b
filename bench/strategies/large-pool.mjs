// Picks of a pool of 10 million samples from a file, by the command line: seconds, and the most memory of a process.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { table } from '../shared/table.mjs';
import { probabilities } from './inputs.mjs';

const SAMPLES = 10_000_000;
const CLASSES = 10;
const PART = 1_000_000;

const alarena = join(import.meta.dirname, '..', '..', 'services', 'cli', 'bin', 'alarena.js');

/** Runs a command and prints the largest of its processes, in kB, and the CPU seconds of all. Python's own library. */
const accountant = `
import json, resource, subprocess, sys, time
start = time.perf_counter()
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"code": code, "wall": time.perf_counter() - start, "cpu": used.ru_utime + used.ru_stime, "peak": used.ru_maxrss * 1024}))
`;

function writePool(file) {
  const head = `{'descr': '<f4', 'fortran_order': False, 'shape': (${SAMPLES}, ${CLASSES}), }`.padEnd(117);
  const descriptor = openSync(file, 'w');
  writeSync(descriptor, Buffer.from([0x93, ...Buffer.from('NUMPY'), 1, 0, 118, 0]));
  writeSync(descriptor, `${head}\n`);
  // The same million again and again: ties across parts, as in a pool of copies.
  const part = new Uint8Array(probabilities(PART, CLASSES).data.buffer);
  for (let written = 0; written < SAMPLES; written += PART) writeSync(descriptor, part);
  closeSync(descriptor);
}

export function measureLargePool() {
  const folder = mkdtempSync(join(tmpdir(), 'alarena-bench-'));
  const results = [];
  try {
    const file = join(folder, 'p.npy');
    writePool(file);
    table([
      '`alarena pick`, 10,000,000 x 10, k 2,000',
      'CPU, s',
      'wall, s',
      'peak of a process, MB',
      'wanted',
    ]);
    for (const strategy of ['margin', 'entropy']) {
      const command = [process.execPath, alarena, 'pick', strategy, '-k', '2000', '--probabilities', file];
      const { stdout, status } = spawnSync(process.env.PYTHON ?? 'python3', ['-c', accountant, ...command], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      if (status !== 0) throw new Error('python3 is needed to account for processes');
      const { code, wall, cpu, peak } = JSON.parse(stdout);
      if (code !== 0) throw new Error(`alarena pick ${strategy} failed`);
      results.push({ strategy, wall, cpu, peak });
      console.log(
        `| ${strategy} | ${cpu.toFixed(2)} | ${wall.toFixed(2)} | ${(peak / 1e6).toFixed(0)} | < 1000 |`,
      );
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return results;
}
