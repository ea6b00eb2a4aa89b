// The version of this installation's programs: all packages of the repository have one.

import { createRequire } from 'node:module';

export function alarenaVersion(): string {
  const { version }: { version: string } = createRequire(import.meta.url)('../package.json');
  return version;
}
