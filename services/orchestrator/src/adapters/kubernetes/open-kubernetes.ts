// The Kubernetes API as this orchestrator uses it. Loaded only where it is used: the client is large.

import { readFile } from 'node:fs/promises';
import { CoordinationV1Api, KubeConfig } from '@kubernetes/client-node';
import type { Lock } from '../../domain/elected-leadership.js';
import type { Workloads } from '../../domain/scaling/workloads.js';
import { leaseLock } from './lease-lock.js';
import { kubernetesWorkloads } from './workloads.js';

const namespaceFile = '/var/run/secrets/kubernetes.io/serviceaccount/namespace';

export interface Kubernetes {
  lease(options: { readonly name: string; readonly leaseMs: number }): Lock;
  /** Of one release of the chart. */
  workloads(release: string): Workloads;
}

/** In a pod its own account, elsewhere KUBECONFIG; the namespace is the pod's, POD_NAMESPACE, or `default`. */
export async function openKubernetes(): Promise<Kubernetes> {
  const config = new KubeConfig();
  config.loadFromDefault();
  const namespace =
    process.env.POD_NAMESPACE || (await readFile(namespaceFile, 'utf8').catch(() => 'default')).trim();
  const coordination = config.makeApiClient(CoordinationV1Api);
  return {
    lease: ({ name, leaseMs }) => leaseLock({ api: coordination, namespace, name, leaseMs }),
    workloads: (release) => kubernetesWorkloads({ config, namespace, release }),
  };
}
