// docs/deploy.md names files and values: all of them exist, and its example goes on top of the files it names.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { temporaryFolder } from '@alarena/testkit';
import { parse } from 'yaml';
import { at, chartFolder, helm, renderingArgs, repository } from './chart.js';

const page = await readFile(`${repository}docs/deploy.md`, 'utf8');
const values: unknown = parse(await readFile(`${chartFolder}/values.yaml`, 'utf8'));

describe('docs/deploy.md', () => {
  test('names files that exist', () => {
    const paths = page.match(/(?<![\w/.])(?:charts|deploy|examples)\/[\w./-]*\w/g) ?? [];
    assert.ok(paths.length > 10);
    for (const path of paths) assert.ok(existsSync(`${repository}${path}`), path);
    for (const [file] of page.matchAll(/\bvalues-(?:dev|gpu)[\w-]*\.yaml/g)) {
      assert.ok(existsSync(`${chartFolder}/${file}`), file);
    }
  });

  test('names values of the chart', () => {
    const keys = [...page.matchAll(/`([a-z]\w*(?:\.\w+)+)(?::[^`]*)?`/g)].map(([, key]) => key ?? '');
    const isFile = /\.(crt|key|yaml|json)$/;
    const known = keys.filter(
      (key) => at(values, key.split('.')[0] ?? '') !== undefined && !isFile.test(key),
    );
    assert.ok(known.length > 10);
    for (const key of known) assert.notEqual(at(values, ...key.split('.')), undefined, key);
  });

  for (const cloud of ['gke', 'eks']) {
    test(`has an example that goes on top of values-gpu-${cloud}.yaml`, async (t) => {
      const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
      const file = join(await temporaryFolder(t), 'values-mine.yaml');
      await writeFile(file, example);
      const files = renderingArgs({ values: ['values-gpu.yaml', `values-gpu-${cloud}.yaml`] });
      const text = await helm(['template', 'alarena', chartFolder, ...files, '--values', file]);
      assert.match(text, /registry\.example\.org\/alarena\/alarena-worker-gpu:/);
      assert.doesNotMatch(text, /alarena-trainer-gpu-l4-spot/);
      if (cloud === 'eks') assert.match(text, /value: "my-bucket"/);
    });
  }
});
