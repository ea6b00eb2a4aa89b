// Nodes without machines: KWOK answers for the nodes named here as kubelets would, so that the real scheduler places
// pods on them. The pods run nothing.

import { dirname, join } from 'node:path';
import { ensureServer } from './ensure-server.js';
import type { RunningKubernetes } from './kubernetes.js';
import { onFreePorts, type RunningServer, ServerProcess, serverFolder } from './server-process.js';

export interface FakeNode {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  /** Quantities by resource, `nvidia.com/gpu` included; what is absent of cpu, memory and pods is plenty. */
  readonly allocatable?: Readonly<Record<string, string>>;
  readonly taints?: readonly {
    readonly key: string;
    readonly value?: string;
    readonly effect: 'NoSchedule' | 'PreferNoSchedule' | 'NoExecute';
  }[];
}

export interface KwokOptions {
  readonly nodes: readonly FakeNode[];
}

const ofOurs = 'kwok.x-k8s.io/node=fake';

/** Stop it before the cluster. */
export async function startKwok(
  kubernetes: RunningKubernetes,
  { nodes }: KwokOptions,
): Promise<RunningServer> {
  const program = await ensureServer('kwok');
  const server = await onFreePorts(1, async (port = 0) => {
    const folder = await serverFolder('kwok');
    return ServerProcess.start({
      name: 'kwok',
      program,
      args: [
        ...['--kubeconfig', kubernetes.kubeconfigPath, '--server-address', `127.0.0.1:${port}`],
        ...[
          '--config',
          join(dirname(program), 'stages.yaml'),
          '--manage-nodes-with-annotation-selector',
          ofOurs,
        ],
        ...['--node-lease-duration-seconds', '40'],
      ],
      folder,
      ready: async () => (await fetch(`http://127.0.0.1:${port}/readyz`)).ok,
    });
  });
  try {
    const list = { apiVersion: 'v1', kind: 'List', items: nodes.map(manifest) };
    await kubernetes.kubectl(['create', '-f', '-'], JSON.stringify(list));
    const names = nodes.map((node) => `node/${node.name}`);
    await kubernetes.kubectl(['wait', '--for=condition=Ready', '--timeout=60s', ...names]);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

function manifest({ name, labels, allocatable, taints }: FakeNode): Record<string, unknown> {
  const resources = { cpu: '64', memory: '256Gi', pods: '110', ...allocatable };
  const [key = '', value = ''] = ofOurs.split('=');
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name,
      annotations: { [key]: value },
      labels: { 'kubernetes.io/hostname': name, 'kubernetes.io/os': 'linux', ...labels },
    },
    spec: { taints: taints ?? [] },
    status: { allocatable: resources, capacity: resources },
  };
}
