// What decides the last bits of a result beside its inputs. Belongs to every task key (architecture.md).

import { readFileSync } from 'node:fs';
import { arch } from 'node:os';
import { loadTensorflow } from './binding.js';

export interface NumericsProfile {
  readonly device: 'cpu' | 'gpu';
  /** Widest instruction set that TensorFlow's kernels may choose on this machine. */
  readonly instructionSet: string;
  readonly tensorflow: string;
  readonly threads: number;
  readonly precision: 'float32';
}

/** Widest first. The kernels pick by these flags, so machines that share the first match share bits. */
const instructionSets = ['amx_bf16', 'avx512_bf16', 'avx512_vnni', 'avx512f', 'avx2', 'avx', 'sve', 'asimd'];

/** `cpuinfo`: the text of /proc/cpuinfo, or undefined where there is none. */
export function instructionSetOf(cpuinfo: string | undefined, architecture: string): string {
  const flags = new Set(/^(?:flags|Features)\s*:\s*(.*)$/m.exec(cpuinfo ?? '')?.[1]?.split(/\s+/));
  const widest = instructionSets.find((name) => flags.has(name));
  return widest === undefined ? architecture : `${architecture}-${widest}`;
}

function readCpuinfo(): string | undefined {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8');
  } catch {
    return undefined;
  }
}

/** Loads TensorFlow when it is not loaded yet, with the thread count of the environment. */
export function numericsProfile(): NumericsProfile {
  const { binding, threads } = loadTensorflow();
  return {
    device: binding.isUsingGpuDevice() ? 'gpu' : 'cpu',
    instructionSet: instructionSetOf(readCpuinfo(), arch()),
    tensorflow: binding.TF_Version,
    threads,
    precision: 'float32',
  };
}
