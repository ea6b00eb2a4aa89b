// How samples are laid out: shards of some 32 MB raw, HDF5 chunks of some 50 kB. Chunk size was measured on MNIST
// (28x28, 42,000 rows): reading 200 scattered chunks takes 39, 57, 102, 177 ms at 16, 64, 128, 256 samples a
// chunk, reading all 270, 135, 146, 141 ms, and the file grows by 5 % from 256 to 16. So: 64 there, by bytes.

export const DEFAULT_SHARD_BYTES = 32 << 20;
const CHUNK_BYTES = 64 << 10;
const MAX_CHUNK_SAMPLES = 256;

/** The largest power of two of samples that stays within 64 KiB; at least 1, at most 256. */
export function chunkSamplesFor(sampleBytes: number): number {
  let samples = 1;
  while (samples < MAX_CHUNK_SAMPLES && samples * 2 * sampleBytes <= CHUNK_BYTES) samples *= 2;
  return samples;
}

/** Samples in a full shard: whole chunks, at least one. */
export function shardSamplesFor(sampleBytes: number, shardBytes: number): number {
  const chunk = chunkSamplesFor(sampleBytes);
  return chunk * Math.max(1, Math.floor(shardBytes / (chunk * sampleBytes)));
}
