// Folders for tests, removed with everything in them when the test ends.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** `node:test`'s context of a test or anything else that calls back at its end. */
export interface TestScope {
  after(callback: () => Promise<void>): void;
}

export async function temporaryFolder(scope: TestScope): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-test-'));
  scope.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
