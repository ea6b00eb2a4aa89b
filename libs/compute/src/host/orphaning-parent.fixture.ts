// A process with a computing child, to be killed by a test. Arguments: what the child does, the port it connects to.

import { ComputeHost } from './compute-host.js';

const entry = new URL('./computations.fixture.js', import.meta.url);
const host = new ComputeHost({ entry, slots: 1, environment: {} });
const [method = '', port] = process.argv.slice(2);
await host.call(method, Number(port));
