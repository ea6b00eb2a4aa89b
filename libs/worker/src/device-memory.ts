// Memory that the computing processes take: of the machine, and of its GPUs where they compute on those.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { meter } from '@alarena/telemetry';
import type { Compute } from './compute-service.js';

const run = promisify(execFile);

/** Observed at each scrape. Call after metrics were started. */
export function observeDeviceMemory(compute: Compute): void {
  const memory = meter().createObservableGauge('alarena_device_memory_bytes', {
    description: 'Memory that computing processes take.',
  });
  memory.addCallback(async (result) => {
    const resident = await Promise.all(compute.processIds.map(residentBytes));
    result.observe(
      resident.reduce((sum, bytes) => sum + bytes, 0),
      { device: 'cpu' },
    );
    if (!compute.onGpu) return;
    for (const [gpu, bytes] of (await gpuBytes()).entries()) result.observe(bytes, { device: `gpu${gpu}` });
  });
}

/** 0 where it cannot be known: the process has just ended, or this is not Linux. */
async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

/** Of every GPU this container sees, by NVIDIA's own tool, which comes with the driver. */
async function gpuBytes(): Promise<number[]> {
  try {
    const query = ['--query-gpu=memory.used', '--format=csv,noheader,nounits'];
    const { stdout } = await run('nvidia-smi', query, { timeout: 2_000 });
    return stdout
      .trim()
      .split('\n')
      .map((mebibytes) => Number(mebibytes) * 2 ** 20);
  } catch {
    return [];
  }
}
