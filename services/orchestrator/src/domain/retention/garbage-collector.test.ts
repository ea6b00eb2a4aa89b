import assert from 'node:assert/strict';
import { test } from 'node:test';
import { expectAppError } from '@alarena/testkit';
import { runToEnd, submit } from '../../test-support/calls.js';
import { openInstallation, smallSpec } from '../../test-support/installation.js';

test('a full store takes no new comparison, shows the old ones, and takes new ones after a collection', async (t) => {
  const home = await openInstallation();
  t.after(() => home.close());
  home.startWorkers();
  home.startInference();
  const { signal } = new AbortController();
  const spec = smallSpec({ strategies: ['random', 'bald'] });
  const first = await home.startOrchestrator();
  await runToEnd(first.client, spec);
  await first.stop();
  let bytes = 0;
  for await (const { sizeBytes } of home.store.list('')) bytes += sizeBytes;

  const retention = { quotaBytes: bytes, graceMs: 0, weights: 'last' } as const;
  const { client, orchestrator } = await home.startOrchestrator({ retention });
  const other = smallSpec({ seeds: [3] });
  const error = await expectAppError('resource-exhausted', submit(client, other));
  assert.equal(error.reason, 'STORE_QUOTA_REACHED');
  // One that is there already takes no more room, and can always be looked at.
  await runToEnd(client, spec);

  const planned = await orchestrator.collectGarbage(true, signal);
  const { removed } = await orchestrator.collectGarbage(false, signal);
  assert.deepEqual(removed, planned.removed);
  assert.ok(removed.some(({ reason }) => reason.startsWith('signals')));
  await runToEnd(client, other);
});
