export { createInference, type Inference, type InferenceDeps } from './server.js';
