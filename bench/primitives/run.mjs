// Where a training step of resnet18 spends its time: the seconds of each kind of oneDNN primitive, as the library
// reports them, against the step's. On one thread, so that nothing overlaps and times add up.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const threads = 1;
const steps = 4;
const { stdout } = spawnSync(
  process.execPath,
  [fileURLToPath(new URL('./steps.mjs', import.meta.url)), String(threads), String(steps)],
  {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    env: { ...process.env, ONEDNN_VERBOSE: 'profile_exec' },
    stdio: ['ignore', 'pipe', 'ignore'],
  },
);
const counted = stdout.slice(stdout.indexOf('counting\n'));
const stepMs = Number(/^counted (.*)$/m.exec(counted)?.[1]);
const sums = new Map();
for (const line of counted.split('\n')) {
  // onednn_verbose,v1,primitive,exec,cpu,KIND,IMPLEMENTATION,PROPAGATION,...,MILLISECONDS
  const fields = line.split(',');
  const at = fields.indexOf('exec');
  if (fields[0] !== 'onednn_verbose' || at < 0) continue;
  const name = [fields[at + 2], fields[at + 4]].filter((part) => part !== 'undef' && part !== '').join(' ');
  sums.set(name, (sums.get(name) ?? 0) + Number(fields.at(-1)) / steps);
}
const rows = [...sums].sort((a, b) => b[1] - a[1]);
const total = rows.reduce((sum, [, ms]) => sum + ms, 0);
console.log('| oneDNN primitive | ms a step |\n| --- | ---: |');
for (const [name, ms] of rows) console.log(`| ${name} | ${ms.toFixed(1)} |`);
console.log(`| all primitives | ${total.toFixed(0)} |\n| the step | ${stepMs.toFixed(0)} |`);
