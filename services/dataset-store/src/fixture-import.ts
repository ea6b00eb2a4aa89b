// For tests only: a process that begins to import and stands still, so that it can be killed there. Arguments:
// store folder, work folder, source folder, samples after which it stops. Prints a line when it stands.

import { writeSync } from 'node:fs';
import { FilesystemStore } from '@alarena/store';
import { importDataset } from './domain/import.js';
import { SAMPLE_BYTES } from './fixtures.js';
import { localSources } from './server.js';

const [storeFolder = '', workFolder = '', source = '', stopAt = ''] = process.argv.slice(2);
await importDataset(new FilesystemStore(storeFolder), 'small', source, {
  sources: localSources,
  workFolder,
  shardBytes: 256 * SAMPLE_BYTES,
  progress: ({ samplesDone }) => {
    if (samplesDone < Number(stopAt)) return;
    writeSync(1, 'standing\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
