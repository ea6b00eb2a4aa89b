// The inference service's computing child process.

import { serveTasks } from '@alarena/worker';
import { runEmbed, runInfer } from './domain/run-infer.js';

await serveTasks({ infer: runInfer, embed: runEmbed });
