// A process with a computing child, to be killed by a test. Argument: the port the child connects to.

import { ComputeHost } from './compute-host.js';

const entry = new URL('./computations.fixture.js', import.meta.url);
const host = new ComputeHost({ entry, slots: 1, environment: {} });
await host.call('stayConnected', Number(process.argv[2]));
