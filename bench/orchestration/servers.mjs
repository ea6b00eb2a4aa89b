// Real servers for a run of the benchmark, and the processor time they take.
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBucket, startMinio, startNats } from '../../libs/testkit/dist/index.js';

const ticksPerSecond = 100;

/** `store`: `folder` or `minio`, both in the system's folder for temporary files. */
export async function startServers(store) {
  const folder = await mkdtemp(join(tmpdir(), 'alarena-bench-'));
  const nats = await startNats();
  const s3 = store === 'minio' ? await startMinio() : undefined;
  const bucket = 'bench';
  if (s3 !== undefined) await makeBucket(s3, bucket);
  return {
    nats: nats.url,
    store: s3 === undefined ? join(folder, 'store') : { ...pick(s3), bucket },
    /** Seconds of the NATS server; NaN where there is no /proc. */
    natsCpu: () => cpuOfChild('nats-server').catch(() => Number.NaN),
    stop: async () => {
      await Promise.all([nats.stop(), s3?.stop()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const pick = ({ endpoint, accessKey, secretKey, region }) => ({ endpoint, accessKey, secretKey, region });

/** User and system time of this process's child of that name. */
async function cpuOfChild(name) {
  for (const thread of await readdir('/proc/self/task')) {
    const children = await readFile(`/proc/self/task/${thread}/children`, 'utf8');
    for (const pid of children.trim().split(' ')) {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
      if (!stat.includes(`(${name})`)) continue;
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) / ticksPerSecond;
    }
  }
  return Number.NaN;
}
