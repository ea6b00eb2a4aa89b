// Ends this process when its parent is gone, whatever it computes: a computation that blocks its thread hears of no
// disconnected channel, and would keep a core and its memory for as long as it takes. A thread of its own looks.

import { Worker } from 'node:worker_threads';

const everyMs = 1_000;

const watch = `
const { workerData } = require('node:worker_threads');
setInterval(() => {
  if (process.ppid !== workerData.parent) process.kill(process.pid, 'SIGKILL');
}, workerData.everyMs);
`;

export function endWithParent(): void {
  const workerData = { parent: process.ppid, everyMs };
  // The thread takes no flags of ours: a preloaded instrumentation would be loaded a second time.
  new Worker(watch, { eval: true, workerData, execArgv: [] }).unref();
}
