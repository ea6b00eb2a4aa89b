import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, test } from 'node:test';
import { chartFolder } from './chart.js';
import { chartReadme, unexplained, valueRows } from './chart-readme.js';
import { documentedCharts } from './documented-charts.js';

describe("the chart's page", () => {
  test('has each key with its default and its comment', () => {
    const rows = valueRows(
      ['# -- All of it.', 'a:', '  # -- One | two.', '  b: ""', '  # Not about it.', '  c: 1', 'd: [x]'].join(
        '\n',
      ),
    );
    assert.deepEqual(rows, [
      { key: 'a', value: '', about: 'All of it.' },
      { key: 'a.b', value: '`""`', about: 'One \\| two.' },
    ]);
  });

  test('finds a key that nobody explains', () => {
    assert.deepEqual(
      unexplained('# -- Yes.\na: 1\nb: { c: 1 }\nd:\n  a: 2\n  e: 3\n# -- Whole.\nf:\n  g: 1\n'),
      ['b', 'd.e'],
    );
  });

  test('is what the values say', async () => {
    const page = await readFile(`${chartFolder}/README.md`, 'utf8');
    assert.equal(page, await chartReadme(documentedCharts), 'npm run readme --workspace deploy/tests');
  });

  for (const { title, folder } of documentedCharts) {
    test(`explains every key: ${title}`, async () => {
      const values = await readFile(`${folder}/values.yaml`, 'utf8');
      assert.match(values, /^# yaml-language-server: \$schema=\.\/values\.schema\.json\n/);
      assert.deepEqual(unexplained(values), []);
    });
  }
});
