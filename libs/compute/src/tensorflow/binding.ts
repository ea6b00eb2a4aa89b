// The native binding of @tensorflow/tfjs-node, loaded without the tfjs JavaScript layers: they would cost a second
// of start-up and add nothing to running a saved model.

import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { AppError } from '@alarena/core';

export type Values = Float32Array | Int32Array | Uint8Array;

/** What the binding says about a tensor it holds. `dtype` is TensorFlow's number of the type. */
export interface TensorHandle {
  readonly id: number;
  readonly shape: readonly number[];
  readonly dtype: number;
}

/** The functions of the binding that are used here. All block; none may run while another does. */
export interface Binding {
  readonly TF_Version: string;
  createTensor(shape: readonly number[], dtype: number, values: Values): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): Values;
  loadSavedModel(directory: string, tags: string): number;
  deleteSavedModel(id: number): void;
  /** `inputNames` and `outputNames` are `node:index`, separated by commas. */
  runSavedModel(
    id: number,
    inputIds: readonly number[],
    inputNames: string,
    outputNames: string,
  ): TensorHandle[];
  isUsingGpuDevice(): boolean;
  getNumOfTensors(): number;
  getNumOfSavedModels(): number;
}

export interface TensorflowOptions {
  /** Threads of the kernels. Changes the last bits of results. Default: `TF_NUM_INTRAOP_THREADS`, else all cores. */
  readonly threads?: number;
}

export interface Tensorflow {
  readonly binding: Binding;
  readonly threads: number;
}

let loaded: Tensorflow | undefined;

/** Undefined where the package is not there: not every image has it. */
function bindingPath(): string | undefined {
  try {
    const manifest = createRequire(import.meta.url).resolve('@tensorflow/tfjs-node/package.json');
    return join(dirname(manifest), 'lib', 'napi-v8', 'tfjs_binding.node');
  } catch {
    return undefined;
  }
}

/**
 * Loads TensorFlow once per process. TensorFlow reads its thread count from the environment, so the first caller
 * decides; asking for another count later is an error. Call it on the main thread: a worker thread's environment
 * is a copy that native code does not see.
 */
export function loadTensorflow(options: TensorflowOptions = {}): Tensorflow {
  if (loaded !== undefined) {
    if (options.threads !== undefined && options.threads !== loaded.threads) {
      throw new AppError(
        'failed-precondition',
        `TensorFlow already runs with ${loaded.threads} threads; a process cannot change to ${options.threads}`,
        { reason: 'TENSORFLOW_THREADS' },
      );
    }
    return loaded;
  }
  const threads =
    options.threads ?? Number(process.env.TF_NUM_INTRAOP_THREADS || String(availableParallelism()));
  if (!Number.isInteger(threads) || threads < 1) {
    throw AppError.invalid('cannot start TensorFlow', [
      { field: 'threads', description: `must be an integer of at least 1, got ${threads}` },
    ]);
  }
  const path = bindingPath();
  if (path === undefined || !existsSync(path)) {
    throw new AppError(
      'failed-precondition',
      `TensorFlow's binding is not built (${path ?? '@tensorflow/tfjs-node'} is missing): run \`npm run setup\``,
      { reason: 'TENSORFLOW_MISSING' },
    );
  }
  process.env.TF_NUM_INTRAOP_THREADS = String(threads);
  process.env.TF_NUM_INTEROP_THREADS = String(threads);
  // Both change last bits, and the numerics profile does not name them: they are the same in every process.
  process.env.TF_ENABLE_ONEDNN_OPTS = '1';
  process.env.ONEDNN_DEFAULT_FPMATH_MODE = 'STRICT';
  // Errors only; progress notes of TensorFlow are not for a user's terminal.
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  try {
    const binding: Binding = createRequire(import.meta.url)(path);
    loaded = { binding, threads };
    return loaded;
  } catch (cause) {
    throw new AppError(
      'failed-precondition',
      'TensorFlow cannot be loaded, its libraries may have moved: run `npm run setup`',
      { reason: 'TENSORFLOW_MISSING', cause },
    );
  }
}
