// A saved model's signatures as typed calls. Feeds are checked before TensorFlow sees them, because the binding
// leaks the inputs of a run that fails.

import { AppError, type FieldViolation } from '@alarena/core';
import { loadTensorflow, type TensorHandle, type Values } from './binding.js';

export type FeedType = 'float32' | 'int32' | 'uint8';
export type FetchType = 'float32' | 'int32';

/** One end of a signature. `shape`: null where any extent will do. `name`: `node:index` in the graph. */
export interface Endpoint<T extends string = string> {
  readonly name: string;
  readonly dtype: T;
  readonly shape: readonly (number | null)[];
}

export interface Signature {
  readonly inputs: ReadonlyMap<string, Endpoint<FeedType>>;
  readonly outputs: ReadonlyMap<string, Endpoint<FetchType>>;
}

export interface Feed {
  readonly shape: readonly number[];
  readonly values: Values;
}

export interface Fetched {
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array;
}

export interface Session {
  /**
   * Runs one signature. `fetches` (default: all outputs) limits what is computed. The feeds' buffers are only read,
   * and not after the call. Throws AppError `invalid-argument` on a missing, unknown or misshapen feed.
   */
  run(
    signature: string,
    feeds: Readonly<Record<string, Feed>>,
    fetches?: readonly string[],
  ): Record<string, Fetched>;
  /** Frees the session with all its variables. Later runs throw. */
  dispose(): void;
}

/** TensorFlow's numbers of the element types. */
const typeNumbers: Readonly<Record<FeedType, number>> = { float32: 1, int32: 3, uint8: 4 };

function feedType(values: Values): FeedType {
  if (values instanceof Float32Array) return 'float32';
  return values instanceof Int32Array ? 'int32' : 'uint8';
}

function shapeText(shape: readonly (number | null)[]): string {
  return `[${shape.map((extent) => extent ?? '?').join(', ')}]`;
}

function feedProblem(end: Endpoint<FeedType>, feed: Feed | undefined): string | undefined {
  if (feed === undefined) return `is missing, must be ${end.dtype} ${shapeText(end.shape)}`;
  const dtype = feedType(feed.values);
  const fits =
    dtype === end.dtype &&
    feed.shape.length === end.shape.length &&
    feed.shape.every((extent, axis) => end.shape[axis] === null || end.shape[axis] === extent);
  if (!fits) {
    return `must be ${end.dtype} ${shapeText(end.shape)}, got ${dtype} ${shapeText(feed.shape)}`;
  }
  const size = feed.shape.reduce((product, extent) => product * extent, 1);
  if (size !== feed.values.length) {
    return `shape ${shapeText(feed.shape)} needs ${size} values, got ${feed.values.length}`;
  }
  return undefined;
}

function checkFeeds(name: string, signature: Signature, feeds: Readonly<Record<string, Feed>>): void {
  const violations: FieldViolation[] = [];
  for (const [input, end] of signature.inputs) {
    const description = feedProblem(end, feeds[input]);
    if (description !== undefined) violations.push({ field: input, description });
  }
  for (const input of Object.keys(feeds)) {
    if (!signature.inputs.has(input)) {
      violations.push({ field: input, description: `is no input of signature ${name}` });
    }
  }
  if (violations.length > 0) throw AppError.invalid(`wrong feeds of signature ${name}`, violations);
}

/** Opens the saved model in `directory`, whose signatures are known to the caller. */
export function openSession(directory: string, signatures: ReadonlyMap<string, Signature>): Session {
  const { binding } = loadTensorflow();
  const id = binding.loadSavedModel(directory, 'serve');
  let open = true;

  function takeValues(handle: TensorHandle, end: Endpoint<FetchType>): Fetched {
    const values = binding.tensorDataSync(handle.id);
    if (values instanceof Uint8Array) {
      throw new AppError('internal', `output ${end.name} came back as bytes, expected ${end.dtype}`);
    }
    return { shape: handle.shape, values };
  }

  function run(
    name: string,
    feeds: Readonly<Record<string, Feed>>,
    fetches?: readonly string[],
  ): Record<string, Fetched> {
    if (!open) throw new AppError('failed-precondition', 'the session is disposed');
    const signature = signatures.get(name);
    if (signature === undefined) throw new AppError('not-found', `no signature ${name}`);
    checkFeeds(name, signature, feeds);
    const outputs = (fetches ?? [...signature.outputs.keys()]).map((output) => {
      const end = signature.outputs.get(output);
      if (end === undefined) throw new AppError('not-found', `no output ${output} in signature ${name}`);
      return { output, end };
    });
    const inputIds: number[] = [];
    const inputNames: string[] = [];
    let handles: readonly TensorHandle[] = [];
    try {
      for (const [input, feed] of Object.entries(feeds)) {
        const end = signature.inputs.get(input) as Endpoint<FeedType>;
        inputIds.push(binding.createTensor(feed.shape, typeNumbers[end.dtype], feed.values));
        inputNames.push(end.name);
      }
      handles = binding.runSavedModel(
        id,
        inputIds,
        inputNames.join(','),
        outputs.map(({ end }) => end.name).join(','),
      );
      return Object.fromEntries(
        outputs.map(({ output, end }, i) => [output, takeValues(handles[i] as TensorHandle, end)]),
      );
    } catch (cause) {
      if (cause instanceof AppError) throw cause;
      const message = cause instanceof Error ? cause.message : String(cause);
      const code = /OOM|RESOURCE_EXHAUSTED/i.test(message) ? 'resource-exhausted' : 'internal';
      throw new AppError(code, `TensorFlow failed in signature ${name}: ${message}`, { cause });
    } finally {
      for (const inputId of inputIds) binding.deleteTensor(inputId);
      for (const handle of handles) binding.deleteTensor(handle.id);
    }
  }

  function dispose(): void {
    if (!open) return;
    open = false;
    binding.deleteSavedModel(id);
  }

  return { run, dispose };
}
