// What only Prometheus' own tool can tell of alert rules and dashboard. Among the tests of a cluster since it has to be
// built where it is not installed.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { ensureServer, temporaryFolder } from '@alarena/testkit';
import { at, chartFolder, list } from './chart.js';

const folder = `${chartFolder}/files`;

async function promtool(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(await ensureServer('promtool'), args, { cwd: folder });
  return stdout;
}

test('alert rules fire on what they are for and are silent otherwise', async () => {
  assert.match(await promtool('check', 'rules', 'alerts.yaml'), /SUCCESS/);
  await promtool('test', 'rules', 'alerts_test.yaml');
});

test('the dashboard has queries that Prometheus can read', async (t) => {
  const dashboard: unknown = JSON.parse(await readFile(`${folder}/dashboard.json`, 'utf8'));
  const expressions = list(at(dashboard, 'panels')).flatMap((panel) =>
    list(at(panel, 'targets')).map((target) => String(at(target, 'expr'))),
  );
  // As rules, since promtool parses those without a server.
  const rules = expressions.map((expr, index) => ({ record: `panel:${index}`, expr }));
  const file = join(await temporaryFolder(t), 'rules.yaml');
  await writeFile(file, JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  assert.match(await promtool('check', 'rules', file), new RegExp(`${expressions.length} rules found`));
});
