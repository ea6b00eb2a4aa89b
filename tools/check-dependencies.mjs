// Fails where a package of some package.json has no line in docs/dependencies.md, a line has no package, or the
// versions differ. Every third-party package stands there with its reason.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const document = 'docs/dependencies.md';
const sections = ['dependencies', 'devDependencies', 'optionalDependencies', 'peerDependencies'];

function manifests() {
  const workspaces = ['libs', 'services', 'tests'].flatMap((group) =>
    readdirSync(join(root, group)).map((name) => `${group}/${name}`),
  );
  return ['.', 'proto', 'deploy/tests', ...workspaces].map((folder) => join(folder, 'package.json'));
}

/** Package name to version to the manifests that ask for it. */
function declared() {
  const found = new Map();
  for (const file of manifests()) {
    const manifest = JSON.parse(readFileSync(join(root, file), 'utf8'));
    for (const [name, version] of sections.flatMap((section) => Object.entries(manifest[section] ?? {}))) {
      if (name.startsWith('@alarena/')) continue;
      const versions = found.get(name) ?? new Map();
      versions.set(version, [...(versions.get(version) ?? []), file]);
      found.set(name, versions);
    }
  }
  return found;
}

/** Package name to version, from table rows that begin with a name in backticks. */
function documented() {
  const rows = readFileSync(join(root, document), 'utf8').matchAll(/^\|\s*`([^`]+)`\s*\|\s*([^\s|]+)\s*\|/gm);
  return new Map([...rows].map(([, name, version]) => [name, version]));
}

const packages = declared();
const lines = documented();
const problems = [];
for (const [name, versions] of packages) {
  const wanted = [...versions.keys()].join(' and ');
  const files = [...versions.values()].flat().join(', ');
  if (versions.size > 1) problems.push(`${name} has several versions, ${wanted}: ${files}`);
  else if (!lines.has(name)) problems.push(`${name} ${wanted} has no line (${files})`);
  else if (lines.get(name) !== wanted)
    problems.push(`${name} stands there with ${lines.get(name)}, used is ${wanted}`);
}
for (const name of lines.keys()) {
  if (!packages.has(name)) problems.push(`${name} has a line, but no package.json has it`);
}
for (const problem of problems.sort()) process.stderr.write(`${document}: ${problem}\n`);
if (problems.length > 0) process.exit(1);
process.stdout.write(`${document}: ${packages.size} packages, each with its line\n`);
