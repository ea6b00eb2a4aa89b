export { type HandlerOn, servePlainTasks, serveTasks } from './child.js';
export { Compute, type ComputeSettings, type PlainComputeSettings } from './compute-service.js';
export { observeDeviceMemory } from './device-memory.js';
export { imageCounter } from './image-counter.js';
export { computeSettings, poolShape } from './pool-settings.js';
export { type Fitted, Workbench } from './workbench.js';
