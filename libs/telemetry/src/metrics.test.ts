import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { meter, startMetrics } from './metrics.js';

test('metrics can be scraped: counters, seconds in buckets, the service as a label', async (t) => {
  const metrics = await startMetrics({ service: 'trainer' });
  t.after(() => metrics.shutdown());
  meter().createCounter('alarena_tasks', { description: 'Tasks.' }).add(3, { kind: 'fit' });
  meter().createHistogram('alarena_task_seconds').record(2, { kind: 'fit' });
  const server = createServer(metrics.handle).listen(0, '127.0.0.1');
  t.after(() => server.close());
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(text, /^# HELP alarena_tasks_total Tasks\.$/m);
  assert.match(text, /^alarena_tasks_total\{kind="fit",service_name="trainer"\} 3$/m);
  assert.match(text, /^alarena_task_seconds_bucket\{kind="fit",service_name="trainer",le="2\.5"\} 1$/m);
  assert.match(text, /^alarena_task_seconds_sum\{.*\} 2$/m);
});

test('without a start, instruments record nothing and cost nothing to call', () => {
  meter().createCounter('alarena_tasks').add(1);
});
