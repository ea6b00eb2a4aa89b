// The embedded stack, loaded only when a command starts it: TensorFlow and the services take a moment.

import { AppError } from '@alarena/core';
import type { Stack, StackOptions } from './stack-port.js';

export async function startStack(options: StackOptions): Promise<Stack> {
  const path: string = './embedded/stack.js';
  const loaded: unknown = await import(path);
  if (typeof loaded !== 'object' || loaded === null || !('startEmbeddedStack' in loaded)) {
    throw new AppError('unimplemented', 'this build has no embedded stack; name a server with --server');
  }
  const start = loaded.startEmbeddedStack;
  if (typeof start !== 'function') throw new AppError('internal', 'startEmbeddedStack is not a function');
  return start(options);
}
