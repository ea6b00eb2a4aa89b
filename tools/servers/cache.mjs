// Where fetched programs are kept: `<cache folder>/<name>-<version>/`. A folder there is complete, because it is made
// elsewhere and renamed; and made once, because whoever makes it holds a lock.
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../setup/process.mjs';

export function isCached(name) {
  return existsSync(join(cacheFolder, name));
}

/** The folder `name` of the cache; `make(folder)` fills it where it is missing. */
export function cached(name, make) {
  const folder = join(cacheFolder, name);
  if (existsSync(folder)) return folder;
  mkdirSync(cacheFolder, { recursive: true });
  const release = lock(`${folder}.lock`);
  let work;
  try {
    if (existsSync(folder)) return folder;
    work = mkdtempSync(join(cacheFolder, `.${name}-`));
    const made = join(work, 'made');
    mkdirSync(made);
    make(made, work);
    renameSync(made, folder);
    return folder;
  } finally {
    if (work !== undefined) rmSync(work, { recursive: true, force: true });
    release();
  }
}

/** Waits until this process holds the lock; one whose holder has died is taken over. */
function lock(file) {
  while (true) {
    try {
      writeFileSync(file, String(process.pid), { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(file)) rmSync(file, { force: true });
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

function isAbandoned(file) {
  try {
    const holder = Number(readFileSync(file, 'utf8'));
    // Just created, not yet written.
    if (holder === 0) return false;
    process.kill(holder, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
