// `npm run bench -- NAME [ARGS]`: sets up, then runs one benchmark of bench/.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './setup/process.mjs';
import { afterSetup } from './setup.mjs';

await afterSetup(() => {
  const [name = '', ...args] = process.argv.slice(2);
  const script = join(root, 'bench', name, 'run.mjs');
  if (name === '' || !existsSync(script)) {
    process.stderr.write(
      `usage: npm run bench -- NAME; there are: ${readdirSync(join(root, 'bench')).join(', ')}\n`,
    );
    return 2;
  }
  return spawnSync(process.execPath, [script, ...args], { cwd: root, stdio: 'inherit' }).status ?? 1;
});
