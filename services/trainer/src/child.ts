// The trainer's computing child process.

import { serveTasks } from '@alarena/worker';
import { runFit } from './domain/run-fit.js';

await serveTasks({ fit: runFit });
