// The object store contract on real servers: MinIO, MinIO behind TLS, SeaweedFS.

import { after, before, describe } from 'node:test';
import { S3Store, type S3StoreSettings } from '@alarena/store';
import { objectStoreContract } from './object-store-contract.js';
import { s3Servers, settingsFor } from './s3-store.fixture.js';

for (const [name, start] of s3Servers) {
  describe(`on ${name}`, () => {
    const endings: (() => unknown)[] = [];
    let settings: S3StoreSettings;
    let stores = 0;
    before(async () => {
      const server = await start();
      endings.push(() => server.stop());
      settings = await settingsFor({ after: (end) => endings.push(end) }, server, 'contract');
    });
    after(async () => {
      for (const end of endings) await end();
    });
    objectStoreContract(`S3 store on ${name}`, async () => {
      const store = new S3Store({ ...settings, prefix: `store-${stores++}` });
      return { store, dispose: async () => store.close() };
    });
  });
}
