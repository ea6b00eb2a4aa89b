// Every service its own process, real NATS, a real S3 store, two trainers: the same bytes as in one process.

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { makeBucket, startMinio, startNats, startSeaweed, temporaryFolder } from '@alarena/testkit';
import { alarena, startInstallation } from './installation.js';
import { roundsOf } from './rounds.js';

const stores = { MinIO: startMinio, SeaweedFS: startSeaweed };
const specs = { MinIO: 'examples/mnist-quick.yaml', SeaweedFS: 'examples/mnist-smoke.yaml' };

describe('a comparison by services apart', () => {
  for (const name of ['MinIO', 'SeaweedFS'] as const) {
    test(`on NATS and ${name} gives the rounds of the embedded run`, async (t) => {
      const folder = await temporaryFolder(t);
      const spec = specs[name];
      const nats = await startNats();
      t.after(() => nats.stop());
      const s3 = await stores[name]();
      t.after(() => s3.stop());
      await makeBucket(s3, 'alarena');
      const cluster = await startInstallation(t, { nats, s3, bucket: 'alarena', folder });
      const remote = await cluster.alarena(['compare', spec, '--json', '--out', join(folder, 'remote')]);
      assert.equal(remote.status, 0, remote.stderr);

      const home = { ALARENA_HOME: join(folder, 'embedded') };
      const embedded = await alarena(['compare', spec, '--json', '--out', join(folder, 'local')], home);
      assert.equal(embedded.status, 0, embedded.stderr);
      assert.deepEqual(await roundsOf(join(folder, 'remote')), await roundsOf(join(folder, 'local')));

      const { status }: { status?: unknown } = JSON.parse(remote.stdout);
      assert.equal(status, 'done');
      for (const trainer of cluster.all('trainer')) {
        assert.match(trainer.log, /"msg":"task done"/, `${trainer.name} has done its part`);
      }
      for (const service of cluster.services.values()) {
        assert.equal(await service.stop(), 0, `${service.name} ends well:\n${service.log.slice(-2_000)}`);
      }
    });
  }
});
