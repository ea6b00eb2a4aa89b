// docs/settings.md lists exactly the variables that the processes read: each is started with one too many in every group,
// and says which it knows.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { repository } from './chart.js';

const services = ['ORCHESTRATOR', 'DATASET_STORE', 'TRAINER', 'INFERENCE', 'STRATEGY'];
const main = (service: string): readonly string[] => [
  `services/${service.toLowerCase().replace('_', '-')}/dist/main.js`,
];
/** Far from every variable, so that none is suggested. */
const unknown = 'QQQQQQQQQQQQQQQQQQQQQQQQ';

/** By group, the process that reads it, and what brings it so far. */
const groups: readonly (readonly [string, readonly string[], Readonly<Record<string, string>>])[] = [
  ...services.map((service) => [`ALARENA_${service}`, main(service), {}] as const),
  ['ALARENA_S3', main('STRATEGY'), { ALARENA_STORE: 's3' }],
  ['ALARENA_NATS', main('STRATEGY'), {}],
  ['ALARENA_TLS', main('STRATEGY'), {}],
  ['ALARENA_AUTH', main('STRATEGY'), {}],
  ['ALARENA_OPS', main('DATASET_STORE'), { ALARENA_DATASET_STORE_PORT: '0' }],
  ['ALARENA_EMBEDDED', ['services/cli/bin/alarena.js', 'list'], {}],
];

test('docs/settings.md lists every variable, and none that nothing reads', async (t) => {
  const home = await temporaryFolder(t);
  const known = await Promise.all(
    groups.map(async ([group, program, env]) => {
      const output = await failure(program, { ...env, [`${group}_${unknown}`]: '1', ALARENA_HOME: home });
      const [, names] = /is not a known setting; known are ([A-Z0-9_, ]+)/.exec(output) ?? [];
      assert.ok(names !== undefined, `${group}: ${output}`);
      return names.split(', ').map((name) => name.trim());
    }),
  );
  const read = new Set([...known.flat(), ...(await readOneByOne())]);
  const page = await listed();
  assert.deepEqual(
    [...read].filter((name) => !page.has(name)),
    [],
    'not on the page',
  );
  assert.deepEqual(
    [...page].filter((name) => !read.has(name)),
    [],
    'read by nothing',
  );
});

/** What a process that must fail says. */
function failure(program: readonly string[], env: Readonly<Record<string, string>>): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, program, {
      cwd: repository,
      env: { ...env, PATH: process.env.PATH },
      timeout: 180_000,
      killSignal: 'SIGKILL',
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => (output += String(chunk)));
    child.on('error', reject);
    child.on('close', () => resolve(output));
  });
}

/** Variables of no group, as the sources read them. */
async function readOneByOne(): Promise<string[]> {
  const names: string[] = [];
  for (const folder of ['libs', 'services']) {
    const files = await readdir(`${repository}${folder}`, { recursive: true });
    for (const file of files.filter((path) => /^[\w-]+\/src\/.*(?<!\.test|\.fixture)\.ts$/.test(path))) {
      const text = await readFile(`${repository}${folder}/${file}`, 'utf8');
      for (const [, name = ''] of text.matchAll(/\benv\.((?:ALARENA|OTEL)_\w+)/g)) names.push(name);
    }
  }
  return names;
}

async function listed(): Promise<Set<string>> {
  const page = await readFile(`${repository}docs/settings.md`, 'utf8');
  const names = [...page.matchAll(/^\|([^|]*)\|/gm)]
    .flatMap(([, cell = '']) => [...cell.matchAll(/`((?:ALARENA|OTEL)_[^`]*)`/g)])
    .flatMap(([, name = '']) => services.map((service) => name.replace('<SERVICE>', service)));
  return new Set(names);
}
