// The commands against a server on loopback whose comparisons are scripted: what is asked of it, what is shown.

import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { comparison, dataset } from '@alarena/api';
import { AppError } from '@alarena/core';
import { createGrpcServer, type HandlersOf, implement } from '@alarena/grpc';
import { createLogger } from '@alarena/telemetry';
import { temporaryFolder } from '@alarena/testkit';
import { runBin } from './run-bin.js';

const { Cell, Comparison, Round, Status } = comparison;
type Comparisons = HandlersOf<typeof comparison.ComparisonServiceService>;
type Datasets = HandlersOf<typeof dataset.DatasetServiceService>;

const specText = `
name: tiny
dataset: mnist
model: { architecture: bayesian-cnn }
protocol: { rounds: 1 }
strategies: [random, margin]
seeds: 2
`;

function rounds(bonus: number): comparison.Round[] {
  return [0, 1].map((round) =>
    Round.fromPartial({
      round,
      labels: 20 + 20 * round,
      accuracy: 0.5 + 0.1 * round + bonus,
      macroF1: 0.5,
      picked: round === 0 ? [1, 2] : [],
      fitKey: 'f',
      seconds: 1,
    }),
  );
}

/** Two strategies x two seeds; with `failed`, the last cell has failed before its second round. */
function measured(spec: comparison.ComparisonSpec, failed = false): comparison.Comparison {
  const cells = ['random', 'margin'].flatMap((strategy, s) =>
    [0n, 1n].map((seed) => {
      const broken = failed && strategy === 'margin' && seed === 1n;
      return Cell.fromPartial({
        strategy,
        seed,
        status: broken ? Status.STATUS_FAILED : Status.STATUS_DONE,
        error: broken ? 'out of memory' : '',
        rounds: rounds(0.1 * s + 0.01 * Number(seed)).slice(0, broken ? 1 : 2),
        roundsDone: broken ? 1 : 2,
        roundsTotal: 2,
      });
    }),
  );
  const status = failed ? Status.STATUS_FAILED : Status.STATUS_DONE;
  return Comparison.fromPartial({
    id: 'c0ffee',
    key: 'k',
    spec,
    status,
    cells,
    createdAt: '2026-01-01T00:00:00Z',
  });
}

function unstarted(value: comparison.Comparison): comparison.Comparison {
  const cells = value.cells.map((cell) => ({
    ...cell,
    status: Status.STATUS_PENDING,
    rounds: [],
    roundsDone: 0,
    error: '',
  }));
  return { ...value, status: Status.STATUS_RUNNING, cells };
}

interface Scripted {
  /** What the comparison ends as. */
  end(spec: comparison.ComparisonSpec): comparison.Comparison;
  readonly datasets: string[];
  readonly comparisons?: Partial<Comparisons>;
}

const refuse = (): never => {
  throw new AppError('unimplemented', 'not scripted');
};

async function serve(t: TestContext, script: Scripted): Promise<{ server: string; asked: string[] }> {
  const asked: string[] = [];
  let ended: comparison.Comparison | undefined;
  const known = (): comparison.Comparison => {
    if (ended === undefined) throw new AppError('not-found', 'there is no comparison of that name');
    return ended;
  };
  const comparisons: Comparisons = {
    submitComparison: async ({ spec, parallelism }) => {
      asked.push(`submit ${spec?.name} ${parallelism}`);
      if (spec === undefined) throw new AppError('invalid-argument', 'a spec is needed');
      ended = script.end(spec);
      return { comparison: unstarted(ended) };
    },
    getComparison: async () => ({ comparison: known() }),
    listComparisons: async () => ({ comparisons: ended === undefined ? [] : [ended] }),
    watchComparison: async function* () {
      yield { event: { $case: 'comparison', value: unstarted(known()) } };
      yield { event: { $case: 'notice', value: 'an array was recomputed' } };
      for (const cell of known().cells) {
        for (const [done, round] of cell.rounds.entries()) {
          const value = {
            cell: { ...cell, status: Status.STATUS_RUNNING, rounds: [round], roundsDone: done + 1 },
          };
          yield { event: { $case: 'cell', value } };
        }
      }
      yield { event: { $case: 'comparison', value: known() } };
    },
    cancelComparison: refuse,
    pauseComparison: async () => ({ comparison: { ...known(), status: Status.STATUS_PAUSED } }),
    resumeComparison: refuse,
    setParallelism: refuse,
    setComparison: async ({ id, parallelism = 1, priority = 0 }) => {
      asked.push(`set ${id} ${parallelism} ${priority}`);
      return { comparison: { ...known(), parallelism, priority } };
    },
    getReport: async function* () {
      const { cells, ...head } = known();
      yield { part: { $case: 'comparison', value: { ...head, cells: [] } } };
      for (const cell of cells) yield { part: { $case: 'cell', value: cell } };
    },
    ...script.comparisons,
  };
  const datasets: Datasets = {
    listDatasets: async () => ({
      datasets: script.datasets.map((name) => dataset.Dataset.fromPartial({ name })),
    }),
    getDataset: refuse,
    importDataset: async function* ({ name, source }) {
      asked.push(`import ${name} ${source}`);
      yield { samplesDone: 0, samplesTotal: 70_000, dataset: undefined };
      script.datasets.push(name);
      yield { samplesDone: 70_000, samplesTotal: 70_000, dataset: dataset.Dataset.fromPartial({ name }) };
    },
    removeDataset: async () => ({}),
    streamSamples: refuse,
  };
  const server = createGrpcServer({
    services: [
      implement(comparison.ComparisonServiceService, comparisons),
      implement(dataset.DatasetServiceService, datasets),
    ],
    logger: createLogger({ service: 'scripted', level: 'silent' }),
    reflection: false,
  });
  const port = await server.start({ host: '127.0.0.1', port: 0 });
  t.after(() => server.shutdown({ limitMs: 0 }));
  return { server: `127.0.0.1:${port}`, asked };
}

async function folderWithSpec(t: TestContext, text = specText): Promise<string> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'tiny.yaml'), text);
  return folder;
}

describe('compare', () => {
  test('imports, submits, watches, reports', async (t) => {
    const { server, asked } = await serve(t, { end: (spec) => measured(spec), datasets: [] });
    const cwd = await folderWithSpec(t);
    const args = ['compare', 'tiny.yaml', '--server', server, '--parallelism', '2'];
    const { status, stdout, stderr } = await runBin(args, { cwd });
    assert.equal(status, 0, stderr);
    assert.deepEqual(asked, ['import mnist ', 'submit tiny 2']);
    const lines = stderr.trimEnd().split('\n');
    assert.deepEqual(lines.slice(0, 5), [
      'importing mnist: 0/70,000 samples',
      'importing mnist: 70,000/70,000 samples',
      'comparison c0ffee: tiny, 2 strategies x 2 seeds, 0 of 8 rounds measured',
      'note: an array was recomputed',
      'random seed 0 round 0/1: 20 labels, accuracy 0.500 (1.0 s)',
    ]);
    assert.equal(lines.length, 4 + 8);
    assert.match(stdout, /^margin +2 +0\.705/m);
    assert.match(stdout, /^report: reports\/tiny$/m);
    const files = await readdir(join(cwd, 'reports', 'tiny'));
    for (const file of ['report.json', 'report.html', 'rounds.csv', 'figures'])
      assert.ok(files.includes(file), file);
  });

  test('--json gives one document on stdout, --out and --format choose the files', async (t) => {
    const { server } = await serve(t, { end: (spec) => measured(spec), datasets: ['mnist'] });
    const cwd = await folderWithSpec(t);
    const args = ['compare', 'tiny.yaml', '--json', '--out', 'here', '--format', 'json,csv'];
    const { status, stdout } = await runBin(args, { cwd, env: { ALARENA_SERVER: server } });
    assert.equal(status, 0);
    const document = JSON.parse(stdout);
    assert.equal(document.status, 'done');
    assert.equal(document.folder, join(cwd, 'here'));
    assert.deepEqual(document.files, ['report.json', 'rounds.csv']);
    const report = JSON.parse(await readFile(join(cwd, 'here', 'report.json'), 'utf8'));
    assert.equal(report.cells.length, 4);
    assert.equal(report.cells[0].rounds[0].validationAccuracy, null);
    assert.equal(report.comparison.spec.protocol.rounds, 1);
  });

  test('a failed cell ends in status 1, with a report of what is measured', async (t) => {
    const { server } = await serve(t, { end: (spec) => measured(spec, true), datasets: ['mnist'] });
    const cwd = await folderWithSpec(t);
    const { status, stdout, stderr } = await runBin(['compare', 'tiny.yaml', '--server', server], { cwd });
    assert.equal(status, 1);
    assert.match(stderr, /^margin seed 1 failed: out of memory$/m);
    assert.match(stderr, /ended as failed; .*alarena resume c0ffee/);
    assert.match(stdout, /^margin +1 /m);
  });

  test('an unknown data set is refused before anything is submitted', async (t) => {
    const { server, asked } = await serve(t, { end: (spec) => measured(spec), datasets: ['mnist'] });
    const cwd = await folderWithSpec(t, specText.replace('mnist', 'mnits'));
    const { status, stderr } = await runBin(['compare', 'tiny.yaml', '--server', server], { cwd });
    assert.equal(status, 2);
    assert.match(stderr, /^ {2}dataset: there is no data set "mnits"; did you mean "mnist"\?/m);
    assert.deepEqual(asked, []);
  });

  test('Ctrl-C ends in status 130 and says that the server goes on', async (t) => {
    const watchComparison: Comparisons['watchComparison'] = async function* (_request, { signal }) {
      yield { event: { $case: 'notice', value: 'watching' } };
      await new Promise((resolve) => signal.addEventListener('abort', resolve));
    };
    const script = { end: measured, datasets: ['mnist'], comparisons: { watchComparison } };
    const { server } = await serve(t, script);
    const cwd = await folderWithSpec(t);
    let told = false;
    const { status, stdout, stderr } = await runBin(['compare', 'tiny.yaml', '--server', server], {
      cwd,
      onStderr: (text, kill) => {
        if (!told && text.includes('note: watching')) kill('SIGINT');
        told ||= text.includes('note: watching');
      },
    });
    assert.equal(status, 130, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /no longer watching; 127\.0\.0\.1:\d+ goes on with c0ffee/);
  });

  test('a lost connection is made again and nothing is told twice', async (t) => {
    let watched = 0;
    const { server } = await serve(t, {
      end: (spec) => measured(spec),
      datasets: ['mnist'],
      comparisons: {
        watchComparison: async function* () {
          watched++;
          const end = measured(comparison.ComparisonSpec.fromPartial({ name: 'tiny' }));
          yield { event: { $case: 'comparison', value: watched === 1 ? unstarted(end) : end } };
          if (watched === 1) throw new AppError('unavailable', 'the server is shutting down');
        },
      },
    });
    const cwd = await folderWithSpec(t);
    const { status, stderr } = await runBin(['compare', 'tiny.yaml', '--server', server], { cwd });
    assert.equal(status, 0, stderr);
    assert.match(stderr, /note: the connection to .* was lost; trying again/);
    assert.equal(stderr.match(/random seed 0 round 0/g)?.length, 1);
  });
});

describe('the steps apart', () => {
  test('submit, list, show, set, watch, report speak of the same comparison', async (t) => {
    const { server, asked } = await serve(t, { end: (spec) => measured(spec), datasets: ['mnist'] });
    const cwd = await folderWithSpec(t);
    const alarena = (...args: string[]) => runBin([...args, '--server', server], { cwd });

    const empty = await alarena('list');
    assert.match(empty.stdout, /no comparisons yet/);
    const missing = await alarena('show', 'c0');
    assert.equal(missing.status, 2);
    assert.match(missing.stderr, /^error: there is no comparison of that name$/m);

    const submitted = await alarena('submit', 'tiny.yaml', '--json');
    assert.equal(JSON.parse(submitted.stdout).status, 'running');
    assert.match(submitted.stderr, /follow it with: alarena watch c0ffee/);
    assert.match((await alarena('list')).stdout, /^c0ffee +tiny +done +4 +8\/8/m);
    assert.match((await alarena('show', 'c0')).stdout, /^ {2}minStepsPerEpoch: 20$/m);
    const set = await alarena('set', 'c0', '--parallelism', '3', '--priority', '-2');
    assert.match(set.stdout, /runs up to 3 cells at once, at priority -2/);
    const paused = await alarena('pause', 'c0');
    assert.match(paused.stdout, /8 of 8 rounds measured; paused/);
    assert.match(paused.stderr, /alarena resume c0ffee/);
    assert.deepEqual(asked, ['submit tiny 0', 'set c0 3 -2']);

    const watched = await alarena('watch', 'tiny', '--json');
    assert.equal(watched.status, 0);
    assert.equal(JSON.parse(watched.stdout).cells.length, 4);
    const reported = await alarena('report', 'tiny', '--format', 'md', '--out', 'out');
    assert.match(reported.stdout, /^report: out$/m);
    assert.deepEqual(await readdir(join(cwd, 'out')), ['summary.md']);
  });
});
