// For tests only: a process that begins to import and stands still, so that it can be killed there. Arguments:
// store folder, work folder, source folder, samples after which it stops, bytes of a shard. Prints a line when it stands, or the
// error where it fails.

import { writeSync } from 'node:fs';
import { AppError } from '@alarena/core';
import { FilesystemStore } from '@alarena/store';
import { importDataset } from './domain/import.js';
import { localSources } from './server.js';

const [storeFolder = '', workFolder = '', source = '', stopAt = '', shardBytes = ''] = process.argv.slice(2);
const importing = importDataset(new FilesystemStore(storeFolder), 'small', source, {
  sources: localSources,
  workFolder,
  shardBytes: Number(shardBytes),
  progress: ({ samplesDone }) => {
    if (samplesDone < Number(stopAt)) return;
    writeSync(1, 'standing\n');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  },
});
await importing.catch((thrown: unknown) => {
  const { code, message } = AppError.from(thrown);
  writeSync(1, `${code} ${message}\n`);
});
