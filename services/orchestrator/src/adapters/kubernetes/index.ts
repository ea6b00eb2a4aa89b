// What needs the Kubernetes client. Apart from the service's index, since that client is large and only loaded where it is
// used.

export { leaseLock } from './lease-lock.js';
export { kubernetesWorkloads } from './workloads.js';
