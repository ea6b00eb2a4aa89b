import { InProcessKeyValue } from '@alarena/bus';
import { keyValueContract } from './key-value-contract.js';

keyValueContract('in-process bucket', async ({ ttlMs }) => {
  const bucket = new InProcessKeyValue(ttlMs === undefined ? {} : { ttlMs });
  return { bucket, other: bucket, dispose: async () => bucket.close() };
});
