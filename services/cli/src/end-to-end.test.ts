// The whole of it, as a user runs it: the command on real MNIST images, with the embedded stack.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { type RunOptions, runBin } from './run-bin.js';

const spec = `
name: small
dataset: mnist
model: { architecture: bayesian-cnn }
training: { epochs: 2, batchSize: 16, minStepsPerEpoch: 5, earlyStopping: { patience: 2 } }
protocol:
  { poolSize: 120, initialLabels: 10, labelsPerRound: 10, rounds: 2, validationSize: 50, testSize: 200, monteCarloPasses: 3 }
strategies: [random, margin, bald, coreset, badge]
seeds: 2
`;

/** The filesystem store ends each object's file with its digest. */
const footerBytes = 40;

/** Distinct fits: for each of two seeds the shared first one and two more for each of five strategies. */
const distinctFits = 22;

describe('compare, end to end', () => {
  let folder: string;
  let specFile: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'alarena-end-to-end-'));
    specFile = join(folder, 'small.yaml');
    writeFileSync(specFile, spec);
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  const compare = (home: string, out: string, options: RunOptions = {}) =>
    runBin(['compare', specFile, '--json', '--out', join(folder, out)], {
      env: { ALARENA_HOME: join(folder, home), ALARENA_LOG_LEVEL: 'info' },
      timeoutMs: 900_000,
      ...options,
    });
  const rows = (out: string): string[] =>
    readFileSync(join(folder, out, 'rounds.csv'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => line.slice(0, line.lastIndexOf(',')));

  test('computes every task once and writes the report', async () => {
    const run = await compare('undisturbed', 'first');
    assert.equal(run.status, 0, run.stderr);
    assert.equal(computed(run.stderr, 'fit').length, distinctFits);
    const report = JSON.parse(readFileSync(join(folder, 'first', 'report.json'), 'utf8'));
    assert.equal(report.cost.fits, distinctFits);
    assert.equal(report.cells.length, 10);
    assert.ok(report.cells.every(({ status }: { status: string }) => status === 'done'));
    assert.equal(rows('first').length, 1 + 10 * 3);
    const html = readFileSync(join(folder, 'first', 'report.html'), 'utf8');
    assert.match(html, /<svg/);
  });

  test('computes nothing when it is run again', async () => {
    const again = await compare('undisturbed', 'again');
    assert.equal(again.status, 0, again.stderr);
    assert.deepEqual(computed(again.stderr), []);
    assert.deepEqual(rows('again'), rows('first'));
  });

  test('gives the same rounds in another empty home, also when it is killed half-way', async () => {
    const home = join(folder, 'killed');
    const killed = await compare('killed', 'never', {
      onStderr: (stderr, kill) => {
        if (computed(stderr, 'fit').length >= distinctFits / 2) kill('SIGKILL');
      },
    });
    assert.equal(killed.status, null, 'the process was killed, it did not end');
    assert.ok(computed(killed.stderr, 'fit').length >= distinctFits / 2, 'half-way, not by the time limit');
    const before = storedKeys(home);
    assert.ok(before.size > distinctFits / 2);

    const run = await compare('killed', 'resumed');
    assert.equal(run.status, 0, run.stderr);
    const afterwards = computed(run.stderr);
    assert.deepEqual(
      afterwards.filter((key) => before.has(key)),
      [],
    );
    assert.ok(computed(run.stderr, 'fit').length < distinctFits);
    assert.deepEqual(rows('resumed'), rows('first'));
  });

  test('notices a corrupt array, computes it again and says so', async () => {
    const home = join(folder, 'undisturbed');
    const { inputs } =
      manifestsOf(home, 'select').find(({ inputs: one }) => one.strategy === 'margin') ?? fail();
    const infer = manifestsOf(home, 'infer').find(({ key }) => key === inputs.poolSignals) ?? fail();
    const { sha256 } = infer.result.probabilities;
    damage(join(home, 'store', 'objects', 'blobs', 'sha256', sha256.slice(0, 2), sha256));
    // A query whose result is there needs no signals, so it has to be made again for the damage to matter.
    rmSync(join(home, 'store', 'objects', 'results', 'select'), { recursive: true });

    const run = await compare('undisturbed', 'repaired');
    assert.equal(run.status, 0, run.stderr);
    assert.match(run.stderr, /was corrupt and is computed again/);
    assert.equal(computed(run.stderr, 'fit').length, 0);
    // Strategies that asked for more signals of the same fit share the array.
    const users = manifestsOf(home, 'infer').filter(({ result }) => result.probabilities?.sha256 === sha256);
    const repaired = computed(run.stderr, 'infer');
    assert.ok(repaired.length >= 1);
    assert.ok(repaired.every((key) => users.some((user) => user.key === key)));
    assert.deepEqual(rows('repaired'), rows('first'));
  });
});

test('a truncated source file is bad input: named, nothing imported', async (t) => {
  const folder = await temporaryFolder(t);
  const idx = (magic: number, ...counts: number[]): Buffer => {
    const head = Buffer.alloc(4 * (1 + counts.length));
    for (const [i, value] of [magic, ...counts].entries()) head.writeUInt32BE(value, 4 * i);
    return Buffer.concat([head, Buffer.alloc(counts.reduce((product, count) => product * count, 1))]);
  };
  for (const split of ['train', 't10k']) {
    writeFileSync(join(folder, `${split}-images-idx3-ubyte`), idx(0x803, 20, 8, 8));
    writeFileSync(join(folder, `${split}-labels-idx1-ubyte`), idx(0x801, 20));
  }
  writeFileSync(join(folder, 't10k-labels-idx1-ubyte'), idx(0x801, 20).subarray(0, 20));

  const options = { env: { ALARENA_HOME: join(folder, 'home') } };
  const { status, stdout, stderr } = await runBin(['data', 'add', 'short', '--from', folder], options);
  assert.equal(status, 2);
  assert.equal(stdout, '');
  assert.match(stderr, /t10k-labels-idx1-ubyte is truncated: it ends after 20 bytes, expected 28/);
  const list = await runBin(['data', 'list', '--json'], options);
  assert.deepEqual(JSON.parse(list.stdout).datasets, []);
});

/** Keys of the tasks that a run has computed, from its log. */
function computed(stderr: string, kind?: string): string[] {
  return stderr
    .split('\n')
    .filter((line) => line.startsWith('{') && line.endsWith('}'))
    .map((line) => JSON.parse(line))
    .filter(({ msg, origin }) => msg === 'task done' && origin === 'computed')
    .filter((line) => kind === undefined || line.kind === kind)
    .map(({ task }) => task);
}

// biome-ignore lint/suspicious/noExplicitAny: manifests are read as plain JSON on purpose, as a stranger would.
function manifestsOf(home: string, kind: string): any[] {
  const folder = join(home, 'store', 'objects', 'results', kind);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name)).subarray(0, -footerBytes).toString()));
}

function storedKeys(home: string): Set<string> {
  return new Set(['fit', 'infer', 'select'].flatMap((kind) => manifestsOf(home, kind).map(({ key }) => key)));
}

/** Flips one bit in the middle of a file. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const middle = Math.floor(bytes.length / 2);
  bytes[middle] = (bytes[middle] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

function fail(): never {
  throw new assert.AssertionError({ message: 'the comparison left no such task' });
}
