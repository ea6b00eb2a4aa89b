// How the commands of the program come to what they do.

import type { CommandContext } from './context.js';
import type { ExitStatus } from './exit-status.js';

/** Runs what a command does, with the options that all commands have. */
export type Act = (task: (context: CommandContext) => Promise<ExitStatus>) => Promise<void>;
