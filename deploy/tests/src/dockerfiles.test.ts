import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { promisify } from 'node:util';
import { ensureServer } from '@alarena/testkit';
import { parse } from 'yaml';
import { at, chartFolder, list, pods, render, repository, shapes } from './chart.js';

const folder = `${repository}deploy/docker`;

describe('the build files of the images', () => {
  for (const file of ['Dockerfile', 'Dockerfile.gpu']) {
    test(`${file}: hadolint has nothing to say`, async () => {
      const hadolint = await ensureServer('hadolint');
      const { stdout } = await promisify(execFile)(hadolint, ['--no-color', `${folder}/${file}`]);
      assert.equal(stdout, '');
    });
  }

  test('run as the user that the chart names', async () => {
    const text = await readFile(`${folder}/Dockerfile`, 'utf8');
    const values: unknown = parse(await readFile(`${chartFolder}/values.yaml`, 'utf8'));
    const { runAsUser, runAsGroup } = at(values, 'defaults', 'podSecurityContext') as Record<string, unknown>;
    assert.match(text, new RegExp(`^USER ${runAsUser}:${runAsGroup}$`, 'm'));
  });

  test('have every program that the chart starts', async () => {
    const text = await readFile(`${folder}/Dockerfile`, 'utf8');
    for (const { name, own, pod } of pods(await render(shapes.dev!))) {
      if (!own) continue;
      const [program] = list(at(pod, 'spec', 'containers', 0, 'args')).map(String);
      const source = program!.replace(/\/dist\/(.*)\.js$/, '/src/$1.ts');
      assert.ok(existsSync(`${repository}${source}`), `${name} starts ${program}`);
      const workspace = program!.split('/').slice(0, 2).join('/');
      assert.ok(text.includes(`--workspace=${workspace}`), `${workspace} has its packages`);
    }
  });

  test('take wheels by digest alone', async () => {
    const text = await readFile(`${folder}/tensorflow-gpu.txt`, 'utf8');
    const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    for (const line of lines) assert.match(line, /^[\w-]+==[\d.]+ --hash=sha256:[0-9a-f]{64}$/);
    const setup = await readFile(`${repository}tools/setup/tensorflow.mjs`, 'utf8');
    const version = /const version = '([\d.]+)'/.exec(setup)?.[1];
    assert.ok(
      lines.some((line) => line.startsWith(`tensorflow==${version} `)),
      'one TensorFlow everywhere',
    );
  });
});
