// The port to what runs the workers: pools' workloads, their pods, and the nodes beneath them. Kubernetes is behind it,
// or nothing.

export const components = ['trainer', 'inference'] as const;
export type Component = (typeof components)[number];

/** The workers of one kind in a pool. */
export interface Workload {
  /** Name of the Deployment. */
  readonly deployment: string;
  readonly component: Component;
  readonly pool: string;
  readonly min: number;
  readonly max: number;
  /** Tasks that each worker has at once. */
  readonly slots: number;
  /** Of each worker. */
  readonly gpus: number;
  /** Asked for. */
  readonly replicas: number;
  readonly ready: number;
  /** Its pods are being replaced by others. */
  readonly rolling: boolean;
  /** Why pods cannot even be made, e.g. a quota. */
  readonly trouble: string | undefined;
  readonly pods: readonly Pod[];
}

export interface Pod {
  /** The id of the worker in it. */
  readonly name: string;
  readonly node: string | undefined;
  readonly ready: boolean;
  /** It has been told to end. */
  readonly ending: boolean;
  /** Of two pods that are ready, a smaller workload loses the one of lower cost. */
  readonly deletionCost: number;
  /** Why it does not run, e.g. `Unschedulable: 0/3 nodes are available: 3 Insufficient nvidia.com/gpu.` */
  readonly waiting: string | undefined;
}

export interface ClusterNode {
  readonly name: string;
  readonly gpus: number;
  readonly gpusUsed: number;
  readonly ready: boolean;
}

export interface Workloads {
  /** By pool and component. */
  list(signal: AbortSignal): Promise<readonly Workload[]>;
  /** Of the installation, those of no pool. */
  otherPods(signal: AbortSignal): Promise<readonly Pod[]>;
  /** By name; none where they may not be read. */
  nodes(signal: AbortSignal): Promise<readonly ClusterNode[]>;
  /** Only from `before` replicas, else `aborted`. */
  setReplicas(deployment: string, before: number, replicas: number, signal: AbortSignal): Promise<void>;
  /** A pod that has gone has no cost. */
  setDeletionCost(pod: string, cost: number, signal: AbortSignal): Promise<void>;
}
