// The embedded stack, loaded only when a command starts it: TensorFlow and the services take a moment.

import type { StartStack } from './stack-port.js';

export const startStack: StartStack = async (options) => {
  const { startEmbeddedStack } = await import('./embedded/stack.js');
  return startEmbeddedStack(options);
};
