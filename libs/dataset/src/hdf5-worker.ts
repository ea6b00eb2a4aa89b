// The HDF5 thread: writes and reads shards through h5wasm, whose calls block. A shard holds `x_<split>`
// (n x h x w x c, uint8), `y_<split>` (n, int32) and `ids` (n, int32), all chunked and compressed.

import { parentPort } from 'node:worker_threads';
import type {
  AppendRows,
  CreateShard,
  Hdf5Answer,
  Hdf5Request,
  Hdf5Result,
  Numbered,
  ReadRows,
  RowBuffers,
} from './hdf5-protocol.js';

// HDF5 stamps each dataset with the time; with a clock that stands still, equal samples give equal bytes. Only
// this thread's clock stands still, and nothing else runs in it.
Date.now = () => 0;
const { default: h5wasm } = await import('h5wasm/node');
const library = await h5wasm.ready;
// Without it h5wasm prints errors and goes on: a corrupt chunk would be read as garbage, a full disk not be seen.
library.activate_throwing_error_handler();

const GZIP_LEVEL = 4;
/** Blocks, not the caller's batches, are what HDF5 sees: the file's bytes depend on the order of its writes. */
const BLOCK_BYTES = 1 << 20;
const READ_BYTES = 4 << 20;
const INDEX_CHUNK = 4096;

type Hdf5File = InstanceType<typeof h5wasm.File>;
type Hdf5Dataset = InstanceType<typeof h5wasm.Dataset>;

interface OpenShard {
  readonly request: CreateShard;
  readonly file: Hdf5File;
  readonly block: Uint8Array;
  readonly blockSamples: number;
  readonly labels: number[];
  /** Rows in `block`, not yet written. */
  held: number;
  written: number;
  images: Hdf5Dataset | undefined;
}

const open = new Map<number, OpenShard>();

function sampleBytes(request: CreateShard | ReadRows): number {
  const [height, width, channels] = request.sampleShape;
  return height * width * channels;
}

function create(request: CreateShard): void {
  const bytes = sampleBytes(request);
  const chunkBytes = request.chunkSamples * bytes;
  const blockSamples = request.chunkSamples * Math.max(1, Math.floor(BLOCK_BYTES / chunkBytes));
  open.set(request.handle, {
    request,
    file: new h5wasm.File(request.path, 'w'),
    block: new Uint8Array(blockSamples * bytes),
    blockSamples,
    labels: [],
    held: 0,
    written: 0,
    images: undefined,
  });
}

function shardOf(handle: number): OpenShard {
  const shard = open.get(handle);
  if (shard === undefined) throw new Error(`no shard is open under handle ${handle}`);
  return shard;
}

function append({ handle, images, labels }: AppendRows): void {
  const shard = shardOf(handle);
  const bytes = sampleBytes(shard.request);
  for (let row = 0; row < labels.length; ) {
    const count = Math.min(labels.length - row, shard.blockSamples - shard.held);
    shard.block.set(images.subarray(row * bytes, (row + count) * bytes), shard.held * bytes);
    shard.held += count;
    row += count;
    if (shard.held === shard.blockSamples) writeBlock(shard);
  }
  for (const label of labels) shard.labels.push(label);
}

function writeBlock(shard: OpenShard): void {
  const { request, held, written } = shard;
  if (held === 0) return;
  const rows = written + held;
  const data = shard.block.subarray(0, held * sampleBytes(request));
  if (shard.images === undefined) {
    shard.images = shard.file.create_dataset({
      name: `x_${request.split}`,
      data,
      shape: [held, ...request.sampleShape],
      maxshape: [null, ...request.sampleShape],
      chunks: [request.chunkSamples, ...request.sampleShape],
      dtype: '<B',
      compression: 'gzip',
      compression_opts: GZIP_LEVEL,
    });
  } else {
    shard.images.resize([rows, ...request.sampleShape]);
    shard.images.write_slice([[written, rows], [], [], []], data);
  }
  shard.written = rows;
  shard.held = 0;
}

function finish(handle: number): Float64Array<ArrayBuffer> {
  const shard = shardOf(handle);
  writeBlock(shard);
  const { split, firstId } = shard.request;
  const labels = Int32Array.from(shard.labels);
  const columns = { [`y_${split}`]: labels, ids: labels.map((_, row) => firstId + row) };
  for (const [name, data] of Object.entries(columns)) {
    shard.file.create_dataset({
      name,
      data,
      shape: [data.length],
      chunks: [Math.min(INDEX_CHUNK, data.length)],
      dtype: '<i',
      compression: 'gzip',
      compression_opts: GZIP_LEVEL,
    });
  }
  shard.file.close();
  open.delete(handle);
  return locateChunks(shard.request, shard.written);
}

/** h5wasm does not tell where chunks are, but reading one ends with one read of its bytes. */
function locateChunks(
  { path, split, chunkSamples }: CreateShard,
  samples: number,
): Float64Array<ArrayBuffer> {
  const files = library.FS;
  const plainRead = files.read;
  const file = new h5wasm.File(path, 'r');
  const spans = new Float64Array(2 * Math.ceil(samples / chunkSamples));
  let span: readonly [offset: number, sizeBytes: number] | undefined;
  try {
    files.read = (stream, buffer, offset, length, position) => {
      const at = position ?? ('position' in stream ? Number(stream.position) : Number.NaN);
      const count = plainRead.call(files, stream, buffer, offset, length, position);
      span = [at, count];
      return count;
    };
    const images = file.get(`x_${split}`);
    if (!(images instanceof h5wasm.Dataset)) throw new Error(`the file has no dataset x_${split}`);
    for (let start = 0; start < samples; start += chunkSamples) {
      span = undefined;
      images.slice([[start, Math.min(start + chunkSamples, samples)], [], [], []]);
      if (span === undefined) throw new Error('a chunk was read from nowhere');
      spans.set(span, (2 * start) / chunkSamples);
    }
    return spans;
  } finally {
    files.read = plainRead;
    file.close();
  }
}

function abandon(handle: number): void {
  const shard = open.get(handle);
  open.delete(handle);
  shard?.file.close();
}

function read(request: ReadRows): RowBuffers {
  const file = new h5wasm.File(request.path, 'r');
  try {
    return gather(file, request);
  } finally {
    file.close();
  }
}

/** Reads runs of neighbouring chunks that hold wanted rows, at most some megabytes at once. */
function gather(file: Hdf5File, request: ReadRows): RowBuffers {
  const { rows, positions, images, labels, samples, split } = request;
  const source = datasetAt(file, `x_${split}`, [samples, ...request.sampleShape]);
  const classes = datasetAt(file, `y_${split}`, [samples]).value;
  if (!(classes instanceof Int32Array)) throw new Error(`y_${split} is not int32`);
  const bytes = sampleBytes(request);
  const chunk = source.metadata.chunks?.[0] ?? 1;
  const runLimit = Math.max(chunk, Math.floor(READ_BYTES / bytes));
  const chunkEnd = (row: number): number => Math.min(samples, (Math.floor(row / chunk) + 1) * chunk);
  for (let next = 0; next < rows.length; ) {
    const start = Math.floor((rows[next] as number) / chunk) * chunk;
    let end = chunkEnd(start);
    let last = next + 1;
    for (; last < rows.length; last++) {
      const row = rows[last] as number;
      if (row >= end + chunk || chunkEnd(row) - start > runLimit) break;
      end = chunkEnd(row);
    }
    const run = source.slice([[start, end], [], [], []]);
    if (!(run instanceof Uint8Array)) throw new Error(`x_${split} is not uint8`);
    for (; next < last; next++) {
      const row = rows[next] as number;
      const from = (row - start) * bytes;
      const to = positions[next] as number;
      images.set(run.subarray(from, from + bytes), to * bytes);
      labels[to] = classes[row] as number;
    }
  }
  return { images, labels };
}

function datasetAt(file: Hdf5File, name: string, shape: readonly number[]): Hdf5Dataset {
  const found = file.get(name);
  if (!(found instanceof h5wasm.Dataset)) throw new Error(`the file has no dataset ${name}`);
  if (String(found.shape) !== String(shape)) {
    throw new Error(`${name} has shape [${found.shape}], expected [${shape}]`);
  }
  return found;
}

function answer(request: Hdf5Request): Hdf5Result {
  switch (request.kind) {
    case 'create':
      create(request);
      return {};
    case 'append':
      append(request);
      return {};
    case 'finish':
      return { chunks: finish(request.handle) };
    case 'abandon':
      abandon(request.handle);
      return {};
    case 'read':
      return { rows: read(request) };
  }
}

/** HDF5 reports a stack of a dozen causes: the system's message or else the innermost says something. */
function describe(thrown: unknown): string {
  const text = thrown instanceof Error ? thrown.message : String(thrown);
  const system = /error message = '([^']*)'/.exec(text)?.[1];
  const causes = [...text.matchAll(/^ *#\d+: .*?\(\): (.*)$/gm)].map((match) => match[1] ?? '');
  return system ?? causes.at(-1) ?? text;
}

const port = parentPort;
if (port === null) throw new Error('the HDF5 thread was started as a program');
port.on('message', ({ call, request }: Numbered) => {
  let reply: Hdf5Answer;
  try {
    reply = { call, ok: true, result: answer(request) };
  } catch (thrown) {
    reply = { call, ok: false, message: describe(thrown) };
  }
  const { rows, chunks } = reply.ok ? reply.result : {};
  const buffers = [rows?.images, rows?.labels, chunks].flatMap((array) => array?.buffer ?? []);
  port.postMessage(reply, buffers);
});
