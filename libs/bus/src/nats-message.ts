// Headers and payloads of our messages, as NATS carries them.

import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { Headers } from './bus.js';

export function toNatsHeaders(from: Headers | undefined): { headers?: MsgHdrs } {
  const entries = Object.entries(from ?? {});
  if (entries.length === 0) return {};
  const to = headers();
  for (const [name, value] of entries) to.set(name, value);
  return { headers: to };
}

export function fromNatsHeaders(from: MsgHdrs | undefined): Headers {
  const to: Record<string, string> = {};
  for (const [name, [value]] of from ?? []) if (value !== undefined) to[name] = value;
  return to;
}

/** Node's sockets give Buffers, whose `slice` does not copy and which do not equal other arrays. */
export function plainBytes({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
