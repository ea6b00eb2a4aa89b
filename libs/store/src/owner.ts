// Names for the files a process holds for a moment (temporary files, locks). The name says which process made it,
// so that what a killed process left behind is recognised for certain instead of by its age.

import { randomBytes } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import { sha256Hex } from '@alarena/core';

/** `elsewhere`: made on another machine, in another container or before the last boot, so it cannot be asked. */
export type OwnerState = 'alive' | 'dead' | 'elsewhere';

// Process ids mean something only within one boot and one pid namespace.
const here = sha256Hex(
  [
    hostname(),
    orEmpty(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    orEmpty(() => readlinkSync('/proc/self/ns/pid')),
  ].join('\n'),
).slice(0, 12);

/** A name never given before: `<place>-<pid>-<start of the process>-<nonce>`. */
export function newOwnedName(): string {
  return [here, process.pid, startOf(process.pid) ?? 0, randomBytes(8).toString('hex')].join('-');
}

export function ownerState(name: string): OwnerState {
  const [place, pidText, start] = name.split('-');
  if (place !== here) return 'elsewhere';
  const pid = Number(pidText);
  if (!Number.isInteger(pid) || pid < 1) return 'dead';
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives, as another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 'dead';
  }
  // Another process may have got the id since. Where there is no /proc, both are 0.
  return String(startOf(pid) ?? 0) === start ? 'alive' : 'dead';
}

/** Clock ticks from boot to the start of a process; undefined for one that is gone or a zombie. */
function startOf(pid: number): number | undefined {
  const stat = orEmpty(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // The second field is the program's name in parentheses and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state, ticks] = [fields[0], fields[19]];
  return ticks === undefined || state === 'Z' || state === 'X' ? undefined : Number(ticks);
}

function orEmpty(read: () => string): string {
  try {
    return read();
  } catch {
    return '';
  }
}
