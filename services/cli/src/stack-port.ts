// What the command line needs of the embedded stack: all services behind one gRPC port of this process.

import type { Logger } from '@alarena/telemetry';

export interface Stack {
  /** `host:port` at which every service answers. */
  readonly address: string;
  /** Ends what runs; everything measured stays. */
  stop(): Promise<void>;
}

export interface StackOptions {
  /** Folder of all local state; made when missing. */
  readonly home: string;
  /** Default: any free port. */
  readonly port?: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** Load what computes at once and go on with interrupted comparisons, as a server does. Default: false. */
  readonly resume?: boolean;
  readonly logger: Logger;
}

export type StartStack = (options: StackOptions) => Promise<Stack>;
