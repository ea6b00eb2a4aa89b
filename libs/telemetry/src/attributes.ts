// Names of what spans and log lines say of the work at hand, in one place so that they can be searched for.

export const Attribute = {
  comparison: 'alarena.comparison',
  cell: 'alarena.cell',
  round: 'alarena.round',
  strategy: 'alarena.strategy',
  seed: 'alarena.seed',
  dataset: 'alarena.dataset',
  taskKind: 'alarena.task.kind',
  taskKey: 'alarena.task.key',
  taskAttempt: 'alarena.task.attempt',
  taskOrigin: 'alarena.task.origin',
  errorCode: 'alarena.error.code',
  errorReason: 'alarena.error.reason',
  rpcSystem: 'rpc.system',
  rpcService: 'rpc.service',
  rpcMethod: 'rpc.method',
  rpcStatusCode: 'rpc.grpc.status_code',
  serverAddress: 'server.address',
  messagingDestination: 'messaging.destination.name',
} as const;
