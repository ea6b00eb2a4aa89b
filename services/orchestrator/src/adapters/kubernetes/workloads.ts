// Workloads on Kubernetes: the Deployments of one Helm release that carry a pool's label, as the chart makes them.

import { AppError } from '@alarena/core';
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  type V1Deployment,
  type V1Node,
  type V1Pod,
} from '@kubernetes/client-node';
import { answered } from '../../domain/answered.js';
import {
  type ClusterNode,
  type Component,
  components,
  type Pod,
  type Workload,
  type Workloads,
} from '../../domain/scaling/workloads.js';

export interface KubernetesWorkloadsOptions {
  readonly config: KubeConfig;
  readonly namespace: string;
  /** Name of the Helm release, as in `app.kubernetes.io/instance`. */
  readonly release: string;
}

const poolLabel = 'alarena.dev/pool';
const componentLabel = 'app.kubernetes.io/component';
const costAnnotation = 'controller.kubernetes.io/pod-deletion-cost';
const kubernetes = 'the Kubernetes API';

export function kubernetesWorkloads({ config, namespace, release }: KubernetesWorkloadsOptions): Workloads {
  const apps = config.makeApiClient(AppsV1Api);
  const core = config.makeApiClient(CoreV1Api);
  const labelSelector = `app.kubernetes.io/instance=${release}`;
  const call = async <T>(what: string, made: Promise<T>, signal: AbortSignal): Promise<T> => {
    try {
      return await answered(made, signal, kubernetes);
    } catch (error) {
      throw fault(what, error);
    }
  };
  const podsOf = async (signal: AbortSignal): Promise<V1Pod[]> =>
    (await call('pods', core.listNamespacedPod({ namespace, labelSelector }), signal)).items;

  return {
    list: async (signal) => {
      const selector = `${labelSelector},${poolLabel}`;
      const [deployments, pods] = await Promise.all([
        call('deployments', apps.listNamespacedDeployment({ namespace, labelSelector: selector }), signal),
        podsOf(signal),
      ]);
      return deployments.items
        .flatMap((deployment) => workloadOf(deployment, pods) ?? [])
        .sort((a, b) => compare(a.pool, b.pool) || compare(b.component, a.component));
    },
    otherPods: async (signal) =>
      (await podsOf(signal)).filter((pod) => pod.metadata?.labels?.[poolLabel] === undefined).map(podOf),
    nodes: async (signal) => {
      try {
        const [{ items: nodes }, { items: pods }] = await Promise.all([
          call('nodes', core.listNode(), signal),
          call('pods', core.listNamespacedPod({ namespace }), signal),
        ]);
        return nodes.map((node) => nodeOf(node, pods)).sort((a, b) => compare(a.name, b.name));
      } catch (error) {
        if (error instanceof AppError && error.code === 'permission-denied') return [];
        throw error;
      }
    },
    setReplicas: async (name, before, replicas, signal) => {
      const what = `deployment ${name}`;
      const scale = await call(what, apps.readNamespacedDeploymentScale({ namespace, name }), signal);
      // Whoever has changed it meanwhile wins, also between these two calls: the resource version tells.
      if ((scale.spec?.replicas ?? 0) !== before) throw changed(what);
      const body = { ...scale, spec: { ...scale.spec, replicas } };
      signal.throwIfAborted();
      await call(what, apps.replaceNamespacedDeploymentScale({ namespace, name, body }), signal);
    },
    setDeletionCost: async (name, cost, signal) => {
      signal.throwIfAborted();
      try {
        await call(`pod ${name}`, setCost(name, cost), signal);
      } catch (error) {
        if (!(error instanceof AppError) || error.code !== 'not-found') throw error;
      }
    },
  };

  async function setCost(name: string, cost: number): Promise<void> {
    const pod = await core.readNamespacedPod({ namespace, name });
    // Where there are no annotations there is no place for one either.
    const path = '/metadata/annotations';
    const body = [
      ...(pod.metadata?.annotations === undefined ? [{ op: 'add', path, value: {} }] : []),
      { op: 'add', path: `${path}/${costAnnotation.replace('/', '~1')}`, value: String(cost) },
    ];
    await core.patchNamespacedPod({ namespace, name, body });
  }
}

/** Undefined where it is not a pool's, as the chart makes them. */
function workloadOf(deployment: V1Deployment, pods: readonly V1Pod[]): Workload | undefined {
  const { metadata, spec, status } = deployment;
  const name = metadata?.name;
  const pool = metadata?.labels?.[poolLabel];
  const component = components.find((known) => known === metadata?.labels?.[componentLabel]);
  if (name === undefined || pool === undefined || component === undefined) return undefined;
  const setting = (key: string, missing: number): number => {
    const value = Number(metadata?.annotations?.[`alarena.dev/${key}`] ?? missing);
    return Number.isInteger(value) && value >= 0 ? value : missing;
  };
  const replicas = spec?.replicas ?? 1;
  const min = setting('min', 0);
  const observed = (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
  const failure = status?.conditions?.find(
    ({ type, status }) => type === 'ReplicaFailure' && status === 'True',
  );
  return {
    ...{ deployment: name, component, pool, replicas, min },
    max: setting('max', Math.max(min, replicas)),
    slots: Math.max(1, setting('slots', 1)),
    gpus: gpusOfSpec(spec?.template.spec),
    ready: status?.readyReplicas ?? 0,
    rolling: !observed || (status?.updatedReplicas ?? 0) < (status?.replicas ?? 0),
    trouble: failure && `${failure.reason ?? 'FailedCreate'}: ${failure.message ?? 'pods cannot be made'}`,
    pods: pods.filter((pod) => isOf(pod, pool, component)).map(podOf),
  };
}

function isOf({ metadata, status }: V1Pod, pool: string, component: Component): boolean {
  const { labels } = metadata ?? {};
  // Those that have ended, such as evicted ones, are no workers any more.
  const ended = status?.phase === 'Failed' || status?.phase === 'Succeeded';
  return labels?.[poolLabel] === pool && labels[componentLabel] === component && !ended;
}

function podOf(pod: V1Pod): Pod {
  const { metadata, spec, status } = pod;
  return {
    name: metadata?.name ?? '',
    node: spec?.nodeName,
    ready: status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false,
    ending: metadata?.deletionTimestamp !== undefined,
    deletionCost: Number(metadata?.annotations?.[costAnnotation] ?? 0) || 0,
    waiting: whyWaiting(pod),
  };
}

/** Of what passes by itself in moments, nothing. */
function whyWaiting({ metadata, status }: V1Pod): string | undefined {
  if (metadata?.deletionTimestamp !== undefined) return undefined;
  const placed = status?.conditions?.find(({ type }) => type === 'PodScheduled');
  if (placed?.status === 'False') {
    // What follows is about making room, which nothing here can.
    const message = placed.message?.replace(/[.,]?\s*(no new claims to deallocate,\s*)?preemption:.*$/s, '');
    return `${placed.reason ?? 'Unschedulable'}: ${message ?? 'no node takes it'}`;
  }
  for (const container of status?.containerStatuses ?? []) {
    const { reason, message } = container.state?.waiting ?? {};
    if (reason === undefined || /^(ContainerCreating|PodInitializing)$/.test(reason)) continue;
    return message === undefined ? reason : `${reason}: ${message}`;
  }
  return undefined;
}

function nodeOf({ metadata, spec, status }: V1Node, pods: readonly V1Pod[]): ClusterNode {
  const name = metadata?.name ?? '';
  const ready = status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
  const here = pods.filter(
    ({ spec, status }) => spec?.nodeName === name && !/^(Failed|Succeeded)$/.test(status?.phase ?? ''),
  );
  return {
    name,
    gpus: gpusIn(status?.allocatable),
    gpusUsed: here.reduce((sum, pod) => sum + gpusOfSpec(pod.spec), 0),
    ready: ready === true && spec?.unschedulable !== true,
  };
}

function gpusOfSpec(spec: V1Pod['spec'] | undefined): number {
  return (spec?.containers ?? []).reduce((sum, { resources }) => sum + gpusIn(resources?.limits), 0);
}

/** Whole GPUs and slices of one. */
function gpusIn(quantities: Readonly<Record<string, string>> | undefined): number {
  return Object.entries(quantities ?? {})
    .filter(([name]) => /^nvidia\.com\/(gpu|mig-)/.test(name))
    .reduce((sum, [, quantity]) => sum + (Number(quantity) || 0), 0);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function changed(what: string, cause?: unknown): AppError {
  return new AppError('aborted', `${what} was changed by another`, { facts: { what }, cause });
}

function fault(what: string, error: unknown): AppError {
  if (error instanceof AppError) return error;
  const status = error instanceof ApiException ? error.code : undefined;
  const facts = { what, ...(status !== undefined && { status }) };
  if (status === 403) {
    const message = `the service account may not use ${what} of the Kubernetes API as it should`;
    return new AppError('permission-denied', message, { facts, cause: error });
  }
  if (status === 404) return new AppError('not-found', `there is no ${what}`, { facts, cause: error });
  if (status === 409) return changed(what, error);
  return new AppError('unavailable', `the Kubernetes API did not answer for ${what}`, {
    facts,
    cause: error,
  });
}
