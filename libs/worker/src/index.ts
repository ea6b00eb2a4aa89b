export { type HandlerOn, serveTasks } from './child.js';
export { Compute, type ComputeSettings } from './compute-service.js';
export { type Fitted, Workbench } from './workbench.js';
