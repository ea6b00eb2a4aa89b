// Samples in chunks for a stream. Read in larger blocks than they are sent: ids in random order touch the same
// compressed chunks again and again, which a block does once.

import type { DatasetReader } from '@alarena/dataset';
import { sampleBytesOf } from '@alarena/dataset';

const DEFAULT_CHUNK_BYTES = 1 << 20;
/** Half of what a message may have, whatever the caller asks for. */
const MAX_CHUNK_BYTES = 8 << 20;
const BLOCK_BYTES = 32 << 20;

/** n samples: `values` is n x h x w x c, uint8. */
export interface SampleChunk {
  readonly ids: readonly number[];
  readonly labels: Int32Array;
  readonly values: Uint8Array;
}

/** `chunkSamples`: at most so many samples a chunk; 0: about 1 MB. Order and repetitions are those of `ids`. */
export async function* sampleChunks(
  reader: DatasetReader,
  ids: readonly number[],
  chunkSamples: number,
  signal?: AbortSignal,
): AsyncGenerator<SampleChunk, void, undefined> {
  // At once, not after megabytes were sent.
  reader.check(ids);
  const bytes = sampleBytesOf(reader.manifest);
  const most = Math.max(1, Math.floor(MAX_CHUNK_BYTES / bytes));
  const wanted = chunkSamples === 0 ? Math.max(1, Math.floor(DEFAULT_CHUNK_BYTES / bytes)) : chunkSamples;
  const chunk = Math.min(wanted, most);
  const block = chunk * Math.max(1, Math.floor(BLOCK_BYTES / (chunk * bytes)));
  for (let start = 0; start < ids.length; start += block) {
    const blockIds = ids.slice(start, start + block);
    const { images, labels } = await reader.read(blockIds, { signal });
    for (let row = 0; row < blockIds.length; row += chunk) {
      const end = Math.min(row + chunk, blockIds.length);
      yield {
        ids: blockIds.slice(row, end),
        labels: labels.subarray(row, end),
        values: images.subarray(row * bytes, end * bytes),
      };
    }
  }
}
