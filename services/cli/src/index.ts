export { main } from './main.js';
export type { Stack, StackOptions, StartStack } from './stack-port.js';
