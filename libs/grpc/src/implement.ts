// Handlers as gRPC's server wants them: callbacks, events and back-pressure stay in this file and its helpers.

import type { ServiceDefinition, UntypedServiceImplementation } from '@grpc/grpc-js';
import { serveStream, serveUnary } from './serve.js';
import type { HandlersOf, ServiceDeps, StreamHandler, UnaryHandler } from './types.js';

/** A service ready to be given to createGrpcServer. */
export interface ServiceRegistration {
  /** Full name, e.g. `alarena.comparison.v1.ComparisonService`. */
  readonly name: string;
  readonly definition: ServiceDefinition;
  bind(deps: ServiceDeps): UntypedServiceImplementation;
}

export function implement<Service extends ServiceDefinition>(
  definition: Service,
  handlers: HandlersOf<Service>,
): ServiceRegistration {
  return {
    name: serviceName(definition),
    definition,
    bind: (deps) =>
      Object.fromEntries(
        Object.entries(definition).map(([method, { path, responseStream }]) => {
          const target = { path, deps };
          // HandlersOf ties each handler's kind to its method's `responseStream`, which is what is read here.
          const handler: unknown = handlers[method];
          return [
            method,
            responseStream
              ? serveStream(handler as StreamHandler<unknown, unknown>, target)
              : serveUnary(handler as UnaryHandler<unknown, unknown>, target),
          ];
        }),
      ),
  };
}

/** From the path of its methods, `/package.Service/Method`. */
export function serviceName(definition: ServiceDefinition): string {
  const path = Object.values(definition)[0]?.path ?? '';
  return path.split('/')[1] ?? '';
}
