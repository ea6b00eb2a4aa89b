import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FilesystemStore } from '@alarena/store';
import { objectStoreContract } from './object-store-contract.js';

objectStoreContract('filesystem store', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  return {
    store: new FilesystemStore(join(folder, 'not', 'made', 'yet')),
    dispose: () => rm(folder, { recursive: true, force: true }),
  };
});
